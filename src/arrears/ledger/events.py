"""The facts a ledger is folded from. Immutable, two-dated: ``effective_on`` when it counts, ``recorded_at`` when we knew.

Nothing here reads a clock or a database. ``known_events`` is the only place that decides which events count for a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Component(StrEnum):
    """Parts of a debt. ``compound`` is interest on unpaid interest (复利), ``cost`` the cost of realising the claim."""

    PRINCIPAL = "principal"
    INTEREST = "interest"
    FEE = "fee"
    PENALTY = "penalty"
    COMPOUND = "compound"
    COST = "cost"


class EventKind(StrEnum):
    """Every verb of the ledger. The value is stored; never re-use or rename one."""

    OPENED = "opened"  # data: terms (schedule and servicing terms, see terms.py)
    DISBURSED = "disbursed"  # amount
    SCHEDULE_SET = "schedule_set"  # rows in ScheduleRow; data: origin computed|host
    DRAWN = "drawn"  # revolving: purchase or cash advance
    STATEMENT_CUT = "statement_cut"  # revolving: data closing balance, minimum_due; due_on
    CHARGED = "charged"  # amount, component (fee|penalty|cost|interest), due_on
    PAID = "paid"  # amount; data: channel, reference, split (host-dictated split by component), tag
    REVERSED = "reversed"  # target: the event that never counted
    CHARGED_BACK = "charged_back"  # target: a payment; amount; due again on effective_on
    REFUNDED = "refunded"  # money given back to the payer
    WAIVED = "waived"  # amount, component; optional due_on narrows to one instalment
    PAUSED = "paused"  # effective_on..until (both ends included); data: stops (which counters/accruals)
    RESUMED = "resumed"  # target: the pause; ends it on effective_on
    RATE_CHANGED = "rate_changed"  # data: annual_rate, penalty_rate or profile; from effective_on
    ACCELERATED = "accelerated"  # all principal falls due on effective_on
    RESTRUCTURED = "restructured"  # new ScheduleRows (version = this event); data: terms, capitalised parts
    WRITTEN_OFF = "written_off"  # bookkeeping only: the debt stays owed; later payments are recoveries
    TRANSFERRED = "transferred"  # data: to_creditor, to_portfolio, notice
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of one agreement. Amounts are integer minor units of the agreement's currency, never negative."""

    id: int  # order of recording; ties of equal dates break by it
    kind: EventKind
    effective_on: date
    recorded_at: datetime
    amount_minor: int | None = None
    component: Component | None = None
    due_on: date | None = None
    until: date | None = None
    target_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    key: str = ""  # the source's identity of the fact (idempotency)


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One obligation. ``version`` is the id of the schedule_set or restructured event that brought it."""

    n: int
    due_on: date
    principal_minor: int = 0
    interest_minor: int = 0
    fee_minor: int = 0
    penalty_minor: int = 0
    cost_minor: int = 0
    version: int = 0

    @property
    def total_minor(self) -> int:
        return self.principal_minor + self.interest_minor + self.fee_minor + self.penalty_minor + self.cost_minor


def known_events(events: Iterable[Event], as_of: date, known_at: datetime | None = None) -> tuple[Event, ...]:
    """Events that count for "as of ``as_of``, as known at ``known_at``", in the order they are applied.

    Known means ``recorded_at <= known_at`` (None: all). A reversed event is left out together with its reversal, whatever
    the date of the reversal: it never counted. Order: effective date, then the order of recording.
    """
    known = [e for e in events if known_at is None or e.recorded_at <= known_at]
    reversed_ids = {e.target_id for e in known if e.kind is EventKind.REVERSED}
    counted = [e for e in known if e.kind is not EventKind.REVERSED and e.id not in reversed_ids and e.effective_on <= as_of]
    return tuple(sorted(counted, key=lambda e: (e.effective_on, e.id)))
