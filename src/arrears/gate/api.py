"""REST: may we contact, permits (reserve, use, settle, release), decisions and their replay, rule packs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import AwareDatetime

from arrears.access.schemas import done
from arrears.gate import actions, queries, refusals, schemas
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal

PREFIX = ""
router = Router(tags=["gate"])


@router.get("/customers/{customer_id}/permit", response=schemas.StripOut)
def permit_strip(request: HttpRequest, customer_id: str, at: AwareDatetime | None = None) -> Any:
    """May this customer be contacted, by channel, with every reason. Nothing is reserved; take a permit at the act."""
    moment = at or clock.now()
    lines = queries.permit_strip(request.actor.scope, customer_id, moment)
    if not lines:
        return refusals.UNKNOWN_PERSON.at("/customer_id")
    return schemas.StripOut(at=moment, channels=[schemas.ChannelOut.of(line) for line in lines])


@router.post("/permits", response={201: schemas.JudgedOut})
def request_permit(request: HttpRequest, data: schemas.ContactIn) -> Any:
    """Ask for a permit. Answers the stored decision with every reason; ``permit`` is null where contact is refused.

    A refused contact is on record too, so it is 201 as well: only a ``permit`` allows a contact. It is reserved, works once and
    expires soon.
    """
    contact = actions.Contact(
        party=data.party_id, contact_point=data.contact_point_id, channel=data.channel, purpose=data.purpose,
        agreement=data.agreement, template_class=data.template_class, step=data.step, crew=data.crew, in_reply_to=data.in_reply_to,
    )  # fmt: skip
    return done(actions.judge(request.actor, contact), schemas.JudgedOut.of, 201)


@router.post("/permits/{permit_id}/use", response=schemas.PermitOut)
def use_permit(request: HttpRequest, permit_id: str, data: schemas.UseIn) -> Any:
    """Spend a permit at the moment of contact. Judged again against the facts of now."""
    result = actions.use(
        request.actor, permit_id, channel=data.channel, contact_point=data.contact_point_id, purpose=data.purpose,
        template_class=data.template_class,
    )  # fmt: skip
    return done(result, schemas.PermitOut.of)


@router.post("/permits/{permit_id}/settle", response=schemas.PermitOut)
def settle_permit(request: HttpRequest, permit_id: str, data: schemas.OutcomeIn) -> Any:
    """Say what came of it."""
    return done(actions.settle(request.actor, permit_id, data.outcome), schemas.PermitOut.of)


@router.post("/permits/{permit_id}/release", response=schemas.PermitOut)
def release_permit(request: HttpRequest, permit_id: str) -> Any:
    """Give an unused permit back."""
    return done(actions.release(request.actor, permit_id), schemas.PermitOut.of)


@router.get("/decisions/{decision_id}", response=schemas.DecisionOut)
def view_decision(request: HttpRequest, decision_id: str) -> Any:
    """One stored decision."""
    row = queries.decision(request.actor.scope, decision_id)
    return schemas.DecisionOut.of(row) if row is not None else refusals.DECISION_UNKNOWN.at(id=decision_id)


@router.get("/decisions/{decision_id}/replay", response=schemas.ReplayOut)
def replay_decision(request: HttpRequest, decision_id: str) -> Any:
    """The same decision judged again from its own inputs and the pack texts of its day."""
    told = queries.replay(request.actor.scope, decision_id)
    return told if isinstance(told, Refusal) else schemas.ReplayOut.of(told)


@router.get("/packs", response=list[schemas.PackOut])
def list_packs(request: HttpRequest) -> Any:
    """Rule packs in force, with sign-off and open questions."""
    return [schemas.PackOut.of(p) for p in queries.packs_list()]
