"""Why, when it changes, and what would be different."""
