"""Where one agreement stands: the answer to "what is owed, since when, as of ``as_of``, as known at ``known_at``".

``position_of`` is pure: it folds the facts under the servicing terms. Nothing of a position is stored by hand; a stored
one is a cache that can be dropped. All amounts are integer minor units of ``Position.currency``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from .allocation import Origin
from .delinquency import PauseState
from .events import Component, Event, EventKind, ScheduleRow
from .servicing import ServicingTerms


class Status(StrEnum):
    """``settled``: nothing is open. ``overpaid``: nothing is open and money is left over.

    ``written_off`` is a bookkeeping state: the debt stays owed, later payments are recoveries.
    """

    NOT_STARTED = "not_started"
    CURRENT = "current"
    OVERDUE = "overdue"
    WRITTEN_OFF = "written_off"
    SETTLED = "settled"
    OVERPAID = "overpaid"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ComponentState:
    """One component of one instalment. ``outstanding = billed - paid - waived - reduced - moved``, never negative.

    ``reduced``: above the rate cap and so not claimed. ``moved``: went into a later obligation (restructuring,
    acceleration, card statement). ``accrued``: the part of ``billed`` that grew by days (penalty, compound).
    """

    component: Component
    billed_minor: int
    paid_minor: int
    waived_minor: int
    reduced_minor: int
    moved_minor: int
    accrued_minor: int
    outstanding_minor: int


@dataclass(frozen=True, slots=True)
class InstalmentState:
    """One obligation. ``past_due_days`` and ``aged_days`` are its own counters (``aged_days`` less pauses, see terms)."""

    n: int
    obligation_id: int  # unique in the position; trace entries and allocation lines point to it
    due_on: date
    origin: Origin
    version: int
    components: tuple[ComponentState, ...]  # only those ever billed
    billed_minor: int
    paid_minor: int
    outstanding_minor: int
    overdue: bool
    past_due_days: int
    aged_days: int
    bucket: str | None
    settled_on: date | None  # day the last cent was settled; None while open

    def outstanding_of(self, component: Component) -> int:
        return next((c.outstanding_minor for c in self.components if c.component is component), 0)


@dataclass(frozen=True, slots=True)
class AllocationLine:
    """So many minor units of a payment (or of credit left from it) settled this component of this instalment."""

    obligation_id: int
    n: int
    due_on: date
    component: Component
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PaymentAllocation:
    """Where one payment went on its day. ``unallocated_minor`` is the surplus then; ``applied_later`` shows later use of it."""

    event_id: int
    key: str
    effective_on: date
    amount_minor: int
    reference: str
    lines: tuple[AllocationLine, ...]
    unallocated_minor: int
    principal_outstanding_minor: int  # after this payment
    recovery: bool  # after a write-off
    applied_later: tuple[tuple[date, AllocationLine], ...] = ()

    def of(self, component: Component) -> int:
        return sum(line.amount_minor for line in self.lines if line.component is component)


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """One step of the derivation, in the order it was made; the statement is written from these.

    ``kind``: billed, charged, drawn, statement, accelerated, restructured, charged_back, refunded, accrued (raise);
    paid, credit_applied, waived, moved, reduced (lower; the last by the cap, as of the day); note (``detail`` is a code,
    the amount is not part of any sum).

    ``amount_minor`` is signed: plus raises what is owed. For ``accrued``: ``base_minor`` x ``annual_percent`` x
    ``days`` by ``day_count`` from ``from_on`` (its day not counted) to ``effective_on``.
    """

    kind: str
    effective_on: date
    obligation_id: int  # 0: of no single obligation
    n: int
    due_on: date | None
    component: Component | None
    amount_minor: int
    event_id: int = 0
    reference: str = ""
    base_minor: int = 0
    annual_percent: Decimal | None = None
    days: int = 0
    day_count: str = ""
    from_on: date | None = None
    clause: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """The derived state of one agreement. ``totals`` and ``overdue_totals`` have an entry for every component.

    ``overdue_minor`` is the unpaid part of all overdue obligations, accrued penalty included. ``past_due_days`` keeps
    counting; ``delinquent_days`` stops in pauses and starts after grace. ``accrued_interest_minor``: interest of the
    running period earned to ``as_of`` but not yet due (not part of any total).
    """

    currency: str
    as_of: date
    known_at: datetime | None
    status: Status
    instalments: tuple[InstalmentState, ...]
    totals: Mapping[Component, int]
    overdue_totals: Mapping[Component, int]
    outstanding_minor: int
    overdue_minor: int
    principal_outstanding_minor: int
    unallocated_minor: int
    past_due_days: int
    delinquent_days: int
    delinquent_since: date | None
    oldest_due_on: date | None  # oldest overdue due date
    earliest_unpaid_due_on: date | None
    earliest_unpaid_minor: int
    next_due_on: date | None
    next_due_minor: int
    bucket: str | None
    overdue_by_bucket: Mapping[str, int]
    accrued_interest_minor: int
    accrued_penalty_minor: int  # open part of day-accrued penalty and compound interest (inside the totals)
    cap_reduced_minor: int  # above the rate cap and so not claimed
    cap_unknown: str  # why the cap could not be worked out (a person must look); empty otherwise
    pauses: tuple[PauseState, ...]
    payments: tuple[PaymentAllocation, ...]
    recovered_minor: int  # paid after a write-off
    written_off_on: date | None
    accelerated_on: date | None
    last_payment_on: date | None
    trace: tuple[TraceEntry, ...]
    events_counted: tuple[tuple[int, EventKind], ...] = ()


def position_of(
    terms: ServicingTerms,
    events: Iterable[Event],
    rows: Iterable[ScheduleRow],
    as_of: date,
    known_at: datetime | None = None,
) -> Position:
    """Fold ``events`` and schedule ``rows`` to the position as of ``as_of`` (end of that day), as known at ``known_at``.

    ``rows`` may hold every version ever recorded: the fold takes those whose ``version`` is a counted ``schedule_set`` or
    ``restructured`` event (version 0: always there). Total: any mix of events has an answer; what cannot be applied is
    said in ``trace`` as a ``note``, never dropped silently.
    """
    from .fold import fold

    return fold(terms, events, rows, as_of, known_at)
