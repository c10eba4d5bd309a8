"""Policy files: load, lint, schema."""
