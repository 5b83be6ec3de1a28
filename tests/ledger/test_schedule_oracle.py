"""Our level loans with daily compounding against the independent ``money-warp``, on random loans."""

from __future__ import annotations

import warnings
from datetime import UTC, date, datetime, time
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.kernel.calendars import add_months
from arrears.ledger import schedule
from arrears.ledger.terms import ScheduleTerms

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from money_warp import InterestRate, Loan, Money


@settings(max_examples=60, deadline=None)
@given(
    st.integers(50_000, 50_000_000),
    st.integers(1, 36),
    st.integers(100, 9000),
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    st.integers(5, 40),
)
def test_both_engines_give_the_same_schedule(principal_cents, count, rate, disbursed_on, first_days):
    first_due = date.fromordinal(disbursed_on.toordinal() + first_days)
    dues = [add_months(first_due, n) for n in range(count)]
    principal, percent = Decimal(principal_cents).scaleb(-2), Decimal(rate).scaleb(-2)
    terms = ScheduleTerms.from_dict(
        {
            "currency": "BRL",
            "principal": str(principal),
            "disbursed_on": disbursed_on.isoformat(),
            "annual_rate": str(percent),
            "rate_kind": "effective",
            "interest_method": "compound_daily",
            "instalments": {"due_dates": [d.isoformat() for d in dues]},
        }
    )
    ours = schedule.build(terms)
    paid_out = datetime.combine(disbursed_on, time(12), UTC)
    theirs = list(
        Loan(Money(str(principal)), InterestRate(f"{percent}% annual"), dues, disbursement_date=paid_out).get_original_schedule()
    )
    assert [row.due_on for row in ours] == [entry.due_date for entry in theirs]
    # each engine rounds its own level instalment; a cent of it moves the last row by at most one cent an instalment
    for row, entry in zip(ours[:-1], theirs[:-1], strict=True):
        assert abs(row.instalment - entry.payment_amount.real_amount) <= Decimal("0.01")
        assert abs(row.interest - entry.interest_payment.real_amount) <= Decimal("0.02")
    assert abs(ours[-1].instalment - theirs[-1].payment_amount.real_amount) <= Decimal("0.02") * count
    assert sum(row.principal for row in ours) == principal
