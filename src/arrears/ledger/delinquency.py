"""How late: two day counters, pauses, buckets, contagion.

``past_due_days`` keep counting; pauses and grace stop ``delinquent_days``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from arrears.kernel.refusals import Refusal

from . import refusals_servicing as refusals
from .servicing import ServicingTerms, bucket_of


@dataclass(frozen=True, slots=True)
class Pause:
    """From ``start`` to ``until``, both ends included; it takes ``until - start`` days from the counter."""

    start: date
    until: date
    event_id: int = 0

    def active_on(self, day: date) -> bool:
        return self.start <= day <= self.until

    def resumed(self, on: date) -> Pause:
        return Pause(self.start, min(self.until, on), self.event_id)


def merged(pauses: Iterable[Pause]) -> tuple[tuple[date, date], ...]:
    """Union of the pauses as disjoint spans in order: overlapping ones count once, whatever order they came in."""
    spans: list[tuple[date, date]] = []
    for pause in sorted(pauses, key=lambda p: (p.start, p.until)):
        if pause.until < pause.start:
            continue
        if spans and pause.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], pause.until))
        else:
            spans.append((pause.start, pause.until))
    return tuple(spans)


def paused_days(pauses: Iterable[Pause], start: date, end: date) -> int:
    """Days that pauses take from the span ``start`` to ``end``: for each, ``min(until, end) - max(from, start)``."""
    return sum(max((min(until, end) - max(first, start)).days, 0) for first, until in merged(pauses))


def check_pause(pauses: Sequence[Pause], new: Pause, business_date: date) -> Refusal | None:
    """Whether a new pause may be entered on ``business_date`` (it may start that day or before, and must not overlap)."""
    if new.until < new.start:
        return refusals.PAUSE_ENDS_BEFORE_START.at("/until", start=new.start, until=new.until)
    if new.start > business_date:
        return refusals.PAUSE_STARTS_LATER.at("/effective_on", start=new.start, on=business_date)
    for old in pauses:
        if old.start <= new.until and new.start < old.until:
            return refusals.PAUSE_OVERLAPS.at("/effective_on", start=old.start, until=old.until)
    return None


def check_resume(pauses: Sequence[Pause], day: date, business_date: date) -> Pause | Refusal:
    """The pause that a resume on ``day`` ends, or why it cannot."""
    if day > business_date:
        return refusals.RESUME_LATER.at("/effective_on", day=day, on=business_date)
    for pause in pauses:
        if pause.start <= day < pause.until:
            return pause
    return refusals.NO_ACTIVE_PAUSE.at("/effective_on", on=day)


@dataclass(frozen=True, slots=True)
class OpenDue:
    """What the counters need of an instalment: its due date and what is open of it (minor units)."""

    due_on: date
    open_minor: int


@dataclass(frozen=True, slots=True)
class Delinquency:
    """Answer of the counters on one day. Amounts in minor units, days are civil days."""

    overdue_minor: int
    past_due_days: int
    delinquent_days: int
    oldest_due_on: date | None
    delinquent_since: date | None
    bucket: str | None
    by_instalment_bucket: dict[str, int]


def is_overdue(due_on: date, as_of: date, terms: ServicingTerms) -> bool:
    """With ``due_date_counts_as`` 0 a due is overdue from the next day, with 1 already on its own."""
    return due_on < as_of + timedelta(days=terms.due_date_counts_as)


def measure(dues: Iterable[OpenDue], pauses: Sequence[Pause], as_of: date, terms: ServicingTerms) -> Delinquency:
    """The counters of open ``dues`` on ``as_of``: oldest overdue due date leads; grace and pauses stop the second counter."""
    late = sorted((d for d in dues if d.open_minor > 0 and is_overdue(d.due_on, as_of, terms)), key=lambda d: d.due_on)
    if not late:
        return Delinquency(0, 0, 0, None, None, None, {})
    oldest = late[0].due_on
    paused = paused_days(pauses, oldest, as_of)
    past_due = (as_of - oldest).days + terms.due_date_counts_as
    counted = past_due - paused if "past_due_days" in terms.pause_stops else past_due
    stopped = paused if {"past_due_days", "delinquent_days"} & terms.pause_stops else 0
    delinquent = max(past_due - stopped - terms.grace_days, 0)
    by_bucket: dict[str, int] = {}
    for due in late:
        age = (as_of - due.due_on).days + terms.due_date_counts_as
        age -= paused_days(pauses, due.due_on, as_of) if stopped or "delinquent_days" in terms.pause_stops else 0
        age -= terms.grace_days if terms.instalment_ageing == "with_grace" else 0
        name = bucket_of(terms.buckets, age)
        if name is not None:
            by_bucket[name] = by_bucket.get(name, 0) + due.open_minor
    return Delinquency(
        overdue_minor=sum(d.open_minor for d in late),
        past_due_days=counted,
        delinquent_days=delinquent,
        oldest_due_on=oldest,
        delinquent_since=oldest + timedelta(days=terms.grace_days),
        bucket=bucket_of(terms.buckets, delinquent),
        by_instalment_bucket=by_bucket,
    )


def contagion(loans: Sequence[Delinquency]) -> tuple[int, str | None]:
    """Customer level: days and bucket of the worst loan. All loans of the customer are treated alike."""
    worst = max(loans, key=lambda d: d.delinquent_days, default=None)
    return (worst.delinquent_days, worst.bucket) if worst else (0, None)
