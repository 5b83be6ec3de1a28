"""The composition root: settings, URLs, the embedded database, doctor. The only place that knows every room."""
