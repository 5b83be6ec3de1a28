"""After a new identity key: every sealed value gets it, stretch by stretch, so that the old key can be taken off the ring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from arrears.journal.actions import action, record
from arrears.kernel.scope import Actor
from arrears.parties import sealing
from arrears.parties.models import ContactPoint, Party

#: Tables whose rows may change, with their sealed columns. Former versions and notes are append-only and keep their key.
_COLUMNS: dict[Any, tuple[str, ...]] = {
    Party: ("name_sealed", "id_sealed", "born_sealed"),
    ContactPoint: ("value_sealed",),
}


@dataclass(frozen=True, slots=True)
class Resealed:
    """Outcome of one stretch. ``done``: nothing after ``last_id``."""

    changed: int
    last_id: int
    done: bool


@action("party.reseal")
def reseal(actor: Actor, table: str, after_id: int = 0, stretch: int = 5_000) -> Resealed:
    """Seal one stretch of ``table`` (``party`` | ``contact_point``) with the present key; clear texts stay in memory only."""
    model = {"party": Party, "contact_point": ContactPoint}[table]
    rows = list(
        model.objects.unscoped("a new key concerns every creditor of the installation")
        .filter(id__gt=after_id)
        .order_by("id")[:stretch]
    )
    changed = []
    for row in rows:
        stale = [c for c in _COLUMNS[model] if getattr(row, c) is not None and not sealing.is_current(getattr(row, c))]
        for column in stale:
            setattr(row, column, sealing.seal(sealing.open_sealed(getattr(row, column))))
        if stale:
            changed.append(row)
    model.objects.unscoped("a new key concerns every creditor of the installation").bulk_update(changed, _COLUMNS[model])
    last_id = rows[-1].id if rows else after_id
    payload = {"after_id": after_id, "last_id": last_id, "changed": len(changed)}
    record(actor, "party.resealed", ("table", table), creditor_id=None, payload=payload)
    return Resealed(len(changed), last_id, len(rows) < stretch)


def reseal_all(actor: Actor, stretch: int = 5_000) -> int:
    """Every stretch of every table, each in a transaction of its own: it may be stopped and started again at any point."""
    changed = 0
    for table in ("party", "contact_point"):
        after_id, done = 0, False
        while not done:
            with transaction.atomic():
                outcome = reseal(actor, table, after_id, stretch)
            changed, after_id, done = changed + outcome.changed, outcome.last_id, outcome.done
    return changed


def keys_in_use() -> dict[str, dict[str, int]]:
    """Key ids found in each table, append-only ones included: an old key may go when its id is gone everywhere."""
    found: dict[str, dict[str, int]] = {}
    for table, column in (
        ("parties_party", "name_sealed"),
        ("parties_partyversion", "name_sealed"),
        ("parties_contactpoint", "value_sealed"),
        ("parties_vulnerability", "note_sealed"),
    ):
        with connection.cursor() as cursor:
            # all creditors on purpose: counts by key, nothing of a row
            cursor.execute(
                f"select encode(substr({column}, 2, 4), 'hex'), count(creditor_id) from {table} "
                f"where {column} is not null group by 1 order by 1"
            )
            found[table] = dict(cursor.fetchall())
    return found
