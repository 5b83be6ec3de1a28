"""Taking back what an import brought about people. ``dependents_of`` tells first what stands in the way."""

from __future__ import annotations

from arrears.journal.actions import action
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.parties.actions_bulk import _note, _visible, source_of
from arrears.parties.copying import BulkCount, fetched, referrers, run
from arrears.parties.models import KEPT_COLUMNS

#: Referring tables whose rows say where they came from: those of the batch itself stand in nobody's way.
_WITH_SOURCE = ("ledger_agreementrole", "parties_contactpoint", "parties_consentevent")


def party_dependents(creditor_id: int, batch: str, limit: int = 20) -> list[str]:
    """What others recorded about new parties of the batch, in any room: ``table reference``. Empty when the batch may be undone."""
    found: list[str] = []
    for table, column in referrers("parties_party"):
        foreign = "AND r.source <> %(source)s" if table in _WITH_SOURCE else ""
        rows = fetched(
            f"""
            SELECT DISTINCT p.reference FROM {table} r JOIN parties_party p ON p.id = r.{column}
            WHERE p.creditor_id = %(creditor)s AND p.source = %(source)s {foreign}
            AND NOT EXISTS (SELECT 1 FROM parties_partyversion v WHERE v.party_id = p.id) LIMIT {limit}
            """,
            {"creditor": creditor_id, "source": source_of(batch)},
        )
        found += [f"{table.split('_', 1)[1]} {reference}" for (reference,) in rows]
    return found


@action("parties.undo_many")
def undo_parties(actor: Actor, creditor_id: int, batch: str) -> BulkCount | Refusal:
    """Remove the parties that the batch brought and nothing refers to, with customers left without a party; give the changed
    ones their former content back (the batch's content is kept as a version). Those that a void agreement or a closed contact point
    of the batch refers to stay, since those rows are never deleted; ``skipped`` counts them. Call ``party_dependents`` first."""
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    values = {"creditor": creditor_id, "source": source_of(batch), "now": clock.now(), "actor": actor.id}
    former = """
        SELECT DISTINCT ON (v.party_id) v.* FROM parties_partyversion v JOIN parties_party p ON p.id = v.party_id
        WHERE p.creditor_id = %(creditor)s AND p.source = %(source)s AND v.source <> %(source)s
        ORDER BY v.party_id, v.replaced_at DESC, v.id DESC"""
    run(f"CREATE TEMPORARY TABLE former_party ON COMMIT DROP AS {former}", values)
    names = ", ".join(KEPT_COLUMNS)
    run(
        f"""
        INSERT INTO parties_partyversion (creditor_id, party_id, replaced_at, replaced_by, {names})
        SELECT p.creditor_id, p.id, %(now)s, %(actor)s, {", ".join("p." + c for c in KEPT_COLUMNS)}
        FROM parties_party p JOIN former_party f ON f.party_id = p.id
        """,
        values,
    )
    _reindex(values)
    restored = run(
        f"UPDATE parties_party p SET {', '.join(f'{c} = f.{c}' for c in KEPT_COLUMNS)} FROM former_party f WHERE f.party_id = p.id",
        values,
    )
    run(
        """
        CREATE TEMPORARY TABLE gone_party ON COMMIT DROP AS
        SELECT p.id, p.customer_id FROM parties_party p WHERE p.creditor_id = %(creditor)s AND p.source = %(source)s
        """
        + _unused("parties_party", "p"),
        values,
    )
    removed = run("DELETE FROM parties_party p USING gone_party g WHERE g.id = p.id", values)
    run(
        "DELETE FROM parties_customer c USING gone_party g WHERE g.customer_id = c.id " + _unused("parties_customer", "c"), values
    )
    kept = fetched("SELECT count(*) FROM parties_party WHERE creditor_id = %(creditor)s AND source = %(source)s", values)[0][0]
    run("DROP TABLE former_party, gone_party", values)
    count = BulkCount(-removed, restored, int(kept))
    _note(actor, "parties.import_undone", creditor_id, batch, count)
    return count


def _unused(table: str, alias: str) -> str:
    """SQL: no row anywhere refers to ``alias``."""
    return " ".join(f"AND NOT EXISTS (SELECT 1 FROM {t} r WHERE r.{c} = {alias}.id)" for t, c in referrers(table))


def _reindex(values: dict[str, object]) -> None:
    """Blind indexes of the former content, which versions do not keep."""
    from datetime import date

    from arrears.parties import identifiers, sealing

    rows = fetched("SELECT party_id, name_sealed, id_kind, id_sealed, born_sealed FROM former_party", values)
    for party_id, name_sealed, id_kind, id_sealed, born_sealed in rows:
        name = sealing.open_sealed(name_sealed)
        number = sealing.open_sealed(id_sealed) if id_sealed else None
        born = sealing.open_sealed(born_sealed) if born_sealed else None
        run(
            """
            UPDATE parties_party SET name_index = %(name)s, name_initials = %(initials)s, id_index = %(id)s, born_index = %(born)s
            WHERE id = %(party)s
            """,
            {
                "party": party_id,
                "name": sealing.index("name", name),
                "initials": identifiers.initials(name),
                "id": sealing.index("id", f"{id_kind}:{number}") if number else None,
                "born": sealing.index("born", date.fromisoformat(born).isoformat()) if born else None,
            },
        )


@action("parties.undo_points_many")
def undo_contact_points(actor: Actor, creditor_id: int, batch: str) -> BulkCount | Refusal:
    """Close the contact points that the batch brought, with the batch as reason."""
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    closed = run(
        """
        UPDATE parties_contactpoint SET closed_at = %(now)s, closed_reason = %(reason)s, is_preferred = false
        WHERE creditor_id = %(creditor)s AND source = %(source)s AND closed_at IS NULL
        """,
        {"creditor": creditor_id, "source": source_of(batch), "now": clock.now(), "reason": f"import {batch} undone"},
    )
    count = BulkCount(0, closed)
    _note(actor, "contact_points.import_undone", creditor_id, batch, count)
    return count


@action("parties.undo_consents_many")
def undo_consents(actor: Actor, creditor_id: int, batch: str) -> BulkCount | Refusal:
    """Withdraw every consent that the batch gave, from the instant it was given. Withdrawals stay: they protect the person."""
    if (refused := _visible(actor, creditor_id)) is not None:
        return refused
    withdrawn = run(
        """
        INSERT INTO parties_consentevent (creditor_id, party_id, event, channel, purpose, effective_at, recorded_at, wording,
                                          proof_kind, proof_reference, source)
        SELECT creditor_id, party_id, 'withdrawn', channel, purpose, effective_at, %(now)s, '', 'import', %(reason)s, %(source)s
        FROM parties_consentevent WHERE creditor_id = %(creditor)s AND source = %(source)s AND event = 'given'
        """,
        {"creditor": creditor_id, "source": source_of(batch), "now": clock.now(), "reason": f"import {batch} undone"},
    )
    count = BulkCount(withdrawn)
    _note(actor, "consents.import_undone", creditor_id, batch, count)
    return count
