"""Taking back what an import brought into the ledger. Nothing is deleted: events are reversed, positions superseded by the former
one, agreements marked void. ``*_dependents`` tell first what stands in the way."""

from __future__ import annotations

from arrears.journal.actions import action
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.parties.actions_bulk import source_of
from arrears.parties.copying import BulkCount, fetched, referrers, run

from .actions_bulk import FIGURES, _note, _visible

_NOT_REVERSED = "NOT EXISTS (SELECT 1 FROM ledger_event r WHERE r.target_id = e.id AND r.kind = 'reversed')"


def event_dependents(batch_id: int, limit: int = 20) -> list[str]:
    """Later postings that refer to one of the batch (a chargeback, a reversal by hand, a resumed pause)."""
    rows = fetched(
        f"""
        SELECT a.reference, d.kind, e.dedup_key FROM ledger_event d JOIN ledger_event e ON e.id = d.target_id
        JOIN ledger_agreement a ON a.id = e.agreement_id
        WHERE e.batch_id = %(batch)s AND d.batch_id IS DISTINCT FROM %(batch)s
        AND NOT EXISTS (SELECT 1 FROM ledger_event r WHERE r.target_id = d.id AND r.kind = 'reversed')
        ORDER BY d.id LIMIT {limit}
        """,
        {"batch": batch_id},
    )
    return [f"{kind} {reference}/{key}" for reference, kind, key in rows]


def agreement_dependents(creditor_id: int, batch: str, batch_id: int, limit: int = 20) -> list[str]:
    """Facts of other sources on agreements that the batch brought: ``table reference``."""
    found: list[str] = []
    values = {"creditor": creditor_id, "source": source_of(batch), "batch": batch_id}
    for table, column in referrers("ledger_agreement"):
        own = "TRUE"
        if table in ("ledger_event", "ledger_hostposition"):
            own = "r.batch_id IS DISTINCT FROM %(batch)s"
            if table == "ledger_event":
                own += " AND r.kind <> 'reversed' AND NOT EXISTS (SELECT 1 FROM ledger_event x WHERE x.target_id = r.id AND x.kind = 'reversed')"
            else:
                own += f" AND num_nonnulls({', '.join('r.' + c for c in FIGURES)}) > 0"
        elif table == "ledger_agreementrole":
            own = "r.source <> %(source)s"
        elif table == "ledger_schedulerow":
            continue  # they stand under events, which are looked at
        rows = fetched(
            f"""
            SELECT DISTINCT a.reference FROM {table} r JOIN ledger_agreement a ON a.id = r.{column}
            WHERE a.creditor_id = %(creditor)s AND a.source = %(source)s AND {own} LIMIT {limit}
            """,
            values,
        )
        found += [f"{table.split('_', 1)[1]} {reference}" for (reference,) in rows]
    return found


@action("ledger.undo_events_many")
def undo_events(actor: Actor, creditor_id: int, batch: str, batch_id: int) -> BulkCount | Refusal:
    """Reverse every event of the batch that is not reversed yet. What a reversal of the batch took back is recorded anew, since a
    reversal itself cannot be reversed."""
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    values = {
        "creditor": creditor_id, "batch": batch_id, "now": clock.now(), "source": f"undo:{batch}", "reason": f"import {batch} undone",
    }  # fmt: skip
    reversed_count = run(
        f"""
        INSERT INTO ledger_event (public_id, creditor_id, agreement_id, kind, effective_on, recorded_at, component, target_id, data,
                                  dedup_key, source)
        SELECT 'lev_' || replace(gen_random_uuid()::text, '-', ''), e.creditor_id, e.agreement_id, 'reversed', e.effective_on,
               %(now)s, '', e.id, jsonb_build_object('reason', %(reason)s::text), 'undo:' || e.public_id, %(source)s
        FROM ledger_event e WHERE e.batch_id = %(batch)s AND e.creditor_id = %(creditor)s AND e.kind <> 'reversed' AND {_NOT_REVERSED}
        """,
        values,
    )
    restored = run(
        """
        INSERT INTO ledger_event (public_id, creditor_id, agreement_id, kind, effective_on, recorded_at, amount_minor, component,
                                  due_on, until, target_id, data, dedup_key, source)
        SELECT 'lev_' || replace(gen_random_uuid()::text, '-', ''), t.creditor_id, t.agreement_id, t.kind, t.effective_on, %(now)s,
               t.amount_minor, t.component, t.due_on, t.until, t.target_id, t.data, 'undo:' || r.public_id, %(source)s
        FROM ledger_event r JOIN ledger_event t ON t.id = r.target_id
        WHERE r.batch_id = %(batch)s AND r.creditor_id = %(creditor)s AND r.kind = 'reversed' AND t.batch_id IS DISTINCT FROM %(batch)s
        ON CONFLICT (agreement_id, dedup_key) DO NOTHING
        """,
        values,
    )
    count = BulkCount(reversed_count + restored)
    _note(actor, "events.import_undone", creditor_id, batch, count)
    return count


@action("ledger.undo_positions_many")
def undo_positions(actor: Actor, creditor_id: int, batch: str, batch_id: int) -> BulkCount | Refusal:
    """Record again what stood before the batch for each agreement and date; where nothing stood, a position without figures."""
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    figures = ", ".join(FIGURES)
    written = run(
        f"""
        INSERT INTO ledger_hostposition (creditor_id, agreement_id, as_of, recorded_at, {figures}, assumptions, source)
        SELECT p.creditor_id, p.agreement_id, p.as_of, %(now)s, {", ".join("f." + c for c in FIGURES)},
               coalesce(f.assumptions, '[]'::jsonb), %(source)s
        FROM (SELECT DISTINCT creditor_id, agreement_id, as_of FROM ledger_hostposition
              WHERE batch_id = %(batch)s AND creditor_id = %(creditor)s) p
        LEFT JOIN LATERAL (
            SELECT * FROM ledger_hostposition h WHERE h.agreement_id = p.agreement_id AND h.as_of = p.as_of
            AND h.batch_id IS DISTINCT FROM %(batch)s ORDER BY h.recorded_at DESC, h.id DESC LIMIT 1) f ON TRUE
        """,
        {"creditor": creditor_id, "batch": batch_id, "now": clock.now(), "source": f"undo:{batch}"},
    )
    count = BulkCount(written)
    _note(actor, "positions.import_undone", creditor_id, batch, count)
    return count


@action("ledger.void_many")
def void_agreements(actor: Actor, creditor_id: int, batch: str, batch_id: int) -> BulkCount | Refusal:
    """Mark the agreements that the batch brought as void; their events are reversed by ``undo_events``, their roles end."""
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    values = {"creditor": creditor_id, "source": source_of(batch), "batch": batch}
    voided = run(
        """
        UPDATE ledger_agreement SET attributes = attributes || jsonb_build_object('void', %(batch)s::text)
        WHERE creditor_id = %(creditor)s AND source = %(source)s AND NOT attributes ? 'void'
        """,
        values,
    )
    run(
        """
        UPDATE ledger_agreementrole r SET valid_until = coalesce(r.valid_from, a.opened_on) - 1 FROM ledger_agreement a
        WHERE a.id = r.agreement_id AND a.creditor_id = %(creditor)s AND a.source = %(source)s AND r.source = %(source)s
        """,
        values,
    )
    count = BulkCount(0, voided)
    _note(actor, "agreements.import_undone", creditor_id, batch, count)
    return count


@action("ledger.undo_roles_many")
def undo_roles(actor: Actor, creditor_id: int, batch: str) -> BulkCount | Refusal:
    """End the roles that the batch brought on the day before they began, so that they held on no day."""
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    ended = run(
        """
        UPDATE ledger_agreementrole r SET valid_until = coalesce(r.valid_from, a.opened_on) - 1 FROM ledger_agreement a
        WHERE a.id = r.agreement_id AND r.creditor_id = %(creditor)s AND r.source = %(source)s AND r.role <> 'debtor'
        """,
        {"creditor": creditor_id, "source": source_of(batch)},
    )
    count = BulkCount(0, ended)
    _note(actor, "roles.import_undone", creditor_id, batch, count)
    return count
