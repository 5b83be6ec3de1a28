"""Masses of ledger facts from an import: one set-based act and one journal entry for every part of a file.

Frames come checked from the intake room (``batch`` is the public id of the batch, ``batch_id`` its key). A fact already there
under the same key is left as it is and counted as skipped, so a part that is written twice changes nothing.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import psycopg
from django.db import IntegrityError, transaction

from arrears.access.models import Portfolio
from arrears.access.queries import creditors
from arrears.journal.actions import action, record
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.parties.actions_bulk import digest, source_of
from arrears.parties.copying import BulkCount, copied, copy_into, public_ids, run, stage
from arrears.parties.refusals import CREDITOR_NOT_VISIBLE

from .models import Agreement, Event

_EVENT = (
    ("public_id", "text"), ("creditor_id", "bigint"), ("agreement_id", "bigint"), ("kind", "text"), ("effective_on", "date"),
    ("recorded_at", "timestamptz"), ("amount_minor", "bigint"), ("component", "text"), ("due_on", "date"), ("until", "date"),
    ("target_id", "bigint"), ("data", "jsonb"), ("dedup_key", "text"), ("source", "text"), ("batch_id", "bigint"),
)  # fmt: skip
_NAMES = ", ".join(name for name, _ in _EVENT)
FIGURES = (
    "balance_minor", "principal_minor", "overdue_minor", "overdue_principal_minor", "overdue_interest_minor",
    "overdue_penalty_minor", "overdue_fee_minor", "past_due_days", "oldest_due_on", "minimum_due_minor",
)  # fmt: skip


def _note(actor: Actor, act: str, creditor_id: int, batch: str, count: BulkCount, **more: Any) -> None:
    record(actor, act, ("batch", batch), creditor_id=creditor_id, payload={"count": count.plain(), **more})


def _visible(actor: Actor, creditor_id: int) -> Refusal | None:
    return None if creditors(actor.scope).filter(id=creditor_id).exists() else CREDITOR_NOT_VISIBLE.at()


def _events(creditor_id: int, frame: pl.DataFrame, batch: str, batch_id: int) -> int:
    """Append events. ``frame``: ``agreement_id kind effective_on dedup_key`` and any other column of an event."""
    given: dict[str, Any] = {"component": "", "data": "{}", "source": source_of(batch)}
    late = {name: pl.lit(None, dtype=kind) for name, kind in
            (("amount_minor", pl.Int64), ("due_on", pl.Date), ("until", pl.Date), ("target_id", pl.Int64))}  # fmt: skip
    frame = frame.with_columns(
        public_ids("lev", frame.height),
        pl.lit(creditor_id).alias("creditor_id"),
        pl.lit(clock.now().isoformat()).alias("recorded_at"),
        pl.lit(batch_id).alias("batch_id"),
        *((pl.col(k).fill_null(v) if k in frame.columns else pl.lit(v)).alias(k) for k, v in given.items()),
        *(v.alias(k) for k, v in late.items() if k not in frame.columns),
    ).select([name for name, _ in _EVENT])
    try:
        with transaction.atomic():
            return copy_into("ledger_event", frame)
    except (IntegrityError, psycopg.errors.UniqueViolation):
        # some are there already: the slower way that leaves those as they are
        stage("staged_event", frame, _EVENT)
        return run(
            f"INSERT INTO ledger_event ({_NAMES}) SELECT {_NAMES} FROM staged_event ON CONFLICT (agreement_id, dedup_key) DO NOTHING",
            {},
        )


@action("ledger.record_many")
def record_events(actor: Actor, creditor_id: int, frame: pl.DataFrame, batch: str, batch_id: int) -> BulkCount | Refusal:
    """Record a part of a file of postings as events."""
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    inserted = _events(creditor_id, frame, batch, batch_id)
    count = BulkCount(inserted, 0, frame.height - inserted)
    _note(actor, "events.imported", creditor_id, batch, count, sha256=digest(frame))
    return count


@action("ledger.feed_many")
def feed_positions(actor: Actor, creditor_id: int, frame: pl.DataFrame, batch: str, batch_id: int) -> BulkCount | Refusal:
    """Record what the host says is owed. ``frame``: ``agreement_id as_of assumptions`` and columns of ``FIGURES``."""
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    rows = frame.with_columns(
        pl.lit(creditor_id).alias("creditor_id"),
        pl.lit(clock.now().isoformat()).alias("recorded_at"),
        pl.lit(batch_id).alias("batch_id"),
        pl.lit(source_of(batch)).alias("source"),
    )
    count = BulkCount(copy_into("ledger_hostposition", rows))
    sums = {c: int(frame[c].sum() or 0) for c in ("overdue_minor", "balance_minor") if c in frame.columns}
    _note(actor, "positions.imported", creditor_id, batch, count, sums=sums)
    return count


@action("ledger.open_many")
def open_agreements(
    actor: Actor, creditor_id: int, frame: pl.DataFrame, schedule: pl.DataFrame, batch: str, batch_id: int
) -> BulkCount | Refusal:
    """Open agreements with their debtor, disbursement and computed schedule.

    ``frame``: ``reference party_id customer_id portfolio product currency opened_on keeping secured_by attributes opened_data
    disbursed_on principal schedule_data``; ``schedule``: ``reference n due_on`` and the parts in minor units. Portfolios that are
    not there are created. A voided agreement of the same reference is opened anew.
    """
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    _portfolios(actor, creditor_id, frame)
    columns = (
        ("public_id", "text"), ("reference", "text"), ("party_id", "bigint"), ("customer_id", "bigint"), ("portfolio", "text"),
        ("product", "text"), ("currency", "text"), ("opened_on", "date"), ("keeping", "text"), ("secured_by", "text"),
        ("attributes", "jsonb"),
    )  # fmt: skip
    stage("staged_agreement", frame.with_columns(public_ids("agr", frame.height)), columns)
    values = {"creditor": creditor_id, "source": source_of(batch), "now": clock.now()}
    revived = run(
        """
        UPDATE ledger_agreement a SET attributes = s.attributes, source = %(source)s, product = s.product, currency = s.currency,
            opened_on = s.opened_on, keeping = s.keeping, secured_by = s.secured_by, customer_id = s.customer_id
        FROM staged_agreement s WHERE a.creditor_id = %(creditor)s AND a.reference = s.reference AND a.attributes ? 'void'
        """,
        values,
    )
    inserted = run(
        """
        INSERT INTO ledger_agreement (public_id, creditor_id, portfolio_id, customer_id, reference, product, currency, opened_on,
                                      keeping, secured_by, attributes, source, created_at)
        SELECT s.public_id, %(creditor)s, f.id, s.customer_id, s.reference, s.product, s.currency, s.opened_on, s.keeping,
               s.secured_by, s.attributes, %(source)s, %(now)s
        FROM staged_agreement s JOIN access_portfolio f ON f.creditor_id = %(creditor)s AND f.code = s.portfolio
        ON CONFLICT (creditor_id, reference) DO NOTHING
        """,
        values,
    )
    run(
        """
        INSERT INTO ledger_agreementrole (creditor_id, agreement_id, party_id, role, guarantee_kind, valid_from, source)
        SELECT %(creditor)s, a.id, s.party_id, 'debtor', '', s.opened_on, %(source)s
        FROM staged_agreement s JOIN ledger_agreement a ON a.creditor_id = %(creditor)s AND a.reference = s.reference
        WHERE a.source = %(source)s AND NOT EXISTS (SELECT 1 FROM ledger_agreementrole r WHERE r.agreement_id = a.id
            AND r.party_id = s.party_id AND r.role = 'debtor' AND r.valid_until IS NULL)
        """,
        values,
    )
    _first_events(creditor_id, frame, schedule, batch, batch_id)
    count = BulkCount(inserted, revived, frame.height - inserted - revived)
    _note(actor, "agreements.imported", creditor_id, batch, count, sha256=digest(frame))
    return count


def _portfolios(actor: Actor, creditor_id: int, frame: pl.DataFrame) -> None:
    known = set(Portfolio.objects.filter(creditor_id=creditor_id).values_list("code", flat=True))
    for code in sorted(set(frame["portfolio"].to_list()) - known):
        Portfolio.objects.create(creditor_id=creditor_id, code=code, name=code)
        record(actor, "portfolio.created", ("portfolio", code), creditor_id=creditor_id)


def ids_of(actor: Actor, creditor_id: int, references: list[str]) -> pl.DataFrame:
    """``reference agreement_id`` of agreements, for a part whose agreements came with the same file."""
    rows = Agreement.objects.visible_to(actor.scope).filter(creditor_id=creditor_id, reference__in=references)
    return copied(rows.values_list("reference", "id"), {"reference": pl.String, "agreement_id": pl.Int64})


def _first_events(creditor_id: int, frame: pl.DataFrame, schedule: pl.DataFrame, batch: str, batch_id: int) -> None:
    """Opening, disbursement and schedule of the agreements that this batch brought."""
    rows = Agreement.objects.unscoped("the creditor was checked").filter(creditor_id=creditor_id, source=source_of(batch))
    rows = rows.filter(reference__in=frame["reference"].to_list())
    ids = copied(rows.values_list("reference", "id"), {"reference": pl.String, "agreement_id": pl.Int64})
    mine = frame.join(ids, on="reference")
    suffix = pl.when(pl.col("revives")).then(pl.lit(f":{batch}")).otherwise(pl.lit(""))
    opened = mine.select(
        "agreement_id", pl.lit("opened").alias("kind"), pl.col("opened_on").alias("effective_on"),
        pl.col("opened_data").alias("data"), (pl.lit("opened") + suffix).alias("dedup_key"),
    )  # fmt: skip
    disbursed = mine.filter(pl.col("disbursed_on").is_not_null() & pl.col("principal").is_not_null()).select(
        "agreement_id", pl.lit("disbursed").alias("kind"), pl.col("disbursed_on").alias("effective_on"),
        pl.col("principal").alias("amount_minor"), (pl.lit("disbursed") + suffix).alias("dedup_key"),
    )  # fmt: skip
    scheduled = mine.filter(pl.col("schedule_data").is_not_null()).select(
        "agreement_id", pl.lit("schedule_set").alias("kind"), pl.col("disbursed_on").alias("effective_on"),
        pl.col("schedule_data").alias("data"), (pl.lit("schedule") + suffix).alias("dedup_key"),
    )  # fmt: skip
    _events(creditor_id, pl.concat([opened, disbursed, scheduled], how="diagonal"), batch, batch_id)
    if schedule.height:
        rows_of = schedule.join(mine.select("reference", "agreement_id"), on="reference").drop("reference")
        _rows(creditor_id, rows_of, batch_id)


def _rows(creditor_id: int, rows: pl.DataFrame, batch_id: int) -> int:
    """Schedule rows under the schedule_set events that this batch wrote; events that have rows already keep them."""
    events = Event.objects.unscoped("the creditor was checked").filter(
        creditor_id=creditor_id, batch_id=batch_id, kind="schedule_set", agreement_id__in=rows["agreement_id"].unique().to_list()
    )
    found = copied(events.values_list("agreement_id", "id"), {"agreement_id": pl.Int64, "event_id": pl.Int64})
    parts = ("principal_minor", "interest_minor", "fee_minor", "penalty_minor", "cost_minor")
    for part in parts:
        if part not in rows.columns:
            rows = rows.with_columns(pl.lit(0, dtype=pl.Int64).alias(part))
    frame = rows.join(found, on="agreement_id").with_columns(pl.lit(creditor_id).alias("creditor_id"))
    columns = ("creditor_id", "agreement_id", "event_id", "n", "due_on", *parts)
    return copy_into("ledger_schedulerow", frame.select([pl.col(c).fill_null(0) if c in parts else pl.col(c) for c in columns]))


@action("ledger.set_schedules_many")
def set_schedules(
    actor: Actor, creditor_id: int, frame: pl.DataFrame, first: pl.DataFrame, batch: str, batch_id: int
) -> BulkCount | Refusal:
    """Add rows of host schedules. ``frame``: ``agreement_id n due_on`` and parts; ``first``: one row per agreement whose schedule
    begins in this part (``agreement_id effective_on data``): its schedule_set event is written first."""
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    if first.height:
        events = first.with_columns(pl.lit("schedule_set").alias("kind"), pl.lit(f"schedule:{batch}").alias("dedup_key"))
        _events(creditor_id, events, batch, batch_id)
    count = BulkCount(_rows(creditor_id, frame, batch_id))
    _note(actor, "schedules.imported", creditor_id, batch, count, agreements=first.height, sha256=digest(frame))
    return count


@action("ledger.add_roles_many")
def add_roles(actor: Actor, creditor_id: int, frame: pl.DataFrame, batch: str) -> BulkCount | Refusal:
    """Record who stands how in agreements; a role already in force is left as it is."""
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    columns = (
        ("agreement_id", "bigint"), ("party_id", "bigint"), ("role", "text"), ("guarantee_kind", "text"), ("guarantee_from", "date"),
        ("guarantee_until", "date"), ("guarantee_cap_minor", "bigint"), ("valid_from", "date"), ("valid_until", "date"),
    )  # fmt: skip
    stage("staged_role", frame, columns)
    names = ", ".join(name for name, _ in columns)
    inserted = run(
        f"""
        INSERT INTO ledger_agreementrole ({names}, creditor_id, source)
        SELECT {", ".join("s." + name for name, _ in columns)}, %(creditor)s, %(source)s FROM staged_role s
        WHERE NOT EXISTS (SELECT 1 FROM ledger_agreementrole r WHERE r.agreement_id = s.agreement_id AND r.party_id = s.party_id
            AND r.role = s.role AND r.valid_until IS NOT DISTINCT FROM s.valid_until)
        """,
        {"creditor": creditor_id, "source": source_of(batch)},
    )
    count = BulkCount(inserted, 0, frame.height - inserted)
    _note(actor, "roles.imported", creditor_id, batch, count, sha256=digest(frame))
    return count
