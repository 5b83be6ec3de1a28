"""Differential test against an independent library (money-warp) on random simple loans.

Common ground of the two: a level-payment loan whose dues are paid on their dates, the last payment short or over. Both must
agree on interest and principal of every payment and on the principal left, to a cent for each payment (the library keeps
fractions of a cent, we round the schedule). Late interest is left out: it compounds there and is simple by law here.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from money_warp import InterestRate, Loan, Money

from arrears.ledger.events import Component, Event, EventKind, ScheduleRow
from arrears.ledger.position import position_of
from arrears.ledger.servicing import ServicingTerms

TERMS = ServicingTerms.from_dict({"waterfall": "interest_principal_penalty_fee"})
OPENED = date(2025, 1, 3)
CENT = Decimal("0.01")


def minor(amount: Money) -> int:
    return int((Decimal(str(amount.raw_amount)) * 100).quantize(Decimal(1)))


@given(
    principal=st.integers(50_000, 5_000_000), percent=st.integers(1, 36), count=st.integers(2, 6), step=st.integers(20, 40),
    full=st.integers(0, 5), share=st.integers(1, 99),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_payments_on_due_dates(principal: int, percent: int, count: int, step: int, full: int, share: int) -> None:
    full = min(full, count - 1)
    dues = [OPENED + timedelta(step * n) for n in range(1, count + 1)]
    opened = datetime(OPENED.year, OPENED.month, OPENED.day, tzinfo=UTC)
    theirs = Loan(Money(Decimal(principal) / 100), InterestRate(f"{percent}% annual"), dues, disbursement_date=opened)
    schedule = list(theirs.get_original_schedule())
    rows = [ScheduleRow(n, e.due_date, minor(e.principal_payment), minor(e.interest_payment)) for n, e in enumerate(schedule, 1)]
    told = [Event(1, EventKind.DISBURSED, OPENED, opened, amount_minor=principal)]
    settlements = []
    for n in range(full + 1):
        amount = rows[n].total_minor if n < full else max(1, rows[n].total_minor * share // 100)
        noon = datetime(dues[n].year, dues[n].month, dues[n].day, tzinfo=UTC)
        settlements.append(theirs.record_payment(Money(Decimal(amount) / 100), noon))
        told.append(Event(n + 2, EventKind.PAID, dues[n], noon, amount_minor=amount))
    ours = position_of(TERMS, told, rows, dues[full])
    for n, (mine, other) in enumerate(zip(ours.payments, settlements, strict=True), 1):
        assert abs(mine.of(Component.INTEREST) - minor(other.interest_paid)) <= n
        assert abs(mine.of(Component.PRINCIPAL) - minor(other.principal_paid)) <= n
        assert abs(mine.principal_outstanding_minor - minor(other.remaining_balance)) <= n + count
        assert mine.of(Component.PENALTY) == 0 == minor(other.mora_paid)
