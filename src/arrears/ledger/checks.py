"""Whether a fact may be added to a history. Pure: the single-act actions and the bulk import ask the same questions.

``Facts`` is what the checks need of an agreement's history; ``facts_of`` gathers it from events. Each check returns a refusal
with the field that is wrong, or None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from arrears.kernel.money import format_major
from arrears.kernel.refusals import Refusal

from . import refusals
from .events import Component, Event, EventKind, ScheduleRow

MONEY_KINDS = frozenset(
    {
        EventKind.DISBURSED, EventKind.DRAWN, EventKind.CHARGED, EventKind.PAID, EventKind.CHARGED_BACK, EventKind.REFUNDED,
        EventKind.WAIVED,
    }
)  # fmt: skip
#: Facts that may be dated after the business date, at most ``AHEAD_DAYS``: they are arranged before they begin.
MAY_LIE_AHEAD = frozenset({EventKind.PAUSED, EventKind.STATEMENT_CUT, EventKind.RATE_CHANGED})
AHEAD_DAYS = 366
#: The figures of a host position (see ``models.HostPosition``).
POSITION_FIGURES = (
    "balance_minor", "principal_minor", "overdue_minor", "overdue_principal_minor", "overdue_interest_minor",
    "overdue_penalty_minor", "overdue_fee_minor", "past_due_days", "oldest_due_on", "minimum_due_minor",
)  # fmt: skip
#: What a closed agreement still takes: its own reversal, money that comes in late, and what undoes money.
AFTER_CLOSING = frozenset({EventKind.REVERSED, EventKind.PAID, EventKind.CHARGED_BACK, EventKind.REFUNDED})


@dataclass(frozen=True, slots=True)
class PauseSpan:
    """A pause as it stands: from ``start`` to ``until``, both ends included (its resume, if any, is the end)."""

    start: date
    until: date
    event_id: int


@dataclass(frozen=True, slots=True)
class Facts:
    """One agreement's history, as the checks see it. ``events`` are all recorded ones, reversed or not."""

    currency: str
    events: tuple[Event, ...]
    opened_on: date | None = None
    kept_by_host: bool = False  # then money may come in without a disbursement of ours

    def counted(self, *kinds: EventKind) -> list[Event]:
        gone = {e.target_id for e in self.events if e.kind is EventKind.REVERSED}
        return [e for e in self.events if e.kind in kinds and e.id not in gone]

    @property
    def started_on(self) -> date | None:
        first = self.counted(EventKind.DISBURSED, EventKind.DRAWN, EventKind.STATEMENT_CUT)
        return min((e.effective_on for e in first), default=self.opened_on if self.kept_by_host else None)

    @property
    def gone_on(self) -> date | None:
        """Since when the claim belongs to somebody else."""
        left = self.counted(EventKind.TRANSFERRED)
        return left[-1].effective_on if left else None

    @property
    def closed_on(self) -> date | None:
        closed = self.counted(EventKind.CLOSED)
        return closed[-1].effective_on if closed else None

    @property
    def pauses(self) -> tuple[PauseSpan, ...]:
        ends = {e.target_id: e.effective_on for e in self.counted(EventKind.RESUMED)}
        return tuple(
            PauseSpan(e.effective_on, min(e.until or date.max, ends.get(e.id, date.max)), e.id)
            for e in self.counted(EventKind.PAUSED)
        )

    def by_id(self, event_id: int) -> Event | None:
        return next((e for e in self.events if e.id == event_id), None)


def facts_of(currency: str, events: Iterable[Event], opened_on: date | None = None, kept_by_host: bool = False) -> Facts:
    """The facts of one agreement; ``opened_on`` makes the checks refuse what is dated before it."""
    return Facts(currency, tuple(events), opened_on, kept_by_host)


def check_event(facts: Facts, new: Event, *, today: date, currency: str = "") -> Refusal | None:
    """Whether ``new`` may follow ``facts`` on business date ``today``. The order of the checks is the order of the refusals."""
    for check in (_amount, _currency, _date, _closed, _target, _pause, _split, _once, _revolving, _rate):
        refused = check(facts, new, today, currency)
        if refused is not None:
            return refused
    return None


def _amount(facts: Facts, new: Event, today: date, currency: str) -> Refusal | None:
    if new.kind in MONEY_KINDS and (new.amount_minor is None or new.amount_minor <= 0):
        return refusals.AMOUNT_NOT_POSITIVE.at("/amount", amount=new.amount_minor)
    return None


def _currency(facts: Facts, new: Event, today: date, currency: str) -> Refusal | None:
    if currency and currency != facts.currency:
        return refusals.CURRENCY_MISMATCH.at("/currency", given=currency, agreement=facts.currency)
    return None


def _date(facts: Facts, new: Event, today: date, currency: str) -> Refusal | None:
    if new.effective_on > today and new.kind not in MAY_LIE_AHEAD:
        return refusals.IN_FUTURE.at("/effective_on", day=new.effective_on, today=today)
    if (latest := today + timedelta(days=AHEAD_DAYS)) < new.effective_on:
        return refusals.TOO_FAR_AHEAD.at("/effective_on", day=new.effective_on, latest=latest)
    if facts.opened_on is not None and new.effective_on < facts.opened_on and new.kind not in MONEY_KINDS:
        return refusals.BEFORE_OPENING.at("/effective_on", day=new.effective_on, opened=facts.opened_on)
    if new.due_on is not None and new.kind in {EventKind.CHARGED, EventKind.STATEMENT_CUT} and new.due_on < new.effective_on:
        return refusals.DUE_BEFORE.at("/due_on", due=new.due_on, day=new.effective_on)
    started = facts.started_on
    if new.kind in {EventKind.PAID, EventKind.CHARGED_BACK, EventKind.WAIVED, EventKind.REFUNDED, EventKind.WRITTEN_OFF}:
        if started is None:
            return refusals.NOT_DISBURSED.at("/agreement")
        if new.effective_on < started:
            return refusals.BEFORE_DISBURSEMENT.at("/effective_on", day=new.effective_on, start=started)
    return None


def _closed(facts: Facts, new: Event, today: date, currency: str) -> Refusal | None:
    closed = facts.closed_on
    if closed is not None and new.kind not in AFTER_CLOSING:
        return refusals.CLOSED.at("/agreement", day=closed)
    gone = facts.gone_on
    if gone is not None and new.effective_on >= gone and new.kind not in AFTER_CLOSING | {EventKind.CLOSED}:
        return refusals.TRANSFERRED_ALREADY.at("/agreement", day=gone)
    return None


def _target(facts: Facts, new: Event, today: date, currency: str) -> Refusal | None:
    if new.kind not in {EventKind.REVERSED, EventKind.CHARGED_BACK} or new.target_id is None:
        return None
    target = facts.by_id(new.target_id)
    if target is None:
        return refusals.EVENT_UNKNOWN.at("/target", target=new.target_id)
    if target.kind is EventKind.REVERSED:
        return refusals.REVERSAL_OF_REVERSAL.at("/target")
    if any(e.kind is EventKind.REVERSED and e.target_id == target.id for e in facts.events):
        return refusals.ALREADY_REVERSED.at("/target", target=target.key or target.id)
    if new.kind is EventKind.REVERSED:
        return _reversible(facts, target)
    if target.kind is not EventKind.PAID:
        return refusals.NOT_A_PAYMENT.at("/target", target=target.key or target.id)
    back = sum(e.amount_minor or 0 for e in facts.counted(EventKind.CHARGED_BACK) if e.target_id == target.id)
    left = (target.amount_minor or 0) - back
    if (new.amount_minor or 0) > left:
        return refusals.MORE_THAN_PAID.at(
            "/amount", amount=format_major(new.amount_minor or 0, facts.currency), most=format_major(left, facts.currency)
        )
    return None


def _reversible(facts: Facts, target: Event) -> Refusal | None:
    depends = [e for e in facts.counted(EventKind.CHARGED_BACK, EventKind.RESUMED) if e.target_id == target.id]
    if target.kind is EventKind.DISBURSED:
        depends += facts.counted(EventKind.PAID, EventKind.CHARGED, EventKind.WAIVED)
    if target.kind is EventKind.OPENED:
        depends += [e for e in facts.counted(*EventKind) if e.id != target.id]
    if depends:
        return refusals.NOT_REVERSIBLE.at("/target", kind=target.kind.value)
    return None


def _pause(facts: Facts, new: Event, today: date, currency: str) -> Refusal | None:
    if new.kind is EventKind.PAUSED:
        return check_pause(facts.pauses, new.effective_on, new.until)
    if new.kind is EventKind.RESUMED:
        answer = pause_to_resume(facts.pauses, new.effective_on, today)
        return answer if isinstance(answer, Refusal) else None
    return None


def check_pause(pauses: Iterable[PauseSpan], start: date, until: date | None) -> Refusal | None:
    """Whether a pause may be entered: it may start earlier or later than today, but must not overlap another."""
    if until is not None and until < start:
        return refusals.PAUSE_ENDS_BEFORE_START.at("/until", start=start, until=until)
    for old in pauses:
        if old.start <= (until or date.max) and start < old.until:
            return refusals.PAUSE_OVERLAPS.at("/effective_on", start=old.start, until=old.until)
    return None


def pause_to_resume(pauses: Iterable[PauseSpan], day: date, today: date) -> PauseSpan | Refusal:
    """The pause that a resume on ``day`` ends, or why there is none; a resume takes effect today or earlier."""
    if day > today:
        return refusals.RESUME_LATER.at("/effective_on", day=day, on=today)
    for pause in pauses:
        if pause.start <= day < pause.until:
            return pause
    return refusals.NO_ACTIVE_PAUSE.at("/effective_on", on=day)


def _split(facts: Facts, new: Event, today: date, currency: str) -> Refusal | None:
    split: Mapping[str, Any] | None = new.data.get("split")
    if new.kind is not EventKind.PAID or not split:
        return None
    parts = sum(int(v) for v in split.values())
    if parts != new.amount_minor or any(int(v) < 0 for v in split.values()) or set(split) - {c.value for c in Component}:
        return refusals.SPLIT_DIFFERS.at(
            "/split", parts=format_major(parts, facts.currency), amount=format_major(new.amount_minor or 0, facts.currency)
        )
    return None


def _once(facts: Facts, new: Event, today: date, currency: str) -> Refusal | None:
    """What can happen to an agreement only once."""
    code = {EventKind.WRITTEN_OFF: refusals.WRITTEN_OFF_ALREADY, EventKind.ACCELERATED: refusals.ACCELERATED_ALREADY}.get(
        new.kind
    )
    if code is None:
        return None
    done = facts.counted(new.kind)
    return code.at("/agreement", day=done[0].effective_on) if done else None


def _revolving(facts: Facts, new: Event, today: date, currency: str) -> Refusal | None:
    """Draws and statements belong to a card, not to a loan that was paid out at once; a statement asks for no more than is owed."""
    if new.kind not in {EventKind.DRAWN, EventKind.STATEMENT_CUT}:
        return None
    if facts.counted(EventKind.DISBURSED, EventKind.SCHEDULE_SET):
        return refusals.NOT_REVOLVING.at("/agreement")
    closing, asked = new.data.get("closing_balance"), int(new.data.get("minimum_due", new.amount_minor or 0))
    if new.kind is EventKind.STATEMENT_CUT and (asked < 0 or (closing is not None and asked > max(int(closing), 0))):
        shown = (format_major(asked, facts.currency), format_major(int(closing or 0), facts.currency))
        return refusals.MINIMUM_ABOVE_BALANCE.at("/minimum_due", minimum=shown[0], closing=shown[1])
    return None


def _rate(facts: Facts, new: Event, today: date, currency: str) -> Refusal | None:
    """A rate is a decimal of percent a year from 0 to 1,000."""
    for name in ("annual_rate", "penalty_rate"):
        text = new.data.get(name) if new.kind is EventKind.RATE_CHANGED else None
        if text is None:
            continue
        try:
            fits = 0 <= Decimal(str(text)) <= 1000
        except InvalidOperation:
            fits = False
        if not fits:
            return refusals.RATE_WRONG.at(f"/{name}", rate=text)
    return None


def check_position(
    figures: Mapping[str, Any], as_of: date, *, today: date, keeping: str, opened_on: date | None
) -> Refusal | None:
    """Whether what a host says is owed can be recorded: known words, nothing negative, parts not above the whole, a past day."""
    if keeping == "computed":
        return refusals.NOT_HOST_KEPT.at("/agreement")
    if as_of > today:
        return refusals.IN_FUTURE.at("/as_of", day=as_of, today=today)
    if opened_on is not None and as_of < opened_on:
        return refusals.BEFORE_OPENING.at("/as_of", day=as_of, opened=opened_on)
    unknown = sorted(set(figures) - set(POSITION_FIGURES))
    if unknown or not any(v is not None for v in figures.values()):
        return refusals.FIGURE_UNKNOWN.at("/figures", word=unknown[0] if unknown else "", known=", ".join(POSITION_FIGURES))
    for name in POSITION_FIGURES:
        value = figures.get(name)
        if name not in {"balance_minor", "oldest_due_on"} and value is not None and value < 0:
            return refusals.FIGURE_NEGATIVE.at(f"/figures/{name}", word=name, value=value)
    parts = [figures.get(f"overdue_{part}_minor") or 0 for part in ("principal", "interest", "penalty", "fee")]
    whole = figures.get("overdue_minor")
    if whole is not None and sum(parts) > whole:
        return refusals.PARTS_ABOVE_WHOLE.at("/figures/overdue_minor", parts=sum(parts), whole=whole)
    return None


def check_rows(rows: Sequence[ScheduleRow], principal_minor: int | None, currency: str, start: date | None) -> Refusal | None:
    """Whether ``rows`` are a schedule: at least one, nothing negative or empty, dates rising, principal sums to the loan."""
    if not rows:
        return refusals.SCHEDULE_EMPTY.at("/rows")
    previous: ScheduleRow | None = None
    for row in rows:
        if min(row.principal_minor, row.interest_minor, row.fee_minor, row.penalty_minor, row.cost_minor) < 0:
            return refusals.ROW_WRONG.at(f"/rows/{row.n}", n=row.n, zh="金额为负", en="an amount is negative")
        if row.total_minor == 0:
            return refusals.ROW_WRONG.at(f"/rows/{row.n}", n=row.n, zh="应还为零", en="nothing is due")
        if start is not None and row.due_on < start:
            return refusals.ROW_WRONG.at(
                f"/rows/{row.n}", n=row.n, zh=f"早于放款日 {start}", en=f"due before the disbursement on {start}"
            )
        if previous is not None and row.due_on <= previous.due_on:
            return refusals.ROW_WRONG.at(
                f"/rows/{row.n}", n=row.n, zh="应还日未递增", en="its due date does not come after the one before"
            )
        previous = row
    total = sum(r.principal_minor for r in rows)
    if principal_minor is not None and total != principal_minor:
        return refusals.PRINCIPAL_DIFFERS.at(
            "/rows", rows=format_major(total, currency), loan=format_major(principal_minor, currency)
        )
    return None
