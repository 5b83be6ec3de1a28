"""Masses of people facts from an import: one set-based act and one journal entry for every part of a file.

Frames come checked and sealed from the intake room; ``batch`` is the public id of the batch. Who may act for which creditor was
asked by the import that calls; the creditor is checked here again.
"""

from __future__ import annotations

import hashlib
from datetime import date

import polars as pl

from arrears.access.queries import creditors
from arrears.journal.actions import action, record
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.parties import refusals, sealing
from arrears.parties.actions import restrict_minor
from arrears.parties.copying import BulkCount, copy_into, copy_text, fetched, public_ids, run, stage
from arrears.parties.models import KEPT_COLUMNS, Party

_PARTY = (
    ("row", "bigint"), ("reference", "text"), ("customer_reference", "text"), ("kind", "text"), ("name_sealed", "bytea"),
    ("name_masked", "text"), ("name_index", "bytea"), ("name_initials", "text"), ("id_kind", "text"), ("id_sealed", "bytea"),
    ("id_masked", "text"), ("id_index", "bytea"), ("born_sealed", "bytea"), ("born_index", "bytea"), ("language", "text"),
    ("segment", "jsonb"), ("is_minor", "boolean"), ("public_id", "text"),
)  # fmt: skip
_CONTENT = (
    "kind", "name_sealed", "name_masked", "name_index", "name_initials", "id_kind", "id_sealed", "id_masked", "id_index", "born_sealed",
    "born_index", "language", "segment",
)  # fmt: skip


def source_of(batch: str) -> str:
    """Provenance mark of what a batch brought."""
    return f"batch:{batch}"


def digest(frame: pl.DataFrame) -> str:
    """Fingerprint of the staged rows, for the journal."""
    return hashlib.sha256(copy_text(frame)).hexdigest()


def _note(actor: Actor, act: str, creditor_id: int, batch: str, count: BulkCount, fingerprint: str = "") -> None:
    payload = {"count": count.plain(), "sha256": fingerprint}
    record(actor, act, ("batch", batch), creditor_id=creditor_id, payload=payload)


def _visible(actor: Actor, creditor_id: int) -> Refusal | None:
    return None if creditors(actor.scope).filter(id=creditor_id).exists() else refusals.CREDITOR_NOT_VISIBLE.at()


@action("parties.register_many")
def register_parties(actor: Actor, creditor_id: int, frame: pl.DataFrame, batch: str) -> BulkCount | Refusal:
    """Record the people of a part of a file, each with the customer it belongs to, and change those already known.

    ``frame``: columns of ``_PARTY`` without ``public_id``, sealed by the intake. A known reference is changed and its former row
    kept as a version; a new one joins the customer named, else the one with the same identity number and name, else its own.
    """
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    frame = frame.with_columns(public_ids("pty", frame.height))
    stage("staged_party", frame, _PARTY)
    values = {"creditor": creditor_id, "now": clock.now(), "source": source_of(batch), "actor": actor.id}
    updated = _update(values)
    _customers(values)
    inserted = run(
        f"""
        INSERT INTO parties_party (public_id, creditor_id, customer_id, reference, {", ".join(_CONTENT)}, source, created_at)
        SELECT s.public_id, %(creditor)s, c.id, s.reference, {", ".join("s." + c for c in _CONTENT)}, %(source)s, %(now)s
        FROM staged_party s JOIN parties_customer c ON c.creditor_id = %(creditor)s AND c.reference = s.customer_reference
        ORDER BY s.row ON CONFLICT (creditor_id, reference) DO NOTHING
        """,
        values,
    )
    count = BulkCount(inserted, updated, frame.height - inserted - updated)
    _note(actor, "parties.imported", creditor_id, batch, count, digest(frame.drop("public_id")))
    _restrict_minors(actor, frame)
    return count


def _update(values: dict[str, object]) -> int:
    """Keep the former row of every known party as a version, write the new content, take it off the stage."""
    known = "FROM parties_party p JOIN staged_party s ON s.reference = p.reference WHERE p.creditor_id = %(creditor)s"
    run(
        f"""
        INSERT INTO parties_partyversion (creditor_id, party_id, replaced_at, replaced_by, {", ".join(KEPT_COLUMNS)})
        SELECT p.creditor_id, p.id, %(now)s, %(actor)s, {", ".join("p." + c for c in KEPT_COLUMNS)} {known}
        """,
        values,
    )
    updated = run(
        f"""
        UPDATE parties_party p SET {", ".join(f"{c} = s.{c}" for c in _CONTENT)}, source = %(source)s
        FROM staged_party s WHERE s.reference = p.reference AND p.creditor_id = %(creditor)s
        """,
        values,
    )
    run(
        "DELETE FROM staged_party s USING parties_party p WHERE p.reference = s.reference AND p.creditor_id = %(creditor)s",
        values,
    )
    return updated


def _customers(values: dict[str, object]) -> None:
    """Settle ``customer_reference`` of the staged rows and insert customers not yet known."""
    run(
        """
        UPDATE staged_party s SET customer_reference = c.reference
        FROM parties_party p JOIN parties_customer c ON c.id = p.customer_id
        WHERE s.customer_reference IS NULL AND s.id_index IS NOT NULL AND p.creditor_id = %(creditor)s
          AND p.id_index = s.id_index AND p.name_index = s.name_index
        """,
        values,
    )
    run(
        """
        UPDATE staged_party s SET customer_reference = first.reference
        FROM (SELECT DISTINCT ON (id_index, name_index) id_index, name_index, reference FROM staged_party
              WHERE id_index IS NOT NULL ORDER BY id_index, name_index, row) first
        WHERE s.customer_reference IS NULL AND first.id_index = s.id_index AND first.name_index = s.name_index
        """,
        values,
    )
    run("UPDATE staged_party SET customer_reference = reference WHERE customer_reference IS NULL", values)
    while run(  # a merged customer's number goes on with the survivor, through as many merges as there were
        """
        UPDATE staged_party s SET customer_reference = v.reference
        FROM parties_customermerge m JOIN parties_customer a ON a.id = m.absorbed_id JOIN parties_customer v ON v.id = m.survivor_id
        WHERE m.creditor_id = %(creditor)s AND m.undone_at IS NULL AND a.reference = s.customer_reference
        """,
        values,
    ):
        pass
    missing = fetched(
        """
        SELECT DISTINCT s.customer_reference FROM staged_party s
        LEFT JOIN parties_customer c ON c.creditor_id = %(creditor)s AND c.reference = s.customer_reference WHERE c.id IS NULL
        """,
        values,
    )
    if missing:
        rows = pl.DataFrame({"reference": [m[0] for m in missing]}).with_columns(
            public_ids("cus", len(missing)),
            pl.lit(values["creditor"]).alias("creditor_id"),
            pl.lit(str(values["now"])).alias("created_at"),
        )
        copy_into("parties_customer", rows)


def _restrict_minors(actor: Actor, frame: pl.DataFrame) -> None:
    young = frame.filter(pl.col("is_minor"))["public_id"].to_list()
    for party in Party.objects.unscoped("rows just written").filter(public_id__in=young).select_related("creditor"):
        if party.born_sealed is not None:
            restrict_minor(actor, party, date.fromisoformat(sealing.open_sealed(party.born_sealed)))


@action("parties.add_points_many")
def add_contact_points(actor: Actor, creditor_id: int, frame: pl.DataFrame, batch: str) -> BulkCount | Refusal:
    """Record contact points. ``frame``: ``party_id`` and the columns of ``actions_points.checked``; known ones are left as they are."""
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    columns = (
        ("party_id", "bigint"), ("kind", "text"), ("value_sealed", "bytea"), ("value_masked", "text"), ("value_index", "bytea"),
        ("label", "text"), ("provenance", "text"), ("valid_from", "date"), ("valid_until", "date"), ("time_zone", "text"),
        ("time_zone_evidence", "text"), ("is_preferred", "boolean"), ("public_id", "text"),
    )  # fmt: skip
    stage("staged_point", frame.with_columns(public_ids("cpt", frame.height)), columns)
    names = ", ".join(name for name, _ in columns)
    inserted = run(
        f"""
        INSERT INTO parties_contactpoint ({names}, creditor_id, source, right_party, created_at, closed_reason)
        SELECT {", ".join("s." + name for name, _ in columns)}, %(creditor)s, %(source)s, 'unknown', %(now)s, ''
        FROM staged_point s WHERE NOT EXISTS (
            SELECT 1 FROM parties_contactpoint p WHERE p.party_id = s.party_id AND p.kind = s.kind
            AND p.value_index = s.value_index AND p.closed_at IS NULL)
        """,
        {"creditor": creditor_id, "source": source_of(batch), "now": clock.now()},
    )
    count = BulkCount(inserted, 0, frame.height - inserted)
    _note(actor, "contact_points.imported", creditor_id, batch, count, digest(frame))
    return count


@action("parties.record_consents_many")
def record_consents(actor: Actor, creditor_id: int, frame: pl.DataFrame, batch: str) -> BulkCount | Refusal:
    """Record consents and withdrawals. ``frame``: ``party_id event channel purpose effective_at until wording proof_kind
    proof_reference``; the same one twice is kept once."""
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    columns = (
        ("party_id", "bigint"), ("event", "text"), ("channel", "text"), ("purpose", "text"), ("effective_at", "timestamptz"),
        ("until", "timestamptz"), ("wording", "text"), ("proof_kind", "text"), ("proof_reference", "text"),
    )  # fmt: skip
    stage("staged_consent", frame, columns)
    names = ", ".join(name for name, _ in columns)
    inserted = run(
        f"""
        INSERT INTO parties_consentevent ({names}, creditor_id, source, recorded_at)
        SELECT {", ".join("s." + name for name, _ in columns)}, %(creditor)s, %(source)s, %(now)s
        FROM staged_consent s WHERE NOT EXISTS (
            SELECT 1 FROM parties_consentevent p WHERE p.party_id = s.party_id AND p.event = s.event AND p.channel = s.channel
            AND p.purpose = s.purpose AND p.effective_at = s.effective_at)
        """,
        {"creditor": creditor_id, "source": source_of(batch), "now": clock.now()},
    )
    count = BulkCount(inserted, 0, frame.height - inserted)
    _note(actor, "consents.imported", creditor_id, batch, count, digest(frame))
    return count
