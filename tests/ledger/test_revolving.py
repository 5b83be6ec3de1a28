"""Statement cycle and minimum due: worked values and laws."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.kernel.refusals import Refusal
from arrears.ledger.revolving import Cycle, RevolvingTerms, StatementFigures, check, cycles, minimum_due

TERMS = RevolvingTerms(statement_day=5, due_after_days=20, minimum_percent=Decimal(10), minimum_floor_minor=10_000)


@pytest.mark.parametrize(
    ("figures", "total"),
    [
        (StatementFigures(0), 0),
        (StatementFigures(-5_000), 0),
        (StatementFigures(1_000_000), 100_000),  # ten percent
        (StatementFigures(50_000), 10_000),  # the floor
        (StatementFigures(6_000), 6_000),  # never more than is owed
        (StatementFigures(1_000_000, overdue_minor=80_000), 92_000 + 80_000),
        (StatementFigures(1_100_000, credit_limit_minor=1_000_000), 100_000 + 100_000),
        (StatementFigures(1_000_000, interest_minor=15_000, fee_minor=5_000), 98_000 + 20_000),
        (StatementFigures(1_000_001), 100_001),  # rounded up to whole cents
    ],
)
def test_minimum_due(figures, total):
    assert minimum_due(figures, TERMS).total_minor == total


amounts = st.integers(0, 10**9)


@given(amounts, amounts, st.none() | amounts, amounts, st.decimals(0, 100, places=2), amounts)
def test_the_minimum_lies_between_what_is_overdue_and_the_balance(balance, overdue, limit, fee, percent, floor):
    overdue, fee = min(overdue, balance), min(fee, balance)
    terms = RevolvingTerms(minimum_percent=percent, minimum_floor_minor=floor)
    due = minimum_due(StatementFigures(balance, overdue, limit, fee_minor=fee), terms)
    assert min(overdue, balance) <= due.total_minor <= balance
    assert due.cut_minor >= 0
    if limit is not None and due.cut_minor == 0:
        assert due.over_limit_minor == max(balance - limit, 0)


def test_cycles_leave_no_day_out():
    terms = RevolvingTerms(statement_day=31, due_after_days=18)
    found = list(cycles(terms, date(2025, 1, 10), date(2025, 4, 30)))
    assert found == [
        Cycle(date(2025, 1, 10), date(2025, 1, 31), date(2025, 2, 18)),
        Cycle(date(2025, 2, 1), date(2025, 2, 28), date(2025, 3, 18)),
        Cycle(date(2025, 3, 1), date(2025, 3, 31), date(2025, 4, 18)),
        Cycle(date(2025, 4, 1), date(2025, 4, 30), date(2025, 5, 18)),
    ]


@given(st.integers(1, 31), st.integers(1, 60), st.decimals(0, 100, places=2), amounts)
def test_terms_survive_json(day, after, percent, floor):
    terms = RevolvingTerms(day, after, percent, floor)
    assert RevolvingTerms.from_dict(terms.to_dict()) == terms


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"statement_day": 0}, "revolving.bad_policy"),
        ({"statement_day": 32}, "revolving.bad_policy"),
        ({"due_after_days": True}, "revolving.bad_policy"),
        ({"minimum_percent": "120"}, "revolving.bad_policy"),
        ({"minimum_percent": "ten"}, "revolving.bad_policy"),
        ({"minimum_floor_minor": -1}, "revolving.bad_policy"),
        ({"percent_base": "moon"}, "revolving.bad_policy"),
        ({"colour": "red"}, "revolving.unknown_word"),
    ],
)
def test_impossible_policies(words, code):
    refused = RevolvingTerms.from_dict(words)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    assert isinstance(check(TERMS), RevolvingTerms)
