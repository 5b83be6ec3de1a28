"""API shapes of the ledger room: agreements, events, positions, statements. Amounts always carry their currency."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from ninja import Schema
from pydantic import AwareDatetime, Field

from arrears.kernel.door import Amount, amount

from . import models
from .events import Component, EventKind, ScheduleRow
from .position import InstalmentState, PaymentAllocation, Position
from .statement import Statement

_FAR = date(9999, 12, 31)


def _sure(minor: int, currency: str) -> Amount:
    found = amount(minor, currency)
    assert found is not None  # only None gives None
    return found


def _parts(sums: Mapping[Component, int], currency: str) -> dict[str, Amount]:
    return {component.value: _sure(minor, currency) for component, minor in sums.items()}


class AgreementOut(Schema):
    """A debt contract. What is owed under it: ``/agreements/{id}/position``."""

    id: str
    creditor: str
    portfolio: str
    customer_id: str
    reference: str
    product: str
    currency: str
    opened_on: date
    keeping: str
    secured_by: str
    attributes: dict[str, Any]
    source: str

    @classmethod
    def of(cls, row: models.Agreement) -> AgreementOut:
        same = ("reference", "product", "currency", "opened_on", "keeping", "secured_by", "attributes", "source")
        return cls(
            id=row.public_id,
            creditor=row.creditor.code,
            portfolio=row.portfolio.code,
            customer_id=row.customer.public_id,
            **{n: getattr(row, n) for n in same},
        )


class RoleOut(Schema):
    party_id: str
    name_masked: str
    role: str
    guarantee_kind: str
    guarantee_from: date | None
    guarantee_until: date | None
    guarantee_cap: Amount | None
    valid_from: date | None
    valid_until: date | None

    @classmethod
    def of(cls, row: models.AgreementRole) -> RoleOut:
        same = ("role", "guarantee_kind", "guarantee_from", "guarantee_until", "valid_from", "valid_until")
        return cls(
            party_id=row.party.public_id,
            name_masked=row.party.name_masked,
            guarantee_cap=amount(row.guarantee_cap_minor, row.agreement.currency),
            **{n: getattr(row, n) for n in same},
        )


class EventOut(Schema):
    """One immutable fact."""

    id: str
    agreement_id: str
    kind: EventKind
    effective_on: date
    recorded_at: AwareDatetime
    amount: Amount | None
    component: str
    due_on: date | None
    until: date | None
    target_id: str | None
    data: dict[str, Any]
    source: str
    key: str

    @classmethod
    def of(cls, row: models.Event) -> EventOut:
        same = ("kind", "effective_on", "recorded_at", "component", "due_on", "until", "data", "source")
        return cls(
            id=row.public_id,
            agreement_id=row.agreement.public_id,
            amount=amount(row.amount_minor, row.agreement.currency),
            target_id=row.target.public_id if row.target else None,
            key=row.dedup_key,
            **{n: getattr(row, n) for n in same},
        )


class ComponentOut(Schema):
    """``outstanding`` = billed - paid - waived - reduced - moved."""

    component: Component
    billed: Amount
    paid: Amount
    waived: Amount
    reduced: Amount
    moved: Amount
    accrued: Amount
    outstanding: Amount


class InstalmentOut(Schema):
    n: int
    due_on: date | None
    origin: str
    components: list[ComponentOut]
    billed: Amount
    paid: Amount
    outstanding: Amount
    overdue: bool
    past_due_days: int
    delinquent_days: int
    bucket: str | None
    settled_on: date | None

    @classmethod
    def of(cls, row: InstalmentState, currency: str) -> InstalmentOut:
        parts = ("billed", "paid", "waived", "reduced", "moved", "accrued", "outstanding")
        return cls(
            n=row.n,
            due_on=None if row.due_on == _FAR else row.due_on,
            origin=row.origin.value,
            components=[
                ComponentOut(component=c.component, **{p: _sure(getattr(c, f"{p}_minor"), currency) for p in parts})
                for c in row.components
            ],
            billed=_sure(row.billed_minor, currency),
            paid=_sure(row.paid_minor, currency),
            outstanding=_sure(row.outstanding_minor, currency),
            overdue=row.overdue,
            past_due_days=row.past_due_days,
            delinquent_days=row.aged_days,
            bucket=row.bucket,
            settled_on=row.settled_on,
        )


class HostOut(Schema):
    """The host's newest word, where the host keeps (or also keeps) the agreement."""

    as_of: date
    recorded_at: AwareDatetime
    balance: Amount | None
    principal: Amount | None
    overdue: Amount | None
    minimum_due: Amount | None
    past_due_days: int | None
    oldest_due_on: date | None
    assumptions: list[Any]

    @classmethod
    def of(cls, row: models.HostPosition, currency: str) -> HostOut:
        money = {n: amount(getattr(row, f"{n}_minor"), currency) for n in ("balance", "principal", "overdue", "minimum_due")}
        same = {n: getattr(row, n) for n in ("as_of", "recorded_at", "past_due_days", "oldest_due_on", "assumptions")}
        return cls(**money, **same)


_POSITION_MONEY = (
    "outstanding", "overdue", "principal_outstanding", "unallocated", "earliest_unpaid", "next_due", "accrued_interest",
    "accrued_penalty", "cap_reduced", "recovered",
)  # fmt: skip
_POSITION_SAME = (
    "as_of", "known_at", "past_due_days", "delinquent_days", "delinquent_since", "oldest_due_on", "earliest_unpaid_due_on",
    "next_due_on", "bucket", "cap_unknown", "written_off_on", "accelerated_on", "last_payment_on",
)  # fmt: skip


class PositionOut(Schema):
    """What is owed as of a day, as known at an instant. ``unallocated`` is money beyond all that is due."""

    agreement_id: str
    currency: str
    as_of: date
    known_at: AwareDatetime | None
    status: str
    outstanding: Amount
    overdue: Amount
    principal_outstanding: Amount
    unallocated: Amount
    by_component: dict[str, Amount]
    overdue_by_component: dict[str, Amount]
    overdue_by_bucket: dict[str, Amount]
    past_due_days: int
    delinquent_days: int
    delinquent_since: date | None
    oldest_due_on: date | None
    bucket: str | None
    earliest_unpaid_due_on: date | None
    earliest_unpaid: Amount
    next_due_on: date | None
    next_due: Amount
    accrued_interest: Amount
    accrued_penalty: Amount
    cap_reduced: Amount
    cap_unknown: str
    recovered: Amount
    written_off_on: date | None
    accelerated_on: date | None
    last_payment_on: date | None
    host: HostOut | None

    @classmethod
    def of(cls, agreement: models.Agreement, found: Position, host: models.HostPosition | None) -> PositionOut:
        currency = found.currency
        return cls(
            agreement_id=agreement.public_id,
            currency=currency,
            status=found.status.value,
            by_component=_parts(found.totals, currency),
            overdue_by_component=_parts(found.overdue_totals, currency),
            overdue_by_bucket={name: _sure(minor, currency) for name, minor in found.overdue_by_bucket.items()},
            host=HostOut.of(host, currency) if host else None,
            **{n: _sure(getattr(found, f"{n}_minor"), currency) for n in _POSITION_MONEY},
            **{n: getattr(found, n) for n in _POSITION_SAME},
        )


class AllocationLineOut(Schema):
    n: int
    due_on: date | None
    component: Component
    amount: Amount


class AllocationOut(Schema):
    """Where one payment went. ``unallocated`` was left over on its day."""

    event_id: str
    effective_on: date
    amount: Amount
    reference: str
    lines: list[AllocationLineOut]
    unallocated: Amount
    recovery: bool

    @classmethod
    def of(cls, row: PaymentAllocation, currency: str) -> AllocationOut:
        lines = [
            AllocationLineOut(
                n=line.n,
                due_on=None if line.due_on == _FAR else line.due_on,
                component=line.component,
                amount=_sure(line.amount_minor, currency),
            )
            for line in row.lines
        ]
        return cls(
            event_id=row.key,
            effective_on=row.effective_on,
            amount=_sure(row.amount_minor, currency),
            reference=row.reference,
            lines=lines,
            unallocated=_sure(row.unallocated_minor, currency),
            recovery=row.recovery,
        )


class ScheduleOut(Schema):
    """The instalments as they stand, and where each payment went."""

    agreement_id: str
    as_of: date
    known_at: AwareDatetime | None
    instalments: list[InstalmentOut]
    payments: list[AllocationOut]


class StatementLineOut(Schema):
    """One step. ``amount`` is signed; ``running`` is the sum up to and with this line. Interest lines show base, rate and days."""

    on: date
    kind: str
    what: str
    instalment: int
    due_on: date | None
    component: Component
    amount: Amount
    running: Amount
    from_on: date | None
    days: int
    base: Amount
    annual_percent: str | None
    day_count: str
    clause: str
    reference: str


class StatementNoteOut(Schema):
    on: date
    what: str


class StatementOut(Schema):
    """Why exactly this amount: the lines sum to ``total`` to the cent."""

    agreement_id: str
    currency: str
    as_of: date
    known_at: AwareDatetime | None
    about: str
    lines: list[StatementLineOut]
    notes: list[StatementNoteOut]
    total: Amount
    by_component: dict[str, Amount]
    credit: Amount

    @classmethod
    def of(cls, agreement_id: str, found: Statement, language: str) -> StatementOut:
        same = ("on", "kind", "instalment", "component", "from_on", "days", "day_count", "clause", "reference")
        lines = [
            StatementLineOut(
                what=line.what.in_language(language),
                due_on=None if line.due_on == _FAR else line.due_on,
                amount=_sure(line.amount_minor, found.currency),
                running=_sure(line.running_minor, found.currency),
                base=_sure(line.base_minor, found.currency),
                annual_percent=None if line.annual_percent is None else str(line.annual_percent),
                **{n: getattr(line, n) for n in same},
            )
            for line in found.lines
        ]
        return cls(
            agreement_id=agreement_id,
            currency=found.currency,
            as_of=found.as_of,
            known_at=found.known_at,
            about=found.scope,
            lines=lines,
            notes=[StatementNoteOut(on=n.on, what=n.what.in_language(language)) for n in found.notes],
            total=_sure(found.total_minor, found.currency),
            by_component=_parts(found.by_component, found.currency),
            credit=_sure(found.credit_minor, found.currency),
        )


# --- what callers send

Key = Field("", max_length=120, description="The source's own identity of the fact: the same key records it once")
Reason = Field(min_length=1, max_length=2000)
Optional = Field("", max_length=500)


class AgreementIn(Schema):
    """``schedule`` and ``servicing`` are terms in the words of the golden cases; see the reference of terms."""

    reference: str = Field(min_length=1, max_length=64)
    debtor_id: str = Field(max_length=40, description="Party")
    portfolio: str = Field(max_length=40, description="Code of the portfolio at the debtor's creditor")
    product: str = Field(min_length=1, max_length=40)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    opened_on: date
    keeping: Literal["computed", "host", "both"] = "computed"
    schedule: dict[str, Any] | None = None
    servicing: dict[str, Any] | None = None
    secured_by: str = Field("", max_length=40)
    attributes: dict[str, Any] = Field(default_factory=dict)


class RoleIn(Schema):
    party_id: str = Field(max_length=40)
    role: Literal["debtor", "co_debtor", "guarantor", "heir", "representative", "contact_person"]
    guarantee_kind: Literal["", "general", "joint_and_several"] = ""
    guarantee_from: date | None = None
    guarantee_until: date | None = None
    guarantee_cap: Amount | None = None
    valid_from: date | None = None


class RowIn(Schema):
    """One instalment as the host gives it; amounts are decimal text in the agreement's currency."""

    n: int = Field(ge=1, le=2000)
    due_on: date
    principal: str = Field("0", pattern=r"^[0-9]{1,15}(\.[0-9]{1,3})?$")
    interest: str = Field("0", pattern=r"^[0-9]{1,15}(\.[0-9]{1,3})?$")
    fee: str = Field("0", pattern=r"^[0-9]{1,15}(\.[0-9]{1,3})?$")

    def row(self, currency: str) -> ScheduleRow | None:
        """The pure row; None where an amount is finer than the currency."""
        parts = {p: amount_minor(getattr(self, p), currency) for p in ("principal", "interest", "fee")}
        if any(v is None for v in parts.values()):
            return None
        return ScheduleRow(self.n, self.due_on, **{f"{p}_minor": v or 0 for p, v in parts.items()})


def amount_minor(text: str, currency: str) -> int | None:
    from arrears.kernel.money import parse_minor

    return parse_minor(text, currency)


class ScheduleIn(Schema):
    """``rows`` as the host gives them, or ``terms`` to compute them; neither: the terms of the opening."""

    on: date
    rows: list[RowIn] | None = Field(None, max_length=2000)
    terms: dict[str, Any] | None = None
    key: str = Key


class RestructureIn(ScheduleIn):
    reason: str = Reason
    servicing: dict[str, Any] | None = None
    keep_arrears: bool = False


class MoneyIn(Schema):
    """An amount on a day."""

    amount: Amount
    on: date
    key: str = Key


class DrawIn(MoneyIn):
    reference: str = Optional


class PaymentIn(MoneyIn):
    """Money received. ``split`` dictates where it goes and must sum to the amount; else the agreement's waterfall decides."""

    channel: str = Field("", max_length=40)
    reference: str = Optional
    split: dict[Component, str] | None = Field(None, description="Component to decimal text, in the amount's currency")


class PaymentLineIn(PaymentIn):
    agreement_id: str = Field(min_length=1, max_length=64)
    key: str = Field(min_length=1, max_length=120)


class ChargeIn(MoneyIn):
    component: Component
    due_on: date | None = None
    clause: str = Optional


class WaiveIn(MoneyIn):
    component: Component
    reason: str = Reason
    due_on: date | None = None


class ReverseIn(Schema):
    reason: str = Reason
    on: date | None = None
    key: str = Key


class ChargeBackIn(MoneyIn):
    reason: str = Optional


class RefundIn(MoneyIn):
    reference: str = Optional


class StatementCutIn(Schema):
    on: date
    due_on: date
    closing_balance: Amount
    minimum_due: Amount
    interest: Amount | None = None
    fee: Amount | None = None
    key: str = Key


class PauseIn(Schema):
    start: date
    until: date
    reason: str = Reason
    stops: list[str] | None = Field(None, max_length=10)
    key: str = Key


class ResumeIn(Schema):
    on: date
    reason: str = Optional
    key: str = Key


class RateIn(Schema):
    on: date
    annual_percent: str = Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,8})?$", description="Decimal text, percent a year")
    clause: str = Optional
    key: str = Key


class ReasonedIn(Schema):
    on: date
    reason: str = Reason
    key: str = Key


class TransferIn(ReasonedIn):
    to: str = Field(min_length=1, max_length=200, description="Name of the new creditor")
    notice: str = Field(min_length=1, max_length=500, description="The notice to the debtor (Civil Code article 546)")


class HostFiguresIn(Schema):
    """What the host says is owed on a day. Only figures that the host gives."""

    as_of: date
    balance: Amount | None = None
    principal: Amount | None = None
    overdue: Amount | None = None
    overdue_principal: Amount | None = None
    overdue_interest: Amount | None = None
    overdue_penalty: Amount | None = None
    overdue_fee: Amount | None = None
    minimum_due: Amount | None = None
    past_due_days: int | None = Field(None, ge=0, le=100_000)
    oldest_due_on: date | None = None
    assumptions: list[str] = Field(default_factory=list, max_length=20)

    def amounts(self) -> dict[str, Amount]:
        return {n: v for n in type(self).model_fields if isinstance(v := getattr(self, n), Amount)}
