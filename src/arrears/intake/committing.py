"""Prepared rows of one kind into the rooms below: which bulk action takes them. Part of an action; reads and resolves keys only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from arrears.intake import queries, refusals
from arrears.intake.kinds.common import AGREEMENT_ID, CUSTOMER_ID, PARTY_ID
from arrears.intake.models import Batch
from arrears.intake.reading.source import ROW
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.ledger import actions_bulk as ledger
from arrears.ledger.actions_bulk import FIGURES
from arrears.parties import actions_bulk as parties
from arrears.parties.copying import BulkCount


class _Unresolved(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def commit(actor: Actor, batch: Batch, kind: str, frame: pl.DataFrame, extra: dict[str, pl.DataFrame]) -> BulkCount | Refusal:
    """Bring one frame in. ``extra``: ``schedule`` rows of agreements, ``groups`` of schedules."""
    if frame.is_empty():
        return BulkCount()
    try:
        return _COMMIT[kind](actor, batch, frame, extra)
    except _Unresolved as problem:
        return problem.refusal


def _with_agreements(actor: Actor, batch: Batch, frame: pl.DataFrame) -> pl.DataFrame:
    """Keys of agreements that came with the same file."""
    if frame[AGREEMENT_ID].null_count() == 0:
        return frame
    wanted = frame.filter(pl.col(AGREEMENT_ID).is_null())["agreement_reference"].unique().to_list()
    known = queries.agreement_frame(actor.scope, batch.creditor_id, wanted, disbursed=False)
    known = known.select(pl.col("reference").alias("agreement_reference"), pl.col(AGREEMENT_ID).alias("__found"))
    frame = frame.join(known, on="agreement_reference", how="left", maintain_order="left")
    frame = frame.with_columns(pl.coalesce(AGREEMENT_ID, "__found").alias(AGREEMENT_ID)).drop("__found")
    if (left := frame.filter(pl.col(AGREEMENT_ID).is_null())).height:
        raise _Unresolved(refusals.AGREEMENT_UNKNOWN.at(f"row {left[ROW][0]}", key=left["agreement_reference"][0]))
    return frame


def _with_parties(actor: Actor, batch: Batch, frame: pl.DataFrame) -> pl.DataFrame:
    customer = CUSTOMER_ID in frame.columns
    if frame[PARTY_ID].null_count() == 0 and (not customer or frame[CUSTOMER_ID].null_count() == 0):
        return frame
    known = queries.party_frame(actor.scope, batch.creditor_id, frame["party_reference"].unique().to_list())
    known = known.rename({"reference": "party_reference"})
    frame = frame.drop([c for c in (PARTY_ID, CUSTOMER_ID) if c in frame.columns])
    frame = frame.join(known, on="party_reference", how="left", maintain_order="left")
    if (left := frame.filter(pl.col(PARTY_ID).is_null())).height:
        raise _Unresolved(refusals.PARTY_UNKNOWN.at(f"row {left[ROW][0]}", key=left["party_reference"][0]))
    return frame if customer else frame.drop(CUSTOMER_ID)


def _customers(actor: Actor, batch: Batch, frame: pl.DataFrame, extra: dict[str, pl.DataFrame]) -> BulkCount | Refusal:
    return parties.register_parties(actor, batch.creditor_id, frame.drop(ROW), batch.public_id)


def _points(actor: Actor, batch: Batch, frame: pl.DataFrame, extra: dict[str, pl.DataFrame]) -> BulkCount | Refusal:
    frame = _with_parties(actor, batch, frame).rename({PARTY_ID: "party_id"}).drop(ROW, "party_reference")
    return parties.add_contact_points(actor, batch.creditor_id, frame, batch.public_id)


def _consents(actor: Actor, batch: Batch, frame: pl.DataFrame, extra: dict[str, pl.DataFrame]) -> BulkCount | Refusal:
    frame = _with_parties(actor, batch, frame).rename({PARTY_ID: "party_id"}).drop(ROW, "party_reference")
    return parties.record_consents(actor, batch.creditor_id, frame, batch.public_id)


def _agreements(actor: Actor, batch: Batch, frame: pl.DataFrame, extra: dict[str, pl.DataFrame]) -> BulkCount | Refusal:
    frame = _with_parties(actor, batch, frame).rename({PARTY_ID: "party_id", CUSTOMER_ID: "customer_id"})
    schedule = extra.get("schedule", pl.DataFrame())
    if schedule.height:
        schedule = schedule.filter(pl.col(ROW).is_in(frame[ROW].to_list())).drop(ROW)
    frame = frame.drop(ROW, "party_reference", "content_mark")
    return ledger.open_agreements(actor, batch.creditor_id, frame, schedule, batch.public_id, batch.pk)


def _roles(actor: Actor, batch: Batch, frame: pl.DataFrame, extra: dict[str, pl.DataFrame]) -> BulkCount | Refusal:
    frame = _with_parties(actor, batch, _with_agreements(actor, batch, frame))
    frame = frame.rename({PARTY_ID: "party_id", AGREEMENT_ID: "agreement_id"}).drop(ROW, "party_reference", "agreement_reference")
    return ledger.add_roles(actor, batch.creditor_id, frame, batch.public_id)


def _positions(actor: Actor, batch: Batch, frame: pl.DataFrame, extra: dict[str, pl.DataFrame]) -> BulkCount | Refusal:
    frame = _with_agreements(actor, batch, frame)
    columns = [pl.col(AGREEMENT_ID).alias("agreement_id"), "as_of", "assumptions", *FIGURES]
    return ledger.feed_positions(actor, batch.creditor_id, frame.select(columns), batch.public_id, batch.pk)


def _payments(actor: Actor, batch: Batch, frame: pl.DataFrame, extra: dict[str, pl.DataFrame]) -> BulkCount | Refusal:
    frame = _with_agreements(actor, batch, frame).rename({AGREEMENT_ID: "agreement_id", "event": "kind"})
    if frame["target_reference"].null_count() < frame.height:
        known = queries.events_by_key(actor.scope, frame["agreement_id"].to_list(), frame["target_reference"].to_list())
        marks = known.select(
            pl.col(AGREEMENT_ID).alias("agreement_id"), pl.col("reference").alias("target_reference"), "event_id"
        )
        frame = frame.join(marks, on=["agreement_id", "target_reference"], how="left", maintain_order="left")
        lost = frame.filter(pl.col("target_reference").is_not_null() & pl.col("event_id").is_null())
        if lost.height:
            raise _Unresolved(refusals.TARGET_UNKNOWN.at(f"row {lost[ROW][0]}", key=lost["target_reference"][0]))
        frame = frame.rename({"event_id": "target_id"})
    frame = frame.rename({"reference": "dedup_key"}).drop(ROW, "agreement_reference", "target_reference")
    return ledger.record_events(actor, batch.creditor_id, frame, batch.public_id, batch.pk)


def _schedules(actor: Actor, batch: Batch, frame: pl.DataFrame, extra: dict[str, pl.DataFrame]) -> BulkCount | Refusal:
    frame = _with_agreements(actor, batch, frame).rename({AGREEMENT_ID: "agreement_id"})
    ids = frame["agreement_id"].unique().to_list()
    begun = queries.events_by_key(actor.scope, ids, [f"schedule:{batch.public_id}"] * len(ids))
    fresh = frame.filter(~pl.col("agreement_id").is_in(begun[AGREEMENT_ID].to_list()))
    first = fresh.group_by("agreement_id", "agreement_reference").agg(pl.col("effective_on").first()).sort("agreement_id")
    groups = extra.get(
        "groups", pl.DataFrame(schema={"agreement_reference": pl.String, "rows": pl.UInt32, "principal_minor": pl.Int64})
    )
    first = first.join(groups, on="agreement_reference", how="left", maintain_order="left")
    words = pl.concat_str(
        pl.lit('{"origin": "host", "rows": '), pl.col("rows").fill_null(0), pl.lit(', "principal_minor": '),
        pl.col("principal_minor").fill_null(0), pl.lit("}"),
    )  # fmt: skip
    first = first.select("agreement_id", "effective_on", words.alias("data"))
    parts = ("principal_minor", "interest_minor", "fee_minor", "penalty_minor", "cost_minor")
    return ledger.set_schedules(
        actor, batch.creditor_id, frame.select("agreement_id", "n", "due_on", *parts), first, batch.public_id, batch.pk
    )


_COMMIT: dict[str, Callable[[Actor, Batch, pl.DataFrame, dict[str, pl.DataFrame]], Any]] = {
    "customers": _customers, "contact_points": _points, "consents": _consents, "agreements": _agreements, "roles": _roles,
    "positions": _positions, "payments": _payments, "schedules": _schedules,
}  # fmt: skip
