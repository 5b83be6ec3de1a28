"""The wave engine of the columnar fold: the k-th fact of every agreement applied at once, on padded integer arrays.

Arrays are (agreement, obligation, part); obligations are sorted by due date, and a dummy one stands at the end. Agreements
stand in falling order of their number of facts, so wave k works on the first ones only. Rates become a prefix sum over days
in the smallest whole units, so penalty interest between two days is one subtraction and one multiplication; the running
numerator is rounded once, exactly as in ``accrual``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from math import gcd
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from arrears.kernel.money import RoundingMode

from . import accrual
from .events import Component
from .servicing import INDEX, AdvanceTo, ServicingTerms, Style

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

EPOCH = date(1970, 1, 1)
FAR = 10_000_000  # the day number of padding: later than any date
LIMIT = 1 << 60  # largest running numerator worked on here; larger ones go to the scalar lane
PAY, BILL, WAIVE, BACK = 0, 1, 2, 3


def day_number(day: date) -> int:
    return (day - EPOCH).days


class Rates(NamedTuple):
    """``until[d - first]``: penalty units earned from ``first`` to day d on one minor unit of base; ``unit`` of them are one."""

    first: int
    until: Ints
    unit: int


def rates_of(terms: ServicingTerms, first: int, last: int) -> Rates | None:
    """The penalty rate as a prefix sum over the days ``first`` to ``last`` (day numbers)."""
    policy = terms.penalty
    if policy is None:
        return None
    steps = accrual.penalty_steps(policy, ())
    begin = EPOCH + timedelta(first)
    daily = []
    for offset in range(last - first):
        day = begin + timedelta(offset)
        micro = next((s.micro for s in reversed(steps) if s.from_on <= day), 0)
        daily.append(micro * accrual.year_parts(day, day + timedelta(1), policy.day_count))
    unit = accrual.DENOMINATOR
    for one in set(daily):
        unit = gcd(unit, one) if one else unit
    whole = np.zeros(last - first + 1, dtype=np.int64)
    np.cumsum(np.array([one // unit for one in daily], dtype=np.int64), out=whole[1:])
    return Rates(first, whole, accrual.DENOMINATOR // unit)


def round_div(numerator: Ints, denominator: int, mode: RoundingMode) -> Ints:
    """``accrual.round_div`` on arrays."""
    whole = numerator // denominator
    twice = 2 * (numerator - whole * denominator)
    if mode is RoundingMode.DOWN:
        return whole
    if mode is RoundingMode.UP:
        return whole + (twice > 0)
    half = twice == denominator
    up = twice > denominator
    if mode is RoundingMode.HALF_UP:
        up |= half
    elif mode is not RoundingMode.HALF_DOWN:
        up |= half & (whole % 2 == 1)
    rounded: Ints = whole + up
    return rounded


@dataclass(slots=True)
class Waves:
    """Working state of one chunk. ``parts``: component indices in use; the last axis of ``left`` follows them.

    ``first``: no obligation before it is open. ``last_paid``: day of the last payment
    (``FAR``: none). ``numerator`` and ``booked``: penalty, compound.
    """

    terms: ServicingTerms
    parts: tuple[int, ...]
    due: Ints
    left: Ints
    credit: Ints
    first: Ints
    last_paid: Ints
    rates: Rates | None
    accrued_to: Ints
    numerator: Ints
    booked: Ints

    @property
    def width(self) -> int:
        return int(self.due.shape[1]) - 1

    def order(self, wanted: Iterable[Component]) -> list[int]:
        return [self.parts.index(INDEX[c]) for c in wanted if INDEX[c] in self.parts]

    def accrue(self, m: int, day: Ints) -> None:
        """Penalty and compound interest of the first ``m`` agreements up to ``day`` (one for each).

        Settled obligations are passed over; ``bill`` brings one up to its day when something is added to it.
        """
        policy, rates = self.terms.penalty, self.rates
        if policy is None or rates is None:
            return
        until = day[:, None]
        moving = self.due[:m] < until
        moving &= self.accrued_to[:m] < until
        moving &= np.arange(self.due.shape[1]) >= self.first[:m, None]
        at = np.nonzero(moving)
        if not len(at[0]):
            return
        begin, end = self.accrued_to[at], day[at[0]]
        self.accrued_to[at] = end
        if policy.from_grace_end:
            begin = np.maximum(begin, self.due[at] + self.terms.grace_days)
        cells = self.left[at]
        live = np.nonzero(cells.any(axis=1) & (begin < end))[0]
        at, cells = (at[0][live], at[1][live]), cells[live]
        weight = rates.until[end[live] - rates.first] - rates.until[begin[live] - rates.first]
        for which, (base, grown) in enumerate(((policy.base, Component.PENALTY), (policy.compound_base, Component.COMPOUND))):
            if not base:
                continue
            spot: Any = (which, *at)
            self.numerator[spot] += cells[:, self.order(base)].sum(axis=1) * weight
            booked = round_div(self.numerator[spot], rates.unit, self.terms.rounding)
            cell: Any = (*at, self.parts.index(INDEX[grown]))
            self.left[cell] += booked - self.booked[spot]
            self.booked[spot] = booked

    def pay(self, rows: Ints, amount: Ints, day: Ints) -> Ints:
        """Allocate ``amount`` paid on ``day`` to the agreements ``rows``; returns the surplus of each."""
        fall, first = self.terms.waterfall, self.first[rows]
        end = np.full(len(rows), self.width)
        if fall.uniform and fall.style is Style.BY_DUE_DATE and fall.in_advance_to is AdvanceTo.NEXT:
            rest = self.settle(rows, first, end, self.order(fall.due), amount)
        else:
            due = self.due[rows]
            past = np.maximum((due < day[:, None]).sum(axis=1), first)
            same = np.maximum((due <= day[:, None]).sum(axis=1), first)
            rest = self.settle(rows, first, past, self.order(fall.past_due), amount)
            rest = self.settle(rows, past, same, self.order(fall.due), rest)
            backwards = fall.in_advance_to is AdvanceTo.LAST
            rest = self.settle(rows, same, end, self.order(fall.in_advance), rest, backwards=backwards)
        self._pass_settled(rows)
        return rest

    def _pass_settled(self, rows: Ints) -> None:
        while len(rows):
            place = self.first[rows]
            rows = rows[(place < self.width) & ~self.left[rows, place].any(axis=1)]
            self.first[rows] += 1

    def settle(
        self,
        rows: Ints,
        low: Ints,
        high: Ints,
        order: list[int],
        amount: Ints,
        *,
        backwards: bool = False,
        parts: Flags | None = None,
    ) -> Ints:
        """Take ``amount`` out of the obligations ``low`` to ``high`` (not included) of each agreement; returns what is left.

        Obligation by obligation the range is worked through in growing steps, since nearly every payment ends in the first
        ones. ``parts`` (agreement, part) limits what may be taken.
        """
        rest = amount.copy()
        stepwise = (self.terms.waterfall.style is Style.BY_DUE_DATE or parts is not None) and not backwards
        live = np.nonzero((rest > 0) & (low < high))[0]
        step = 2
        while len(live):
            begin = low[live]
            end = np.minimum(begin + step, high[live]) if stepwise else high[live]
            for some in (live,) if stepwise else _by_width(live, end - begin):
                window = (low[some], np.minimum(low[some] + step, high[some]) if stepwise else high[some])
                limits = None if parts is None else parts[some]
                rest[some] = self._take(rows[some], window, order, rest[some], backwards, limits, stepwise)
            if not stepwise:
                break
            low = low.copy()
            low[live] = end
            live = live[(rest[live] > 0) & (end < high[live])]
            step *= 2
        return rest

    def _take(
        self,
        rows: Ints,
        window: tuple[Ints, Ints],
        order: list[int],
        amount: Ints,
        backwards: bool,
        parts: Flags | None,
        by_due: bool,
    ) -> Ints:
        """One step of ``settle``: the cells of a window, in order; places beyond it point to the dummy obligation."""
        low, high = window
        reach = np.arange(int((high - low).max()))
        place = (high[:, None] - 1 - reach) if backwards else (low[:, None] + reach)
        place = np.where(reach < (high - low)[:, None], place, self.width)
        spot: Any = (rows[:, None, None], place[:, :, None], np.array(order)[None, None, :])
        cells = self.left[spot]
        allowed = cells if parts is None else cells * parts[:, None, :][:, :, order]
        by_part = self.terms.waterfall.style is Style.BY_COMPONENT and not by_due
        line = (allowed.transpose(0, 2, 1) if by_part else allowed).reshape(len(rows), -1)
        before = np.cumsum(line, axis=1)
        rest: Ints = np.maximum(amount - before[:, -1], 0)
        before -= line
        taken = np.minimum(np.maximum(amount[:, None] - before, 0), line)
        count = len(reach)
        self.left[spot] = cells - (
            taken.reshape(len(rows), len(order), count).transpose(0, 2, 1) if by_part else taken.reshape(cells.shape)
        )
        return rest

    def bill(self, rows: Ints, slot: Ints, part: Ints, amount: Ints, day: Ints) -> None:
        """Raise one cell of each agreement; money left over from before settles what is open at once."""
        self.left[rows, slot, part] += amount
        self.first[rows] = np.where(amount > 0, np.minimum(self.first[rows], slot), self.first[rows])
        if self.rates is not None:
            self.accrued_to[rows, slot] = np.maximum(self.accrued_to[rows, slot], day)
        held = np.nonzero(self.credit[rows] > 0)[0]
        if len(held):
            mine = rows[held]
            self.credit[mine] = self.pay(mine, self.credit[mine], day[held])

    def waive(self, rows: Ints, part: Ints, amount: Ints) -> None:
        """Lower what is open: of one part (its place) or of all in the order of the waterfall (-1)."""
        wanted = (part[:, None] == -1) | (part[:, None] == np.arange(len(self.parts))[None, :])
        end = np.full(len(rows), self.width)
        order = self.order(self.terms.waterfall.past_due)
        self.settle(rows, self.first[rows], end, order, amount, parts=wanted)
        self._pass_settled(rows)

    def wave(self, m: int, columns: list[Ints], charges_first: bool) -> None:
        """Apply one fact to each of the first ``m`` agreements: type, day, amount, obligation, part."""
        kind, day, amount, slot, part = columns
        self.accrue(m, np.where(kind == BILL, -FAR, day) if charges_first else day)
        for which in (PAY, BILL, BACK, WAIVE):
            rows = np.nonzero(kind == which)[0]
            if not len(rows):
                continue
            if which == PAY:
                self.credit[rows] += self.pay(rows, amount[rows], day[rows])
                self.last_paid[rows] = day[rows]
            elif which == WAIVE:
                self.waive(rows, part[rows], amount[rows])
            else:
                more = amount[rows]
                if which == BACK:  # money that is still credit goes back first
                    more = more - np.minimum(self.credit[rows], more)
                    self.credit[rows] -= amount[rows] - more
                self.bill(rows, slot[rows], part[rows], more, day[rows])


def _by_width(live: Ints, width: Ints) -> list[Ints]:
    """Agreements with few obligations in the range apart from those with many: the arrays stay small."""
    narrow = width <= 3
    return [group for group in (live[narrow], live[~narrow]) if len(group)]
