"""Steps, month ends, day counts: worked values and laws."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.kernel.calendars import BusinessCalendar, MonthEnd, Step, add_months, last_of_month, whole_months
from arrears.kernel.daycount import DayCount, LeapYearRule, contains_29_february, year_fraction

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("text", "months", "day_count"),
    [("1 month", 1, 0), ("3 months", 3, 0), ("1 quarter", 3, 0), ("2 half-years", 12, 0), ("1 year", 12, 0), ("2 weeks", 0, 14)],
)
def test_steps(text, months, day_count):
    step = Step.parse(text)
    assert (step.months, step.days) == (months, day_count)


@pytest.mark.parametrize("text", ["", "month", "0 days", "1 fortnight", "-1 month", "1.5 months", "1 month ", "99999 days"])
def test_no_steps(text):
    assert Step.parse(text) is None


def test_a_short_month_does_not_wear_the_day_off():
    step = Step.parse("1 month")
    assert [step.from_anchor(date(2023, 10, 31), n) for n in range(1, 6)] == [
        date(2023, 11, 30), date(2023, 12, 31), date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31),
    ]  # fmt: skip
    assert step.from_anchor(date(2023, 2, 28), 1) == date(2023, 3, 28)
    assert step.from_anchor(date(2023, 2, 28), 1, MonthEnd.LAST_DAY) == date(2023, 3, 31)


@given(days, st.integers(0, 600))
def test_month_steps_keep_the_day_or_end_the_month(day, months):
    result = add_months(day, months)
    assert result.day == day.day or (result.day < day.day and result == last_of_month(result))
    assert (result.year - day.year) * 12 + result.month - day.month == months


@given(days, days)
def test_whole_months_is_the_largest_that_fits(a, b):
    start, end = sorted((a, b))
    months = whole_months(start, end)
    assert add_months(start, months) <= end < add_months(start, months + 1)


@pytest.mark.parametrize(
    ("start", "end", "day_count", "expected"),
    [
        (date(2023, 12, 12), date(2024, 1, 12), DayCount.ACTUAL_ACTUAL, Fraction(19, 365) + Fraction(12, 366)),
        (date(2024, 1, 31), date(2024, 2, 29), DayCount.THIRTY_360, Fraction(30, 360)),
        (date(2024, 1, 1), date(2024, 1, 16), DayCount.THIRTY_360, Fraction(15, 360)),
        (date(2024, 1, 31), date(2024, 2, 29), DayCount.THIRTY_E_360, Fraction(29, 360)),
        (date(2024, 1, 31), date(2024, 2, 29), DayCount.THIRTY_E_360_ISDA, Fraction(30, 360)),
        (date(2024, 1, 1), date(2025, 1, 1), DayCount.ACTUAL_365, Fraction(366, 365)),
        (date(2024, 1, 1), date(2024, 7, 1), DayCount.ACTUAL_360, Fraction(182, 360)),
        (date(2024, 1, 15), date(2024, 2, 15), DayCount.THIRTY_365, Fraction(30, 365)),
        (date(2024, 1, 15), date(2024, 2, 15), DayCount.THIRTY_ACTUAL, Fraction(30, 366)),
    ],
)
def test_year_fractions(start, end, day_count, expected):
    assert year_fraction(start, end, day_count) == expected


def test_leap_year_rule_looks_at_the_period():
    rule = LeapYearRule.PERIODS_WITH_29_FEBRUARY
    with_it = year_fraction(date(2024, 1, 31), date(2024, 2, 29), DayCount.ACTUAL_ACTUAL, rule)
    after_it = year_fraction(date(2024, 2, 29), date(2024, 3, 31), DayCount.ACTUAL_ACTUAL, rule)
    assert (with_it, after_it) == (Fraction(29, 366), Fraction(31, 365))
    assert not contains_29_february(date(2024, 2, 29), date(2025, 2, 28))


@given(
    days, days, days, st.sampled_from([DayCount.ACTUAL_365, DayCount.ACTUAL_360, DayCount.ACTUAL_ACTUAL, DayCount.THIRTY_E_360])
)
def test_day_counts_add_up(a, b, c, day_count):
    first, middle, last = sorted((a, b, c))
    parts = year_fraction(first, middle, day_count) + year_fraction(middle, last, day_count)
    assert parts == year_fraction(first, last, day_count)


@given(days)
def test_following_business_day(day):
    calendar = BusinessCalendar(holidays=frozenset({date(2026, 10, 1)}), worked=frozenset({date(2026, 10, 10)}))
    following = calendar.following(day)
    assert following >= day
    assert calendar.is_business_day(following)
    assert calendar.is_business_day(date(2026, 10, 10))
    assert calendar.following(date(2026, 10, 1)) == date(2026, 10, 2)
