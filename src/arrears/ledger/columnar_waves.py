"""The wave lane of the columnar fold: the k-th fact of every agreement applied at once, on padded integer arrays.

Arrays are (agreement, obligation, component); agreements stand in falling order of their number of facts, so wave k works on
the first ones only. Rates become a prefix sum over days in the smallest whole units, so penalty interest between two days
is one subtraction and one multiplication; the running numerator is rounded once, exactly as in ``accrual``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import gcd
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from arrears.kernel.money import RoundingMode

from . import accrual
from .events import Component, EventKind
from .position import Status
from .servicing import COMPONENTS, INDEX, AdvanceTo, Replay, ServicingTerms, Stop, Style

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

EPOCH = date(1970, 1, 1)
FAR = 10_000_000  # the day number of padding: later than any date
LIMIT = 1 << 60  # largest running numerator worked on here; larger ones go to the scalar lane
_PAY, _BILL, _WAIVE, _BACK = 0, 1, 2, 3
_OPS = {
    EventKind.PAID.value: _PAY,
    EventKind.CHARGED.value: _BILL,
    EventKind.WAIVED.value: _WAIVE,
    EventKind.CHARGED_BACK.value: _BACK,
}
_PARTS = ("principal", "interest", "fee", "penalty", "cost")


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


def pause_spans(counted: pl.DataFrame) -> pl.DataFrame:
    """``agreement_id``, ``from_on``, ``to_on`` of pauses, shortened by the resume that targets them."""
    paused = counted.filter(pl.col("kind") == EventKind.PAUSED.value).select(
        "agreement_id", "id", from_on=pl.col("effective_on"), to_on=pl.max_horizontal("effective_on", "until")
    )
    resumed = (
        counted.filter((pl.col("kind") == EventKind.RESUMED.value) & pl.col("target_id").is_not_null())
        .group_by("agreement_id", id=pl.col("target_id"))
        .agg(pl.col("effective_on").min().alias("resumed_on"))
    )
    return paused.join(resumed, on=["agreement_id", "id"], how="left").select(
        "agreement_id",
        "from_on",
        to_on=pl.max_horizontal("from_on", pl.min_horizontal("to_on", pl.col("resumed_on").fill_null(pl.col("to_on")))),
    )


@dataclass(slots=True)
class Waves:
    """Working state of one chunk. ``parts``: component indices in use; every array's last axis follows them."""

    terms: ServicingTerms
    parts: tuple[int, ...]
    due: Ints  # (agreement, obligation)
    left: Ints  # (agreement, obligation, part)
    credit: Ints
    rates: Rates | None
    accrued_to: Ints
    numerator: Ints  # (penalty and compound, agreement, obligation)
    booked: Ints

    def order(self, wanted: tuple[Component, ...]) -> list[int]:
        return [self.parts.index(INDEX[c]) for c in wanted if INDEX[c] in self.parts]

    def accrue(self, m: int, day: Ints) -> None:
        """Penalty and compound interest of the first ``m`` agreements up to ``day`` (one for each)."""
        policy, rates = self.terms.penalty, self.rates
        if policy is None or rates is None:
            return
        due, left, done = self.due[:m], self.left[:m], self.accrued_to[:m]
        until = day[:, None]
        moving = (due < until) & (done < until)
        if not moving.any():
            return
        begin = np.maximum(done, due + self.terms.grace_days) if policy.from_grace_end else done
        live = moving & (begin < until) & left.any(axis=2)
        if live.any():
            at = np.nonzero(live)
            weight = rates.until[(day - rates.first)[at[0]]] - rates.until[begin[at] - rates.first]
            bases = ((policy.base, Component.PENALTY), (policy.compound_base, Component.COMPOUND))
            sums = [left[at][:, self.order(base)].sum(axis=1) if base else None for base, _ in bases]
            for which, (_, grown) in enumerate(bases):
                base_sum = sums[which]
                if base_sum is None:
                    continue
                spot: Any = (which, *at)
                self.numerator[spot] += base_sum * weight
                booked = round_div(self.numerator[spot], rates.unit, self.terms.rounding)
                cell: Any = (*at, self.parts.index(INDEX[grown]))
                left[cell] += booked - self.booked[spot]
                self.booked[spot] = booked
        np.copyto(done, np.broadcast_to(until, done.shape), where=moving)

    def pay(self, at: Any, amount: Ints, day: Ints) -> Ints:
        """Allocate ``amount`` paid on ``day`` to the agreements ``at``; returns the surplus of each."""
        fall = self.terms.waterfall
        left, due = self.left[at], self.due[at]
        if fall.uniform and fall.style is Style.BY_DUE_DATE and fall.in_advance_to is AdvanceTo.NEXT:
            rest = _fill(left, self.order(fall.due), fall.style, amount)
        else:
            rest, until = amount, day[:, None]
            stages = ((due < until, fall.past_due, False), (due == until, fall.due, False))
            ahead = (due > until, fall.in_advance, fall.in_advance_to is AdvanceTo.LAST)
            for mask, order, backwards in (*stages, ahead):
                if rest.any() and mask.any():
                    rest = _fill(left, self.order(order), fall.style, rest, mask, backwards)
        if not isinstance(at, slice):
            self.left[at] = left
        return rest

    def bill(self, at: Ints, slot: Ints, part: Ints, amount: Ints, day: Ints) -> None:
        """Raise one cell of each agreement ``at``; money left over from before settles what is open at once."""
        self.left[at, slot, part] += amount
        self.accrued_to[at, slot] = np.maximum(self.accrued_to[at, slot], day)
        held = np.nonzero(self.credit[at] > 0)[0]
        if len(held):
            rows = at[held]
            self.credit[rows] = self.pay(rows, self.credit[rows], day[held])

    def waive(self, at: Ints, part: Ints, amount: Ints) -> None:
        """Lower what is open: of one part (its place) or of all in the order of the waterfall (-1)."""
        order = self.order(self.terms.waterfall.past_due)
        left = self.left[at]
        wanted = (part[:, None] == -1) | (part[:, None] == np.arange(len(self.parts))[None, :])
        _fill(left, order, Style.BY_DUE_DATE, amount, parts=wanted)
        self.left[at] = left


def _fill(
    left: Ints,
    order: list[int],
    style: Style,
    amount: Ints,
    mask: Flags | None = None,
    backwards: bool = False,
    parts: Flags | None = None,
) -> Ints:
    """Take ``amount`` out of ``left`` (changed in place) cell by cell in order; returns what found no cell."""
    cells = left[:, :, order]
    if mask is not None:
        cells = cells * mask[:, :, None]
    if parts is not None:
        cells = cells * parts[:, None, :][:, :, order]
    if backwards:
        cells = cells[:, ::-1]
    by_part = style is Style.BY_COMPONENT
    line = (cells.transpose(0, 2, 1) if by_part else cells).reshape(len(cells), -1)
    before = np.cumsum(line, axis=1)
    rest: Ints = np.maximum(amount - before[:, -1], 0)
    before -= line
    taken = np.minimum(np.maximum(amount[:, None] - before, 0), line)
    count = cells.shape[1]
    back = taken.reshape(len(cells), len(order), count).transpose(0, 2, 1) if by_part else taken.reshape(cells.shape)
    left[:, :, order] -= back[:, ::-1] if backwards else back
    return rest


def _places(ids: pl.Series, counted: pl.DataFrame) -> pl.DataFrame:
    """``agreement_id`` to its place: falling number of moving facts, then id."""
    moving = counted.filter(pl.col("kind").is_in(list(_OPS))).group_by("agreement_id").len("facts")
    return (
        ids.to_frame("agreement_id")
        .join(moving, on="agreement_id", how="left")
        .with_columns(pl.col("facts").fill_null(0))
        .sort(["facts", "agreement_id"], descending=[True, False])
        .with_row_index("place")
        .with_columns(pl.col("place").cast(pl.Int64))
    )


def _number(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int32).cast(pl.Int64)


def _obligations(laid: pl.DataFrame, ops: pl.DataFrame, places: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All obligations with their slots, and ``ops`` with the slot that each charge or chargeback raises.

    Slots follow (due date, creation): rows first, then charges that stand alone and chargebacks in order of application.
    """
    rows = laid.join(places.select("agreement_id", "place"), on="agreement_id").with_columns(due=_number("due_on"))
    rows = rows.sort("place", "due", "n").with_columns(made=pl.int_range(pl.len()).over("place"), op=pl.lit(None, pl.Int64))
    bills = ops.filter(pl.col("type").is_in([_BILL, _BACK])).with_columns(
        wanted=pl.when(pl.col("type") == _BACK).then(pl.col("day")).otherwise(pl.coalesce("due", "day"))
    )
    if bills.is_empty():
        slots = rows.with_columns(slot=pl.int_range(pl.len()).over("place"))
        return slots, ops.with_columns(slot=pl.lit(-1, pl.Int64))
    hosts = rows.select("place", "due", "made").unique(["place", "due"], keep="first", maintain_order=True).sort("due")
    joined = (
        bills.filter(pl.col("type") == _BILL)
        .sort("wanted")
        .join_asof(
            hosts.with_columns(wanted=pl.col("due")).rename({"due": "host_due", "made": "host"}),
            on="wanted", by="place", strategy="forward", check_sortedness=False,
        )
        .select("op", "host")
    )  # fmt: skip
    bills = bills.join(joined, on="op", how="left")
    alone = bills.filter(pl.col("host").is_null()).sort("op")
    zeros = [pl.lit(0, pl.Int64).alias(f"{p}_minor") for p in _PARTS]
    extra = alone.select("place", *zeros, due=pl.col("wanted"), made=pl.lit(1_000_000_000) + pl.col("op"), op=pl.col("op"))
    keep = ["place", "due", "made", "op", *(f"{p}_minor" for p in _PARTS)]
    slots = pl.concat([rows.select(keep), extra.select(keep)], how="vertical_relaxed").sort("place", "due", "made")
    slots = slots.with_columns(slot=pl.int_range(pl.len()).over("place"))
    of_host = bills.filter(pl.col("host").is_not_null()).join(
        slots.filter(pl.col("op").is_null()).select("place", "slot", host="made"), on=["place", "host"]
    )
    of_own = slots.filter(pl.col("op").is_not_null()).select("op", "slot")
    found = pl.concat([of_host.select("op", "slot"), of_own], how="vertical_relaxed")
    return slots, ops.join(found, on="op", how="left").with_columns(pl.col("slot").fill_null(-1))


def _ops(counted: pl.DataFrame, places: pl.DataFrame, terms: ServicingTerms) -> pl.DataFrame:
    """The moving facts in order of application: ``op`` numbers them, ``wave`` is the place in their agreement's history."""
    first = terms.replay is Replay.CHARGES_FIRST
    charge = pl.col("kind") == EventKind.CHARGED.value
    moving = counted.filter(pl.col("kind").is_in(list(_OPS))).join(places.select("agreement_id", "place"), on="agreement_id")
    moving = moving.with_columns(
        type=pl.col("kind").replace_strict(_OPS, return_dtype=pl.Int64),
        day=_number("effective_on"),
        due=_number("due_on"),
        turn=pl.when(charge & first).then(-FAR).otherwise(_number("effective_on")),
        phase=pl.when(charge).then(1).otherwise(2),
    )
    return (
        moving.sort("place", "turn", "phase", "id")
        .with_columns(wave=pl.int_range(pl.len()).over("place"))
        .with_row_index("op")
        .with_columns(pl.col("op").cast(pl.Int64), pl.col("amount_minor").fill_null(0))
    )


def fold(
    ids: pl.Series, laid: pl.DataFrame, counted: pl.DataFrame, as_of: date, terms: ServicingTerms
) -> tuple[pl.DataFrame, pl.Series]:
    """Positions of the agreements ``ids`` (all of them known to this lane), and the ids whose sums are too large for it."""
    places = _places(ids, counted)
    ops = _ops(counted, places, terms)
    slots, ops = _obligations(laid, ops, places)
    state, small = _state(len(places), slots, ops, as_of, terms)
    large = places.filter(~pl.Series(small))["agreement_id"]
    _run(state, ops, day_number(as_of), terms.replay is Replay.CHARGES_FIRST)
    answer = _answer(state, places, counted, as_of, terms)
    return (answer if not len(large) else answer.filter(~pl.col("agreement_id").is_in(large.implode()))), large


def _state(size: int, slots: pl.DataFrame, ops: pl.DataFrame, as_of: date, terms: ServicingTerms) -> tuple[Waves, Flags]:
    used = {INDEX[Component(p)] for p in _PARTS if (slots[f"{p}_minor"] != 0).any()}
    used |= {INDEX[Component(c)] for c in ops["component"].drop_nulls().unique() if c} | {INDEX[Component.PRINCIPAL]}
    used |= {INDEX[Component.FEE]} if len(ops) else set()
    if terms.penalty is not None:
        used |= {INDEX[c] for c in (Component.PENALTY, Component.COMPOUND, *terms.penalty.base, *terms.penalty.compound_base)}
    parts = tuple(sorted(used))
    width = slots.group_by("place").len()["len"].max() if len(slots) else 1
    assert isinstance(width, int)
    due = np.full((size, width), FAR, dtype=np.int64)
    left = np.zeros((size, width, len(parts)), dtype=np.int64)
    if len(slots):
        at = (slots["place"].to_numpy(), slots["slot"].to_numpy())
        due[at] = slots["due"].to_numpy()
        for name in _PARTS:
            if INDEX[Component(name)] in parts:
                left[(*at, parts.index(INDEX[Component(name)]))] = slots[f"{name}_minor"].to_numpy()
    real = due[due < FAR]
    first = int(real.min()) if len(real) else 0
    rates = rates_of(terms, first, max(day_number(as_of), first) + 1)
    shape = due.shape if rates else (0, 0)
    small = np.ones(size, dtype=np.bool_)
    if rates is not None:
        owed = left.sum(axis=(1, 2), dtype=np.float64)
        if len(ops):
            np.add.at(owed, ops["place"].to_numpy(), ops["amount_minor"].to_numpy().astype(np.float64))
        small = owed * float(max(int(rates.until[-1]), 1)) < LIMIT
        left[~small] = 0
    nothing = np.zeros((2, *shape), dtype=np.int64)
    credit = np.zeros(size, dtype=np.int64)
    return Waves(terms, parts, due, left, credit, rates, due.copy(), nothing, nothing.copy()), small


def _run(state: Waves, ops: pl.DataFrame, as_of: int, charges_first: bool) -> None:
    """All waves in turn, then the time up to ``as_of``."""
    if len(ops):
        places = {
            INDEX[c]: place for place, c in ((state.parts.index(INDEX[c]), c) for c in COMPONENTS if INDEX[c] in state.parts)
        }
        default = pl.when(pl.col("type") == _BACK).then(pl.lit("principal")).when(pl.col("type") == _BILL).then(pl.lit("fee"))
        named = {c.value: places[INDEX[c]] for c in COMPONENTS if INDEX[c] in places}
        component = pl.when(pl.col("type") == _BACK).then(pl.lit(None)).otherwise(pl.col("component").replace("", None))
        ops = ops.with_columns(part=pl.coalesce(component, default).replace_strict(named, default=-1, return_dtype=pl.Int64))
        ops = ops.sort("wave", "place")
        columns = [ops[c].to_numpy() for c in ("type", "day", "amount_minor", "slot", "part")]
        begin = 0
        for m in ops.group_by("wave", maintain_order=True).len()["len"]:
            _wave(state, m, [c[begin : begin + m] for c in columns], charges_first)
            begin += m
    state.accrue(len(state.due), np.full(len(state.due), as_of, dtype=np.int64))


def _wave(state: Waves, m: int, columns: list[Ints], charges_first: bool) -> None:
    kind, day, amount, slot, part = columns
    until = np.where(kind == _BILL, -FAR, day) if charges_first else day
    state.accrue(m, until)
    paying = kind == _PAY
    if paying.all():
        state.credit[:m] += state.pay(slice(0, m), amount, day)
        return
    for which in (_PAY, _BILL, _BACK, _WAIVE):
        at = np.nonzero(kind == which)[0]
        if not len(at):
            continue
        if which == _PAY:
            state.credit[at] += state.pay(at, amount[at], day[at])
        elif which == _WAIVE:
            state.waive(at, part[at], amount[at])
        else:
            more = amount[at]
            if which == _BACK:
                from_credit = np.minimum(state.credit[at], more)
                state.credit[at] -= from_credit
                more = more - from_credit
            state.bill(at, slot[at], part[at], more, day[at])


def _dates(numbers: Ints, there: Flags) -> pl.Series:
    found = pl.Series(np.where(there, numbers, 0)).cast(pl.Int32).cast(pl.Date)
    return found.to_frame("d").select(pl.when(pl.Series(there)).then(pl.col("d"))).to_series()


def _first(state: Waves, wanted: Flags, open_minor: Ints) -> tuple[Ints, Flags, Ints]:
    """Due date, whether there is one, and open amount of the first obligation that is wanted."""
    place = wanted.argmax(axis=1)
    rows = np.arange(len(place))
    return state.due[rows, place], wanted[rows, place], open_minor[rows, place]


def _answer(state: Waves, places: pl.DataFrame, counted: pl.DataFrame, as_of: date, terms: ServicingTerms) -> pl.DataFrame:
    today = day_number(as_of)
    open_minor = state.left.sum(axis=2)
    late = state.due < today + terms.due_date_counts_as
    totals, overdue = state.left.sum(axis=1), (state.left * late[:, :, None]).sum(axis=1)
    is_open = (open_minor > 0) & (state.due < FAR)
    oldest = _first(state, is_open & late, open_minor)
    earliest = _first(state, is_open, open_minor)
    following = _first(state, is_open & (state.due >= today), open_minor)
    columns: dict[str, Any] = {"agreement_id": places["agreement_id"]}
    for c in COMPONENTS:
        there = INDEX[c] in state.parts
        place = state.parts.index(INDEX[c]) if there else 0
        zero = np.zeros(len(places), dtype=np.int64)
        columns[f"{c.value}_minor"] = totals[:, place] if there else zero
        columns[f"overdue_{c.value}_minor"] = overdue[:, place] if there else zero
    columns |= {
        "outstanding_minor": totals.sum(axis=1),
        "overdue_minor": overdue.sum(axis=1),
        "unallocated_minor": state.credit,
        "oldest_due_on": _dates(*oldest[:2]),
        "earliest_unpaid_due_on": _dates(*earliest[:2]),
        "earliest_unpaid_minor": np.where(earliest[1], earliest[2], 0),
        "next_due_on": _dates(*following[:2]),
        "next_due_minor": np.where(following[1], following[2], 0),
        "obligations": (state.due < FAR).any(axis=1),
    }
    return _finish(pl.DataFrame(columns), counted, as_of, terms)


def _finish(answer: pl.DataFrame, counted: pl.DataFrame, as_of: date, terms: ServicingTerms) -> pl.DataFrame:
    """Counters, bucket and status on top of the amounts."""
    marks = counted.group_by("agreement_id").agg(
        pl.col("effective_on").filter(pl.col("kind") == EventKind.PAID.value).max().alias("last_payment_on"),
        pl.col("effective_on").filter(pl.col("kind") == EventKind.WRITTEN_OFF.value).min().alias("written_off_on"),
        (pl.col("kind") == EventKind.CLOSED.value).any().alias("closed"),
    )
    late = pl.col("overdue_minor") > terms.cure.tolerance_minor
    answer = answer.join(marks, on="agreement_id", how="left").with_columns(
        pl.col("closed").fill_null(False), since=pl.when(late).then(pl.col("oldest_due_on"))
    )
    spans = pause_spans(counted).join(answer.select("agreement_id", "since"), on="agreement_id")
    paused = spans.group_by("agreement_id").agg(
        paused=(pl.min_horizontal("to_on", pl.lit(as_of)) - pl.max_horizontal("from_on", "since")).dt.total_days().clip(0).sum()
    )
    answer = answer.join(paused, on="agreement_id", how="left")
    raw = (pl.lit(as_of) - pl.col("since")).dt.total_days() + terms.due_date_counts_as
    off = pl.col("paused").fill_null(0)
    past = raw - (off if Stop.PAST_DUE_DAYS in terms.pause_stops else 0)
    delinquent = raw - (off if Stop.DELINQUENT_DAYS in terms.pause_stops else 0) - terms.grace_days
    answer = answer.with_columns(
        past_due_days=past.clip(0).fill_null(0).cast(pl.Int32),
        delinquent_days=delinquent.clip(0).fill_null(0).cast(pl.Int32),
        delinquent_since=pl.col("since") + pl.duration(days=terms.grace_days),
    )
    days = pl.col("delinquent_days")
    bucket = pl.lit(None, pl.String)
    for one in reversed(terms.buckets):
        inside = (days >= max(one.from_days, 1)) & (pl.lit(True) if one.to_days is None else days <= one.to_days)
        bucket = pl.when(inside).then(pl.lit(one.name)).otherwise(bucket)
    settled = pl.col("outstanding_minor") == 0
    status = (
        pl.when(pl.col("closed") & settled).then(pl.lit(Status.CLOSED.value))
        .when(~pl.col("obligations") & pl.col("last_payment_on").is_null()).then(pl.lit(Status.NOT_STARTED.value))
        .when(settled & (pl.col("unallocated_minor") > 0)).then(pl.lit(Status.OVERPAID.value))
        .when(settled).then(pl.lit(Status.SETTLED.value))
        .when(pl.col("written_off_on").is_not_null()).then(pl.lit(Status.WRITTEN_OFF.value))
        .when(pl.col("overdue_minor") > 0).then(pl.lit(Status.OVERDUE.value))
        .otherwise(pl.lit(Status.CURRENT.value))
    )  # fmt: skip
    return answer.with_columns(bucket=bucket, status=status)
