"""The columnar fold answers what the one-loan fold answers, to the minor unit, on random portfolios."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pure_histories import END, FIRST_RECORDED, START, event, frames, histories, schedules, servicing

from arrears.ledger import columnar, columnar_frames
from arrears.ledger.events import Event, EventKind, ScheduleRow
from arrears.ledger.position import position_of
from arrears.ledger.servicing import ServicingTerms

Loans = dict[int, tuple[list[ScheduleRow], list[Event]]]


def both(loans: Loans, terms: ServicingTerms, as_of: date, known_at: datetime | None) -> tuple[list[dict], list[dict]]:
    found = columnar.fold(*frames(loans), as_of, known_at, terms).to_dicts()
    one_by_one = [
        columnar.as_row(i, position_of(terms, told, laid, as_of, known_at)) for i, (laid, told) in sorted(loans.items())
    ]
    return [{**row, "lane": ""} for row in found], [{**row, "lane": ""} for row in one_by_one]


def differences(found: list[dict], expected: list[dict]) -> list[tuple]:
    """(agreement, column, columnar, one by one) wherever they differ."""
    assert [row["agreement_id"] for row in found] == [row["agreement_id"] for row in expected]
    pairs = zip(found, expected, strict=True)
    return [(a["agreement_id"], k, a[k], b[k]) for a, b in pairs for k in columnar.SCHEMA if a[k] != b[k]]


@st.composite
def portfolios(draw: st.DrawFn, wide: bool) -> Loans:
    loans: Loans = {}
    for i in range(1, draw(st.integers(1, 6)) + 1):
        rows = draw(schedules())
        loans[i * 7] = (rows, draw(histories(rows, wide)))
    return loans


@given(st.data())
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
def test_wave_lane_equals_one_loan_fold(data: st.DataObject) -> None:
    loans, terms = data.draw(portfolios(wide=False)), data.draw(servicing(wide=False))
    as_of = data.draw(st.integers(0, 800).map(lambda n: START + timedelta(n)))
    known_at = data.draw(st.one_of(st.none(), st.integers(0, 16).map(lambda n: FIRST_RECORDED + timedelta(hours=n))))
    assert differences(*both(loans, terms, as_of, known_at)) == []


@given(st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_fact_is_answered_by_a_lane_that_knows_it(data: st.DataObject) -> None:
    loans, terms = data.draw(portfolios(wide=True)), data.draw(servicing())
    as_of = data.draw(st.integers(0, 800).map(lambda n: START + timedelta(n)))
    assert differences(*both(loans, terms, as_of, None)) == []


ROWS = [ScheduleRow(1, date(2024, 1, 31), 100_00, 5_00), ScheduleRow(2, date(2024, 2, 29), 100_00, 4_00)]
PAID = event(2, EventKind.PAID, date(2024, 1, 31), amount_minor=50_00)


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        (event(3, EventKind.REFUNDED, date(2024, 2, 1), amount_minor=1), "kind"),
        (event(3, EventKind.RESTRUCTURED, date(2024, 2, 1)), "kind"),
        (event(3, EventKind.PAID, date(2024, 2, 1), amount_minor=1, data={"split": {"fee": 1}}), "data"),
        (event(3, EventKind.CHARGED, date(2024, 2, 1), amount_minor=1, data={"own_due": True}), "data"),
        (event(3, EventKind.PAID, date(2024, 2, 1), amount_minor=1, due_on=date(2024, 2, 29)), "directed"),
        (event(3, EventKind.CHARGED_BACK, date(2024, 2, 1), amount_minor=1, target_id=2), "targeted_chargeback"),
        (event(3, EventKind.PAID, date(2024, 2, 1)), "amount"),
        (event(3, EventKind.PAUSED, date(2024, 2, 1)), "pause"),
        (event(3, EventKind.RESUMED, date(2024, 2, 1)), "resume_without_target"),
    ],
)
def test_what_the_wave_lane_does_not_know_goes_to_the_scalar_lane(extra: Event, reason: str) -> None:
    rows, events = frames({1: (ROWS, [PAID, extra]), 2: (ROWS, [PAID])})
    counted = columnar.known(events.lazy(), END, None).collect()
    assert columnar.needs_scalar(rows, counted, ServicingTerms()).to_dicts() == [{"agreement_id": 1, "reason": reason}]
    assert columnar.fold(rows, events, END)["lane"].to_list() == ["scalar", "wave"]


def test_overlapping_pauses_go_to_the_scalar_lane() -> None:
    first = event(3, EventKind.PAUSED, date(2024, 2, 1), until=date(2024, 3, 1))
    second = event(4, EventKind.PAUSED, date(2024, 2, 20), until=date(2024, 3, 9))
    rows, events = frames({1: (ROWS, [first, second])})
    assert columnar.needs_scalar(rows, events, ServicingTerms())["reason"].to_list() == ["pauses_overlap"]


def test_amounts_too_large_for_the_wave_lane_are_still_right() -> None:
    terms = ServicingTerms.from_dict({"penalty": {"annual_percent": "13.3333", "day_count": "actual/actual"}})
    huge = [ScheduleRow(1, date(2024, 1, 31), 9_000_000_000_000_00)]
    assert differences(*both({1: (huge, []), 2: (ROWS, [PAID])}, terms, END, None)) == []
    assert columnar.fold(*frames({1: (huge, []), 2: (ROWS, [PAID])}), END, None, terms)["lane"].to_list() == ["scalar", "wave"]


def test_terms_by_product_and_no_silent_default() -> None:
    loans: Loans = {1: (ROWS, [PAID]), 2: (ROWS, [PAID])}
    plain = ServicingTerms()
    strict = ServicingTerms.from_dict({"penalty": {"annual_percent": "18"}, "grace_days": 3})
    products = pl.DataFrame({"agreement_id": [1, 2], "product": [10, 20]})
    found = columnar.fold(*frames(loans), END, None, {10: plain, 20: strict}, products)
    assert found["penalty_minor"].to_list()[0] == 0 < found["penalty_minor"].to_list()[1]
    with pytest.raises(ValueError, match="without servicing terms"):
        columnar.fold(*frames(loans), END, None, {10: plain}, products)
    with pytest.raises(ValueError, match="product"):
        columnar.fold(*frames(loans), END, None, {10: plain})


def test_nothing_gives_an_empty_answer_of_the_same_shape() -> None:
    rows, events = frames({})
    assert columnar.fold(rows, events, END).schema == pl.Schema(columnar.SCHEMA)


def test_blocks_and_chunks_hold_whole_agreements(monkeypatch: pytest.MonkeyPatch) -> None:
    loans: Loans = {i: (ROWS, [PAID]) for i in range(1, 8)}
    whole = columnar.fold(*frames(loans), END)
    monkeypatch.setattr(columnar, "BLOCK", 4)
    monkeypatch.setattr(columnar_frames, "CHUNK", 2)
    assert columnar.fold(*frames(loans), END).equals(whole)
