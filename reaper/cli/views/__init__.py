"""Results for people, as tables and lines, and for programs, as JSON, CSV and SARIF."""
