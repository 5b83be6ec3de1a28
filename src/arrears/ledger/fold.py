"""The fold: facts in, state out. One pass over the counted events in the order of their days.

Inside a day: structure (schedule, draws, restructuring, acceleration, statement), then charges, then everything else in the
order of recording. Before a day's first event the daily accruals run up to that day. ``position_of`` in ``position`` is
the public door; ``settle`` turns the working state into the frozen answer (module ``assemble``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from . import accrual, caps
from .allocation import PRINCIPAL, WIDTH, Obligation, Origin, Take, allocate
from .delinquency import Pause, is_overdue, pauses_of, union
from .events import Component, Event, EventKind, ScheduleRow, known_events
from .position import AllocationLine, PaymentAllocation, Position, TraceEntry
from .servicing import CHARGES, COMPONENTS, INDEX, AdvanceTo, Cure, PenaltyPolicy, Replay, ServicingTerms, Stop

_STRUCTURE = frozenset(
    {EventKind.OPENED, EventKind.DISBURSED, EventKind.SCHEDULE_SET, EventKind.DRAWN, EventKind.STATEMENT_CUT,
     EventKind.RATE_CHANGED, EventKind.ACCELERATED, EventKind.RESTRUCTURED, EventKind.PAUSED, EventKind.RESUMED}
)  # fmt: skip
PENALTY, COMPOUND = INDEX[Component.PENALTY], INDEX[Component.COMPOUND]
INTEREST, FEE = INDEX[Component.INTEREST], INDEX[Component.FEE]
_ACCRUALS = ((0, PENALTY, Stop.PENALTY), (1, COMPOUND, Stop.COMPOUND))


@dataclass(slots=True)
class Credit:
    """Money of a payment that found nothing to settle."""

    event: Event
    left_minor: int


@dataclass(slots=True)
class Stretch:
    """Interest that grows on one base at one rate: extended day by day, written down as one entry of the trace."""

    o: Obligation
    index: int
    base: int
    micro: int
    begin: date
    end: date
    days: int
    amount: int

    def entry(self, policy: PenaltyPolicy) -> TraceEntry:
        return TraceEntry(
            "accrued", self.end, self.o.id, self.o.n, self.o.due_on, COMPONENTS[self.index], self.amount, base_minor=self.base,
            annual_percent=Decimal(self.micro) / accrual.MICRO, days=self.days, from_on=self.begin,
            day_count=policy.day_count, clause=policy.clause,
        )  # fmt: skip


@dataclass(slots=True)
class State:
    """Working state of one fold; lives only inside it."""

    terms: ServicingTerms
    as_of: date
    events: tuple[Event, ...]
    pauses: tuple[Pause, ...]
    steps: tuple[accrual.RateStep, ...]
    paused: tuple[tuple[tuple[date, date], ...], ...]  # penalty, compound
    cap: caps.CapRate | None
    obligations: list[Obligation] = field(default_factory=list)  # by due date, then age
    steps_taken: list[TraceEntry | Stretch] = field(default_factory=list)
    payments: dict[int, PaymentAllocation] = field(default_factory=dict)
    credits: list[Credit] = field(default_factory=list)
    rows_by_version: dict[int, list[ScheduleRow]] = field(default_factory=dict)
    stretches: dict[tuple[int, int], Stretch] = field(default_factory=dict)  # the running one of each cell
    cap_unknown: str = ""
    cap_numerator: int = 0
    cap_from: date | None = None
    reached: date = date.min
    episode_from: date | None = None
    started_on: date | None = None
    written_off_on: date | None = None
    accelerated_on: date | None = None
    closed_on: date | None = None
    revolving: Obligation | None = None
    next_id: int = 1

    # -- obligations -------------------------------------------------------------------------------------------------

    def add(self, due_on: date, origin: Origin, billed: list[int], n: int = 0, version: int = 0) -> Obligation:
        obligation = Obligation(self.next_id, n or self.next_id, due_on, origin, version, billed)
        self.next_id += 1
        self.obligations.append(obligation)
        self.obligations.sort(key=lambda o: (o.due_on, o.id))
        return obligation

    def note(self, event: Event, detail: str, amount_minor: int = 0) -> None:
        self.steps_taken.append(
            TraceEntry("note", event.effective_on, 0, 0, None, None, amount_minor, event_id=event.id, detail=detail)
        )

    def mark(
        self, kind: str, on: date, o: Obligation, index: int, amount_minor: int, event: Event | None, detail: str = ""
    ) -> None:
        self.steps_taken.append(
            TraceEntry(
                kind, on, o.id, o.n, o.due_on, COMPONENTS[index], amount_minor,
                event_id=event.id if event else 0,
                reference=reference_of(event) if event else "",
                clause=str(event.data.get("clause", "")) if event else "",
                detail=detail,
            )
        )  # fmt: skip

    @property
    def principal_left(self) -> int:
        return sum(o.left[PRINCIPAL] for o in self.obligations)

    @property
    def credit_left(self) -> int:
        return sum(c.left_minor for c in self.credits)

    # -- time --------------------------------------------------------------------------------------------------------

    def advance_to(self, day: date) -> None:
        """Run everything that grows by the day up to ``day``: held credit, penalty and compound interest, the cap."""
        if day <= self.reached:
            return
        if self.credits and self.terms.waterfall.in_advance_to is AdvanceTo.HOLD:
            for due_on in sorted({o.due_on for o in self.obligations if o.open and self.reached < o.due_on <= day}):
                self._accrue(due_on)
                self.use_credit(due_on)
        self._accrue(day)
        self._cap(day)
        self.reached = day
        if self.terms.cure.kind is Cure.ALL_ARREARS and self.episode_from is None:
            self.episode_from = next(
                (o.due_on for o in self.obligations if o.open and is_overdue(o.due_on, day, self.terms)), None
            )

    def _accrue(self, day: date) -> None:
        policy = self.terms.penalty
        if policy is None:
            return
        bases = (tuple(INDEX[c] for c in policy.base), tuple(INDEX[c] for c in policy.compound_base))
        cut: dict[tuple[date, int], list[accrual.Span]] = {}  # most obligations were last looked at on the same day
        for o in self.obligations:
            if o.due_on >= day:
                break
            if o.open == 0 or o.accrued_to >= day:
                o.accrued_to = max(o.accrued_to, day)
                continue
            begin = o.accrued_to
            if policy.from_grace_end:
                begin = max(begin, date.fromordinal(o.due_on.toordinal() + self.terms.grace_days))
            for which, index, _ in _ACCRUALS:
                base = sum(o.left[i] for i in bases[which])
                if base:
                    spans = cut.get((begin, which))
                    if spans is None:
                        spans = accrual.spans_of(begin, day, self.steps, self.paused[which], policy.day_count)
                        cut[begin, which] = spans
                    for span in spans:
                        self._grow(o, which, index, base, span)
            o.accrued_to = day

    def _grow(self, o: Obligation, which: int, index: int, base: int, span: accrual.Span) -> None:
        o.numerator[which] += base * span.micro * span.parts
        booked = accrual.round_div(o.numerator[which], accrual.DENOMINATOR, self.terms.rounding)
        grown, o.booked[which] = booked - o.booked[which], booked
        if grown:
            o.bill(index, grown)
            o.accrued[index] += grown
        running = self.stretches.get((o.id, index))
        if running is not None and (running.base, running.micro, running.end) == (base, span.micro, span.from_on):
            running.end, running.days, running.amount = span.to_on, running.days + span.days, running.amount + grown
            return
        started = Stretch(o, index, base, span.micro, span.from_on, span.to_on, span.days, grown)
        self.stretches[o.id, index] = started
        self.steps_taken.append(started)

    @property
    def trace(self) -> list[TraceEntry]:
        """The steps in the order they were made, growth as it stands."""
        policy = self.terms.penalty or PenaltyPolicy()  # without a policy nothing has grown
        return [step if isinstance(step, TraceEntry) else step.entry(policy) for step in self.steps_taken]

    def _cap(self, day: date) -> None:
        """Hold all charges claimed so far at or below the cap on the principal day by day; the rest is ``reduced``."""
        if self.cap is None:
            return
        begin = self.cap_from or self.started_on
        if begin is not None and begin < day:
            self.cap_numerator += self.principal_left * self.cap.micro * accrual.year_parts(begin, day, self.cap.day_count)
            self.cap_from = day
        allowed = accrual.round_div(self.cap_numerator, accrual.DENOMINATOR, self.terms.rounding)
        due = [o for o in self.obligations if o.due_on <= day]
        indices = [INDEX[c] for c in CHARGES]
        claimed = sum(o.billed[i] - o.waived[i] - o.moved[i] for o in due for i in indices) + self.running_interest(day)
        more = max(0, claimed - allowed) - sum(o.reduced[i] for o in due for i in indices)
        for i in indices if more > 0 else indices[::-1]:
            for o in reversed(due):
                part = min(more, o.left[i]) if more > 0 else -min(-more, o.reduced[i])
                if part > 0:
                    o.take(o.reduced, i, part, day)
                elif part < 0:  # time has passed and the cap allows it again
                    o.give_back(o.reduced, i, -part)
                more -= part

    def running_interest(self, day: date) -> int:
        """Interest of the running period earned to ``day``, less what was already paid or waived of it. Not yet due."""
        ahead = next((o for o in self.obligations if o.due_on > day and o.origin is Origin.SCHEDULE and o.billed[INTEREST]), None)
        if ahead is None:
            return 0
        before = [o.due_on for o in self.obligations if o.due_on <= day and o.origin is Origin.SCHEDULE]
        begin = before[-1] if before else self.started_on
        if begin is None or begin >= day:
            return 0
        own = ahead.billed[INTEREST] - ahead.charged[INTEREST]
        earned = accrual.share_of_period(own, begin, ahead.due_on, day, self.terms.rounding)
        return max(0, min(ahead.left[INTEREST], earned - (ahead.billed[INTEREST] - ahead.left[INTEREST])))

    # -- money -------------------------------------------------------------------------------------------------------

    def use_credit(self, day: date) -> None:
        """Money left over from earlier payments settles what is open now, oldest money first."""
        for credit in self.credits:
            if credit.left_minor == 0:
                continue
            takes, rest = allocate(self.obligations, credit.left_minor, self.terms.waterfall, day)
            credit.left_minor = rest
            if takes:
                lines = self.settle(takes, day, credit.event, "credit_applied")
                old = self.payments[credit.event.id]
                self.payments[credit.event.id] = _with_later(old, tuple((day, line) for line in lines))
        self.credits = [c for c in self.credits if c.left_minor]

    def settle(self, takes: Iterable[Take], day: date, event: Event, kind: str) -> tuple[AllocationLine, ...]:
        lines = []
        for take in takes:
            o = take.obligation
            o.take(o.paid, take.index, take.amount_minor, day)
            self.mark(kind, day, o, take.index, -take.amount_minor, event)
            lines.append(AllocationLine(o.id, o.n, o.due_on, COMPONENTS[take.index], take.amount_minor))
        return tuple(lines)

    def fall_due(self, event: Event, origin: Origin, parts: dict[int, int], kind: str) -> None:
        billed = [parts.get(i, 0) for i in range(WIDTH)]
        o = self.add(event.effective_on, origin, billed, version=event.id)
        o.charged = list(billed)
        for index, amount in enumerate(billed):
            if amount:
                self.mark(kind, event.effective_on, o, index, amount, event)
        self.use_credit(event.effective_on)


def reference_of(event: Event) -> str:
    return str(event.data.get("reference") or event.key or "")


def _with_later(old: PaymentAllocation, later: tuple[tuple[date, AllocationLine], ...]) -> PaymentAllocation:
    return PaymentAllocation(
        old.event_id, old.key, old.effective_on, old.amount_minor, old.reference, old.lines, old.unallocated_minor,
        old.principal_outstanding_minor, old.recovery, old.applied_later + later,
    )  # fmt: skip


def start(
    terms: ServicingTerms, events: Iterable[Event], rows: Iterable[ScheduleRow], as_of: date, known_at: datetime | None
) -> State:
    """The state before the first event: rules of the day fixed, the schedule in force laid out."""
    counted = known_events(events, as_of, known_at)
    pauses = pauses_of(counted, terms)
    state = State(
        terms=terms,
        as_of=as_of,
        events=counted,
        pauses=pauses,
        steps=accrual.penalty_steps(terms.penalty, counted),
        paused=tuple(union(pauses, stop) for _, _, stop in _ACCRUALS),
        cap=None,
    )
    if terms.cap is not None:
        try:
            state.cap = caps.rate_for(terms.cap)
        except caps.UnknownCap as unknown:  # said in the answer, never taken as "no cap"
            state.cap_unknown = str(unknown)
    for row in rows:
        state.rows_by_version.setdefault(row.version, []).append(row)
    schedules = [e for e in counted if e.kind is EventKind.SCHEDULE_SET]
    lay_out(state, 0)
    if schedules:  # a schedule sent again replaces the earlier one from the start: it corrects, it does not change the contract
        lay_out(state, schedules[-1].id)
    begins = [e.effective_on for e in counted if e.kind is EventKind.DISBURSED]
    begins = begins or [e.effective_on for e in counted if e.kind in (EventKind.OPENED, EventKind.SCHEDULE_SET)]
    state.started_on = min(begins, default=None)
    return state


def lay_out(state: State, version: int) -> list[Obligation]:
    """Obligations of one schedule version. The rows are facts: they are there from the start, due or not."""
    laid = []
    for row in sorted(state.rows_by_version.get(version, ()), key=lambda r: (r.due_on, r.n)):
        billed = [0] * WIDTH
        billed[PRINCIPAL], billed[INTEREST], billed[FEE] = row.principal_minor, row.interest_minor, row.fee_minor
        billed[PENALTY], billed[INDEX[Component.COST]] = row.penalty_minor, row.cost_minor
        o = Obligation(state.next_id, row.n, row.due_on, Origin.SCHEDULE, version, billed)
        state.next_id += 1
        state.obligations.append(o)
        laid.append(o)
    state.obligations.sort(key=lambda o: (o.due_on, o.id))
    return laid


def phase_of(event: Event, terms: ServicingTerms) -> tuple[date, int, int]:
    """Place of an event in the order of application."""
    if event.kind in _STRUCTURE:
        return (event.effective_on, 0, event.id)
    if event.kind is EventKind.CHARGED:
        return (date.min if terms.replay is Replay.CHARGES_FIRST else event.effective_on, 1, event.id)
    return (event.effective_on, 2, event.id)


def fold(
    terms: ServicingTerms, events: Iterable[Event], rows: Iterable[ScheduleRow], as_of: date, known_at: datetime | None
) -> Position:
    """See ``position.position_of``."""
    from .assemble import assemble
    from .handlers import HANDLERS

    state = start(terms, events, rows, as_of, known_at)
    for event in sorted(state.events, key=lambda e: phase_of(e, terms)):
        handler: Callable[[State, Event], None] | None = HANDLERS.get(event.kind)
        if handler is None:
            continue
        if event.kind is not EventKind.CHARGED or terms.replay is Replay.AS_DATED:
            state.advance_to(event.effective_on)
        handler(state, event)
        if state.episode_from is not None and not any(
            o.open for o in state.obligations if is_overdue(o.due_on, event.effective_on, terms)
        ):
            state.episode_from = None
    state.advance_to(as_of)
    return assemble(state, known_at)


__all__ = ["State", "fold", "lay_out", "phase_of", "reference_of", "start"]
