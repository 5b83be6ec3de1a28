"""REST: agreements, what is owed under them and why. The acts stand in ``api_acts.py`` and ``api_contract.py``.

Reads take ``as_of`` (end of that day, default today) and ``known_at`` (what had been recorded by then; default everything).
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import get_language
from pydantic import AwareDatetime

from arrears.kernel import clock
from arrears.kernel.door import Listing, Page
from arrears.kernel.refusals import Refusal
from arrears.parties import refusals as party_refusals

from . import api_acts, api_batch, api_contract, api_reconciliation, models, queries, schemas
from .api_router import router
from .events import EventKind

__all__ = ["PREFIX", "api_acts", "api_batch", "api_contract", "api_reconciliation", "router"]

PREFIX = ""


@router.get("/agreements", response=Page[schemas.AgreementOut])
def list_agreements(request: HttpRequest, creditor: str = "", customer: str = "", reference: str = "") -> Any:
    """Agreements within reach, in the order they were opened; of one creditor, customer or host number where named."""
    rows = queries.agreements(request.actor.scope, customer_public_id=customer)
    rows = rows.filter(creditor__code=creditor) if creditor else rows
    return Listing(rows.filter(reference=reference) if reference else rows, ("opened_on", "id"), schemas.AgreementOut.of)


@router.get("/customers/{customer_id}/agreements", response=Page[schemas.AgreementOut])
def list_customer_agreements(request: HttpRequest, customer_id: str) -> Any:
    """Agreements of one customer, the oldest first."""
    if queries.customer(request.actor.scope, customer_id) is None:
        return party_refusals.NOT_FOUND.at(kind="customer", id=customer_id)
    rows = queries.agreements(request.actor.scope, customer_public_id=customer_id)
    return Listing(rows, ("opened_on", "id"), schemas.AgreementOut.of)


@router.get("/agreements/{agreement_id}", response=schemas.AgreementOut)
def view_agreement(request: HttpRequest, agreement_id: str) -> Any:
    """One agreement, by id or the host's number."""
    found = queries.agreement(request.actor.scope, agreement_id)
    return found if isinstance(found, Refusal) else schemas.AgreementOut.of(found)


@router.get("/agreements/{agreement_id}/roles", response=list[schemas.RoleOut])
def list_roles(request: HttpRequest, agreement_id: str, on: date | None = None) -> Any:
    """Who stands how in the agreement; ``on`` leaves out what was not in force that day."""
    found = queries.agreement(request.actor.scope, agreement_id)
    if isinstance(found, Refusal):
        return found
    return [schemas.RoleOut.of(row) for row in queries.roles(request.actor.scope, [found.pk], on)]


@router.get("/agreements/{agreement_id}/schedule", response=schemas.ScheduleOut)
def view_schedule(
    request: HttpRequest, agreement_id: str, as_of: date | None = None, known_at: AwareDatetime | None = None
) -> Any:
    """The instalments as they stand, and where each payment went."""
    found = queries.position(request.actor.scope, agreement_id, as_of or clock.today(), known_at)
    if isinstance(found, Refusal):
        return found
    at = found.position
    return schemas.ScheduleOut(
        agreement_id=found.agreement.public_id,
        as_of=at.as_of,
        known_at=at.known_at,
        instalments=[schemas.InstalmentOut.of(i, at.currency) for i in at.instalments],
        payments=[schemas.AllocationOut.of(p, at.currency) for p in at.payments],
    )


@router.get("/agreements/{agreement_id}/events", response=Page[schemas.EventOut])
def list_events(request: HttpRequest, agreement_id: str, kind: EventKind | None = None) -> Any:
    """Every fact of the agreement in the order it was recorded, reversed ones and their reversals too."""
    found = queries.agreement(request.actor.scope, agreement_id)
    if isinstance(found, Refusal):
        return found
    rows = models.Event.objects.visible_to(request.actor.scope).filter(agreement_id=found.pk)
    rows = rows.filter(kind=kind.value) if kind else rows
    return Listing(rows.select_related("agreement", "target"), ("id",), schemas.EventOut.of)


@router.get("/customers/{customer_id}/timeline", response=Page[schemas.EventOut])
def view_timeline(request: HttpRequest, customer_id: str) -> Any:
    """Money facts of all agreements of a customer, the newest first."""
    if queries.customer(request.actor.scope, customer_id) is None:
        return party_refusals.NOT_FOUND.at(kind="customer", id=customer_id)
    rows = models.Event.objects.visible_to(request.actor.scope).filter(agreement__customer__public_id=customer_id)
    return Listing(rows.select_related("agreement", "target"), ("-id",), schemas.EventOut.of)


def _position(found: queries.AgreementPosition) -> schemas.PositionOut:
    return schemas.PositionOut.of(found.agreement, found.position, found.host)


@router.get("/agreements/{agreement_id}/position", response=schemas.PositionOut)
def view_position(
    request: HttpRequest, agreement_id: str, as_of: date | None = None, known_at: AwareDatetime | None = None
) -> Any:
    """What is owed, since when, by instalment and component, and where each payment went."""
    found = queries.position(request.actor.scope, agreement_id, as_of or clock.today(), known_at)
    return found if isinstance(found, Refusal) else _position(found)


@router.get("/customers/{customer_id}/positions", response=Page[schemas.PositionOut])
def list_positions(
    request: HttpRequest, customer_id: str, as_of: date | None = None, known_at: AwareDatetime | None = None
) -> Any:
    """What is owed under every agreement of a customer."""
    if queries.customer(request.actor.scope, customer_id) is None:
        return party_refusals.NOT_FOUND.at(kind="customer", id=customer_id)
    day: date = as_of or clock.today()
    found = queries.positions_of_customer(request.actor.scope, customer_id, day, known_at)
    return Listing(found, (), _position)


@router.get("/agreements/{agreement_id}/statement", response=schemas.StatementOut)
def view_statement(
    request: HttpRequest,
    agreement_id: str,
    as_of: date | None = None,
    known_at: AwareDatetime | None = None,
    about: Literal["overdue", "total"] = "overdue",
) -> Any:
    """Why exactly this amount: every line can be checked by hand, and they add up to the cent."""
    one = queries.agreement(request.actor.scope, agreement_id)
    if isinstance(one, Refusal):
        return one
    found = queries.statement(request.actor.scope, agreement_id, as_of or clock.today(), known_at, about)
    return found if isinstance(found, Refusal) else schemas.StatementOut.of(one.public_id, found, get_language() or "zh-hans")
