"""Calculators: laws that hold for every claim, one row per refusal, and the working ends at the answer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.kernel.refusals import Refusal
from arrears.statutes.registry import CALCULATORS, calculate
from arrears.statutes.working import Answer

TODAY = date(2026, 11, 23)
claims = st.decimals(min_value=0, max_value=50_000_000, places=2)
SCALES = {
    "cn.acceptance_fee": "claim_amount",
    "cn.payment_order_fee": "claim_amount",
    "cn.enforcement_fee": "execution_amount",
    "cn.preservation_fee": "preserved_amount",
    "cn.bankruptcy_fee": "estate_amount",
}


def fee(name: str, amount: Decimal) -> Decimal:
    answer = calculate(name, {SCALES[name]: str(amount)}, TODAY)
    assert isinstance(answer, Answer)
    return Decimal(answer.outputs["amount"])


@given(name=st.sampled_from(sorted(SCALES)), low=claims, more=claims)
def test_a_higher_claim_never_costs_less(name: str, low: Decimal, more: Decimal) -> None:
    assert fee(name, low) <= fee(name, low + more)


@given(amount=claims, grounds=st.sets(st.sampled_from(["mediation", "withdrawal", "simplified_procedure"]), min_size=1))
def test_halved_once_however_many_grounds(amount: Decimal, grounds: set[str]) -> None:
    whole = calculate("cn.acceptance_fee", {"claim_amount": str(amount)}, TODAY)
    half = calculate("cn.acceptance_fee", {"claim_amount": str(amount), "halved_by": sorted(grounds)}, TODAY)
    assert isinstance(whole, Answer)
    assert isinstance(half, Answer)
    assert abs(Decimal(half.outputs["amount"]) * 2 - Decimal(whole.outputs["amount"])) <= Decimal("0.01")


@given(
    base=st.decimals(min_value=1, max_value=1_000_000, places=2),
    days=st.lists(st.integers(1, 900), min_size=1, max_size=4),
    share=st.integers(1, 99),
)
def test_delayed_interest_loses_no_payment(base: Decimal, days: list[int], share: int) -> None:
    ends = date(2024, 1, 1)
    payments = [
        {"date": date.fromordinal(ends.toordinal() + d), "amount": str((base * share / 100).quantize(Decimal("0.01")))}
        for d in days
    ]
    answer = calculate(
        "cn.delayed_performance_interest", {"base": str(base), "performance_ends": ends, "payments": payments}, TODAY
    )
    assert isinstance(answer, Answer)
    out = {k: Decimal(v) for k, v in answer.outputs.items() if k.startswith(("paid", "left"))}
    assert out["paid_principal"] + out["left_principal"] == base
    assert all(v >= 0 for v in out.values())
    paid = sum(Decimal(p["amount"]) for p in payments)
    assert out["paid_principal"] + out["paid_doubled_part"] + out["paid_general_interest"] <= paid


def test_the_working_names_clause_and_date() -> None:
    answer = calculate("cn.acceptance_fee", {"claim_amount": "150000.00"}, TODAY)
    assert isinstance(answer, Answer)
    shown = answer.as_json("en")
    assert [step["result"] for step in shown["working"]] == ["50.00", "2250.00", "1000.00"]
    assert shown["figures"][0]["in_force_from"] == "2007-04-01"
    assert all(step["clause"] for step in shown["working"])


REFUSALS = [
    ("no.such", {}, "calculator.unknown", "/calculator"),
    ("cn.acceptance_fee", {}, "calculator.input_wrong", "/inputs/claim_amount"),
    ("cn.acceptance_fee", {"claim_amount": "-1"}, "calculator.input_wrong", "/inputs/claim_amount"),
    ("cn.acceptance_fee", {"claim_amount": "12a"}, "calculator.input_wrong", "/inputs/claim_amount"),
    ("cn.acceptance_fee", {"claim_amount": 1.5}, "calculator.input_wrong", "/inputs/claim_amount"),
    ("cn.acceptance_fee", {"claim_amont": "1"}, "calculator.input_wrong", "/inputs/claim_amont"),
    ("cn.acceptance_fee", {"claim_amount": "1", "halved_by": ["luck"]}, "calculator.input_wrong", "/inputs/halved_by"),
    ("cn.acceptance_fee_top_up", {"claim_amount": "1", "paid": "0", "reason": "x"}, "calculator.input_wrong", "/inputs/reason"),
    ("cn.overdue_rate_range", {"contract_percent": "12", "overdue_kind": "x"}, "calculator.input_wrong", "/inputs/overdue_kind"),
    ("cn.private_lending_rate_cap", {"formed_on": "2018-01-01"}, "calculator.input_wrong", "/inputs/as_of"),
    (
        "cn.delayed_performance_interest",
        {"base": "1", "performance_ends": "x", "payments": []},
        "calculator.input_wrong",
        "/inputs/performance_ends",
    ),
    (
        "cn.delayed_performance_interest",
        {"base": "1", "performance_ends": "2026-01-01"},
        "calculator.input_wrong",
        "/inputs/payments",
    ),
    ("generic.dunning_letter", {"outstanding": "1", "day_count": "x"}, "calculator.input_wrong", "/inputs/day_count"),
]


@pytest.mark.parametrize(("name", "inputs", "code", "pointer"), REFUSALS)
def test_refusal(name: str, inputs: dict, code: str, pointer: str) -> None:
    answer = calculate(name, inputs, TODAY)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.pointer) == (code, pointer)
    assert answer.sentence.zh
    assert answer.fix.en


def test_every_calculator_says_what_it_is() -> None:
    assert all(c.title.zh and c.title.en and c.inputs for c in CALCULATORS.values())
