"""REST of the intake room; bank statements and receipts stand in ``api_statements.py``."""

from __future__ import annotations

from ninja import Router

from . import api_statements

PREFIX = ""
router = Router(tags=["intake"])
router.add_router("", api_statements.router)
