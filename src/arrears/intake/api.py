"""REST of the intake room: imports in ``api_batches``, bank statements and receipts in ``api_statements``."""

from __future__ import annotations

from ninja import Router

from . import api_batches, api_statements

PREFIX = ""
router = Router(tags=["intake"])
router.add_router("", api_batches.router)
router.add_router("", api_statements.router)
