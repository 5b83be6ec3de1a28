"""Navigation entries of the intake room."""

from __future__ import annotations

from . import nav_statements

NAV = [nav_statements.ITEM]
