"""All reads of the ledger. Each takes the caller's scope; what it may not see does not exist for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Scope
from arrears.parties.models import Customer, Party

from . import models, refusals
from .events import Component, Event, EventKind, ScheduleRow, known_events
from .position import InstalmentState, Position, position_of
from .servicing import ServicingTerms
from .statement import Statement, statement_of


@dataclass(frozen=True, slots=True)
class AgreementPosition:
    """An agreement beside what our ledger derives; ``host`` is the host's newest word where the host keeps (or also keeps) it."""

    agreement: models.Agreement
    position: Position
    host: models.HostPosition | None = None


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One fact on the money timeline: public ids only, amounts in minor units."""

    id: int
    public_id: str
    agreement: models.Agreement
    kind: str
    effective_on: date
    recorded_at: datetime
    amount_minor: int | None
    component: str
    reversed_by: str
    source: str
    data: dict[str, Any]


def one_of(rows: Any, name: str) -> models.Agreement | Refusal:
    """The agreement of ``rows`` with that public id, else with that host's number; refused where two creditors use the number."""
    found: list[models.Agreement] = list(rows.filter(public_id=name)[:1]) or list(rows.filter(reference=name)[:2])
    if len(found) > 1:
        return refusals.NUMBER_AMBIGUOUS.at("/agreement", reference=name)
    return found[0] if found else refusals.AGREEMENT_UNKNOWN.at("/agreement", reference=name)


def agreement(scope: Scope, public_id: str) -> models.Agreement | Refusal:
    """By public id, else by the host's number (unique inside one creditor)."""
    return one_of(models.Agreement.objects.visible_to(scope).select_related("creditor", "portfolio", "customer"), public_id)


def agreements(scope: Scope, *, customer_public_id: str = "", creditor_id: int | None = None) -> Any:
    """Query set, ordered by opening date, newest last; without those that the undo of an import made void."""
    rows = (
        models.Agreement.objects.visible_to(scope)
        .exclude(attributes__has_key="void")
        .select_related("creditor", "portfolio", "customer")
        .order_by("opened_on", "id")
    )
    if customer_public_id:
        rows = rows.filter(customer__public_id=customer_public_id)
    return rows.filter(creditor_id=creditor_id) if creditor_id is not None else rows


def agreements_of_customer(scope: Scope, customer_public_id: str) -> list[models.Agreement]:
    return list(agreements(scope, customer_public_id=customer_public_id))


def roles(scope: Scope, agreement_ids: Iterable[int], on: date | None = None) -> list[models.AgreementRole]:
    """Who stands how in the agreements; ``on`` leaves out rows not in force that day."""
    rows = models.AgreementRole.objects.visible_to(scope).filter(agreement_id__in=list(agreement_ids))
    found = rows.select_related("party", "agreement").order_by("agreement_id", "role", "id")
    if on is None:
        return list(found)
    return [r for r in found if (r.valid_from is None or r.valid_from <= on) and (r.valid_until is None or on <= r.valid_until)]


def agreements_of_party(scope: Scope, party_id: int) -> list[models.AgreementRole]:
    rows = models.AgreementRole.objects.visible_to(scope).filter(party_id=party_id)
    return list(rows.select_related("agreement").order_by("agreement_id", "id"))


def as_event(row: models.Event) -> Event:
    """The pure form of a stored event."""
    return Event(
        id=row.id,
        kind=EventKind(row.kind),
        effective_on=row.effective_on,
        recorded_at=row.recorded_at,
        amount_minor=row.amount_minor,
        component=Component(row.component) if row.component else None,
        due_on=row.due_on,
        until=row.until,
        target_id=row.target_id,
        data=row.data,
        key=row.public_id,
    )


def as_schedule_row(row: models.ScheduleRow) -> ScheduleRow:
    return ScheduleRow(
        row.n, row.due_on, row.principal_minor, row.interest_minor, row.fee_minor, row.penalty_minor, row.cost_minor, row.event_id
    )


def events(scope: Scope, agreement_ids: Iterable[int]) -> dict[int, list[Event]]:
    """All events of the agreements, by agreement, in one query."""
    found: dict[int, list[Event]] = defaultdict(list)
    rows = models.Event.objects.visible_to(scope).filter(agreement_id__in=list(agreement_ids)).order_by("agreement_id", "id")
    for row in rows.iterator(chunk_size=5000):
        found[row.agreement_id].append(as_event(row))
    return found


def schedule_rows(scope: Scope, agreement_ids: Iterable[int]) -> dict[int, list[ScheduleRow]]:
    """All versions of the schedules, by agreement, in one query."""
    found: dict[int, list[ScheduleRow]] = defaultdict(list)
    rows = (
        models.ScheduleRow.objects.visible_to(scope)
        .filter(agreement_id__in=list(agreement_ids))
        .order_by("agreement_id", "event_id", "n")
    )
    for row in rows.iterator(chunk_size=5000):
        found[row.agreement_id].append(as_schedule_row(row))
    return found


def servicing_terms(
    one: models.Agreement, history: Sequence[Event], as_of: date = date.max, known_at: datetime | None = None
) -> ServicingTerms:
    """Terms of servicing in force: of the last counted opening or restructuring that names them, else the house's.

    A restructuring that takes effect after ``as_of``, was not yet known or has been reversed changes nothing.
    """
    for event in reversed(known_events(history, as_of, known_at)):
        words = event.data.get("servicing") if event.kind in {EventKind.OPENED, EventKind.RESTRUCTURED} else None
        if words:
            terms = ServicingTerms.from_dict(words)
            if isinstance(terms, ServicingTerms):
                return terms
    return ServicingTerms(currency=one.currency)


def positions(
    scope: Scope, chosen: Sequence[models.Agreement], as_of: date, known_at: datetime | None = None
) -> list[AgreementPosition]:
    """What is owed under each of ``chosen``: two queries however many there are, a third where the host keeps some."""
    ids = [a.id for a in chosen]
    history, rows = events(scope, ids), schedule_rows(scope, ids)
    fed = [a.id for a in chosen if a.keeping != "computed"]
    hosts = host_positions(scope, fed, as_of, known_at) if fed else {}
    found = []
    for one in chosen:
        told = history.get(one.id, [])
        terms = servicing_terms(one, told, as_of, known_at)
        derived = position_of(terms, told, rows.get(one.id, []), as_of, known_at)
        found.append(AgreementPosition(one, derived, hosts.get(one.id)))
    return found


def position(scope: Scope, public_id: str, as_of: date, known_at: datetime | None = None) -> AgreementPosition | Refusal:
    one = agreement(scope, public_id)
    return one if isinstance(one, Refusal) else positions(scope, [one], as_of, known_at)[0]


def positions_of_customer(
    scope: Scope, customer_public_id: str, as_of: date, known_at: datetime | None = None
) -> list[AgreementPosition]:
    return positions(scope, agreements_of_customer(scope, customer_public_id), as_of, known_at)


def schedule(
    scope: Scope, public_id: str, as_of: date, known_at: datetime | None = None
) -> tuple[InstalmentState, ...] | Refusal:
    """Every obligation of one agreement as it stands: billed, paid, open, days late; by due date."""
    found = position(scope, public_id, as_of, known_at)
    return found if isinstance(found, Refusal) else found.position.instalments


def statement(
    scope: Scope, public_id: str, as_of: date, known_at: datetime | None = None, about: str = "overdue"
) -> Statement | Refusal:
    """Derivation of the overdue (or outstanding) amount of one agreement."""
    found = position(scope, public_id, as_of, known_at)
    return found if isinstance(found, Refusal) else statement_of(found.position, about)


def host_positions(
    scope: Scope, agreement_ids: Iterable[int], as_of: date, known_at: datetime | None = None
) -> dict[int, models.HostPosition]:
    """The host's newest word on each agreement as of the day, as known then."""
    rows = models.HostPosition.objects.visible_to(scope).filter(agreement_id__in=list(agreement_ids), as_of__lte=as_of)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    newest = rows.order_by("agreement_id", "-as_of", "-recorded_at", "-id").distinct("agreement_id")
    return {row.agreement_id: row for row in newest}


def timeline(
    scope: Scope, customer_public_id: str = "", agreement_public_id: str = "", before_id: int | None = None, limit: int = 30
) -> list[TimelineRow]:
    """Money facts of a customer or an agreement, newest first, ``limit`` at a time."""
    rows = models.Event.objects.visible_to(scope).select_related("agreement")
    if agreement_public_id:
        rows = rows.filter(agreement__public_id=agreement_public_id)
    else:
        rows = rows.filter(agreement__customer__public_id=customer_public_id)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    page = list(rows.order_by("-id")[:limit])
    undone = models.Event.objects.visible_to(scope).filter(kind=EventKind.REVERSED.value, target_id__in=[r.id for r in page])
    by_target = {row.target_id: row.public_id for row in undone}
    return [
        TimelineRow(
            r.id, r.public_id, r.agreement, r.kind, r.effective_on, r.recorded_at, r.amount_minor, r.component,
            by_target.get(r.id, ""), r.source, r.data,
        )
        for r in page
    ]  # fmt: skip


def customer(scope: Scope, public_id: str) -> Customer | None:
    found: Customer | None = Customer.objects.visible_to(scope).filter(public_id=public_id).first()
    return found


def party(scope: Scope, public_id: str) -> Party | None:
    found: Party | None = Party.objects.visible_to(scope).select_related("customer").filter(public_id=public_id).first()
    return found


def event_by_key(scope: Scope, agreement_id: int, key: str) -> models.Event | None:
    """The event recorded under the source's own ``key``, if any."""
    rows = models.Event.objects.visible_to(scope).filter(agreement_id=agreement_id, dedup_key=key)
    found: models.Event | None = rows.first()
    return found


def event(scope: Scope, agreement_id: int, public_id: str) -> models.Event | None:
    rows = models.Event.objects.visible_to(scope).filter(agreement_id=agreement_id, public_id=public_id)
    found: models.Event | None = rows.first()
    return found


def reconciliation(scope: Scope, as_of: date, known_at: datetime | None = None, creditor: str = "") -> Any:
    """Host positions beside our own: ``reconciliation.report``."""
    from .reconciliation import report

    return report(scope, as_of, known_at, creditor)
