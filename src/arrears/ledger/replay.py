"""The machine behind ``position.position_of``: walks the counting events in order and keeps dues, accrual, credit and pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from arrears.kernel.money import RoundingMode
from arrears.kernel.parameters import ParameterError

from .allocation import Due, Entry, Segment, Share, allocate, allocate_split
from .caps import cap_rate
from .delinquency import OpenDue, Pause, is_overdue, measure, paused_days
from .events import Component, Event, EventKind, ScheduleRow
from .position import CapCheck, Payment, Position, instalment_of
from .servicing import ServicingTerms

PRINCIPAL, INTEREST = Component.PRINCIPAL, Component.INTEREST
CHARGES = (Component.PENALTY, Component.COMPOUND, Component.FEE, Component.INTEREST)
#: Rates are whole ten-thousandths of a percent, so accrual is integer arithmetic (servicing terms refuse finer ones).
RATE_UNIT = 10_000

#: Order of events of one day: the contract first, then what raises the debt, then money, then what lowers it by decision.
DAY_ORDER = {
    EventKind.OPENED: 0, EventKind.DISBURSED: 0, EventKind.SCHEDULE_SET: 0, EventKind.RESTRUCTURED: 1, EventKind.RATE_CHANGED: 1,
    EventKind.PAUSED: 2, EventKind.RESUMED: 2, EventKind.CHARGED: 3, EventKind.DRAWN: 3, EventKind.STATEMENT_CUT: 3,
    EventKind.CHARGED_BACK: 3, EventKind.ACCELERATED: 3, EventKind.PAID: 4, EventKind.WAIVED: 5, EventKind.REFUNDED: 6,
    EventKind.WRITTEN_OFF: 7, EventKind.TRANSFERRED: 7, EventKind.CLOSED: 8,
}  # fmt: skip


def round_ratio(numerator: int, denominator: int, mode: RoundingMode) -> int:
    """``numerator / denominator`` rounded to a whole number; both non-negative."""
    if mode is RoundingMode.HALF_UP:
        return (2 * numerator + denominator) // (2 * denominator)
    return int((Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1), rounding=mode.decimal_mode))


def pauses_of(events: Sequence[Event]) -> tuple[Pause, ...]:
    """The pauses as they stand after their resumes. A pause may be entered later than it starts (``data.from``)."""
    ends = {e.target_id: e.effective_on for e in events if e.kind is EventKind.RESUMED}
    found = []
    for event in events:
        if event.kind is EventKind.PAUSED and event.until is not None:
            start = event.data.get("from") or event.effective_on
            start = date.fromisoformat(start) if isinstance(start, str) else start
            until = min(event.until, ends.get(event.id, event.until))
            found.append(Pause(start, max(start, until), event.id))
    return tuple(sorted(found, key=lambda p: (p.start, p.until)))


@dataclass(slots=True)
class _Accrual:
    """Exact interest on one instalment: numerator over ``100 x RATE_UNIT x year_days``, and what of it is booked."""

    until: date
    exact: dict[Component, int] = field(default_factory=dict)
    booked: dict[Component, int] = field(default_factory=dict)


class Replay:
    """One replay. Create, ``run()`` once, throw away."""

    def __init__(
        self, terms: ServicingTerms, events: Sequence[Event], rows: Sequence[ScheduleRow], as_of: date, known_at: datetime | None
    ) -> None:
        self.terms, self.as_of, self.known_at, self.rows = terms, as_of, known_at, rows
        self.events = tuple(sorted(events, key=lambda e: (e.effective_on, DAY_ORDER[e.kind], e.id)))
        self.pauses = pauses_of(self.events)
        self.dues: list[Due] = []
        self.accruals: dict[int, _Accrual] = {}
        self.payments: list[Payment] = []
        self.credit = 0
        self.credit_event = 0
        self.statuses: set[str] = set()
        self.written_off_on: date | None = None
        self.balance: int | None = None
        self.rate_changes: list[tuple[date, Decimal]] = []
        self.principal_days = 0
        self.principal_seen = next((e.effective_on for e in self.events if e.kind is EventKind.DISBURSED), None)

    def run(self) -> Position:
        self._load_schedule()
        if self.terms.waterfall.charges_first:
            for event in (e for e in self.events if e.kind is EventKind.CHARGED):
                self._charged(event)
        for event in self.events:
            if event.kind is EventKind.CHARGED and self.terms.waterfall.charges_first:
                continue
            handler = _HANDLERS.get(event.kind)
            if handler is not None:
                self._advance(event.effective_on)
                handler(self, event)
        self._advance(self.as_of)
        return self._answer()

    # ---- schedule

    def _load_schedule(self) -> None:
        sets = [e for e in self.events if e.kind is EventKind.SCHEDULE_SET]
        version = sets[-1].id if sets else 0
        for row in self.rows:
            if row.version == version:
                self._add_row(row, row.due_on)

    def _add_row(self, row: ScheduleRow, on: date) -> None:
        due = self._new_due(row.due_on, "schedule", row.version, row.n)
        parts = (
            (PRINCIPAL, row.principal_minor), (INTEREST, row.interest_minor), (Component.FEE, row.fee_minor),
            (Component.PENALTY, row.penalty_minor), (Component.COST, row.cost_minor),
        )  # fmt: skip
        for component, amount in parts:
            if amount:
                due.book(Entry(on, "scheduled", component, amount, row.version))

    def _new_due(self, due_on: date, origin: str, version: int = 0, n: int | None = None) -> Due:
        number = n if n is not None else max((d.n for d in self.dues), default=0) + 1
        due = Due(number, due_on, version, origin)
        self.dues.append(due)
        return due

    # ---- time

    def _advance(self, day: date) -> None:
        """Bring accrual and waiting credit up to ``day``; a credit pays what falls due on the way, on its due date."""
        if self.credit:
            for due in sorted((d for d in self.dues if d.due_on <= day and d.open_minor > 0), key=lambda d: (d.due_on, d.n)):
                if not self.credit:
                    break
                _, self.credit = allocate([due], self.credit, due.due_on, self.terms.waterfall, self.credit_event)
        self._count_principal(day)
        rates = self._rates()
        if any(rate for _, rate in rates):
            for due in self.dues:
                if due.due_on < day and due.origin != "charge":
                    self._accrue(due, day, rates)

    def _count_principal(self, day: date) -> None:
        if self.principal_seen is not None and day > self.principal_seen:
            self.principal_days += sum(d.open(PRINCIPAL) for d in self.dues) * (day - self.principal_seen).days
            self.principal_seen = day

    def _rates(self) -> list[tuple[date, int]]:
        """(from, rate in units) in force, oldest first."""
        units = [(date.min, int(self.terms.penalty_rate * RATE_UNIT))]
        return units + [(on, int(rate * RATE_UNIT)) for on, rate in self.rate_changes]

    def _accrue(self, due: Due, day: date, rates: list[tuple[date, int]]) -> None:
        grace = timedelta(days=self.terms.grace_days if self.terms.penalty.after_grace else 0)
        accrual = self.accruals.setdefault(id(due), _Accrual(due.due_on + grace))
        if day <= accrual.until:
            return
        bases = [(Component.PENALTY, due.open(PRINCIPAL))]
        if self.terms.penalty.compound:
            bases.append((Component.COMPOUND, due.open(INTEREST)))
        spans = self._spans(accrual.until, day, rates)
        for component, base in bases:
            self._book_accrual(due, accrual, component, base, spans, day)
        accrual.until = day

    def _spans(self, start: date, end: date, rates: list[tuple[date, int]]) -> list[tuple[date, date, int, int]]:
        """(from, to, counted days, rate units), split where the rate changes; pauses that stop penalty are not counted."""
        marks = sorted({start, end, *(on for on, _ in rates if start < on < end)})
        spans = []
        for first, last in zip(marks, marks[1:], strict=False):
            rate = [r for on, r in rates if on <= first][-1]
            days = (last - first).days
            if "penalty" in self.terms.pause_stops:
                days -= paused_days(self.pauses, first, last)
            spans.append((first, last, days, rate))
        return spans

    def _book_accrual(
        self, due: Due, accrual: _Accrual, component: Component, base: int, spans: list[tuple[date, date, int, int]], day: date
    ) -> None:
        year = self.terms.penalty.year_days
        used = [s for s in spans if base and s[2] and s[3]]
        if not used:
            return
        accrual.exact[component] = accrual.exact.get(component, 0) + sum(base * rate * days for _, _, days, rate in used)
        total = round_ratio(accrual.exact[component], 100 * RATE_UNIT * year, self.terms.rounding)
        amount = total - accrual.booked.get(component, 0)
        accrual.booked[component] = total
        segments = tuple(Segment(a, b, days, base, Decimal(rate) / RATE_UNIT, year) for a, b, days, rate in used)
        due.book(Entry(day, "accrued", component, amount, 0, segments))

    # ---- events

    def _charged(self, event: Event) -> None:
        """A charge joins the first instalment due on or after its own due date; after the last it stands alone."""
        wanted = event.due_on or event.effective_on
        hosts = [d for d in self.dues if d.due_on >= wanted and d.origin in {"schedule", "statement"}]
        due = min(hosts, key=lambda d: (d.due_on, d.n), default=None) or self._new_due(wanted, "charge")
        due.book(Entry(event.effective_on, "charged", event.component or Component.FEE, event.amount_minor or 0, event.id))

    def _paid(self, event: Event) -> None:
        amount = event.amount_minor or 0
        split = event.data.get("split")
        shares: list[Share]
        if split:
            parts = {Component(name): int(value) for name, value in split.items()}
            shares, rest = allocate_split(self.dues, parts, event.effective_on, event.id)
            rest += amount - sum(parts.values())
        else:
            shares, rest = allocate(self.dues, amount, event.effective_on, self.terms.waterfall, event.id)
        if self.balance is not None:
            self.balance -= amount
            rest = 0 if self.balance >= 0 else rest
        self.credit += rest
        self.credit_event = event.id if rest else self.credit_event
        principal = sum(d.open(PRINCIPAL) for d in self.dues)
        self.payments.append(
            Payment(
                event.id, event.effective_on, amount, tuple(shares), rest, principal, self.written_off_on is not None,
                str(event.data.get("reference", "")), str(event.data.get("channel", "")),
            )
        )  # fmt: skip

    def _charged_back(self, event: Event) -> None:
        """A paid amount falls due again on this day: in the components it had paid, last paid first; principal where unknown."""
        rest = event.amount_minor or 0
        due = self._new_due(event.effective_on, "chargeback")
        paid = next((p for p in self.payments if p.event_id == event.target_id), None)
        for share in reversed(paid.shares if paid else ()):
            part = min(rest, share.amount_minor)
            if part:
                due.book(Entry(event.effective_on, "charged", share.component, part, event.id))
                rest -= part
        if paid and rest:
            taken = min(rest, self.credit)
            self.credit -= taken
            rest -= taken
        if rest:
            due.book(Entry(event.effective_on, "charged", PRINCIPAL, rest, event.id))
        if self.balance is not None:
            self.balance += event.amount_minor or 0

    def _refunded(self, event: Event) -> None:
        """Money given back to the payer: from the credit, and what goes beyond it is owed again."""
        amount = event.amount_minor or 0
        taken = min(amount, self.credit)
        self.credit -= taken
        if amount > taken:
            due = self._new_due(event.effective_on, "refund")
            due.book(Entry(event.effective_on, "charged", PRINCIPAL, amount - taken, event.id))

    def _waived(self, event: Event) -> None:
        rest = event.amount_minor or 0
        component = event.component or Component.PENALTY
        for due in sorted(self.dues, key=lambda d: (d.due_on, d.n)):
            if event.due_on is not None and due.due_on != event.due_on:
                continue
            part = min(rest, due.open(component))
            if part:
                due.book(Entry(event.effective_on, "waived", component, -part, event.id))
                rest -= part

    def _rate_changed(self, event: Event) -> None:
        rate = event.data.get("penalty_rate")
        if rate is not None:
            self.rate_changes.append((event.effective_on, Decimal(str(rate))))

    def _accelerated(self, event: Event) -> None:
        """All principal not yet due falls due now; interest of later instalments is no longer owed."""
        later = [d for d in self.dues if d.due_on > event.effective_on and d.open_minor > 0]
        principal = sum(d.open(PRINCIPAL) for d in later)
        for due in later:
            self._move_out(due, event)
        if principal:
            due = self._new_due(event.effective_on, "accelerated")
            due.book(Entry(event.effective_on, "charged", PRINCIPAL, principal, event.id))

    def _restructured(self, event: Event) -> None:
        """A new schedule takes the place of what is open; ``data.keep_arrears`` leaves what is overdue under the old one."""
        keep = bool(event.data.get("keep_arrears"))
        for due in self.dues:
            if due.open_minor > 0 and not (keep and due.due_on < event.effective_on):
                self._move_out(due, event)
        for row in self.rows:
            if row.version == event.id:
                self._add_row(row, event.effective_on)

    def _move_out(self, due: Due, event: Event) -> None:
        for component, amount in tuple(due.opens.items()):
            if amount:
                due.book(Entry(event.effective_on, "moved", component, -amount, event.id))

    def _drawn(self, event: Event) -> None:
        self.balance = (self.balance or 0) + (event.amount_minor or 0)

    def _statement_cut(self, event: Event) -> None:
        """A card statement: its minimum due, less what earlier statements still have open, falls due on its date."""
        self.balance = int(event.data.get("closing_balance", self.balance or 0))
        minimum = int(event.data.get("minimum_due", event.amount_minor or 0))
        earlier = sum(d.open_minor for d in self.dues if d.origin == "statement")
        fresh = minimum - earlier if event.data.get("includes_overdue", True) else minimum
        if fresh <= 0:
            return
        due = self._new_due(event.due_on or event.effective_on, "statement", event.id)
        for component in (INTEREST, Component.FEE):
            part = min(int(event.data.get(component.value, 0)), fresh)
            if part:
                due.book(Entry(event.effective_on, "charged", component, part, event.id))
                fresh -= part
        if fresh:
            due.book(Entry(event.effective_on, "charged", PRINCIPAL, fresh, event.id))

    def _mark(self, event: Event) -> None:
        self.statuses.add(event.kind.value)
        if event.kind is EventKind.WRITTEN_OFF and self.written_off_on is None:
            self.written_off_on = event.effective_on

    # ---- answer

    def _cap(self) -> CapCheck | None:
        """Charges above the cap are not claimed: they are taken from penalty, compound interest, fees, interest, in that order."""
        opened = next((e.effective_on for e in self.events if e.kind in {EventKind.OPENED, EventKind.DISBURSED}), None)
        if not self.terms.cap_profile or opened is None or self.principal_days == 0:
            return None
        try:
            rate = cap_rate(self.terms.cap_profile, opened, self.as_of)
        except (KeyError, ParameterError):
            return None
        due = [d for d in self.dues if is_overdue(d.due_on, self.as_of, self.terms) or d.origin == "charge"]
        charged = sum(sum(d.total("scheduled", "charged", "accrued").get(c, 0) for c in CHARGES) for d in due)
        limit = self.principal_days * int(rate.percent * RATE_UNIT) // (100 * RATE_UNIT * 365)
        above = max(charged - limit, 0)
        reduction = 0
        for component in CHARGES:
            for one in sorted(due, key=lambda d: (d.due_on, d.n), reverse=True):
                part = min(above - reduction, one.open(component))
                if part > 0:
                    one.book(Entry(self.as_of, "capped", component, -part))
                    reduction += part
        return CapCheck(rate, charged, limit, reduction)

    def _accrued_interest(self) -> int:
        """Interest of the running period, by days of the period, not yet due (for information; never claimed as overdue)."""
        rows = sorted((d for d in self.dues if d.origin == "schedule"), key=lambda d: (d.due_on, d.n))
        start = next((e.effective_on for e in self.events if e.kind is EventKind.DISBURSED), None)
        for due in rows:
            if due.due_on > self.as_of:
                if start is None or start >= self.as_of or due.due_on <= start:
                    return 0
                whole = due.total("scheduled").get(INTEREST, 0)
                return whole * (self.as_of - start).days // (due.due_on - start).days
            start = due.due_on
        return 0

    def _status(self, overdue: int, outstanding: int) -> str:
        for event, status in (("closed", "closed"), ("transferred", "transferred"), ("written_off", "written_off")):
            if event in self.statuses:
                return status
        if overdue:
            return "overdue"
        if not self.dues and self.balance is None:
            return "not_disbursed"
        return "current" if outstanding or (self.balance or 0) > 0 else "settled"

    def _answer(self) -> Position:
        cap = self._cap()
        ordered = sorted(self.dues, key=lambda d: (d.due_on, d.n))
        measured = measure([OpenDue(d.due_on, d.open_minor) for d in ordered], self.pauses, self.as_of, self.terms)
        late = [d for d in ordered if is_overdue(d.due_on, self.as_of, self.terms)]
        overdue = _by_component(late)
        outstanding = _by_component(ordered)
        return Position(
            terms=self.terms,
            as_of=self.as_of,
            known_at=self.known_at,
            instalments=tuple(instalment_of(d, self.as_of, self.terms) for d in ordered),
            payments=tuple(self.payments),
            pauses=self.pauses,
            delinquency=measured,
            overdue=overdue,
            outstanding=outstanding,
            credit_minor=self.credit,
            accrued_interest_minor=self._accrued_interest(),
            status=self._status(sum(overdue.values()), sum(outstanding.values())),
            written_off_on=self.written_off_on,
            revolving_balance_minor=self.balance,
            cap=cap,
            events=self.events,
        )


def _by_component(dues: Sequence[Due]) -> MappingProxyType[Component, int]:
    found: dict[Component, int] = {}
    for due in dues:
        for component, amount in due.opens.items():
            if amount:
                found[component] = found.get(component, 0) + amount
    return MappingProxyType(found)


_HANDLERS = {
    EventKind.CHARGED: Replay._charged,
    EventKind.PAID: Replay._paid,
    EventKind.CHARGED_BACK: Replay._charged_back,
    EventKind.REFUNDED: Replay._refunded,
    EventKind.WAIVED: Replay._waived,
    EventKind.RATE_CHANGED: Replay._rate_changed,
    EventKind.ACCELERATED: Replay._accelerated,
    EventKind.RESTRUCTURED: Replay._restructured,
    EventKind.DRAWN: Replay._drawn,
    EventKind.STATEMENT_CUT: Replay._statement_cut,
    EventKind.WRITTEN_OFF: Replay._mark,
    EventKind.TRANSFERRED: Replay._mark,
    EventKind.CLOSED: Replay._mark,
}
