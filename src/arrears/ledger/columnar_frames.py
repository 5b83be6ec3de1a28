"""Frames in, frame out: the columnar fold's wave lane between the raw facts and the arrays of ``columnar_waves``."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from .columnar_waves import BACK, BILL, FAR, LIMIT, PAY, WAIVE, Flags, Ints, Rates, Waves, day_number, rates_of
from .events import Component, EventKind
from .position import Status
from .servicing import COMPONENTS, INDEX, Replay, ServicingTerms, Stop

#: Agreements in one set of arrays: small enough for the processor's caches, large enough to hide the cost of a call.
CHUNK = 10_000
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
    bills = ops.filter(pl.col("type").is_in([BILL, BACK])).with_columns(
        wanted=pl.when(pl.col("type") == BACK).then(pl.col("day")).otherwise(pl.coalesce("due", "day"))
    )
    if bills.is_empty():
        slots = rows.with_columns(slot=pl.int_range(pl.len()).over("place"))
        return slots, ops.with_columns(slot=pl.lit(-1, pl.Int64))
    hosts = rows.select("place", "due", "made").unique(["place", "due"], keep="first", maintain_order=True).sort("due")
    joined = (
        bills.filter(pl.col("type") == BILL)
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
    slots, ops = _obligations(laid, _ops(counted, places, terms), places)
    parts = _parts(slots, ops, terms)
    ops = _with_part(ops, parts).with_columns(chunk=pl.col("place") // CHUNK).sort("chunk", "wave", "place")
    first = slots["due"].min() if len(slots) else 0
    assert isinstance(first, int)
    rates = rates_of(terms, first, max(day_number(as_of), first) + 1)
    columns = [ops[c].to_numpy() for c in ("type", "day", "amount_minor", "slot", "part")]
    sizes = ops.group_by("chunk", "wave", maintain_order=True).len().rows()
    answers, small, done = [], [], 0
    for chunk, begin in enumerate(range(0, len(places), CHUNK)):
        size = min(CHUNK, len(places) - begin)
        waves = [length for c, _, length in sizes if c == chunk]
        mine = [c[done : done + sum(waves)] for c in columns]
        state, fits = _state(begin, size, slots, mine, waves, (parts, rates, terms))
        small.append(fits)
        at = 0
        for m in waves:
            state.wave(m, [c[at : at + m] for c in mine], terms.replay is Replay.CHARGES_FIRST)
            at += m
        done += at
        state.accrue(size, np.full(size, day_number(as_of), dtype=np.int64))
        answers.append(_amounts(state, as_of))
    joined: dict[str, Any] = {name: np.concatenate([a[name] for a in answers]) for name in answers[0]}
    large = places.filter(~pl.Series(np.concatenate(small)))["agreement_id"]
    answer = _finish(_dated(pl.DataFrame({"agreement_id": places["agreement_id"], **joined})), counted, as_of, terms)
    return (answer.filter(~pl.col("agreement_id").is_in(large.implode())) if len(large) else answer), large


def _parts(slots: pl.DataFrame, ops: pl.DataFrame, terms: ServicingTerms) -> tuple[int, ...]:
    """Component indices that occur: the arrays hold no others."""
    used = {INDEX[Component(p)] for p in _PARTS if (slots[f"{p}_minor"] != 0).any()} | {INDEX[Component.PRINCIPAL]}
    used |= {INDEX[Component(c)] for c in ops["component"].drop_nulls().unique() if c}
    used |= {INDEX[Component.FEE]} if len(ops) else set()
    if terms.penalty is not None:
        used |= {INDEX[c] for c in (Component.PENALTY, Component.COMPOUND, *terms.penalty.base, *terms.penalty.compound_base)}
    return tuple(sorted(used))


def _with_part(ops: pl.DataFrame, parts: tuple[int, ...]) -> pl.DataFrame:
    """The place of each fact's component in the arrays: a charge without one is a fee, a chargeback principal, -1 is all."""
    named = {c.value: parts.index(INDEX[c]) for c in COMPONENTS if INDEX[c] in parts}
    default = pl.when(pl.col("type") == BACK).then(pl.lit("principal")).when(pl.col("type") == BILL).then(pl.lit("fee"))
    component = pl.when(pl.col("type") == BACK).then(pl.lit(None)).otherwise(pl.col("component").replace("", None))
    return ops.with_columns(part=pl.coalesce(component, default).replace_strict(named, default=-1, return_dtype=pl.Int64))


def _state(
    begin: int,
    size: int,
    slots: pl.DataFrame,
    columns: list[Ints],
    waves: list[int],
    shared: tuple[tuple[int, ...], Rates | None, ServicingTerms],
) -> tuple[Waves, Flags]:
    """Arrays of the agreements ``begin`` to ``begin + size``, and which of them have sums that fit."""
    parts, rates, terms = shared
    low, high = (slots["place"].search_sorted(x, "left") for x in (begin, begin + size))
    mine = slots.slice(low, high - low)
    width = int(mine["slot"].to_numpy().max()) + 1 if len(mine) else 1
    due = np.full((size, width + 1), FAR, dtype=np.int64)
    left = np.zeros((size, width + 1, len(parts)), dtype=np.int64)
    if len(mine):
        at = (mine["place"].to_numpy() - begin, mine["slot"].to_numpy())
        due[at] = mine["due"].to_numpy()
        for name in _PARTS:
            if INDEX[Component(name)] in parts:
                left[(*at, parts.index(INDEX[Component(name)]))] = mine[f"{name}_minor"].to_numpy()
    small = np.ones(size, dtype=np.bool_)
    if rates is not None:
        owed = left.sum(axis=(1, 2), dtype=np.float64)
        at_op = 0
        for m in waves:
            owed[:m] += columns[2][at_op : at_op + m]
            at_op += m
        small = owed * float(max(int(rates.until[-1]), 1)) < LIMIT
        left[~small] = 0
    shape = (2, *due.shape) if rates is not None else (2, 0, 0)
    credit, first = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    numerator, booked = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    return Waves(terms, parts, due, left, credit, first, rates, due.copy(), numerator, booked), small


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
        "obligations": (state.due < FAR).sum(axis=1),
    }


def _dated(answer: pl.DataFrame) -> pl.DataFrame:
    """Day numbers as dates, ``FAR`` as none."""
    names = ("oldest_due_on", "earliest_unpaid_due_on", "next_due_on")
    return answer.with_columns(pl.when(pl.col(n) < FAR).then(pl.col(n)).cast(pl.Int32).cast(pl.Date).alias(n) for n in names)


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
        .when((pl.col("obligations") == 0) & pl.col("last_payment_on").is_null()).then(pl.lit(Status.NOT_STARTED.value))
        .when(settled & (pl.col("unallocated_minor") > 0)).then(pl.lit(Status.OVERPAID.value))
        .when(settled).then(pl.lit(Status.SETTLED.value))
        .when(pl.col("written_off_on").is_not_null()).then(pl.lit(Status.WRITTEN_OFF.value))
        .when(pl.col("overdue_minor") > 0).then(pl.lit(Status.OVERDUE.value))
        .otherwise(pl.lit(Status.CURRENT.value))
    )  # fmt: skip
    return answer.with_columns(bucket=bucket, status=status)
