"""Files that people write, as values."""
