"""Sessions and rules to verdicts, with their evidence."""
