"""REST: acts on the contract itself: opening, who stands in it, schedules, restructuring, the host's word. Taken up by ``api.py``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from arrears.access.queries import portfolios
from arrears.access.schemas import ApprovalOut, done
from arrears.kernel.refusals import Refusal

from . import actions, actions_contract, queries, refusals, schemas
from .api_money import minors, schedule_rows
from .api_router import router
from .events import ScheduleRow


@router.post("/agreements", response={201: schemas.AgreementOut})
def open_agreement(request: HttpRequest, data: schemas.AgreementIn) -> Any:
    """Register an agreement with its debtor and terms; nothing is owed until it is disbursed and scheduled."""
    scope = request.actor.scope
    party = queries.party(scope, data.debtor_id)
    if party is None:
        return refusals.PARTY_UNKNOWN.at("/debtor_id", reference=data.debtor_id)
    portfolio = portfolios(scope).filter(creditor_id=party.creditor_id, code=data.portfolio).first()
    if portfolio is None:
        return refusals.PORTFOLIO_UNKNOWN.at("/portfolio", code=data.portfolio)
    rest = data.model_dump(exclude={"portfolio", "debtor_id"})
    wanted = actions_contract.AgreementData(portfolio_id=portfolio.pk, debtor=data.debtor_id, **rest)
    row = actions_contract.open_agreement(request.actor, wanted)
    location = "" if isinstance(row, Refusal) else f"/api/v1/agreements/{row.public_id}"
    return done(row, schemas.AgreementOut.of, 201, location)


@router.post("/agreements/{agreement_id}/roles", response={201: schemas.RoleOut})
def add_role(request: HttpRequest, agreement_id: str, data: schemas.RoleIn) -> Any:
    """Someone stands in the agreement: co-debtor, guarantor, heir, representative, contact person."""
    found = queries.agreement(request.actor.scope, agreement_id)
    sent = found if isinstance(found, Refusal) else minors(found, {"guarantee_cap": data.guarantee_cap})
    if isinstance(sent, Refusal):
        return sent
    rest = data.model_dump(exclude={"party_id", "role", "guarantee_cap"})
    row = actions_contract.add_role(
        request.actor, agreement_id, data.party_id, data.role, guarantee_cap_minor=sent.get("guarantee_cap"), **rest
    )
    return done(row, schemas.RoleOut.of, 201)


def _rows(request: HttpRequest, agreement_id: str, rows: list[schemas.RowIn] | None) -> Sequence[ScheduleRow] | Refusal | None:
    if rows is None:
        return None
    found = queries.agreement(request.actor.scope, agreement_id)
    return found if isinstance(found, Refusal) else schedule_rows(found, rows)


@router.post("/agreements/{agreement_id}/schedule", response={201: schemas.EventOut})
def set_schedule(request: HttpRequest, agreement_id: str, data: schemas.ScheduleIn) -> Any:
    """The obligations: as the host gives them, or computed from terms. A later call corrects the whole history."""
    rows = _rows(request, agreement_id, data.rows)
    if isinstance(rows, Refusal):
        return rows
    event = actions_contract.set_schedule(request.actor, agreement_id, data.on, rows=rows, terms=data.terms, key=data.key)
    return done(event, schemas.EventOut.of, 201)


@router.post("/agreements/{agreement_id}/restructurings", response={201: schemas.EventOut, 202: ApprovalOut})
def restructure(request: HttpRequest, agreement_id: str, data: schemas.RestructureIn) -> Any:
    """A new schedule agreed with the debtor replaces what is open. Beyond authority it waits for a second person (202)."""
    rows = _rows(request, agreement_id, data.rows)
    if isinstance(rows, Refusal):
        return rows
    event = actions_contract.restructure(
        request.actor, agreement_id, data.on, reason=data.reason, rows=rows, terms=data.terms, servicing=data.servicing,
        keep_arrears=data.keep_arrears, key=data.key,
    )  # fmt: skip
    return done(event, schemas.EventOut.of, 201)


@router.post("/agreements/{agreement_id}/host-positions", response={201: schemas.HostOut})
def feed_host_position(request: HttpRequest, agreement_id: str, data: schemas.HostFiguresIn) -> Any:
    """What the host says is owed on a day."""
    found = queries.agreement(request.actor.scope, agreement_id)
    sent = found if isinstance(found, Refusal) else minors(found, data.amounts())
    if isinstance(sent, Refusal):
        return sent
    figures: dict[str, Any] = {f"{name}_minor": minor for name, minor in sent.items()}
    figures |= {n: v for n in ("past_due_days", "oldest_due_on") if (v := getattr(data, n)) is not None}
    row = actions.feed_host_position(request.actor, agreement_id, data.as_of, figures, assumptions=list(data.assumptions))
    return done(row, lambda r: schemas.HostOut.of(r, r.agreement.currency), 201)
