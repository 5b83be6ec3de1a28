"""From terms to the days on which something happens: instalments, interest dues, capitalisations, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise, takewhile

from arrears.kernel.calendars import MonthEnd, Step
from arrears.kernel.refusals import Refusal

from . import refusals_terms as refusals
from .terms import Amortization, FinalStub, Rhythm, ScheduleTerms
from .terms_reading import MOST_INSTALMENTS


@dataclass(frozen=True, slots=True)
class Point:
    """One day of the plan. ``instalment`` numbers the principal dues from 1 (0: none falls due)."""

    on: date
    instalment: int = 0
    interest_due: bool = False
    capitalises: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """``points`` in order; ``last`` is the day all that is left falls due (None: when the balance is used up).

    ``solved_until`` is the day a level instalment brings the balance to zero. ``spans`` gives the step of every pair of
    neighbouring grid days, for day counts that ask whether a period is a whole step.
    """

    points: tuple[Point, ...]
    last: date | None
    solved_until: date
    spans: dict[tuple[date, date], Step]

    @property
    def instalment_count(self) -> int:
        return sum(1 for p in self.points if p.instalment and (self.last is None or p.on <= self.last))


def plan(terms: ScheduleTerms) -> Plan | Refusal:
    """The plan of ``terms``. Refuses ``terms.no_end`` and ``terms.too_many_instalments``."""
    spans: dict[tuple[date, date], Step] = {}
    dues = _principal_days(terms, spans)
    if isinstance(dues, Refusal):
        return dues
    last = _last_day(terms, dues)
    horizon = max(d for d in (last, dues[-1] if dues else None, terms.amortized_until) if d is not None)
    interest_days = _interest_days(terms, horizon, dues, spans)
    capitalised = _capitalised_days(terms, interest_days)
    days = {d for d in (*dues, *interest_days, *capitalised) if d > terms.disbursed_on}
    if terms.accrued_interest and terms.disbursed_on in interest_days:
        days.add(terms.disbursed_on)
    if last is not None:
        days.add(last)
    numbers = {d: n for n, d in enumerate(dues, 1)}
    points = tuple(
        Point(
            on=d,
            instalment=numbers.get(d, 0),
            interest_due=d in interest_days and d not in capitalised,
            capitalises=d in capitalised,
        )
        for d in sorted(days)
    )
    solved_until = terms.amortized_until or (dues[-1] if dues else horizon)
    return Plan(points, last, solved_until, spans)


def stub_rule(terms: ScheduleTerms, step: Step) -> FinalStub:
    """The contract's own word, or the house rule: long after steps of months, short after steps of days and weeks."""
    return terms.final_stub or (FinalStub.LONG if step.is_monthly else FinalStub.SHORT)


def _anchor(terms: ScheduleTerms, rhythm: Rhythm) -> tuple[date, int]:
    """The day the grid counts from, and the first multiple of the step that is a due date (no instalment on disbursement)."""
    if rhythm.first_due is None:
        return terms.disbursed_on, 1
    return rhythm.first_due, 1 if rhythm is terms.instalments and rhythm.first_due == terms.disbursed_on else 0


def _note_spans(spans: dict[tuple[date, date], Step], start: date, grid: list[date], step: Step, month_end: MonthEnd) -> None:
    for earlier, later in pairwise(grid):
        spans[earlier, later] = step
    if grid and step.from_anchor(start, 1, month_end) == grid[0]:
        spans[start, grid[0]] = step


def _grid(terms: ScheduleTerms, rhythm: Rhythm, spans: dict[tuple[date, date], Step], count: int) -> list[date]:
    """``count`` days of the rhythm."""
    assert rhythm.every is not None
    anchor, start = _anchor(terms, rhythm)
    days = [rhythm.every.from_anchor(anchor, start + i, terms.end_of_month) for i in range(count)]
    _note_spans(spans, terms.disbursed_on, days, rhythm.every, terms.end_of_month)
    return days


def _grid_until(terms: ScheduleTerms, rhythm: Rhythm, end: date, spans: dict[tuple[date, date], Step]) -> list[date]:
    """The days of the rhythm up to ``end``, which always is the last of them; the stub rule decides about the one before."""
    assert rhythm.every is not None
    anchor, start = _anchor(terms, rhythm)
    grid = rhythm.every.grid(anchor, terms.end_of_month, start=start)
    days = list(takewhile(lambda d: d <= end, (d for _, d in zip(range(20 * MOST_INSTALMENTS), grid, strict=False))))
    _note_spans(spans, terms.disbursed_on, days, rhythm.every, terms.end_of_month)
    if days and days[-1] == end:
        return days
    if len(days) > 1 and stub_rule(terms, rhythm.every) is FinalStub.LONG:
        days.pop()
    return [*days, end]


def _principal_days(terms: ScheduleTerms, spans: dict[tuple[date, date], Step]) -> list[date] | Refusal:
    rhythm = terms.instalments
    end = terms.amortized_until or terms.maturity
    if terms.amortization is Amortization.BULLET:
        return _bullet_days(terms, spans)
    if rhythm.due_dates:
        return list(rhythm.due_dates)
    if rhythm.count is not None and rhythm.every is not None:
        return _grid(terms, rhythm, spans, rhythm.count)
    if end is not None:
        days = [end] if rhythm.every is None else _grid_until(terms, rhythm, end, spans)
        if len(days) > MOST_INSTALMENTS:
            return refusals.TOO_MANY.at("/instalments", value=len(days), limit=MOST_INSTALMENTS)
        return days
    if rhythm.every is None:
        return refusals.NO_END.at("/instalments")
    if terms.amortization is Amortization.FIXED_PRINCIPAL and terms.fixed_principal is not None:
        count = int(-(-terms.principal // terms.fixed_principal))
        if count > MOST_INSTALMENTS:
            return refusals.NEVER_REPAID.at("/fixed_principal", value=terms.fixed_principal, limit=MOST_INSTALMENTS)
        return _grid(terms, rhythm, spans, count)
    return _grid(terms, rhythm, spans, MOST_INSTALMENTS)


def _bullet_days(terms: ScheduleTerms, spans: dict[tuple[date, date], Step]) -> list[date] | Refusal:
    """The one day the principal falls due. A rhythm of instalments, where given, is the rhythm of the interest."""
    rhythm = terms.instalments
    end = terms.maturity or terms.amortized_until
    if end is not None:
        return [end]
    if rhythm.due_dates:
        return [rhythm.due_dates[-1]]
    if rhythm.count is not None and rhythm.every is not None:
        return _grid(terms, rhythm, spans, rhythm.count)[-1:]
    return refusals.NO_END.at("/maturity")


def _last_day(terms: ScheduleTerms, dues: list[date]) -> date | None:
    """The day everything left falls due; None where the payments themselves must use the balance up."""
    if terms.amortized_until is not None and terms.maturity is not None:
        return min(terms.amortized_until, terms.maturity)
    if terms.maturity is not None:
        return terms.maturity
    open_ended = (
        terms.amortization in (Amortization.FIXED_PAYMENT, Amortization.EQUAL_INSTALMENTS)
        and terms.instalments.count is None
        and terms.amortized_until is None
        and not terms.instalments.due_dates
    )
    return None if open_ended else dues[-1]


def _interest_days(terms: ScheduleTerms, horizon: date, dues: list[date], spans: dict[tuple[date, date], Step]) -> set[date]:
    """Days on which interest falls due (or is capitalised). Level and fixed payments always carry their interest."""
    rhythm = terms.interest_dues
    carries = terms.amortization in (Amortization.EQUAL_INSTALMENTS, Amortization.FIXED_PAYMENT)
    if rhythm is None:
        if terms.amortization is not Amortization.BULLET or terms.instalments.every is None:
            return set(terms.instalments.due_dates) | set(dues)
        return set(_rhythm_days(terms, terms.instalments, horizon, spans))
    return set(_rhythm_days(terms, rhythm, horizon, spans)) | (set(dues) if carries else set())


def _rhythm_days(terms: ScheduleTerms, rhythm: Rhythm, horizon: date, spans: dict[tuple[date, date], Step]) -> list[date]:
    if rhythm.due_dates:
        return [d for d in rhythm.due_dates if d <= horizon]
    if rhythm.every is None:
        return [horizon]
    if rhythm.count is not None:
        return [d for d in _grid(terms, rhythm, spans, rhythm.count) if d <= horizon]
    return _grid_until(terms, rhythm, horizon, spans)


def _capitalised_days(terms: ScheduleTerms, interest_days: set[date]) -> set[date]:
    """Interest dues up to ``capitalise_until`` are added to the balance, and that day itself is one of them."""
    until = terms.capitalise_until
    if until is None or until <= terms.disbursed_on:
        return set()
    return {d for d in interest_days if terms.disbursed_on < d <= until} | {until}
