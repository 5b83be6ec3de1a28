"""Random but plausible histories of one agreement, for the properties of the pure ledger. Not a test module."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

from arrears.ledger.events import Component, Event, EventKind, ScheduleRow
from arrears.ledger.servicing import NAMED_WATERFALLS, ServicingTerms

START = date(2023, 12, 20)  # a history from here crosses a leap day and two year ends
END = START + timedelta(800)
FIRST_RECORDED = datetime(2024, 1, 1, tzinfo=UTC)

days = st.integers(1, 780).map(lambda n: START + timedelta(n))
amounts = st.integers(1, 60_000)


@st.composite
def schedules(draw: st.DrawFn, most: int = 8) -> list[ScheduleRow]:
    count, first = draw(st.integers(1, most)), draw(st.integers(5, 120))
    step = draw(st.integers(7, 45))
    rows = []
    for n in range(1, count + 1):
        due_on = START + timedelta(first + step * (n - 1))
        extra = draw(st.sampled_from([(0, 0, 0), (700, 0, 0), (0, 450, 0), (0, 0, 1200)]))
        rows.append(ScheduleRow(n, due_on, draw(st.integers(1, 50_000)), draw(st.integers(0, 5_000)), *extra))
    return rows


@st.composite
def penalties(draw: st.DrawFn) -> dict[str, Any] | None:
    if draw(st.booleans()):
        return None
    policy: dict[str, Any] = {
        "day_count": draw(st.sampled_from(["actual/360", "actual/365", "actual/actual"])),
        "compound_base": draw(st.sampled_from([[], ["interest"]])),
        "base": draw(st.sampled_from([["principal"], ["principal", "interest"]])),
        "from_grace_end": draw(st.booleans()),
    }
    if draw(st.booleans()):
        return policy | {"annual_percent": draw(st.sampled_from(["18", "21.9", "0.365", "13.3333"]))}
    rates = [{"from_on": "2023-01-01", "annual_percent": "12"}, {"from_on": "2024-09-10", "annual_percent": "10.65"}]
    return policy | {"contract_multiple": draw(st.sampled_from(["1.3", "1.5"])), "contract_rates": rates}


@st.composite
def servicing(draw: st.DrawFn, wide: bool = True) -> ServicingTerms:
    """``wide``: also what only the scalar lane knows."""
    ahead = ["next_instalment", "last_instalment"] + (["reamortise", "hold"] if wide else [])
    stages = {
        stage: draw(st.permutations(["cost", "fee", "interest", "penalty", "principal"]))
        for stage in ("past_due", "due", "in_advance")
    }
    own = {
        "style": draw(st.sampled_from(["by_due_date", "by_component"])),
        "in_advance_to": draw(st.sampled_from(ahead)),
        **stages,
    }
    return ServicingTerms.from_dict(
        {
            "waterfall": draw(st.one_of(st.sampled_from(sorted(NAMED_WATERFALLS)), st.just(own))),
            "replay": draw(st.sampled_from(["as_dated", "charges_first"])),
            "penalty": draw(penalties()),
            "grace_days": draw(st.sampled_from([0, 3, 10])),
            "due_date_counts_as": draw(st.sampled_from([0, 1])),
            "pause_stops": draw(
                st.sampled_from(
                    [
                        ["delinquent_days"],
                        [],
                        ["past_due_days"],
                        ["past_due_days", "delinquent_days"],
                        ["delinquent_days", "penalty"],
                    ]
                )
            ),
            "rounding": draw(st.sampled_from(["half_up", "half_even", "down", "up", "half_down"])),
            "cure": draw(st.sampled_from([{}, {"tolerance_minor": 900}, *([{"kind": "all_arrears"}] if wide else [])])),
            "cap": draw(st.sampled_from([None, {"profile": "cn.financial_24", "formed_on": "2023-12-20"}])) if wide else None,
        }
    )


def event(number: int, kind: EventKind, day: date, **words: Any) -> Event:
    """Recorded in the order of ``number``, one hour apart."""
    return Event(number, kind, day, FIRST_RECORDED + timedelta(hours=number), **words)


_COMMON = ("paid", "paid", "paid", "paid", "charged", "waived", "charged_back", "paused", "written_off", "reversed")
_WIDE = (
    *_COMMON,
    "split",
    "directed",
    "target_back",
    "refunded",
    "accelerated",
    "resumed",
    "rate",
    "drawn",
    "cut",
    "closed",
    "waived_one",
)


@st.composite
def histories(draw: st.DrawFn, rows: list[ScheduleRow], wide: bool = True, most: int = 14) -> list[Event]:
    told = [event(1, EventKind.DISBURSED, START, amount_minor=sum(r.principal_minor for r in rows))]
    for _ in range(draw(st.integers(0, most))):
        told.append(_one(draw, told, rows, draw(st.sampled_from(_WIDE if wide else _COMMON))))
    return told


def _one(draw: st.DrawFn, told: list[Event], rows: list[ScheduleRow], what: str) -> Event:
    n, day, amount = len(told) + 1, draw(days), draw(amounts)
    due = draw(st.sampled_from([r.due_on for r in rows]))
    component = draw(st.sampled_from(list(Component)))
    payments = [e.id for e in told if e.kind is EventKind.PAID] or [1]
    if what == "paid":
        return event(n, EventKind.PAID, day, amount_minor=amount)
    if what == "split":
        split = {"principal": amount // 2, component.value: amount // 3}
        return event(n, EventKind.PAID, day, amount_minor=amount, data={"split": split})
    if what == "directed":
        return event(n, EventKind.PAID, day, amount_minor=amount, due_on=due)
    if what == "charged":
        own = draw(st.sampled_from([None, due, day + timedelta(11)]))
        kind = draw(st.sampled_from([Component.FEE, Component.PENALTY, Component.COST, Component.INTEREST]))
        return event(n, EventKind.CHARGED, day, amount_minor=amount // 20 + 1, component=kind, due_on=own)
    if what in ("waived", "waived_one"):
        one = due if what == "waived_one" else None
        return event(
            n, EventKind.WAIVED, day, amount_minor=amount // 5 + 1, component=draw(st.sampled_from([component, None])), due_on=one
        )
    if what in ("charged_back", "target_back"):
        target = draw(st.sampled_from(payments)) if what == "target_back" else None
        return event(n, EventKind.CHARGED_BACK, day, amount_minor=amount // 2 + 1, target_id=target)
    if what == "paused":
        return event(n, EventKind.PAUSED, day, until=day + timedelta(draw(st.integers(0, 90))))
    if what == "reversed":
        undone = {e.target_id for e in told if e.kind is EventKind.REVERSED}
        open_ones = [e.id for e in told if e.kind is not EventKind.REVERSED and e.id not in undone]
        return event(n, EventKind.REVERSED, day, target_id=draw(st.sampled_from(open_ones or [1])))
    if what == "resumed":
        pauses = [e.id for e in told if e.kind is EventKind.PAUSED]
        return event(n, EventKind.RESUMED, day, target_id=draw(st.sampled_from(pauses)) if pauses else None)
    return _rare(draw, n, day, amount, what)


def _rare(draw: st.DrawFn, n: int, day: date, amount: int, what: str) -> Event:
    if what == "rate":
        return event(n, EventKind.RATE_CHANGED, day, data={draw(st.sampled_from(["penalty_rate", "annual_rate"])): "14.4"})
    if what == "cut":
        data = {"minimum_due": amount // 3, "interest": amount // 50}
        return event(n, EventKind.STATEMENT_CUT, day, due_on=day + timedelta(20), data=data)
    if what == "accelerated":
        return event(n, EventKind.ACCELERATED, day)
    kind = {
        "refunded": EventKind.REFUNDED,
        "drawn": EventKind.DRAWN,
        "closed": EventKind.CLOSED,
        "written_off": EventKind.WRITTEN_OFF,
    }
    return event(n, kind[what], day, amount_minor=amount)


def frames(loans: dict[int, tuple[list[ScheduleRow], list[Event]]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same facts as frames for the columnar fold."""
    rows = [
        {
            "agreement_id": i, "version": r.version, "n": r.n, "due_on": r.due_on, "principal_minor": r.principal_minor,
            "interest_minor": r.interest_minor, "fee_minor": r.fee_minor, "penalty_minor": r.penalty_minor, "cost_minor": r.cost_minor,
        }
        for i, (laid, _) in loans.items()
        for r in laid
    ]  # fmt: skip
    events = [
        {
            "agreement_id": i, "id": e.id, "kind": e.kind.value, "effective_on": e.effective_on, "recorded_at": e.recorded_at,
            "amount_minor": e.amount_minor, "component": e.component.value if e.component else None, "due_on": e.due_on,
            "until": e.until, "target_id": e.target_id, "data": json.dumps(dict(e.data)) if e.data else None,
        }
        for i, (_, told) in loans.items()
        for e in told
    ]  # fmt: skip
    from arrears.ledger.columnar import _EVENTS, _ROWS

    return pl.DataFrame(rows, schema=_ROWS), pl.DataFrame(events, schema=_EVENTS)
