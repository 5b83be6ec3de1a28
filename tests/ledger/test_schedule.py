"""Schedules: laws that hold for all terms, worked values, and one refusal for each kind of impossible terms."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.kernel.calendars import last_of_month
from arrears.kernel.refusals import Refusal
from arrears.ledger import schedule
from arrears.ledger.terms import ScheduleTerms

BASE = {
    "currency": "CNY",
    "principal": "10000.00",
    "disbursed_on": "2025-01-31",
    "annual_rate": "12",
    "instalments": {"count": 12, "every": "1 month"},
}


def terms_of(**words):
    read = ScheduleTerms.from_dict({**BASE, **words})
    assert isinstance(read, ScheduleTerms), read
    return read


def cents(low, high):
    return st.integers(low, high).map(lambda n: str(Decimal(n).scaleb(-2)))


@st.composite
def any_terms(draw):
    amortization = draw(st.sampled_from(["equal_instalments", "equal_principal", "fixed_principal", "fixed_payment", "bullet"]))
    count = draw(st.integers(1, 60))
    principal = draw(st.integers(10_000, 50_000_000))
    words = {
        "currency": draw(st.sampled_from(["CNY", "EUR"])),
        "principal": str(Decimal(principal).scaleb(-2)),
        "disbursed_on": draw(st.dates(date(2015, 1, 1), date(2035, 12, 31))).isoformat(),
        "annual_rate": draw(cents(0, 3600)),
        "rate_kind": draw(st.sampled_from(["nominal", "effective"])),
        "interest_method": draw(st.sampled_from(["declining_balance", "flat", "compound_daily", "none"])),
        "amortization": amortization,
        "day_count": draw(
            st.sampled_from(
                ["actual/actual", "actual/365", "actual/360", "30/360", "30e/360", "30e/360-isda", "30/365", "30/actual"]
            )
        ),
        "instalments": {"count": count, "every": draw(st.sampled_from(["1 month", "2 weeks", "15 days", "1 quarter", "1 year"]))},
        "levelling": draw(st.sampled_from(["relevel_once", "last_instalment"])),
        "rounding": {"mode": draw(st.sampled_from(["half_even", "half_up", "half_down", "up", "down"])), "places": 2},
    }
    accrual = draw(st.sampled_from([None, "daily", "per_period"]))
    if accrual:
        words["interest_accrual"] = accrual
    if amortization == "fixed_principal":
        words["fixed_principal"] = str((Decimal(principal) / count).scaleb(-2).quantize(Decimal("0.01")) + Decimal("0.01"))
    if amortization == "fixed_payment":
        words["fixed_instalment"] = str((Decimal(principal) / count).scaleb(-2).quantize(Decimal("0.01")) + 1)
    if draw(st.booleans()) and amortization != "bullet":
        words["down_payment"] = {"percent": draw(st.sampled_from(["10", "25", "33.3"])), "due": "on_disbursement"}
    if count > 3 and amortization in ("equal_instalments", "equal_principal") and draw(st.booleans()):
        words["grace"] = {"principal_instalments": draw(st.integers(0, 2)), "interest_instalments": draw(st.integers(0, 2))}
    if draw(st.booleans()):
        day = date.fromisoformat(words["disbursed_on"]).replace(day=1)
        words["rate_resets"] = [{"date": day.replace(year=day.year + 1).isoformat(), "annual_rate": draw(cents(0, 3600))}]
    return words


@settings(max_examples=300, deadline=None)
@given(any_terms())
def test_laws_of_every_schedule(words):
    terms = ScheduleTerms.from_dict(words)
    assert isinstance(terms, ScheduleTerms), terms
    rows = schedule.build(terms)
    assert not isinstance(rows, Refusal), rows
    assert sum(r.principal for r in rows) == terms.principal, "principal sums to the loan"
    balance = terms.principal
    for row in rows:
        balance = balance + row.capitalised - row.principal
        assert row.balance == balance, "balance row identity"
    assert rows[-1].balance == 0
    instalments = [r.due_on for r in rows if r.kind == "instalment"]
    assert all(a < b for a, b in pairwise(instalments)), "due dates increase"
    assert all(d > terms.disbursed_on for d in instalments)
    assert all(r.interest >= 0 for r in rows), "no negative interest at rates of zero and above"
    step = terms.instalments.every
    if step.is_monthly:
        assert all(d.day == terms.disbursed_on.day or d == last_of_month(d) for d in instalments), "month-end rule"
    assert schedule.build(terms) == rows, "no hidden state"


@settings(max_examples=200, deadline=None)
@given(any_terms())
def test_minor_rows_sum_to_the_same_cents(words):
    terms = ScheduleTerms.from_dict(words)
    rows = schedule.build(terms)
    minor = schedule.minor_rows(rows, terms.currency, version=7)
    assert sum(r.principal_minor for r in minor) == int(terms.principal.scaleb(2))
    assert sum(r.interest_minor for r in minor) == int(schedule.totals(rows).interest.scaleb(2))
    assert [r.n for r in minor] == list(range(1, len(minor) + 1))
    assert {r.version for r in minor} == {7}


@settings(max_examples=200, deadline=None)
@given(any_terms())
def test_terms_survive_json(words):
    terms = ScheduleTerms.from_dict(words)
    assert ScheduleTerms.from_dict(terms.to_dict()) == terms


@settings(max_examples=100, deadline=None)
@given(st.integers(10_000, 10_000_000), st.integers(2, 60), cents(0, 3600))
def test_level_instalments_are_level(principal, count, rate):
    terms = terms_of(
        principal=str(Decimal(principal).scaleb(-2)), annual_rate=rate, instalments={"count": count, "every": "1 month"},
        levelling="relevel_once", interest_accrual="daily",
    )  # fmt: skip
    rows = schedule.build(terms)
    level = schedule.instalment(terms)
    assert {r.instalment for r in rows[:-1]} == {level}
    assert abs(rows[-1].instalment - level) <= Decimal("0.01") * count


def test_a_worked_equal_principal_loan():
    rows = schedule.build(terms_of(amortization="equal_principal", principal="1000.00", annual_rate="12",
                                   instalments={"count": 3, "every": "1 month"}, day_count="30/360"))  # fmt: skip
    assert [(r.due_on, str(r.principal), str(r.interest)) for r in rows] == [
        (date(2025, 2, 28), "333.33", "10.00"),
        (date(2025, 3, 31), "333.33", "6.67"),
        (date(2025, 4, 30), "333.34", "3.33"),
    ]


def test_interest_first_principal_last():
    rows = schedule.build(terms_of(amortization="bullet", interest_dues={"every": "1 quarter"}, maturity="2026-01-31",
                                   instalments=None, day_count="30/360"))  # fmt: skip
    assert [str(r.interest) for r in rows] == ["300.00"] * 4
    assert [str(r.principal) for r in rows] == ["0", "0", "0", "10000.00"]


def test_a_lump_sum_bullet():
    (row,) = schedule.build(terms_of(amortization="bullet", instalments={"count": 1, "every": "6 months"}, day_count="30/360"))
    assert (row.due_on, row.principal, row.interest) == (date(2025, 7, 31), Decimal("10000.00"), Decimal("600.00"))


def test_interest_grace_puts_interest_off_without_losing_it():
    free = terms_of(grace={"interest_free_instalments": 2}, interest_accrual="daily")
    off = terms_of(grace={"interest_instalments": 2}, interest_accrual="daily")
    plain = terms_of(interest_accrual="daily")
    interest = {name: [r.interest for r in schedule.build(t)] for name, t in (("free", free), ("off", off), ("plain", plain))}
    assert interest["free"][:2] == [0, 0]
    assert interest["off"][:2] == [0, 0]
    assert sum(interest["off"]) == sum(interest["plain"])
    assert sum(interest["free"]) < sum(interest["plain"])


def test_listed_due_dates():
    listed = ["2025-03-05", "2025-04-07", "2025-05-05"]
    rows = schedule.build(terms_of(instalments={"due_dates": listed}, amortization="equal_principal"))
    assert [r.due_on.isoformat() for r in rows] == listed


@pytest.mark.parametrize(
    ("words", "code", "pointer"),
    [
        ({"colour": "red"}, "terms.unknown_word", "/colour"),
        ({"amortization": "magic"}, "terms.unknown_value", "/amortization"),
        ({"instalments": {"count": 12, "every": "1 fortnight"}}, "terms.unknown_value", "/instalments/every"),
        ({"principal": None}, "terms.missing", "/principal"),
        ({"currency": None}, "terms.missing", "/currency"),
        ({"principal": 10000.5}, "terms.not_a_number", "/principal"),
        ({"annual_rate": "12%"}, "terms.not_a_number", "/annual_rate"),
        ({"principal": "NaN"}, "terms.not_a_number", "/principal"),
        ({"disbursed_on": "2025-02-29"}, "terms.not_a_date", "/disbursed_on"),
        ({"disbursed_on": "20250201"}, "terms.not_a_date", "/disbursed_on"),
        ({"currency": "rmb"}, "terms.currency", "/currency"),
        ({"principal": "10000.001"}, "terms.finer_than_currency", "/principal"),
        ({"currency": "JPY", "principal": "10000.50"}, "terms.finer_than_currency", "/principal"),
        ({"principal": "0.00"}, "terms.not_positive", "/principal"),
        ({"principal": "-5"}, "terms.not_positive", "/principal"),
        ({"fixed_instalment": "0"}, "terms.not_positive", "/fixed_instalment"),
        ({"fixed_instalment": "-100"}, "terms.not_positive", "/fixed_instalment"),
        ({"instalments": {"count": 0, "every": "1 month"}}, "terms.not_positive", "/instalments/count"),
        ({"instalments": {"count": -3, "every": "1 month"}}, "terms.not_positive", "/instalments/count"),
        ({"instalments": {"count": 5000, "every": "1 day"}}, "terms.too_many_instalments", "/instalments/count"),
        ({"annual_rate": "-100"}, "terms.rate_out_of_range", "/annual_rate"),
        ({"annual_rate": "99999"}, "terms.rate_out_of_range", "/annual_rate"),
        ({"maturity": "2025-01-31"}, "terms.before_disbursement", "/maturity"),
        ({"maturity": "2024-12-31"}, "terms.before_disbursement", "/maturity"),
        (
            {"instalments": {"count": 3, "every": "1 month", "first_due": "2025-01-01"}},
            "terms.before_disbursement", "/instalments/first_due",
        ),
        ({"instalments": {"due_dates": ["2025-03-01", "2025-03-01"]}}, "terms.not_increasing", "/instalments/due_dates/1"),
        ({"instalments": {"every": "1 month"}}, "terms.no_end", "/instalments"),
        ({"instalments": {"every": "1 month"}, "interest_method": "flat"}, "terms.no_end", "/instalments"),
        ({"instalments": {"count": 3}}, "terms.missing", "/instalments/every"),
        ({"instalments": {"every": "1 month", "due_dates": ["2025-03-01"]}}, "terms.conflict", "/instalments/due_dates"),
        ({"amortization": "fixed_principal"}, "terms.missing", "/fixed_principal"),
        ({"down_payment": {"percent": "100"}}, "terms.down_payment", "/down_payment"),
        ({"down_payment": {"percent": "10", "amount": "5.00"}}, "terms.conflict", "/down_payment"),
        ({"grace": {"principal_instalments": 12}}, "terms.grace", "/grace/principal_instalments"),
        ({"rounding": {"mode": "sideways"}}, "terms.unknown_value", "/rounding/mode"),
        ({"rounding": {"places": 99}}, "terms.unknown_value", "/rounding/places"),
        ({"rate_resets": [{"date": "2025-05-01"}]}, "terms.missing", "/rate_resets/0/annual_rate"),
        ({"instalments": "monthly"}, "terms.unknown_value", "/instalments"),
    ],
)  # fmt: skip
def test_impossible_terms_are_refused(words, code, pointer):
    refused = ScheduleTerms.from_dict({**BASE, **words})
    assert isinstance(refused, Refusal)
    assert code in {r.code for r in (refused, *refused.errors)}
    assert pointer in {r.pointer for r in (refused, *refused.errors)}
    assert refused.sentence.zh
    assert refused.fix.en


def test_all_reasons_are_given_at_once():
    refused = ScheduleTerms.from_dict({"currency": "yen", "principal": "x", "annual_rate": "y", "colour": 1})
    assert {r.code for r in (refused, *refused.errors)} == {
        "terms.unknown_word", "terms.not_a_number", "terms.currency", "terms.missing",
    }  # fmt: skip


def test_a_payment_below_the_interest_never_ends():
    words = {
        "amortization": "fixed_payment",
        "fixed_instalment": "50.00",
        "annual_rate": "36",
        "instalments": {"every": "1 month"},
    }
    refused = schedule.build(terms_of(**words))
    assert isinstance(refused, Refusal)
    assert refused.code == "terms.never_repaid"


def test_a_payment_without_end_date_uses_the_balance_up():
    rows = schedule.build(terms_of(amortization="fixed_payment", fixed_instalment="1000.00", instalments={"every": "1 month"}))
    assert len(rows) == 11
    assert {r.instalment for r in rows[:-1]} == {Decimal("1000.00")}
    assert 0 < rows[-1].instalment < 1000


def test_capitalised_days_are_no_obligation():
    terms = terms_of(amortization="equal_principal", capitalise_until="2025-04-30", day_count="30/360",
                     instalments={"count": 2, "every": "1 month", "first_due": "2025-05-31"})  # fmt: skip
    rows = schedule.build(terms)
    assert [r.capitalised > 0 for r in rows] == [True, False, False]
    minor = schedule.minor_rows(rows, "CNY")
    assert [r.due_on for r in minor] == [date(2025, 5, 31), date(2025, 6, 30)]
    assert sum(r.principal_minor for r in minor) == 1_000_000 + int(rows[0].capitalised.scaleb(2))


def test_no_instalment_falls_due_on_disbursement():
    counted = {"count": 12, "every": "1 month"}
    assert schedule.build(terms_of(instalments={**counted, "first_due": BASE["disbursed_on"]})) == schedule.build(terms_of())


def test_an_end_off_the_grid():
    months = terms_of(instalments={"every": "1 month"}, maturity="2025-06-15", amortization="equal_principal")
    days = terms_of(instalments={"every": "30 days"}, maturity="2025-06-15", amortization="equal_principal")
    short = terms_of(instalments={"every": "1 month"}, maturity="2025-06-15", amortization="equal_principal", final_stub="short")
    ends = {
        name: [r.due_on.isoformat() for r in schedule.build(t)][-2:] for name, t in (("m", months), ("d", days), ("s", short))
    }
    assert ends == {
        "m": ["2025-04-30", "2025-06-15"],
        "d": ["2025-05-31", "2025-06-15"],
        "s": ["2025-05-31", "2025-06-15"],
    }
