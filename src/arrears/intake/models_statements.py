"""Tables of bank statements and receipts. Imported by ``models.py``.

The bank account is the creditor's own and stands in clear. What identifies the payer (name, account, remittance text) is sealed,
with masked forms for screens and keyed hashes for matching.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from arrears.access.models import Creditor
from arrears.access.scoping import ScopedModel
from arrears.kernel.ids import new_id
from arrears.ledger.models import Agreement


def _statement_id() -> str:
    return new_id("bst")


def _entry_id() -> str:
    return new_id("ben")


class BankStatement(ScopedModel):
    """One statement of one account of a creditor. ``state``: ``loaded``, or ``held`` while its balances are in doubt."""

    public_id = models.CharField(max_length=40, unique=True, default=_statement_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    format = models.CharField(max_length=20)
    file_hash = models.CharField(max_length=64)
    n = models.IntegerField()  # place of the statement in its file
    statement_id = models.CharField(max_length=80, blank=True)  # the bank's own
    sequence = models.CharField(max_length=40, blank=True)
    account = models.CharField(max_length=60)
    currency = models.CharField(max_length=3, blank=True)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)
    opening_minor = models.BigIntegerField(null=True)
    closing_minor = models.BigIntegerField(null=True)
    movements_minor = models.BigIntegerField()
    balance_check = models.CharField(max_length=16)  # agrees | differs | other_currency | not_stated
    entry_count = models.IntegerField()
    known_count = models.IntegerField(default=0)  # entries that an earlier file had brought already
    deviations = models.JSONField(default=list)
    state = models.CharField(max_length=10, default="loaded")
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=60)

    class Meta(ScopedModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["creditor", "file_hash", "n"], name="statement_once_per_creditor")
        ]
        indexes: ClassVar = [models.Index(fields=["creditor", "-imported_at"], name="statement_by_import")]


class BankEntry(ScopedModel):
    """One movement on an account. ``key`` is its identity whatever file it comes in.

    ``state``: ``none`` (no receipt: money out, pending, information), ``held``, ``open`` (waits in the queue), ``posted``,
    ``not_ours``. ``amount_minor`` is negative for money out.
    """

    public_id = models.CharField(max_length=40, unique=True, default=_entry_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="+")
    n = models.IntegerField()
    place = models.CharField(max_length=40)
    key = models.CharField(max_length=64)
    booked_on = models.DateField()
    value_on = models.DateField(null=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10)  # booked | pending | info
    is_reversal = models.BooleanField(default=False)
    bank_reference = models.CharField(max_length=140, blank=True)
    code = models.CharField(max_length=20, blank=True)
    text_sealed = models.BinaryField(null=True)  # end-to-end id, references and remittance, one per line
    payer_name_sealed = models.BinaryField(null=True)
    payer_name_masked = models.CharField(max_length=200, blank=True)
    payer_name_index = models.BinaryField(max_length=32, null=True)
    payer_account_sealed = models.BinaryField(null=True)
    payer_account_masked = models.CharField(max_length=60, blank=True)
    payer_account_index = models.BinaryField(max_length=32, null=True)
    state = models.CharField(max_length=10)
    proposals = models.JSONField(default=list)  # [{agreement, points, evidence}]
    note = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True)

    class Meta(ScopedModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["creditor", "key"], name="bank_entry_once_per_creditor")]
        indexes: ClassVar = [
            models.Index(fields=["creditor", "state", "booked_on", "id"], name="bank_entry_by_state"),
            models.Index(fields=["creditor", "payer_account_index"], name="bank_entry_by_payer"),
        ]


class ReceiptPosting(ScopedModel):
    """A receipt, or a part of it, posted as a payment on an agreement. Undone by ``undone_at``, never deleted."""

    scope_portfolio: ClassVar[str] = "agreement__portfolio_id"

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey(BankEntry, on_delete=models.PROTECT, related_name="+")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    event_id = models.CharField(max_length=40)  # public id of the ledger event
    amount_minor = models.BigIntegerField()
    how = models.CharField(max_length=10)  # matched | assigned | split
    points = models.IntegerField(null=True)
    posted_at = models.DateTimeField()
    posted_by = models.CharField(max_length=60)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=60, blank=True)

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["entry"], name="posting_by_entry"),
            models.Index(fields=["agreement"], name="posting_by_agreement"),
        ]
