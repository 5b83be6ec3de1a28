"""Daily accrual in exact integers: day weights, dated rates, pauses cut out, one rounding on the running sum.

An accrued amount is ``numerator / DENOMINATOR`` minor units, numerator = sum of base x rate (millionths of a percent) x
day weight. The running numerator is kept exact and rounded as a whole, so the amount does not depend on how often it
was looked at: splitting a period changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from arrears.kernel.money import RoundingMode

from .events import Event, EventKind
from .servicing import PenaltyPolicy

#: Least common multiple of 360, 365 and 366: every day of every day count is a whole number of these parts of a year.
YEAR_PARTS = 1_603_080
MICRO = 1_000_000
DENOMINATOR = 100 * MICRO * YEAR_PARTS
_DAY_PARTS = {"actual/360": YEAR_PARTS // 360, "actual/365": YEAR_PARTS // 365}


def year_parts(begin: date, end: date, day_count: str) -> int:
    """Length of ``begin`` (counted) to ``end`` (not counted) in parts of a year; 0 if ``end`` is not after ``begin``.

    ``actual/actual`` gives each day the length of the year it lies in.
    """
    days = (end - begin).days
    if days <= 0:
        return 0
    if day_count in _DAY_PARTS:
        return days * _DAY_PARTS[day_count]
    total, year_begin = 0, begin
    while year_begin < end:
        year_end = min(date(year_begin.year + 1, 1, 1), end)
        total += (year_end - year_begin).days * (YEAR_PARTS // (366 if _is_leap(year_begin.year) else 365))
        year_begin = year_end
    return total


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def round_div(numerator: int, denominator: int, mode: RoundingMode = RoundingMode.HALF_UP) -> int:
    """``numerator / denominator`` as a whole number, both not negative. ``NONE`` rounds half to even."""
    whole, rest = divmod(numerator, denominator)
    if rest == 0 or mode is RoundingMode.DOWN:
        return whole
    if mode is RoundingMode.UP:
        return whole + 1
    twice = 2 * rest
    if twice != denominator:
        return whole + (twice > denominator)
    if mode is RoundingMode.HALF_UP:
        return whole + 1
    if mode is RoundingMode.HALF_DOWN:
        return whole
    return whole + whole % 2


@dataclass(frozen=True, slots=True)
class RateStep:
    """``micro`` millionths of a percent a year from ``from_on`` until the next step."""

    from_on: date
    micro: int

    @property
    def annual_percent(self) -> Decimal:
        return Decimal(self.micro) / MICRO


def penalty_steps(policy: PenaltyPolicy | None, events: Iterable[Event]) -> tuple[RateStep, ...]:
    """The penalty rate as a step function of the day: the policy, changed by ``rate_changed`` events.

    An event's ``penalty_rate`` replaces the rate from its day; its ``annual_rate`` is a new contract rate and counts
    where the policy is a multiple of it. Empty without a policy.
    """
    if policy is None:
        return ()
    contract = {r.from_on: r.annual_percent for r in policy.contract_rates}
    direct: dict[date, Decimal] = {} if policy.annual_percent is None else {date.min: policy.annual_percent}
    for event in events:
        if event.kind is EventKind.RATE_CHANGED:
            if event.data.get("penalty_rate") is not None:
                direct[event.effective_on] = Decimal(str(event.data["penalty_rate"]))
            if event.data.get("annual_rate") is not None:
                contract[event.effective_on] = Decimal(str(event.data["annual_rate"]))
    multiple = policy.contract_multiple
    steps: list[RateStep] = []
    named: Decimal | None = None
    rate: Decimal | None = None
    for day in sorted({*contract, *direct}):
        named, rate = direct.get(day, named), contract.get(day, rate)
        percent = named if named is not None else (rate or Decimal(0)) * (multiple or Decimal(0))
        if not steps or steps[-1].micro != int(percent * MICRO):
            steps.append(RateStep(day, int(percent * MICRO)))
    if steps and steps[0].from_on > date.min:  # before the first known rate the first one counts: never silently none
        steps[0] = RateStep(date.min, steps[0].micro)
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of days at one rate. ``parts`` and ``days`` leave paused days out."""

    from_on: date
    to_on: date
    micro: int
    days: int
    parts: int


def spans_of(
    begin: date, end: date, steps: Sequence[RateStep], paused: Sequence[tuple[date, date]], day_count: str
) -> list[Span]:
    """``begin`` to ``end`` cut at rate changes, paused days taken out of each piece. Spans without days are left out."""
    spans = []
    for i, step in enumerate(steps):
        low = max(begin, step.from_on)
        high = min(end, steps[i + 1].from_on) if i + 1 < len(steps) else end
        if low >= high or step.micro == 0:
            continue
        days, parts = (high - low).days, year_parts(low, high, day_count)
        for pause_begin, pause_end in paused:
            a, b = max(low, pause_begin), min(high, pause_end)
            if a < b:
                days -= (b - a).days
                parts -= year_parts(a, b, day_count)
        if days > 0:
            spans.append(Span(low, high, step.micro, days, parts))
    return spans


def share_of_period(amount_minor: int, begin: date, end: date, day: date, mode: RoundingMode) -> int:
    """The part of ``amount_minor`` earned from ``begin`` to ``day`` of a period that ends on ``end``, by days."""
    whole = (end - begin).days
    done = min(max((day - begin).days, 0), whole)
    return round_div(amount_minor * done, whole, mode) if whole > 0 else 0
