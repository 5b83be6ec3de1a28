"""Tables of the ledger room. ``Event`` and ``ScheduleRow`` are immutable (database trigger): a correction is a further event."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from arrears.access.models import Creditor, Portfolio
from arrears.access.scoping import ScopedModel
from arrears.kernel.ids import new_id
from arrears.parties.models import Customer, Party


def _agreement_id() -> str:
    return new_id("agr")


def _event_id() -> str:
    return new_id("lev")


class Agreement(ScopedModel):
    """A loan, card or other debt contract. What is owed under it is derived from its events, never stored here."""

    scope_portfolio: ClassVar[str] = "portfolio_id"

    public_id = models.CharField(max_length=40, unique=True, default=_agreement_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")  # of the debtor
    reference = models.CharField(max_length=64)  # the host's agreement number
    product = models.CharField(
        max_length=40
    )  # consumer_loan | cash_instalment | credit_card | small_business | auto | mortgage | other
    currency = models.CharField(max_length=3)
    opened_on = models.DateField()
    keeping = models.CharField(max_length=10, default="computed")  # computed (by our ledger) | host (positions are fed) | both
    secured_by = models.CharField(max_length=40, blank=True)
    attributes = models.JSONField(default=dict)
    source = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["creditor", "reference"], name="agreement_reference_once_per_creditor")
        ]
        indexes: ClassVar = [models.Index(fields=["customer"], name="agreement_by_customer")]


class AgreementRole(ScopedModel):
    """Who stands how in an agreement. Dated; a row is closed by ``valid_until``, never deleted."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)  # debtor | co_debtor | guarantor | heir | representative | contact_person
    guarantee_kind = models.CharField(max_length=20, blank=True)  # general | joint_and_several
    guarantee_from = models.DateField(null=True)
    guarantee_until = models.DateField(null=True)
    guarantee_cap_minor = models.BigIntegerField(null=True)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    source = models.CharField(max_length=60, blank=True)

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["agreement", "role"], name="role_by_agreement"),
            models.Index(fields=["party"], name="role_by_party"),
        ]


class Event(ScopedModel):
    """One immutable fact about one agreement. ``effective_on``: when it counts. ``recorded_at``: when we knew."""

    scope_portfolio: ClassVar[str] = "agreement__portfolio_id"

    id = models.BigAutoField(primary_key=True)
    public_id = models.CharField(max_length=40, unique=True, default=_event_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=24)  # values of events.EventKind
    effective_on = models.DateField()
    recorded_at = models.DateTimeField()
    amount_minor = models.BigIntegerField(null=True)
    component = models.CharField(max_length=12, blank=True)  # principal | interest | fee | penalty | compound | cost
    due_on = models.DateField(null=True)
    until = models.DateField(null=True)  # end of a pause
    target = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")  # event reversed or charged back
    data = models.JSONField(default=dict)  # what only this kind has: terms, split, reason, clause, reference
    dedup_key = models.CharField(max_length=120)  # the source's own identity: idempotent per agreement
    source = models.CharField(max_length=60, blank=True)  # import batch, api, manual act
    batch_id = models.BigIntegerField(null=True)

    class Meta(ScopedModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["agreement", "dedup_key"], name="event_once_per_agreement")]
        indexes: ClassVar = [
            models.Index(fields=["agreement", "effective_on", "id"], name="event_by_agreement"),
            models.Index(fields=["batch_id"], name="event_by_batch"),
        ]


class ScheduleRow(ScopedModel):
    """One obligation of one version of a schedule (the version is the ``schedule_set`` or ``restructured`` event)."""

    id = models.BigAutoField(primary_key=True)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    n = models.IntegerField()
    due_on = models.DateField()
    principal_minor = models.BigIntegerField(default=0)
    interest_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0)
    penalty_minor = models.BigIntegerField(default=0)
    cost_minor = models.BigIntegerField(default=0)

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [models.Index(fields=["agreement", "event", "n"], name="schedule_row_by_agreement")]


class HostPosition(ScopedModel):
    """What the host system says is owed on a date. Two-dated like an event; compared with our own by reconciliation."""

    id = models.BigAutoField(primary_key=True)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    as_of = models.DateField()
    recorded_at = models.DateTimeField()
    balance_minor = models.BigIntegerField(null=True)
    principal_minor = models.BigIntegerField(null=True)
    overdue_minor = models.BigIntegerField(null=True)
    overdue_principal_minor = models.BigIntegerField(null=True)
    overdue_interest_minor = models.BigIntegerField(null=True)
    overdue_penalty_minor = models.BigIntegerField(null=True)
    overdue_fee_minor = models.BigIntegerField(null=True)
    past_due_days = models.IntegerField(null=True)
    oldest_due_on = models.DateField(null=True)
    minimum_due_minor = models.BigIntegerField(null=True)
    assumptions = models.JSONField(default=list)  # how a figure was derived where the host does not give it
    batch_id = models.BigIntegerField(null=True)
    source = models.CharField(max_length=60, blank=True)

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [models.Index(fields=["agreement", "as_of", "-recorded_at"], name="position_by_agreement")]
