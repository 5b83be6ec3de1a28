"""The two-date fold: terms, events and schedule rows in, what is owed as of a day as known at an instant out.

Nothing is stored. Every question replays history from the events that count for it (``events.known_events``), so a back-dated
payment, a reversal or a waiver is an ordinary event and an answer given earlier can be given again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from .allocation import Due, Entry, Share
from .caps import CapRate
from .delinquency import Delinquency, Pause, is_overdue
from .events import Component, Event, ScheduleRow, known_events
from .servicing import ServicingTerms

Amounts = Mapping[Component, int]
NOTHING: Amounts = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Instalment:
    """One obligation as it stands. Amounts in minor units; ``entries`` are all movements, oldest first."""

    n: int
    due_on: date
    version: int
    origin: str
    opens: Amounts
    entries: tuple[Entry, ...]
    is_overdue: bool

    @property
    def open_minor(self) -> int:
        return sum(self.opens.values())

    def billed(self) -> Amounts:
        return self._sum("scheduled", "charged", "accrued")

    def paid(self) -> Amounts:
        return {c: -a for c, a in self._sum("paid").items()}

    def waived(self) -> Amounts:
        return {c: -a for c, a in self._sum("waived").items()}

    def _sum(self, *kinds: str) -> dict[Component, int]:
        found: dict[Component, int] = {}
        for entry in self.entries:
            if entry.kind in kinds:
                found[entry.component] = found.get(entry.component, 0) + entry.amount_minor
        return found


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment that counts, and where it went."""

    event_id: int
    on: date
    amount_minor: int
    shares: tuple[Share, ...]
    unallocated_minor: int
    principal_outstanding_minor: int
    is_recovery: bool  # received after write-off
    reference: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class CapCheck:
    """All charges since disbursement against the cap: what is above it is not claimed."""

    rate: CapRate
    charged_minor: int
    limit_minor: int
    reduction_minor: int


@dataclass(frozen=True, slots=True)
class Position:
    """What is owed under one agreement, as of one day, as known at one instant. Amounts are integer minor units.

    ``overdue`` and ``outstanding`` are by component; ``outstanding`` includes instalments not yet due. A reduction by a cap is
    already taken off ``overdue`` and ``outstanding`` and stands in ``cap``.
    """

    terms: ServicingTerms
    as_of: date
    known_at: datetime | None
    instalments: tuple[Instalment, ...]
    payments: tuple[Payment, ...]
    pauses: tuple[Pause, ...]
    delinquency: Delinquency
    overdue: Amounts
    outstanding: Amounts
    credit_minor: int
    accrued_interest_minor: int
    status: str  # not_disbursed | current | overdue | written_off | settled | closed | transferred
    written_off_on: date | None
    revolving_balance_minor: int | None
    cap: CapCheck | None
    events: tuple[Event, ...]

    @property
    def currency(self) -> str:
        return self.terms.currency

    @property
    def overdue_minor(self) -> int:
        return sum(self.overdue.values())

    @property
    def outstanding_minor(self) -> int:
        """Everything not yet paid, due or not; of a card the balance where that is larger."""
        scheduled = sum(self.outstanding.values())
        return scheduled if self.revolving_balance_minor is None else max(scheduled, self.revolving_balance_minor)

    @property
    def principal_outstanding_minor(self) -> int:
        return self.outstanding.get(Component.PRINCIPAL, 0)

    @property
    def past_due_days(self) -> int:
        return self.delinquency.past_due_days

    @property
    def delinquent_days(self) -> int:
        return self.delinquency.delinquent_days

    @property
    def bucket(self) -> str | None:
        return self.delinquency.bucket

    @property
    def oldest_due_on(self) -> date | None:
        return self.delinquency.oldest_due_on

    @property
    def paid_minor(self) -> int:
        return sum(p.amount_minor for p in self.payments)

    @property
    def last_payment(self) -> Payment | None:
        return self.payments[-1] if self.payments else None

    def earliest_unpaid(self) -> Instalment | None:
        """Oldest instalment not fully paid, overdue or not."""
        return next((i for i in self.instalments if i.open_minor > 0), None)

    def next_due(self) -> Instalment | None:
        """First instalment due on or after the day, whatever the older ones look like."""
        return next((i for i in self.instalments if i.due_on >= self.as_of and i.origin in {"schedule", "statement"}), None)


def position_of(
    terms: ServicingTerms,
    events: Iterable[Event],
    rows: Sequence[ScheduleRow],
    as_of: date,
    known_at: datetime | None = None,
) -> Position:
    """Fold ``events`` into the position as of ``as_of`` (end of that day), as known at ``known_at`` (None: all we know).

    ``rows`` may hold several versions of the schedule; the one in force is that of the last counting ``schedule_set`` (rows of
    version 0 where there is none), replaced from a ``restructured`` event's day by its own. Total: never raises on odd
    histories; the actions refuse those before they are recorded.
    """
    from .replay import Replay  # the machine; this module is the answer's shape

    counted = known_events(events, as_of, known_at)
    return Replay(terms, counted, rows, as_of, known_at).run()


def instalment_of(due: Due, as_of: date, terms: ServicingTerms) -> Instalment:
    late = due.open_minor > 0 and is_overdue(due.due_on, as_of, terms)
    opens = MappingProxyType({c: a for c, a in due.opens.items() if a})
    return Instalment(due.n, due.due_on, due.version, due.origin, opens, tuple(due.entries), late)
