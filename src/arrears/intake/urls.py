"""Paths of the intake room; those of bank statements stand in ``urls_statements.py``."""

from __future__ import annotations

from . import urls_statements

app_name = "intake"
urlpatterns = [*urls_statements.PATHS]
