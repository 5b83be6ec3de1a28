"""Frames in, frame out: the columnar fold's wave lane between the raw facts and the arrays of ``columnar_waves``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from .columnar_waves import BACK, BILL, FAR, LIMIT, PAY, WAIVE, Flags, Ints, Rates, Waves, day_number, rates_of
from .delinquency import DELINQUENT_STOPS
from .events import Component, EventKind
from .position import Status
from .servicing import COMPONENTS, INDEX, Replay, ServicingTerms, Stop

#: Agreements in one set of arrays: small enough for the processor's caches, large enough to hide the cost of a call.
CHUNK = 10_000
#: Kinds as the frames hold them: the position in this list is the physical value.
KINDS = pl.Enum([k.value for k in EventKind])
_OPS = {
    EventKind.PAID.value: PAY,
    EventKind.CHARGED.value: BILL,
    EventKind.WAIVED.value: WAIVE,
    EventKind.CHARGED_BACK.value: BACK,
}
_PARTS = ("principal", "interest", "fee", "penalty", "cost")


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


class Facts(NamedTuple):
    """The moving facts of a group in wave order, and how long each wave of each chunk is."""

    columns: list[Ints]  # type, day, amount, slot, part
    chunks: list[list[int]]


class Slots(NamedTuple):
    """All obligations: place of the agreement, slot in it, due day, amounts by name of component."""

    place: Ints
    slot: Ints
    due: Ints
    amounts: dict[str, Ints]

    def part(self, low: int, high: int) -> Slots:
        cut = slice(low, high)
        return Slots(self.place[cut], self.slot[cut], self.due[cut], {p: a[cut] for p, a in self.amounts.items()})

    def bounds(self, chunks: int) -> list[int]:
        """Where the obligations of each chunk begin, and the end: chunks follow one another."""
        found: list[int] = np.searchsorted(self.place // CHUNK, np.arange(chunks + 1)).tolist()
        return found


def _days(frame: pl.DataFrame, column: str) -> Ints:
    return frame[column].cast(pl.Int32).cast(pl.Int64).fill_null(FAR).to_numpy()


def _key(major: Ints, day: Ints, minor: Ints | int = 0) -> Ints:
    """Two numbers and a small one as one sortable number. Days lie between the years 1 and 9999, ``FAR`` included."""
    key: Ints = (major << 26) | ((day + 1_000_000) << 1) | minor
    return key


def _in_order(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """``frame`` by agreement and ``columns``; files written in that order are not sorted again."""
    at = frame.select("agreement_id", *columns).with_columns(pl.col(pl.Date).cast(pl.Int32))
    keys = [at[c].to_numpy() for c in at.columns]
    rising = np.zeros(max(len(at) - 1, 0), dtype=np.bool_)
    equal = ~rising
    for key in keys:
        rising |= equal & (key[1:] > key[:-1])
        equal &= key[1:] == key[:-1]
    return frame if bool((rising | equal).all()) else frame.sort("agreement_id", *columns)


def places_of(ids: Ints, column: pl.Series) -> Ints:
    """For each element of ``column`` its place in the sorted ``ids``; long runs of one id cost one search."""
    values = column.to_numpy()
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    begins = np.concatenate([[True], values[1:] != values[:-1]])
    found: Ints = np.searchsorted(ids, values[begins])[np.cumsum(begins) - 1]
    return found


def _places(ids: Ints, facts: Ints) -> Ints:
    """The place of each agreement: chunk by chunk in the order of ids, inside a chunk by falling number of facts."""
    chunk = np.arange(len(ids)) // CHUNK
    places = np.empty(len(ids), dtype=np.int64)
    places[np.lexsort((ids, -facts, chunk))] = np.arange(len(ids))
    return places


def _runs(sorted_index: Ints, count: int) -> Ints:
    """For each element of a sorted index, its number inside its run."""
    lengths = np.bincount(sorted_index, minlength=count)
    starts: Ints = np.cumsum(lengths) - lengths
    within: Ints = np.arange(len(sorted_index)) - starts[sorted_index]
    return within


def _arrange(
    ids: Ints, laid: pl.DataFrame, counted: pl.DataFrame, terms: ServicingTerms
) -> tuple[Ints, tuple[Slots, Slots], Facts, tuple[int, ...]]:
    """Places of the agreements, their obligations with slots, their facts in waves, and the components in use."""
    laid = _in_order(laid, "due_on", "n")
    moving = _in_order(counted.filter(pl.col("kind").is_in(list(_OPS))), "id")
    codes = np.array([_OPS.get(k.value, -1) for k in EventKind], dtype=np.int64)
    owner, kind = places_of(ids, moving["agreement_id"]), codes[moving["kind"].cat.physical().to_numpy()]
    places = _places(ids, np.bincount(owner, minlength=len(ids)))
    day, due, amount = _days(moving, "effective_on"), _days(moving, "due_on"), moving["amount_minor"].fill_null(0).to_numpy()
    parts = _parts(laid, moving, terms)
    charge = kind == BILL
    turn = np.where(charge, 0, day) if terms.replay is Replay.CHARGES_FIRST else day
    order = np.argsort(_key(places[owner], turn, (~charge).astype(np.int64)), kind="stable")
    owner, kind, day, due, amount = (x[order] for x in (owner, kind, day, due, amount))
    part = _part_of(moving, parts)[order]
    wanted = np.where(kind == BACK, day, np.where(due == FAR, day, due))
    rows, extra, slot = _slots(ids, places, laid, (owner, kind, wanted))
    place = places[owner]
    wave = _runs(place, len(ids))
    waves = np.argsort(((place // CHUNK) << 44) | (wave << 24) | (place % CHUNK), kind="stable")
    columns = [x[waves] for x in (kind, day, amount, slot, part)]
    return places, (rows, extra), Facts(columns, _wave_lengths(place[waves] // CHUNK, wave[waves], len(ids))), parts


def _wave_lengths(chunk: Ints, wave: Ints, count: int) -> list[list[int]]:
    lengths: list[list[int]] = [[] for _ in range(-(-count // CHUNK))]
    if len(chunk):
        starts = np.concatenate([[0], np.nonzero((np.diff(chunk) != 0) | (np.diff(wave) != 0))[0] + 1, [len(chunk)]])
        for begin, end in pairwise(starts.tolist()):
            lengths[int(chunk[begin])].append(end - begin)
    return lengths


def _slots(ids: Ints, places: Ints, laid: pl.DataFrame, facts: tuple[Ints, Ints, Ints]) -> tuple[Slots, Slots, Ints]:
    """Rows in slots, further obligations in slots, and the slot that each fact raises (-1: none).

    Slots follow (due date, creation): rows first, then charges that stand alone and chargebacks in order of application.
    """
    owner, kind, wanted = facts
    of_row, row_due = places_of(ids, laid["agreement_id"]), _days(laid, "due_on")
    row_slot = _runs(of_row, len(ids))
    amounts = {p: laid[f"{p}_minor"].to_numpy() for p in _PARTS}
    slot = np.full(len(owner), -1, dtype=np.int64)
    bills = np.nonzero((kind == BILL) | (kind == BACK))[0]
    if not len(bills):
        return Slots(places[of_row], row_slot, row_due, amounts), Slots(slot[bills], slot[bills], wanted[bills], {}), slot
    # a charge joins the first row due on or after its own due date
    keys = _key(of_row, row_due)
    host = np.searchsorted(keys, _key(owner[bills], wanted[bills]))
    hosted = (kind[bills] == BILL) & (host < len(keys))
    hosted[hosted] = of_row[host[hosted]] == owner[bills][hosted]
    alone = bills[~hosted]
    if len(alone):
        row_slot = row_slot.copy()
        touched = np.nonzero(np.isin(of_row, owner[alone]))[0]
        both = np.concatenate([_key(of_row[touched], row_due[touched]), _key(owner[alone], wanted[alone], 1)])
        order = np.argsort(both, kind="stable")
        numbers = np.empty(len(both), dtype=np.int64)
        numbers[order] = _runs((both >> 26)[order], len(ids))
        row_slot[touched], slot[alone] = numbers[: len(touched)], numbers[len(touched) :]
    slot[bills[hosted]] = row_slot[host[hosted]]
    order = np.argsort(places[owner[alone]], kind="stable")
    extra = Slots(places[owner[alone]][order], slot[alone][order], wanted[alone][order], {})
    return Slots(places[of_row], row_slot, row_due, amounts), extra, slot


def _parts(laid: pl.DataFrame, moving: pl.DataFrame, terms: ServicingTerms) -> tuple[int, ...]:
    """Component indices that occur: the arrays hold no others."""
    used = {INDEX[Component(p)] for p in _PARTS if (laid[f"{p}_minor"] != 0).any()} | {INDEX[Component.PRINCIPAL]}
    used |= {INDEX[Component(c)] for c in moving["component"].drop_nulls().unique() if c}
    used |= {INDEX[Component.FEE]} if len(moving) else set()
    if terms.penalty is not None:
        used |= {INDEX[c] for c in (Component.PENALTY, Component.COMPOUND, *terms.penalty.base, *terms.penalty.compound_base)}
    return tuple(sorted(used))


def _part_of(moving: pl.DataFrame, parts: tuple[int, ...]) -> Ints:
    """The place of each fact's component in the arrays: a charge without one is a fee, a chargeback principal, -1 is all."""
    named = {c.value: parts.index(INDEX[c]) for c in COMPONENTS if INDEX[c] in parts}
    kind = pl.col("kind")
    default = (
        pl.when(kind == EventKind.CHARGED_BACK.value)
        .then(pl.lit("principal"))
        .when(kind == EventKind.CHARGED.value)
        .then(pl.lit("fee"))
    )
    own = pl.when(kind != EventKind.CHARGED_BACK.value).then(pl.col("component").replace("", None))
    part = pl.coalesce(own, default).replace_strict(named, default=-1, return_dtype=pl.Int64)
    return moving.select(part=part)["part"].to_numpy()


def fold(
    ids: pl.Series, laid: pl.DataFrame, counted: pl.DataFrame, as_of: date, terms: ServicingTerms
) -> tuple[pl.DataFrame, pl.Series]:
    """Positions of the agreements ``ids`` (all of them known to this lane), and the ids whose sums are too large for it."""
    known = ids.sort().to_numpy()
    places, slots, facts, parts = _arrange(known, laid, counted, terms)
    first = min((int(s.due.min()) for s in slots if len(s.due)), default=0)
    rates = rates_of(terms, first, max(day_number(as_of), first) + 1)
    bounds = [s.bounds(len(facts.chunks)) for s in slots]
    starts = np.cumsum([0, *(sum(waves) for waves in facts.chunks)]).tolist()

    def work(chunk: int) -> tuple[Flags, dict[str, Ints]]:
        begin, waves = chunk * CHUNK, facts.chunks[chunk]
        size = min(CHUNK, len(known) - begin)
        mine = [c[starts[chunk] : starts[chunk + 1]] for c in facts.columns]
        here = [s.part(b[chunk], b[chunk + 1]) for s, b in zip(slots, bounds, strict=True)]
        state, fits = _state(begin, size, here, (mine[2], waves), (parts, rates, terms))
        at = 0
        for m in waves:
            state.wave(m, [c[at : at + m] for c in mine], terms.replay is Replay.CHARGES_FIRST)
            at += m
        state.accrue(size, np.full(size, day_number(as_of), dtype=np.int64))
        return fits, _amounts(state, as_of)

    with ThreadPoolExecutor(max_workers=pl.thread_pool_size()) as pool:  # chunks share nothing; numpy lets go of the lock
        done = list(pool.map(work, range(len(facts.chunks))))
    small, answers = [fits for fits, _ in done], [amounts for _, amounts in done]
    joined: dict[str, Any] = {name: np.concatenate([a[name] for a in answers])[places] for name in answers[0]}
    large = pl.Series("agreement_id", known[~np.concatenate(small)[places]], dtype=pl.Int64)
    answer = _finish(_dated(pl.DataFrame({"agreement_id": known, **joined})), counted, as_of, terms)
    return (answer.filter(~pl.col("agreement_id").is_in(large.implode())) if len(large) else answer), large


def _state(
    begin: int,
    size: int,
    slots: list[Slots],
    paid: tuple[Ints, list[int]],
    shared: tuple[tuple[int, ...], Rates | None, ServicingTerms],
) -> tuple[Waves, Flags]:
    """Arrays of the agreements ``begin`` to ``begin + size``, and which of them have sums that fit."""
    parts, rates, terms = shared
    width = max((int(s.slot.max()) + 1 for s in slots if len(s.slot)), default=1)
    due = np.full((size, width + 1), FAR, dtype=np.int64)
    left = np.zeros((size, width + 1, len(parts)), dtype=np.int64)
    for some in slots:
        at: Any = (some.place - begin, some.slot)
        due[at] = some.due
        for name, amount in some.amounts.items():
            if INDEX[Component(name)] in parts:
                left[(*at, parts.index(INDEX[Component(name)]))] = amount
    small = np.ones(size, dtype=np.bool_)
    if rates is not None:
        owed = left.sum(axis=(1, 2), dtype=np.float64)
        done = 0
        for m in paid[1]:
            owed[:m] += paid[0][done : done + m]
            done += m
        small = owed * float(max(int(rates.until[-1]), 1)) < LIMIT
        left[~small] = 0
    shape = (2, *due.shape) if rates is not None else (2, 0, 0)
    numerator, booked = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    credit, first, last = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64), np.full(size, FAR, dtype=np.int64)
    return Waves(terms, parts, due, left, credit, first, last, rates, due.copy(), numerator, booked), small


def _first(state: Waves, wanted: Flags, open_minor: Ints) -> tuple[Ints, Ints]:
    """Due day (FAR: none) and open amount of the first obligation that is wanted."""
    place = wanted.argmax(axis=1)
    rows = np.arange(len(place))
    there = wanted[rows, place]
    return np.where(there, state.due[rows, place], FAR), np.where(there, open_minor[rows, place], 0)


def _amounts(state: Waves, as_of: date) -> dict[str, Ints]:
    """What stands in the arrays, by agreement."""
    today = day_number(as_of)
    open_minor = state.left.sum(axis=2)
    late = state.due < today + state.terms.due_date_counts_as
    totals, overdue = state.left.sum(axis=1), np.einsum("ijk,ij->ik", state.left, late.astype(np.int64))
    is_open = open_minor > 0
    oldest, earliest = _first(state, is_open & late, open_minor), _first(state, is_open, open_minor)
    following = _first(state, is_open & (state.due >= today), open_minor)
    found: dict[str, Ints] = {}
    nothing = np.zeros(len(totals), dtype=np.int64)
    for c in COMPONENTS:
        place = state.parts.index(INDEX[c]) if INDEX[c] in state.parts else None
        found[f"{c.value}_minor"] = nothing if place is None else totals[:, place]
        found[f"overdue_{c.value}_minor"] = nothing if place is None else overdue[:, place]
    return found | {
        "outstanding_minor": totals.sum(axis=1),
        "overdue_minor": overdue.sum(axis=1),
        "unallocated_minor": state.credit,
        "oldest_due_on": oldest[0],
        "earliest_unpaid_due_on": earliest[0],
        "earliest_unpaid_minor": earliest[1],
        "next_due_on": following[0],
        "next_due_minor": following[1],
        "last_payment_on": state.last_paid,
        "obligations": (state.due < FAR).sum(axis=1),
    }


def _dated(answer: pl.DataFrame) -> pl.DataFrame:
    """Day numbers as dates, ``FAR`` as none."""
    names = ("oldest_due_on", "earliest_unpaid_due_on", "next_due_on", "last_payment_on")
    return answer.with_columns(pl.when(pl.col(n) < FAR).then(pl.col(n)).cast(pl.Int32).cast(pl.Date).alias(n) for n in names)


def _finish(answer: pl.DataFrame, counted: pl.DataFrame, as_of: date, terms: ServicingTerms) -> pl.DataFrame:
    """Counters, bucket and status on top of the amounts."""
    ends = counted.filter(pl.col("kind").is_in([EventKind.WRITTEN_OFF.value, EventKind.CLOSED.value]))
    marks = ends.group_by("agreement_id").agg(
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
    delinquent = raw - (off if DELINQUENT_STOPS & terms.pause_stops else 0) - terms.grace_days
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
        .when((pl.col("obligations") == 0) & pl.col("last_payment_on").is_null()).then(pl.lit(Status.NOT_STARTED.value))
        .when(settled & (pl.col("unallocated_minor") > 0)).then(pl.lit(Status.OVERPAID.value))
        .when(settled).then(pl.lit(Status.SETTLED.value))
        .when(pl.col("written_off_on").is_not_null()).then(pl.lit(Status.WRITTEN_OFF.value))
        .when(pl.col("overdue_minor") > 0).then(pl.lit(Status.OVERDUE.value))
        .otherwise(pl.lit(Status.CURRENT.value))
    )  # fmt: skip
    return answer.with_columns(bucket=bucket, status=status)
