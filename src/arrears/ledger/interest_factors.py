"""The share of a year between two days of a plan, and the interest factor that comes of it.

Factors are ``Decimal`` with 40 digits: interest = balance x factor, rounded only where the terms say so.
"""

from __future__ import annotations

from datetime import date
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise

from arrears.kernel.calendars import Step
from arrears.kernel.daycount import DayCount, year_fraction, year_length

from .terms import InterestAccrual, InterestMethod, RateKind, ScheduleTerms

#: Exact enough that 1,200 periods leave no trace in the tenth decimal place.
EXACT = Context(prec=40)


def years(terms: ScheduleTerms, start: date, end: date, step: Step | None) -> Fraction:
    """Years from ``start`` to ``end``; ``step`` is the whole step they span on the grid, or None for a broken period."""
    if terms.interest_accrual is InterestAccrual.PER_PERIOD:
        unit = step or (None if terms.partial_periods_by_days else terms.instalments.every)
        if unit is not None:
            return _unit(terms, unit)
    if terms.day_count.counts_months and step is not None:
        days = 30 * step.months if step.is_monthly else (end - start).days
        if terms.day_count is DayCount.THIRTY_ACTUAL:
            return Fraction(days, year_length((start, end), terms.leap_year_rule))
        return Fraction(days, 365 if terms.day_count is DayCount.THIRTY_365 else 360)
    return year_fraction(start, end, terms.day_count, terms.leap_year_rule)


def _unit(terms: ScheduleTerms, step: Step) -> Fraction:
    """A whole step as a share of a year: months over 12, weeks over 52, days over 360 or 365."""
    if step.is_monthly:
        return Fraction(step.months, 12)
    if "week" in step.text:
        return Fraction(step.days, 7 * 52)
    return Fraction(step.days, 360 if "360" in terms.day_count else 365)


def rate_on(terms: ScheduleTerms, day: date, known_before: date | None = None) -> Decimal:
    """Percent a year in force on ``day``, leaving out resets on or after ``known_before``."""
    rate = terms.annual_rate
    for reset in terms.rate_resets:
        if reset.on <= day and (known_before is None or reset.on < known_before):
            rate = reset.annual_rate
    return rate


def factor(terms: ScheduleTerms, start: date, end: date, step: Step | None, known_before: date | None = None) -> Decimal:
    """Interest on a balance of 1 from ``start`` to ``end``, split where the rate changes in between."""
    if terms.interest_method is InterestMethod.NONE or end <= start:
        return Decimal(0)
    cuts = [r.on for r in terms.rate_resets if start < r.on < end and (known_before is None or r.on < known_before)]
    whole = years(terms, start, end, step)
    if not cuts:
        return growth(terms, rate_on(terms, start, known_before), whole)
    marks = [start, *cuts, end]
    shares = _shares(terms, marks, whole, step)
    parts = [growth(terms, rate_on(terms, a, known_before), share) for a, share in zip(marks, shares, strict=False)]
    if not compounds(terms):
        return sum(parts, Decimal(0))
    total = Decimal(1)
    for part in parts:
        total = EXACT.multiply(total, 1 + part)
    return total - 1


def _shares(terms: ScheduleTerms, marks: list[date], whole: Fraction, step: Step | None) -> list[Fraction]:
    """The years of each stretch between marks. Periods counted by steps are shared out by days."""
    pairs = list(pairwise(marks))
    by_steps = terms.interest_accrual is InterestAccrual.PER_PERIOD or terms.day_count.counts_months
    if by_steps:
        days = (marks[-1] - marks[0]).days
        return [whole * Fraction((b - a).days, days) for a, b in pairs]
    period = (marks[0], marks[-1])
    return [year_fraction(a, b, terms.day_count, terms.leap_year_rule, period=period) for a, b in pairs]


def compounds(terms: ScheduleTerms) -> bool:
    """Whether interest of a period grows by a power (effective rates and daily compounding) instead of a product."""
    return terms.interest_method is InterestMethod.COMPOUND_DAILY or terms.rate_kind is RateKind.EFFECTIVE


def growth(terms: ScheduleTerms, rate_percent: Decimal, share: Fraction) -> Decimal:
    """Interest on 1 over ``share`` years at ``rate_percent``.

    Nominal: rate x years. Effective: (1 + rate)^years - 1. Nominal with daily compounding: (1 + rate/365)^(365 x years) - 1.
    """
    time = EXACT.divide(Decimal(share.numerator), Decimal(share.denominator))
    rate = EXACT.divide(rate_percent, Decimal(100))
    if not compounds(terms):
        return EXACT.multiply(rate, time)
    if rate == 0 or time == 0:
        return Decimal(0)
    if terms.rate_kind is RateKind.EFFECTIVE:
        return EXACT.power(1 + rate, time) - 1
    return EXACT.power(1 + EXACT.divide(rate, Decimal(365)), EXACT.multiply(time, Decimal(365))) - 1
