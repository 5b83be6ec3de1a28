"""Tables of the intake room. Bank statements and receipts stand in ``models_statements.py`` and are imported at the end."""

from __future__ import annotations

from .models_statements import BankEntry, BankStatement, ReceiptPosting

__all__ = ["BankEntry", "BankStatement", "ReceiptPosting"]
