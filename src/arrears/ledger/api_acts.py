"""REST: every money act and every state of an agreement. Taken up by ``api.py``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from arrears.access.schemas import ApprovalOut, done
from arrears.kernel.door import Amount
from arrears.kernel.refusals import Refusal

from . import actions, models, queries, schemas
from .api_money import minor_of, minors, split_of
from .api_router import router

EVENT = {201: schemas.EventOut}
EVENT_OR_APPROVAL = {201: schemas.EventOut, 202: ApprovalOut}


def _done(result: Any) -> Any:
    return done(result, schemas.EventOut.of, 201)


def _one(request: HttpRequest, agreement_id: str, amount: Amount) -> int | Refusal:
    return minor_of(request.actor.scope, agreement_id, amount)


@router.post("/agreements/{agreement_id}/disbursements", response=EVENT)
def disburse(request: HttpRequest, agreement_id: str, data: schemas.MoneyIn) -> Any:
    """Money paid out to the debtor."""
    minor = _one(request, agreement_id, data.amount)
    if isinstance(minor, Refusal):
        return minor
    return _done(actions.disburse(request.actor, agreement_id, minor, data.on, key=data.key))


@router.post("/agreements/{agreement_id}/draws", response=EVENT)
def draw(request: HttpRequest, agreement_id: str, data: schemas.DrawIn) -> Any:
    """A purchase or cash advance on a revolving agreement."""
    minor = _one(request, agreement_id, data.amount)
    if isinstance(minor, Refusal):
        return minor
    return _done(actions.draw(request.actor, agreement_id, minor, data.on, key=data.key, reference=data.reference))


@router.post("/agreements/{agreement_id}/card-statements", response=EVENT)
def cut_statement(request: HttpRequest, agreement_id: str, data: schemas.StatementCutIn) -> Any:
    """A card statement: its minimum due falls due on ``due_on``."""
    names = ("closing_balance", "minimum_due", "interest", "fee")
    found = queries.agreement(request.actor.scope, agreement_id)
    sent = found if isinstance(found, Refusal) else minors(found, {name: getattr(data, name) for name in names})
    if isinstance(sent, Refusal):
        return sent
    event = actions.cut_statement(
        request.actor, agreement_id, data.on, data.due_on, sent["closing_balance"], sent["minimum_due"],
        interest_minor=sent.get("interest", 0), fee_minor=sent.get("fee", 0), key=data.key,
    )  # fmt: skip
    return _done(event)


def record_one(request: HttpRequest, agreement_id: str, data: schemas.PaymentIn) -> models.Event | Refusal:
    """Record one payment as it was sent, alone or as a line of a batch."""
    found = queries.agreement(request.actor.scope, agreement_id)
    if isinstance(found, Refusal):
        return found
    sent = minors(found, {"amount": data.amount})
    split = split_of(data.split, found.currency)
    if isinstance(sent, Refusal) or isinstance(split, Refusal):
        return sent if isinstance(sent, Refusal) else split
    return actions.record_payment(
        request.actor, agreement_id, sent["amount"], data.on, key=data.key, channel=data.channel, reference=data.reference,
        split=split or None,
    )  # fmt: skip


@router.post("/agreements/{agreement_id}/payments", response=EVENT)
def record_payment(request: HttpRequest, agreement_id: str, data: schemas.PaymentIn) -> Any:
    """Money received. ``split`` dictates where it goes; else the agreement's waterfall does."""
    return _done(record_one(request, agreement_id, data))


@router.post("/agreements/{agreement_id}/events/{event_id}/reverse", response=EVENT)
def reverse(request: HttpRequest, agreement_id: str, event_id: str, data: schemas.ReverseIn) -> Any:
    """The event never counted: history is replayed without it."""
    return _done(actions.reverse(request.actor, agreement_id, event_id, reason=data.reason, on=data.on, key=data.key))


@router.post("/agreements/{agreement_id}/events/{event_id}/charge-back", response=EVENT)
def charge_back(request: HttpRequest, agreement_id: str, event_id: str, data: schemas.ChargeBackIn) -> Any:
    """A payment came back: its amount falls due again."""
    minor = _one(request, agreement_id, data.amount)
    if isinstance(minor, Refusal):
        return minor
    event = actions.charge_back(request.actor, agreement_id, event_id, minor, data.on, reason=data.reason, key=data.key)
    return _done(event)


@router.post("/agreements/{agreement_id}/charges", response=EVENT)
def charge(request: HttpRequest, agreement_id: str, data: schemas.ChargeIn) -> Any:
    """A fee, penalty or cost under a clause of the agreement."""
    minor = _one(request, agreement_id, data.amount)
    if isinstance(minor, Refusal):
        return minor
    event = actions.charge(
        request.actor, agreement_id, data.component, minor, data.on, due_on=data.due_on, clause=data.clause, key=data.key
    )
    return _done(event)


@router.post("/agreements/{agreement_id}/refunds", response=EVENT)
def refund(request: HttpRequest, agreement_id: str, data: schemas.RefundIn) -> Any:
    """Money given back to the payer, at most the credit."""
    minor = _one(request, agreement_id, data.amount)
    if isinstance(minor, Refusal):
        return minor
    return _done(actions.refund(request.actor, agreement_id, minor, data.on, reference=data.reference, key=data.key))


@router.post("/agreements/{agreement_id}/waivers", response=EVENT_OR_APPROVAL)
def waive(request: HttpRequest, agreement_id: str, data: schemas.WaiveIn) -> Any:
    """Give up part of what is open. Beyond the caller's authority it waits for a second person (202)."""
    minor = _one(request, agreement_id, data.amount)
    if isinstance(minor, Refusal):
        return minor
    event = actions.waive(
        request.actor, agreement_id, data.component, minor, data.on, reason=data.reason, due_on=data.due_on, key=data.key
    )
    return _done(event)


@router.post("/agreements/{agreement_id}/pauses", response=EVENT)
def pause(request: HttpRequest, agreement_id: str, data: schemas.PauseIn) -> Any:
    """Stop the day counters (and what ``stops`` names) from ``start`` to ``until``, both included."""
    stops = None if data.stops is None else list(data.stops)
    event = actions.pause(request.actor, agreement_id, data.start, data.until, reason=data.reason, stops=stops, key=data.key)
    return _done(event)


@router.post("/agreements/{agreement_id}/resumes", response=EVENT)
def resume(request: HttpRequest, agreement_id: str, data: schemas.ResumeIn) -> Any:
    """End the pause that is active on ``on``."""
    return _done(actions.resume(request.actor, agreement_id, data.on, reason=data.reason, key=data.key))


@router.post("/agreements/{agreement_id}/rate-changes", response=EVENT)
def change_rate(request: HttpRequest, agreement_id: str, data: schemas.RateIn) -> Any:
    """From ``on`` the contract rate is ``annual_percent``; penalty rates that refer to it follow."""
    return _done(actions.change_rate(request.actor, agreement_id, data.on, data.annual_percent, clause=data.clause, key=data.key))


@router.post("/agreements/{agreement_id}/accelerations", response=EVENT)
def accelerate(request: HttpRequest, agreement_id: str, data: schemas.ReasonedIn) -> Any:
    """All principal falls due, under the acceleration clause."""
    return _done(actions.accelerate(request.actor, agreement_id, data.on, reason=data.reason, key=data.key))


@router.post("/agreements/{agreement_id}/write-offs", response=EVENT_OR_APPROVAL)
def write_off(request: HttpRequest, agreement_id: str, data: schemas.ReasonedIn) -> Any:
    """Bookkeeping: the debt stays owed. Beyond authority it waits for a second person (202)."""
    return _done(actions.write_off(request.actor, agreement_id, data.on, reason=data.reason, key=data.key))


@router.post("/agreements/{agreement_id}/transfers", response=EVENT_OR_APPROVAL)
def transfer(request: HttpRequest, agreement_id: str, data: schemas.TransferIn) -> Any:
    """The claim passes to another creditor; ``notice`` says how the debtor was told. Beyond authority: 202."""
    event = actions.transfer(
        request.actor, agreement_id, data.on, to=data.to, notice=data.notice, reason=data.reason, key=data.key
    )
    return _done(event)


@router.post("/agreements/{agreement_id}/closings", response=EVENT)
def close(request: HttpRequest, agreement_id: str, data: schemas.ReasonedIn) -> Any:
    """Nothing more is expected; only late money and its reversal are taken after."""
    return _done(actions.close(request.actor, agreement_id, data.on, reason=data.reason, key=data.key))
