"""The worklist room."""
