"""Words of the case format that the published cases do not use, and refusals that the product and a case must share."""

from __future__ import annotations

from datetime import date

import pytest

from arrears.kernel.declare import UnsupportedCase
from arrears.ledger.cases_servicing import run_allocation, run_delinquency


def d(day: int, month: int = 1) -> date:
    return date(2026, month, day)


DUES = [{"due": d(10), "principal": "100.00"}, {"due": d(10, 2), "principal": "100.00"}]


def days(*timeline: dict, asked: tuple[date, ...] = (d(20),), dues: list | None = None, **terms: object) -> list[dict]:
    words = {"currency": "CNY", "buckets": ["1-30", "31+"], **terms}
    return run_delinquency(
        {"terms": words, "dues": dues or DUES, "timeline": list(timeline), "expect": [{"date": a} for a in asked]}
    )


def test_a_payment_counts_until_the_day_of_its_reversal() -> None:
    paid, undone = {"date": d(10), "id": "p", "pay": "100.00"}, {"date": d(15), "reverse": "p"}
    answers = days(paid, undone, asked=(d(14), d(15)))
    assert [a["past_due_days"] for a in answers] == [0, 5]


@pytest.mark.parametrize(
    ("stops", "past", "delinquent"),
    [([], 10, 10), (["delinquent_days"], 10, 6), (["past_due_days"], 6, 6), (["past_due_days", "delinquent_days"], 6, 6)],
)
def test_what_a_pause_stops(stops: list[str], past: int, delinquent: int) -> None:
    (answer,) = days({"date": d(12), "pause": {"from": d(12), "to": d(16)}}, pause_stops=stops)
    assert (answer["past_due_days"], answer["delinquent_days"]) == (past, delinquent)


@pytest.mark.parametrize(
    "line",
    [
        {"date": d(12), "pause": {"from": d(14), "to": d(13)}},
        {"date": d(12), "pause": {"from": d(12), "to": d(12)}},
        {"date": d(12), "pause": {"from": d(1), "to": d(20)}},
        {"date": d(12), "pause": {"from": d(8), "to": d(20)}},
        {"date": d(12), "resume": True},
        {"date": d(8), "resume": {"from": d(9)}},
        {"date": d(8), "resume": {"to": d(9)}},
        {"date": d(12), "reverse": "nobody"},
        {"date": d(12), "pay": "0.00"},
        {"date": d(2), "pay": "1.00"},
    ],
)
def test_refusals(line: dict) -> None:
    """Each is refused beside a pause of 7 to 9 January on a loan of 3 January, and a case that accepts it has no answer."""
    told = ({"date": d(3), "disburse": "200.00"}, {"date": d(7), "pause": {"from": d(7), "to": d(9)}})
    (refused,) = days(*told, {**line, "refused": True})
    assert refused == days(*told)[0]
    (accepted,) = days(*told, line)
    assert set(accepted) == {"date", "refusals"}


def test_a_refusal_the_product_does_not_share_is_reported() -> None:
    (answer,) = days({"date": d(12), "pay": "5.00", "refused": True})
    assert "accepted" in answer["refusals"][0]


@pytest.mark.parametrize(
    ("verb", "amount", "open_amount"),
    [
        ("chargeback", "30.00", "80.00"), ("refund", "30.00", "80.00"), ("payment_cancelled", "30.00", "80.00"),
        ("adjust", "30.00", "20.00"), ("adjust", "-30.00", "80.00"), ("credit", "30.00", "20.00"), ("credit_note", "30.00", "20.00"),
        ("chargeback_reversed", "30.00", "20.00"), ("payment_failed", "account closed", "50.00"), ("tag", "hardship", "50.00"),
    ],
)  # fmt: skip
def test_amounts_that_raise_or_lower_what_is_open(verb: str, amount: str, open_amount: str) -> None:
    paid = {"date": d(10), "id": "p", "pay": "50.00"}
    (answer,) = days(paid, {"date": d(12), verb: amount})
    assert answer["overdue_amount"] == open_amount


def test_money_for_one_item_and_next_due() -> None:
    dues = [{**due, "id": f"i{n}"} for n, due in enumerate(DUES, 1)]
    (answer,) = days({"date": d(10), "item": "i2", "pay": "60.00"}, dues=dues)
    wanted = {
        "overdue_amount": "100.00", "earliest_unpaid_due": d(10), "earliest_unpaid_due_amount": "100.00", "next_due": d(10, 2),
        "next_due_amount": "40.00", "bucket": "1-30", "by_instalment_bucket": {"1-30": "100.00"},
    }  # fmt: skip
    assert {k: answer[k] for k in wanted} == wanted


def test_claims_by_rank_over_several_payments() -> None:
    case = {
        "terms": {"currency": "CNY", "waterfall": {"style": "by_rank", "ranks": ["cost", "rest"], "within_rank": "pro_rata"}},
        "claims": [{"id": "k", "rank": "cost", "amount": "10.00"}, {"id": "a", "rank": "rest", "amount": "90.00"}],
        "timeline": [{"date": d(1), "id": "x", "pay": "40.00"}, {"date": d(2), "id": "y", "pay": "70.00"}],
        "expect": {"payments": [], "balances": [{"date": d(1)}, {"date": d(2)}]},
    }
    answer = run_allocation(case)
    assert answer["payments"] == [
        {"id": "x", "k": "10.00", "a": "30.00", "unallocated": "0.00"}, {"id": "y", "k": "0.00", "a": "60.00", "unallocated": "10.00"}
    ]  # fmt: skip
    assert [(b["k"], b["a"]) for b in answer["balances"]] == [("0.00", "60.00"), ("0.00", "0.00")]


@pytest.mark.parametrize(
    ("terms", "line"),
    [({"waterfall": {"style": "sideways"}}, {}), ({}, {"pay": "0.001"}), ({}, {"dance": "1.00"}), ({"buckets": ["x"]}, {})],
)
def test_words_that_are_not_known_are_never_passed(terms: dict, line: dict) -> None:
    with pytest.raises(UnsupportedCase):
        days({"date": d(12), **(line or {"tag": "x"})}, **terms)
