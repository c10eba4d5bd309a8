"""What a person writes: selectors, rules, windows, steps, limits, exemptions, policies."""
