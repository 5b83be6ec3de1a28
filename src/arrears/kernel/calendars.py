"""Civil dates: steps, month ends, business days. Pure; nothing here knows what day it is."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

_UNITS = {
    "day": ("days", 1), "week": ("days", 7),
    "month": ("months", 1), "quarter": ("months", 3), "half-year": ("months", 6), "year": ("months", 12),
}  # fmt: skip
_STEP = re.compile(r"^([0-9]+) (day|week|month|quarter|half-year|year)s?$")


class MonthEnd(StrEnum):
    """What a monthly step does at month ends.

    ``SAME_DAY``: the day number of the anchor, or the month's last day where it lacks that day.
    ``LAST_DAY``: an anchor on the last day of its month keeps to last days.
    """

    SAME_DAY = "same_day"
    LAST_DAY = "last_day"


@dataclass(frozen=True, slots=True)
class Step:
    """A calendar step: a number of months or a number of days (weeks are days, quarters and years are months)."""

    months: int = 0
    days: int = 0
    text: str = ""

    @classmethod
    def parse(cls, text: str) -> Step | None:
        """Read ``"1 month"``, ``"15 days"``, ``"2 weeks"``, ``"1 quarter"``, ``"1 half-year"``. ``None`` if it is no step.

        >>> Step.parse("2 weeks")
        Step(months=0, days=14, text='2 weeks')
        """
        found = _STEP.match(text)
        if found is None or int(found[1]) == 0 or int(found[1]) > 9999:
            return None
        unit, size = _UNITS[found[2]]
        count = int(found[1]) * size
        return cls(months=count, text=text) if unit == "months" else cls(days=count, text=text)

    @property
    def is_monthly(self) -> bool:
        return self.months > 0

    def from_anchor(self, anchor: date, times: int, month_end: MonthEnd = MonthEnd.SAME_DAY) -> date:
        """The date ``times`` steps after ``anchor``. Counted from the anchor, so a short month does not wear the day off."""
        if not self.is_monthly:
            return anchor + timedelta(days=self.days * times)
        return add_months(anchor, self.months * times, month_end)

    def grid(self, anchor: date, month_end: MonthEnd = MonthEnd.SAME_DAY, *, start: int = 0) -> Iterator[date]:
        """``anchor`` + ``start`` steps, and every following step, without end."""
        times = start
        while True:
            yield self.from_anchor(anchor, times, month_end)
            times += 1


def last_of_month(day: date) -> date:
    """Last day of the month of ``day``."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: date, months: int, month_end: MonthEnd = MonthEnd.SAME_DAY) -> date:
    """``day`` plus ``months`` civil months; a month that lacks the day ends on its last day.

    >>> add_months(date(2024, 1, 31), 1), add_months(date(2023, 2, 28), 1, MonthEnd.LAST_DAY)
    (datetime.date(2024, 2, 29), datetime.date(2023, 3, 31))
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    length = calendar.monthrange(year, month + 1)[1]
    if month_end is MonthEnd.LAST_DAY and day == last_of_month(day):
        return date(year, month + 1, length)
    return date(year, month + 1, min(day.day, length))


def whole_months(start: date, end: date) -> int:
    """Number of whole civil months from ``start`` to ``end`` (0 if ``end`` is earlier)."""
    months = (end.year - start.year) * 12 + end.month - start.month
    while months > 0 and add_months(start, months) > end:
        months -= 1
    return max(months, 0)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Which days are worked. ``weekend`` holds ``date.weekday()`` numbers (5 and 6: Saturday and Sunday).

    ``worked`` are weekend days that are worked all the same (China's shifted working days).
    """

    weekend: frozenset[int] = frozenset({5, 6})
    holidays: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def is_business_day(self, day: date) -> bool:
        if day in self.worked:
            return True
        return day.weekday() not in self.weekend and day not in self.holidays

    def following(self, day: date) -> date:
        """``day`` itself when it is worked, else the next worked day."""
        while not self.is_business_day(day):
            day += timedelta(days=1)
        return day
