"""The contact room."""
