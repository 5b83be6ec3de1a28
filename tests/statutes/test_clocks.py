"""Clocks: period arithmetic and the laws of limitation, for every date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.kernel.parameters import ParameterError, load
from arrears.kernel.refusals import Refusal
from arrears.statutes.classification import FIVE, five_category_floor
from arrears.statutes.clocks import CLOCKS, ClockEvent, WorkingDays, run_clock

CALENDAR = WorkingDays()
days = st.dates(date(2018, 1, 1), date(2030, 12, 31))


def limitation(*events: ClockEvent, as_of: date = date(2026, 11, 23)) -> dict:
    answer = run_clock("cn.limitation", events, as_of, {}, CALENDAR)
    assert isinstance(answer, dict)
    return answer


@given(due=days, gap=st.integers(0, 2000))
def test_a_demand_never_shortens_the_period(due: date, gap: int) -> None:
    plain = limitation(ClockEvent(due, "due"))
    demanded = limitation(ClockEvent(due, "due"), ClockEvent(due + timedelta(days=gap), "demand_delivered"))
    assert demanded["conservative"] >= plain["conservative"]
    inside = due + timedelta(days=gap) <= plain["conservative"]
    assert demanded["interruptions"] == (1 if inside else 0)


@given(due=days, gap=st.integers(1, 3000))
def test_only_a_signature_revives(due: date, gap: int) -> None:
    end = limitation(ClockEvent(due, "due"))["conservative"]
    late = end + timedelta(days=gap)
    assert limitation(ClockEvent(due, "due"), ClockEvent(late, "demand_delivered"))["conservative"] == end
    signed = limitation(ClockEvent(due, "due"), ClockEvent(late, "acknowledged", form="signed_notice"))
    assert signed["defence_waived"]
    assert signed["conservative"] > late


@given(due=days)
def test_conservative_before_liberal(due: date) -> None:
    answer = limitation(ClockEvent(due, "due"))
    assert answer["conservative"] < answer["liberal"]
    assert CALENDAR.is_working(answer["liberal"])


@given(due=days, events=st.lists(st.tuples(days, st.sampled_from(["demand_delivered", "acknowledged"])), max_size=6))
def test_order_of_entry_does_not_matter(due: date, events: list[tuple[date, str]]) -> None:
    rows = [ClockEvent(due, "due"), *(ClockEvent(d, e) for d, e in events)]
    assert limitation(*rows) == limitation(*reversed(rows))


def test_joint_guarantor_demanded_in_time_stays_liable() -> None:
    events = (ClockEvent(date(2026, 3, 31), "due"), ClockEvent(date(2026, 6, 1), "guarantor_demanded"))
    facts = {"guarantee_kind": "joint_and_several", "agreed_period": "24 months"}
    answer = run_clock("cn.guarantee_period", events, date(2029, 1, 1), facts, CALENDAR)
    assert isinstance(answer, dict)
    assert (answer["nominal"], answer["state_after"]) == (date(2028, 3, 31), "guarantor_liable")


@pytest.mark.parametrize("name", sorted(CLOCKS))
def test_a_missing_event_is_named(name: str) -> None:
    answer = run_clock(name, (), date(2026, 11, 23), {}, CALENDAR)
    assert isinstance(answer, Refusal)
    assert answer.code == "clock.event_missing"


def test_unknown_clock_and_asset() -> None:
    unknown = run_clock("cn.nothing", (), date(2026, 11, 23), {}, CALENDAR)
    assert isinstance(unknown, Refusal)
    assert unknown.status == 404
    frozen = run_clock(
        "cn.freeze_term", (ClockEvent(date(2026, 1, 1), "freeze_from"),), date(2026, 11, 23), {"asset": "boat?"}, CALENDAR
    )
    assert isinstance(frozen, Refusal)


@given(days=st.integers(0, 2000), more=st.integers(0, 500), ecl=st.integers(0, 100))
def test_worse_facts_never_better_category(days: int, more: int, ecl: int) -> None:
    on = date(2026, 11, 23)
    better = five_category_floor({"past_due_days": days}, on)
    worse = five_category_floor({"past_due_days": days + more, "credit_impaired": True, "ecl_percent": str(ecl)}, on)
    assert FIVE.index(worse) >= FIVE.index(better)


PARAMETER_FAULTS = [
    ('{value: "1", from: 2020-01-01, clause: c, source: s}', "last_checked"),
    ("{value: 1.5, from: 2020-01-01, clause: c, source: s, last_checked: 2026-01-01}", "floating"),
]


@pytest.mark.parametrize(("row", "said"), PARAMETER_FAULTS)
def test_a_wrong_parameter_file_is_refused(row: str, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        load(f"p:\n  title: {{zh: 一, en: one}}\n  unit: x\n  values:\n    - {row}\n")


def test_overlapping_values_are_refused() -> None:
    rows = "".join(
        f"    - {{value: 1, from: {d}, clause: c, source: s, last_checked: 2026-01-01}}\n" for d in ("2020-01-01", "2021-01-01")
    )
    with pytest.raises(ParameterError, match="overlaps"):
        load(f"p:\n  title: {{zh: 一, en: one}}\n  unit: x\n  values:\n{rows}")
