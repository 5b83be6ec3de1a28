"""After a new identity key: every sealed value gets it, stretch by stretch, so that the old key can be taken off the ring.

Sealed columns are found by their name (``*_sealed``) in every room's customer tables. Append-only rows keep the key they were
written with: an old key may go when ``keys_in_use`` no longer shows its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from arrears.access.scoping import ScopedModel
from arrears.journal.actions import action, record
from arrears.journal.rights import append_only_tables
from arrears.kernel.scope import Actor
from arrears.parties import sealing


def sealed_columns() -> dict[str, tuple[Any, tuple[str, ...]]]:
    """Table -> (model, its sealed columns), of every installed room."""
    found: dict[str, tuple[Any, tuple[str, ...]]] = {}
    for model in apps.get_models():
        fields = model._meta.concrete_fields
        names = tuple(f.name for f in fields if f.name.endswith("_sealed") and isinstance(f, models.BinaryField))
        if names and issubclass(model, ScopedModel):
            found[model._meta.db_table] = (model, names)
    return dict(sorted(found.items()))


def changeable_columns() -> dict[str, tuple[Any, tuple[str, ...]]]:
    """``sealed_columns`` without what append-only tables forbid."""
    forbidden = append_only_tables()
    found = {}
    for table, (model, names) in sealed_columns().items():
        free = tuple(n for n in names if table not in forbidden or n in forbidden[table])
        if free:
            found[table] = (model, free)
    return found


@dataclass(frozen=True, slots=True)
class Resealed:
    """Outcome of one stretch. ``done``: nothing after ``last_id``."""

    changed: int
    last_id: int
    done: bool


@action("party.reseal")
def reseal(actor: Actor, table: str, after_id: int = 0, stretch: int = 5_000) -> Resealed:
    """Seal one stretch of a table of ``changeable_columns`` with the present key; clear texts stay in memory only."""
    model, columns = changeable_columns()[table]
    every = model.objects.unscoped("a new key concerns every creditor of the installation")
    rows = list(every.select_for_update(of=("self",)).filter(pk__gt=after_id).order_by("pk")[:stretch])
    changed = []
    for row in rows:
        stale = [c for c in columns if getattr(row, c) is not None and not sealing.is_current(getattr(row, c))]
        for column in stale:
            setattr(row, column, sealing.seal(sealing.open_sealed(getattr(row, column))))
        if stale:
            changed.append(row)
    every.bulk_update(changed, columns)
    last_id = rows[-1].pk if rows else after_id
    payload = {"after_id": after_id, "last_id": last_id, "changed": len(changed)}
    record(actor, "party.resealed", ("table", table), creditor_id=None, payload=payload)
    return Resealed(len(changed), last_id, len(rows) < stretch)


def reseal_all(actor: Actor, stretch: int = 5_000) -> int:
    """Every stretch of every table, each in a transaction of its own: it may be stopped and started again at any point."""
    changed = 0
    for table in changeable_columns():
        after_id, done = 0, False
        while not done:
            with transaction.atomic():
                outcome = reseal(actor, table, after_id, stretch)
            changed, after_id, done = changed + outcome.changed, outcome.last_id, outcome.done
    return changed


def keys_in_use() -> dict[str, dict[str, int]]:
    """Values by key id in each table, append-only ones included."""
    found: dict[str, dict[str, int]] = {}
    for table, (_, columns) in sealed_columns().items():
        counts: dict[str, int] = {}
        for column in columns:
            with connection.cursor() as cursor:
                # all creditors on purpose: counts by key, nothing of a row
                cursor.execute(
                    f"select encode(substr({column}, 2, 4), 'hex'), count(creditor_id) from {table} "
                    f"where {column} is not null group by 1"
                )
                for key_id, count in cursor.fetchall():
                    counts[key_id] = counts.get(key_id, 0) + count
        found[table] = counts
    return found
