"""The columnar twin: positions of a whole portfolio at once, equal to the one-loan fold to the minor unit.

``fold`` takes the raw facts as two frames and answers one row per agreement. It has two lanes. The *wave* lane
(``columnar_waves``) applies the k-th fact of every agreement at the same time, on integers, for what nearly all
agreements have: schedules, payments, charges, waivers, chargebacks without a target, reversals, penalty and compound
interest, pauses that stop counters, write-off, transfer, closing. Everything else goes to the *scalar* lane, which calls
``position.position_of`` for that agreement: the answer is the same, only slower. ``needs_scalar`` says which and why; an
agreement is never answered by a lane that does not know one of its facts.

Frames (extra columns are ignored; missing ones of the second group are taken as empty):

* rows: ``agreement_id`` int, ``version`` int, ``n`` int, ``due_on`` date, ``principal_minor``; ``interest_minor``,
  ``fee_minor``, ``penalty_minor``, ``cost_minor``
* events: ``agreement_id`` int, ``id`` int, ``kind`` text, ``effective_on`` date, ``recorded_at`` instant (UTC),
  ``amount_minor`` int; ``component`` text, ``due_on`` date, ``until`` date, ``target_id`` int, ``data`` JSON text
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import polars as pl

from . import columnar_frames as waves
from .events import Component, Event, EventKind, ScheduleRow
from .position import Position, Status, position_of
from .servicing import COMPONENTS, AdvanceTo, Cure, ServicingTerms, Stop, Style

#: Agreements read from the source and prepared at once; bounds the memory.
BLOCK = 250_000

_ROWS: dict[str, pl.DataType] = {
    "agreement_id": pl.Int64(), "version": pl.Int64(), "n": pl.Int32(), "due_on": pl.Date(), "principal_minor": pl.Int64(),
    "interest_minor": pl.Int64(), "fee_minor": pl.Int64(), "penalty_minor": pl.Int64(), "cost_minor": pl.Int64(),
}  # fmt: skip
_EVENTS: dict[str, pl.DataType] = {
    "agreement_id": pl.Int64(), "id": pl.Int64(), "kind": waves.KINDS, "effective_on": pl.Date(),
    "recorded_at": pl.Datetime("us", "UTC"), "amount_minor": pl.Int64(), "component": pl.String(), "due_on": pl.Date(),
    "until": pl.Date(), "target_id": pl.Int64(), "data": pl.String(),
}  # fmt: skip

#: The answer's columns: one row per agreement that has a row or a known event.
SCHEMA: dict[str, pl.DataType] = {
    "agreement_id": pl.Int64(),
    "status": pl.String(),
    "outstanding_minor": pl.Int64(),
    "overdue_minor": pl.Int64(),
    **{f"{c.value}_minor": pl.Int64() for c in COMPONENTS},
    **{f"overdue_{c.value}_minor": pl.Int64() for c in COMPONENTS},
    "unallocated_minor": pl.Int64(),
    "past_due_days": pl.Int32(),
    "delinquent_days": pl.Int32(),
    "delinquent_since": pl.Date(),
    "oldest_due_on": pl.Date(),
    "bucket": pl.String(),
    "earliest_unpaid_due_on": pl.Date(),
    "earliest_unpaid_minor": pl.Int64(),
    "next_due_on": pl.Date(),
    "next_due_minor": pl.Int64(),
    "last_payment_on": pl.Date(),
    "written_off_on": pl.Date(),
    "lane": pl.String(),
}

#: Kinds that the wave lane knows. Those without an amount of their own change only dates and status.
WAVE_KINDS = frozenset(
    {
        EventKind.OPENED, EventKind.DISBURSED, EventKind.SCHEDULE_SET, EventKind.PAID, EventKind.CHARGED, EventKind.WAIVED,
        EventKind.CHARGED_BACK, EventKind.PAUSED, EventKind.RESUMED, EventKind.WRITTEN_OFF, EventKind.TRANSFERRED, EventKind.CLOSED,
    }
)  # fmt: skip
#: Words in an event's data that only the scalar lane reads.
_SCALAR_WORDS = r'"(split|own_due|stops|from|from_on)"\s*:'
#: Their data are the terms, which have such words too (a bucket is ``from`` a day) and reach the fold by another way.
_TERMS_KINDS = (EventKind.OPENED.value, EventKind.SCHEDULE_SET.value)


def _shaped(frame: pl.DataFrame | pl.LazyFrame, schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    lazy = frame.lazy()
    have = lazy.collect_schema().names()
    empty = 0 if "principal_minor" in schema else None
    return lazy.select(
        (pl.col(name) if name in have else pl.lit(empty)).cast(dtype).alias(name) for name, dtype in schema.items()
    )


def known(events: pl.LazyFrame, as_of: date, known_at: datetime | None) -> pl.LazyFrame:
    """``events.known_events`` on a frame: recorded by ``known_at``, not reversed, effective by ``as_of``."""
    told = events if known_at is None else events.filter(pl.col("recorded_at") <= known_at)
    gone = told.filter(pl.col("kind") == EventKind.REVERSED.value).select("agreement_id", id=pl.col("target_id"))
    counted = told.filter((pl.col("kind") != EventKind.REVERSED.value) & (pl.col("effective_on") <= as_of))
    return counted.join(gone, on=["agreement_id", "id"], how="anti")


def terms_need_scalar(terms: ServicingTerms) -> str:
    """Why agreements under these terms go to the scalar lane; empty if the wave lane knows them."""
    if terms.waterfall.style is Style.BY_RANK or terms.waterfall.in_advance_to in (AdvanceTo.HOLD, AdvanceTo.REAMORTISE):
        return "waterfall"
    if terms.cap is not None:
        return "cap"
    if terms.cure.kind is not Cure.OLDEST_UNPAID:
        return "cure"
    return ""


def needs_scalar(rows: pl.DataFrame, counted: pl.DataFrame, terms: ServicingTerms) -> pl.DataFrame:
    """``agreement_id`` and ``reason`` of agreements with a fact that the wave lane does not know.

    ``counted`` are the counted events (``known``). Reasons: a kind outside ``WAVE_KINDS``, a word in ``data`` that changes the
    effect, a payment or waiver directed to one instalment, a targeted chargeback, more than one schedule in force, pauses
    that overlap, stay open or stop an accrual, an amount missing.
    """
    kind, data = pl.col("kind"), pl.col("data")
    stops_accrual = terms.penalty is not None and bool({Stop.PENALTY, Stop.COMPOUND} & terms.pause_stops)
    directed = kind.is_in([EventKind.PAID.value, EventKind.WAIVED.value]) & pl.col("due_on").is_not_null()
    money = [EventKind.PAID.value, EventKind.CHARGED.value, EventKind.WAIVED.value, EventKind.CHARGED_BACK.value]
    reason = (
        pl.when(~kind.is_in([k.value for k in WAVE_KINDS]))
        .then(pl.lit("kind"))
        .when(~kind.is_in(_TERMS_KINDS) & data.is_not_null() & data.str.contains(_SCALAR_WORDS))
        .then(pl.lit("data"))
        .when(directed)
        .then(pl.lit("directed"))
        .when((kind == EventKind.CHARGED_BACK.value) & pl.col("target_id").is_not_null())
        .then(pl.lit("targeted_chargeback"))
        .when(kind.is_in(money) & (pl.col("amount_minor").is_null() | (pl.col("amount_minor") < 0)))
        .then(pl.lit("amount"))
        .when((kind == EventKind.PAUSED.value) & (pl.col("until").is_null() | pl.lit(stops_accrual)))
        .then(pl.lit("pause"))
        .when((kind == EventKind.RESUMED.value) & pl.col("target_id").is_null())
        .then(pl.lit("resume_without_target"))
    )
    odd = counted.select("agreement_id", reason=reason).filter(pl.col("reason").is_not_null())
    spans = waves.pause_spans(counted)
    overlapping = (
        spans.sort("agreement_id", "from_on", "to_on")
        .filter((pl.col("from_on") < pl.col("to_on").shift(1).cum_max().over("agreement_id")).fill_null(False))
        .select("agreement_id", reason=pl.lit("pauses_overlap"))
    )
    versioned = rows if (rows["version"] != 0).any() else rows.clear()
    both = (
        versioned.group_by("agreement_id")
        .agg(pl.col("version").n_unique().alias("versions"))
        .filter(pl.col("versions") > 1)
        .select("agreement_id", reason=pl.lit("schedules"))
    )
    return pl.concat([odd, overlapping, both]).unique("agreement_id", keep="any")


def in_force(rows: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """Rows of version 0 and of the last counted ``schedule_set`` event of each agreement."""
    last = (
        counted.filter(pl.col("kind") == EventKind.SCHEDULE_SET.value)
        .sort("effective_on", "id")
        .group_by("agreement_id")
        .agg(pl.col("id").last().alias("version"))
    )
    versioned = rows.filter(pl.col("version") != 0)
    if versioned.is_empty():
        return rows
    chosen = versioned.join(last, on=["agreement_id", "version"], how="semi")
    return pl.concat([rows.filter(pl.col("version") == 0), chosen]) if len(versioned) < len(rows) else chosen


def fold(
    rows: pl.DataFrame | pl.LazyFrame,
    events: pl.DataFrame | pl.LazyFrame,
    as_of: date,
    known_at: datetime | None = None,
    terms: ServicingTerms | Mapping[int, ServicingTerms] | None = None,
    products: pl.DataFrame | pl.LazyFrame | None = None,
) -> pl.DataFrame:
    """Positions of all agreements as of ``as_of``, as known at ``known_at``: one row each, columns ``SCHEMA``, by id.

    ``terms``: one set for all, or sets by product key, with ``products`` (``agreement_id``, ``product`` int) saying which
    agreement has which. An agreement without terms is refused (``ValueError``): there is no silent default.
    """
    told, facts = _shaped(rows, _ROWS), _shaped(events, _EVENTS)
    ids = (
        pl.concat([told.select("agreement_id"), facts.select("agreement_id")])
        .unique()
        .collect(engine="streaming")["agreement_id"]
    )
    by_key = terms if isinstance(terms, Mapping) else {0: terms or ServicingTerms()}
    owner = _owners(ids, by_key, products) if isinstance(terms, Mapping) else None
    answers = []
    for laid, told_here in _blocks(told, facts, ids.sort()):
        for key, mine in _by_product(laid, told_here, owner):
            answers.append(_fold_block(*mine, as_of, known_at, by_key[key]))
    return pl.concat(answers).sort("agreement_id") if answers else pl.DataFrame(schema=SCHEMA)


def _owners(ids: pl.Series, terms: Mapping[int, ServicingTerms], products: pl.DataFrame | pl.LazyFrame | None) -> pl.DataFrame:
    """``agreement_id`` and ``product`` of every agreement; refuses (``ValueError``) one without terms."""
    if products is None:
        raise ValueError("terms by product need the frame that says which agreement has which product")
    named = products.lazy().select(pl.col("agreement_id").cast(pl.Int64), pl.col("product").cast(pl.Int64)).collect()
    owner = ids.to_frame("agreement_id").join(named, on="agreement_id", how="left")
    without = owner.filter(pl.col("product").is_null() | ~pl.col("product").is_in(list(terms)))
    if len(without):
        raise ValueError(f"agreements without servicing terms: {without['agreement_id'].sort().to_list()[:5]}")
    return owner.sort("agreement_id")


Pair = tuple[pl.DataFrame, pl.DataFrame]


def _by_product(rows: pl.DataFrame, events: pl.DataFrame, owner: pl.DataFrame | None) -> Iterator[tuple[int, Pair]]:
    if owner is None:
        yield 0, (rows, events)
        return
    ids, product = (owner[c].to_numpy() for c in ("agreement_id", "product"))
    of_row, of_event = (product[waves.places_of(ids, f["agreement_id"])] for f in (rows, events))
    keys = np.unique(product)
    for key in keys[[bool((of_row == k).any() or (of_event == k).any()) for k in keys]]:
        yield int(key), (rows.filter(pl.Series(of_row == key)), events.filter(pl.Series(of_event == key)))


def _blocks(rows: pl.LazyFrame, events: pl.LazyFrame, ids: pl.Series) -> Iterator[Pair]:
    """The two frames cut by agreement id so that each pair holds whole agreements. ``ids`` are sorted.

    Files sorted by agreement are then read about once, group by group.
    """
    for block in range(0, len(ids), BLOCK):
        here = ids[block : block + BLOCK]
        inside = pl.col("agreement_id").is_between(here[0], here[-1])
        laid, told = pl.collect_all([rows.filter(inside), events.filter(inside)], engine="streaming")
        yield laid, told


def _fold_block(
    rows: pl.DataFrame, events: pl.DataFrame, as_of: date, known_at: datetime | None, terms: ServicingTerms
) -> pl.DataFrame:
    counted = known(events.lazy(), as_of, known_at).collect()
    laid = in_force(rows, counted)
    ids = pl.concat([rows["agreement_id"], counted["agreement_id"]]).unique()
    odd = ids if terms_need_scalar(terms) else needs_scalar(laid, counted, terms)["agreement_id"]
    plain = ids.filter(~ids.is_in(odd.implode())) if len(odd) else ids
    odd = odd.filter(odd.is_in(ids.implode()))
    parts = []
    if len(plain):
        mine, own = pl.col("agreement_id").is_in(plain.implode()), counted
        if len(odd):
            laid, own = laid.filter(mine), counted.filter(mine)
        answer, too_large = waves.fold(plain.sort(), laid, own, as_of, terms)
        parts.append(answer.with_columns(lane=pl.lit("wave")).select(*SCHEMA))
        odd = pl.concat([odd, too_large])
    if len(odd):
        parts.append(_scalar(rows, events, odd, as_of, known_at, terms))
    return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)


# -- scalar lane ---------------------------------------------------------------------------------------------------------


def _scalar(
    rows: pl.DataFrame, events: pl.DataFrame, ids: pl.Series, as_of: date, known_at: datetime | None, terms: ServicingTerms
) -> pl.DataFrame:
    mine = pl.col("agreement_id").is_in(ids.implode())
    laid: dict[int, list[ScheduleRow]] = {}
    for row in rows.filter(mine).iter_rows(named=True):
        laid.setdefault(row.pop("agreement_id"), []).append(ScheduleRow(**row))
    facts: dict[int, list[Event]] = {}
    for row in events.filter(mine).iter_rows(named=True):
        facts.setdefault(row["agreement_id"], []).append(as_event(row))
    answers = [as_row(i, position_of(terms, facts.get(i, ()), laid.get(i, ()), as_of, known_at)) for i in ids.to_list()]
    return pl.DataFrame(answers, schema=SCHEMA)


def as_event(row: Mapping[str, Any]) -> Event:
    """One row of the events frame as the pure fact."""
    recorded_at: datetime = row["recorded_at"]
    return Event(
        id=row["id"],
        kind=EventKind(row["kind"]),
        effective_on=row["effective_on"],
        recorded_at=recorded_at if recorded_at.tzinfo else recorded_at.replace(tzinfo=UTC),
        amount_minor=row["amount_minor"],
        component=Component(row["component"]) if row["component"] else None,
        due_on=row["due_on"],
        until=row["until"],
        target_id=row["target_id"],
        data=json.loads(row["data"]) if row["data"] else {},
    )


def as_row(agreement_id: int, at: Position, lane: str = "scalar") -> dict[str, Any]:
    """A position in the columns of ``SCHEMA``."""
    return {
        "agreement_id": agreement_id,
        "status": at.status.value,
        "outstanding_minor": at.outstanding_minor,
        "overdue_minor": at.overdue_minor,
        **{f"{c.value}_minor": at.totals[c] for c in COMPONENTS},
        **{f"overdue_{c.value}_minor": at.overdue_totals[c] for c in COMPONENTS},
        "unallocated_minor": at.unallocated_minor,
        "past_due_days": at.past_due_days,
        "delinquent_days": at.delinquent_days,
        "delinquent_since": at.delinquent_since,
        "oldest_due_on": at.oldest_due_on,
        "bucket": at.bucket,
        "earliest_unpaid_due_on": at.earliest_unpaid_due_on,
        "earliest_unpaid_minor": at.earliest_unpaid_minor,
        "next_due_on": at.next_due_on,
        "next_due_minor": at.next_due_minor,
        "last_payment_on": at.last_payment_on,
        "written_off_on": at.written_off_on,
        "lane": lane,
    }


__all__ = [
    "BLOCK",
    "SCHEMA",
    "WAVE_KINDS",
    "Status",
    "as_event",
    "as_row",
    "fold",
    "in_force",
    "known",
    "needs_scalar",
    "terms_need_scalar",
]
