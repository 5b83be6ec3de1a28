"""The book room."""
