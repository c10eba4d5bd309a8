"""One pass over one account."""
