"""Why this amount: a statement whose every line can be checked by hand and whose lines add up to the amount to the cent.

The lines are the trace of the fold: what fell due, what was charged, how penalty interest grew (base, rate, days, day
count), which payment settled what, what was waived, what a cap took off. Nothing is recomputed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from arrears.kernel.refusals import Text

from . import explain
from .events import Component
from .position import Position, TraceEntry
from .servicing import COMPONENTS


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One step. ``amount_minor`` is signed (plus: owed more); ``running_minor`` is the sum up to and with this line.

    For interest lines: ``base_minor`` x ``annual_percent`` x ``days`` by ``day_count`` from ``from_on`` to ``on``. The
    amount is the growth of the running sum rounded once, so it may differ by one minor unit from the line alone.
    """

    on: date
    kind: str
    what: Text
    instalment: int
    due_on: date | None
    component: Component
    amount_minor: int
    running_minor: int
    from_on: date | None = None
    days: int = 0
    base_minor: int = 0
    annual_percent: Decimal | None = None
    day_count: str = ""
    clause: str = ""
    reference: str = ""
    event_id: int = 0


@dataclass(frozen=True, slots=True)
class StatementNote:
    """Something that changed no amount of the statement but must be said."""

    on: date
    what: Text
    amount_minor: int
    event_id: int


@dataclass(frozen=True, slots=True)
class Statement:
    """``scope`` is ``overdue`` or ``total``; ``total_minor`` is the last running sum and equals the position's amount."""

    currency: str
    as_of: date
    known_at: datetime | None
    scope: str
    lines: tuple[StatementLine, ...]
    notes: tuple[StatementNote, ...]
    total_minor: int
    by_component: Mapping[Component, int]
    credit_minor: int


_RANK = {"billed": 0, "statement": 0, "restructured": 0, "accelerated": 0, "charged_back": 0, "refunded": 0, "drawn": 0}


def statement_of(position: Position, scope: str = "overdue", detail: str = "open") -> Statement:
    """Derive the overdue amount (``scope="overdue"``) or everything owed (``"total"``; ``"outstanding"`` is the same).

    ``detail="open"``: the lines of obligations that still have something open. ``"all"``: also of settled ones, whose
    lines add up to nothing. Either way the last running sum is the amount. Raises ``ValueError`` on another word, and if
    the lines did not add up (which would be a fault of the fold, and must not be shown).
    """
    if scope not in ("overdue", "total", "outstanding") or detail not in ("open", "all"):
        raise ValueError(f"no statement of scope {scope!r}, detail {detail!r}")
    overdue_only = scope == "overdue"
    chosen = {
        i.obligation_id: place
        for place, i in enumerate(position.instalments)
        if (i.overdue or not overdue_only or (detail == "all" and not i.outstanding_minor))
        and (i.outstanding_minor or detail == "all")
    }
    entries = [(place, e) for place, e in enumerate(position.trace) if e.obligation_id in chosen and e.amount_minor]
    entries.sort(key=lambda pe: (chosen[pe[1].obligation_id], _RANK.get(pe[1].kind, 1), pe[1].effective_on, pe[0]))
    lines: list[StatementLine] = []
    running, sums = 0, dict.fromkeys(COMPONENTS, 0)
    for _, entry in entries:
        running += entry.amount_minor
        line = _line(entry, running, position.currency)
        sums[line.component] += entry.amount_minor
        lines.append(line)
    expected = position.overdue_totals if overdue_only else position.totals
    if any(sums[c] != expected[c] for c in COMPONENTS):
        raise ValueError(f"statement does not add up: {sums} instead of {dict(expected)}")
    return Statement(
        currency=position.currency,
        as_of=position.as_of,
        known_at=position.known_at,
        scope="overdue" if overdue_only else "total",
        lines=tuple(lines),
        notes=tuple(
            StatementNote(e.effective_on, explain.sentence(e, position.currency), e.amount_minor, e.event_id)
            for e in position.trace
            if e.kind == "note"
        ),
        total_minor=running,
        by_component=MappingProxyType(sums),
        credit_minor=position.unallocated_minor,
    )


def _line(entry: TraceEntry, running: int, currency: str) -> StatementLine:
    assert entry.component is not None  # every entry of an obligation names its component
    return StatementLine(
        on=entry.effective_on,
        kind=entry.kind,
        what=explain.sentence(entry, currency),
        instalment=entry.n,
        due_on=entry.due_on,
        component=entry.component,
        amount_minor=entry.amount_minor,
        running_minor=running,
        from_on=entry.from_on,
        days=entry.days,
        base_minor=entry.base_minor,
        annual_percent=entry.annual_percent,
        day_count=entry.day_count,
        clause=entry.clause,
        reference=entry.reference,
        event_id=entry.event_id,
    )
