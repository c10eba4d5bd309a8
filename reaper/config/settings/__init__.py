"""The settings: their model, and where each may come from."""
