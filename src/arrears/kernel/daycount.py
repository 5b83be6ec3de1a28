"""Day counts: how many years lie between two dates, for interest. Exact fractions, no rounding anywhere.

Sources: ISDA 2006 Definitions 4.16 (actual/actual, actual/365 fixed, actual/360, 30/360, 30E/360, 30E/360 ISDA); the house
form of 30/360 counts whole civil months as 30 days and the days beyond them as they are.
"""

from __future__ import annotations

import calendar
from datetime import date
from enum import StrEnum
from fractions import Fraction

from .calendars import add_months, last_of_month, whole_months


class DayCount(StrEnum):
    ACTUAL_ACTUAL = "actual/actual"
    ACTUAL_365 = "actual/365"
    ACTUAL_360 = "actual/360"
    THIRTY_360 = "30/360"
    THIRTY_E_360 = "30e/360"
    THIRTY_E_360_ISDA = "30e/360-isda"
    THIRTY_365 = "30/365"
    THIRTY_ACTUAL = "30/actual"

    @property
    def counts_months(self) -> bool:
        """Whole months count as 30 days and the days beyond them as they are."""
        return self in (DayCount.THIRTY_360, DayCount.THIRTY_365, DayCount.THIRTY_ACTUAL)


class LeapYearRule(StrEnum):
    """Which years of actual/actual (and 30/actual) have 366 days.

    ``WHOLE_YEAR`` splits a period at the year end, each part over the length of its year. ``PERIODS_WITH_29_FEBRUARY``
    does not split: 366 only when the period (first day excluded, last included) contains a 29 February, else 365.
    """

    WHOLE_YEAR = "366_for_the_whole_leap_year"
    PERIODS_WITH_29_FEBRUARY = "366_only_for_periods_with_29_february"


def days_in_year(year: int) -> int:
    return 366 if calendar.isleap(year) else 365


def contains_29_february(start: date, end: date) -> bool:
    """Whether a 29 February lies after ``start`` and not after ``end``."""
    return any(calendar.isleap(y) and start < date(y, 2, 29) <= end for y in range(start.year, end.year + 1))


def split_at_year_end(start: date, end: date) -> Fraction:
    """Actual days, each over the length of the year it lies in. The first day does not count, the last does, so a period from
    12 December to 12 January has 19 days in the old year and 12 in the new.
    """
    total = Fraction(0)
    for year in range(start.year, end.year + 1):
        first = max(start, date(year - 1, 12, 31))
        last = min(end, date(year, 12, 31))
        total += Fraction((last - first).days, days_in_year(year))
    return total


def thirty_days(start: date, end: date) -> int:
    """Days of the house 30-day month: 30 for each whole month, the rest as it is.

    >>> thirty_days(date(2024, 1, 31), date(2024, 2, 29)), thirty_days(date(2024, 1, 10), date(2024, 1, 25))
    (30, 15)
    """
    months = whole_months(start, end)
    return 30 * months + (end - add_months(start, months)).days


def thirty_e_days(start: date, end: date) -> int:
    """Days of 30E/360: a day number of 31 counts as 30."""
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + min(end.day, 30) - min(start.day, 30)


def thirty_e_isda_days(start: date, end: date) -> int:
    """Days of 30E/360 (ISDA): the last day of any month counts as the 30th. The termination-date exception is not applied."""

    def day_number(day: date) -> int:
        return 30 if day == last_of_month(day) else day.day

    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + day_number(end) - day_number(start)


def year_fraction(
    start: date,
    end: date,
    day_count: DayCount,
    leap_year_rule: LeapYearRule = LeapYearRule.WHOLE_YEAR,
    *,
    period: tuple[date, date] | None = None,
) -> Fraction:
    """Years from ``start`` to ``end`` as an exact fraction.

    ``period`` is the interest period that the stretch belongs to, where the leap-year rule looks at the whole of it.
    """
    if day_count is DayCount.ACTUAL_365:
        return Fraction((end - start).days, 365)
    if day_count is DayCount.ACTUAL_360:
        return Fraction((end - start).days, 360)
    if day_count is DayCount.THIRTY_360:
        return Fraction(thirty_days(start, end), 360)
    if day_count is DayCount.THIRTY_365:
        return Fraction(thirty_days(start, end), 365)
    if day_count is DayCount.THIRTY_E_360:
        return Fraction(thirty_e_days(start, end), 360)
    if day_count is DayCount.THIRTY_E_360_ISDA:
        return Fraction(thirty_e_isda_days(start, end), 360)
    if day_count is DayCount.ACTUAL_ACTUAL and leap_year_rule is LeapYearRule.WHOLE_YEAR:
        return split_at_year_end(start, end)
    days = (end - start).days if day_count is DayCount.ACTUAL_ACTUAL else thirty_days(start, end)
    return Fraction(days, year_length(period or (start, end), leap_year_rule))


def year_length(period: tuple[date, date], leap_year_rule: LeapYearRule) -> int:
    """Days of the year that a whole ``period`` is measured by: 365 or 366 (the year the period ends in, or the rule's own)."""
    if leap_year_rule is LeapYearRule.PERIODS_WITH_29_FEBRUARY:
        return 366 if contains_29_february(*period) else 365
    return days_in_year(period[1].year)
