"""How late is it: pauses, the two day counters, buckets, cure, contagion between the loans of a customer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from .events import Event, EventKind
from .servicing import Bucket, ServicingTerms, Stop


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause from ``from_on`` to ``to_on``; both ends are inside it, and it takes ``to_on - from_on`` days."""

    from_on: date
    to_on: date
    stops: frozenset[Stop]
    event_id: int = 0


@dataclass(frozen=True, slots=True)
class PauseState:
    """A pause as it stands on a date: shortened if it was resumed early; ``active`` if the date lies in it."""

    from_on: date
    to_on: date
    active: bool
    stops: tuple[Stop, ...] = ()


def pauses_of(events: Sequence[Event], terms: ServicingTerms) -> tuple[Pause, ...]:
    """Pauses of counted events, in the order of recording of their starts, shortened by resumes.

    The start is ``data["from"]`` (a pause may be recorded before or after it begins), else ``effective_on``. A
    resume without a target ends every pause that its day lies in. A pause without end runs until it is resumed.
    """
    pauses: list[Pause] = []
    for event in events:
        if event.kind is EventKind.PAUSED:
            begin = event.data.get("from_on") or event.data.get("from")
            begin_on = (
                event.effective_on if begin is None else begin if isinstance(begin, date) else date.fromisoformat(str(begin))
            )
            named = event.data.get("stops")
            stops = terms.pause_stops if named is None else frozenset(Stop(s) for s in named)
            pauses.append(Pause(begin_on, max(begin_on, event.until or date.max), stops, event.id))
    resumes = [e for e in events if e.kind is EventKind.RESUMED]
    for resume in resumes:
        day = resume.effective_on
        for i, pause in enumerate(pauses):
            meant = resume.target_id == pause.event_id if resume.target_id else pause.from_on <= day <= pause.to_on
            if meant and day < pause.to_on:
                pauses[i] = replace(pause, to_on=max(day, pause.from_on))
    return tuple(pauses)


def states_of(pauses: Iterable[Pause], as_of: date) -> tuple[PauseState, ...]:
    return tuple(PauseState(p.from_on, p.to_on, p.from_on <= as_of <= p.to_on, tuple(sorted(p.stops))) for p in pauses)


#: A pause that stops the days past due stops the delinquent days too: these are never more.
DELINQUENT_STOPS = frozenset({Stop.DELINQUENT_DAYS, Stop.PAST_DUE_DAYS})


def union(pauses: Iterable[Pause], *stops: Stop) -> tuple[tuple[date, date], ...]:
    """Disjoint spans ``(from, to)`` in which one of ``stops`` holds: a day covered by two pauses counts once."""
    spans = sorted((p.from_on, p.to_on) for p in pauses if p.stops.intersection(stops))
    merged: list[tuple[date, date]] = []
    for begin, end in spans:
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return tuple(merged)


def paused_days(spans: Iterable[tuple[date, date]], since: date, as_of: date) -> int:
    """Days of ``spans`` that lie between ``since`` and ``as_of``; a span from a to b takes b - a days."""
    return sum(max(0, (min(end, as_of) - max(begin, since)).days) for begin, end in spans)


def is_overdue(due_on: date, as_of: date, terms: ServicingTerms) -> bool:
    """Overdue from the next day, or on its own day where the due date counts as day one."""
    return due_on < as_of or (terms.due_date_counts_as == 1 and due_on == as_of)


def bucket_of(days: int, buckets: Iterable[Bucket]) -> str | None:
    """Name of the range that holds ``days``; ``None`` at 0 or in no range."""
    if days <= 0:
        return None
    return next((b.name for b in buckets if b.holds(days)), None)


@dataclass(frozen=True, slots=True)
class Counters:
    """The two counters on a date. ``since`` is the due date they count from; ``None`` if nothing is overdue."""

    past_due_days: int
    delinquent_days: int
    since: date | None
    delinquent_since: date | None
    bucket: str | None


NOT_LATE = Counters(0, 0, None, None, None)


def counters_of(since: date | None, as_of: date, pauses: Sequence[Pause], terms: ServicingTerms) -> Counters:
    """Both counters from the due date ``since`` (oldest overdue, or start of the episode).

    past_due_days = as_of - since (+ due_date_counts_as), less pauses only where these stop ``past_due_days``;
    delinquent_days = the unreduced count less paused days since then less grace, not below 0.
    """
    if since is None:
        return NOT_LATE
    raw = (as_of - since).days + terms.due_date_counts_as
    past_due = max(0, raw - paused_days(union(pauses, Stop.PAST_DUE_DAYS), since, as_of))
    delinquent = max(0, raw - paused_days(union(pauses, *DELINQUENT_STOPS), since, as_of) - terms.grace_days)
    return Counters(past_due, delinquent, since, since + timedelta(terms.grace_days), bucket_of(delinquent, terms.buckets))


def aged_days(due_on: date, as_of: date, pauses: Sequence[Pause], terms: ServicingTerms) -> int:
    """Age of one instalment for the table by bucket: days since due less paused days, and less grace if terms say so."""
    raw = (as_of - due_on).days + terms.due_date_counts_as - paused_days(union(pauses, *DELINQUENT_STOPS), due_on, as_of)
    return max(0, raw - (terms.grace_days if terms.instalment_ageing == "with_grace" else 0))
