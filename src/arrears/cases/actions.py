"""Cases follow the day's derivation: opened when something falls overdue, moved by stage and owner, closed when paid up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from arrears.access.models import Creditor
from arrears.journal.actions import action, record
from arrears.kernel import clock
from arrears.kernel.ids import new_id
from arrears.kernel.scope import Actor


@dataclass(frozen=True, slots=True)
class CaseState:
    """What a day says of one case."""

    customer_id: int
    currency: str
    strategy: str
    segment: str
    plan: str
    stage: str
    team: str
    owner_id: str


@dataclass(frozen=True, slots=True)
class Moved:
    opened: int
    changed: int
    closed: int


_STAGE = """
create temporary table case_day (
    public_id text, customer_id bigint, currency text, strategy text, segment text, plan text, stage text, team text, owner_id text
) on commit drop
"""
_CLOSE = """
update cases_customercase c set closed_on = %s, changed_at = %s
where c.creditor_id = %s and c.closed_on is null
  and not exists (select from case_day d where d.customer_id = c.customer_id and d.currency = c.currency)
"""
_CHANGE = """
update cases_customercase c
set strategy = d.strategy, segment = d.segment, plan = d.plan, stage = d.stage, team = d.team, owner_id = d.owner_id,
    changed_at = %s
from case_day d
where c.creditor_id = %s and c.closed_on is null and c.customer_id = d.customer_id and c.currency = d.currency
  and (c.strategy, c.segment, c.plan, c.stage, c.team, c.owner_id)
      is distinct from (d.strategy, d.segment, d.plan, d.stage, d.team, d.owner_id)
"""
_OPEN = """
insert into cases_customercase
    (public_id, creditor_id, customer_id, currency, opened_on, strategy, segment, plan, stage, team, owner_id, changed_at)
select d.public_id, %s, d.customer_id, d.currency, %s, d.strategy, d.segment, d.plan, d.stage, d.team, d.owner_id, %s
from case_day d
where not exists (
    select from cases_customercase c where c.creditor_id = %s and c.customer_id = d.customer_id and c.currency = d.currency and c.closed_on is null
)
"""


@action("case.follow")
def follow(actor: Actor, creditor: Creditor, day: date, states: Sequence[CaseState]) -> Moved:
    """Bring every case of ``creditor`` to what ``day`` says. Set-based; only what differs is written; again changes nothing."""
    now = clock.now()
    fields: Sequence[str] = ("customer_id", "currency", "strategy", "segment", "plan", "stage", "team", "owner_id")
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists case_day")
        cursor.execute(_STAGE)
        with cursor.copy(f"copy case_day (public_id, {', '.join(fields)}) from stdin") as copy:
            for state in states:
                copy.write_row([new_id("cas"), *(getattr(state, f) for f in fields)])
        cursor.execute(_CLOSE, [day, now, creditor.pk])
        closed = cursor.rowcount
        cursor.execute(_CHANGE, [now, creditor.pk])
        changed = cursor.rowcount
        cursor.execute(_OPEN, [creditor.pk, day, now, creditor.pk])
        moved = Moved(cursor.rowcount, changed, closed)
    facts: dict[str, Any] = {"opened": moved.opened, "changed": moved.changed, "closed": moved.closed}
    record(actor, "case.followed", ("creditor", creditor.code), creditor_id=creditor.pk, payload={"date": day} | facts)
    return moved
