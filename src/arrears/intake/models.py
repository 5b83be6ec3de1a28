"""Tables of the intake room. Batches and profiles stand in ``models_batches.py``, bank statements and receipts in ``models_statements.py``."""

from __future__ import annotations

from .models_batches import Batch, BatchRow, ImportProfile, ImportProfileVersion
from .models_statements import BankEntry, BankStatement, ReceiptPosting

__all__ = [
    "BankEntry", "BankStatement", "Batch", "BatchRow", "ImportProfile", "ImportProfileVersion", "ReceiptPosting",
]  # fmt: skip
