"""Every ledger act: one function per verb, one immutable event, one journal entry, serialised per agreement.

Each takes the actor and the agreement's public id, and gives the stored event or a refusal. ``key`` is the source's own
identity of the fact: the same key with the same content gives the event already there; with other content it is refused (409).
The contract itself (opening, schedules, restructuring) stands in ``actions_contract``; both are exported here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from arrears.access import approvals
from arrears.access.actions import Granted, require_authority
from arrears.access.models import Approval
from arrears.journal.actions import action, record
from arrears.journal.canonical import plain
from arrears.kernel import clock
from arrears.kernel.ids import new_id
from arrears.kernel.money import format_major
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor

from . import models, queries, refusals
from .checks import POSITION_FIGURES, Facts, PauseSpan, check_event, check_position, facts_of, pause_to_resume
from .events import Component, Event, EventKind
from .position import Position, position_of

__all__ = [
    "NewEvent", "accelerate", "append", "change_rate", "charge", "charge_back", "close", "cut_statement", "disburse", "draw",
    "feed_host_position", "locked", "pause", "record_payment", "refund", "repeated", "resume", "reverse", "transfer", "waive", "write_off",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact about to be recorded. Amounts in minor units; ``currency`` is checked against the agreement where given."""

    kind: EventKind
    effective_on: date
    amount_minor: int | None = None
    component: Component | None = None
    due_on: date | None = None
    until: date | None = None
    target: models.Event | None = None
    data: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    source: str = ""
    currency: str = ""


def locked(actor: Actor, public_id: str) -> models.Agreement | Refusal:
    """The agreement, locked until the transaction ends: acts on one agreement happen one after the other."""
    return queries.one_of(models.Agreement.objects.visible_to(actor.scope).select_for_update(of=("self",)), public_id)


def _same(row: models.Event, new: NewEvent) -> bool:
    return (
        row.kind == new.kind.value
        and row.effective_on == new.effective_on
        and row.amount_minor == new.amount_minor
        and row.component == (new.component.value if new.component else "")
        and row.due_on == new.due_on
        and row.until == new.until
        and row.target_id == (new.target.pk if new.target else None)
        and row.data == plain(new.data)
    )


def repeated(actor: Actor, agreement: models.Agreement, key: str, **content: Any) -> models.Event | Refusal | None:
    """The event already recorded under ``key`` where it says ``content``, refused where it says something else, else None.

    For acts whose limits look at what is owed: a repetition must not be judged against a debt that the first one changed.
    """
    kept = queries.event_by_key(actor.scope, agreement.pk, key) if key else None
    if kept is None:
        return None
    if any(getattr(kept, name) != value for name, value in content.items()):
        return refusals.KEY_REUSED.at("/key", key=key)
    _note(actor, agreement, kept, "repeated")
    return kept


def append(actor: Actor, agreement: models.Agreement, new: NewEvent, *, today: date | None = None) -> models.Event | Refusal:
    """Check and store one event of a locked agreement, with its journal entry. For actions; never called from outside."""
    key = new.key or new_id("key")
    kept: models.Event | None = (
        models.Event.objects.visible_to(actor.scope).filter(agreement_id=agreement.pk, dedup_key=key).first()
    )
    if kept is not None:
        if not _same(kept, new):
            return refusals.KEY_REUSED.at("/key", key=key)
        _note(actor, agreement, kept, "repeated")
        return kept
    told = queries.events(actor.scope, [agreement.pk]).get(agreement.pk, [])
    facts = facts_of(agreement.currency, told, agreement.opened_on, agreement.keeping == "host")
    refused = check_event(facts, _pure(new), today=today or clock.today(), currency=new.currency)
    if refused is not None:
        return refused
    # never before what is already known of this agreement, even where the machine's clock steps back
    recorded_at = max([clock.now(), *(e.recorded_at for e in told[-1:])])
    row: models.Event = models.Event.objects.create(
        creditor_id=agreement.creditor_id,
        agreement=agreement,
        kind=new.kind.value,
        effective_on=new.effective_on,
        recorded_at=recorded_at,
        amount_minor=new.amount_minor,
        component=new.component.value if new.component else "",
        due_on=new.due_on,
        until=new.until,
        target=new.target,
        data=plain(new.data),
        dedup_key=key,
        source=new.source or actor.via,
    )
    _note(actor, agreement, row, "recorded")
    return row


def _pure(new: NewEvent) -> Event:
    target = new.target.pk if new.target else None
    return Event(
        2**62, new.kind, new.effective_on, clock.now(), new.amount_minor, new.component, new.due_on, new.until, target, new.data
    )


def _note(actor: Actor, agreement: models.Agreement, row: models.Event, verb: str) -> None:
    record(
        actor,
        f"{row.kind}.{verb}",
        ("agreement", agreement.public_id),
        creditor_id=agreement.creditor_id,
        customer_id=agreement.customer_id,
        payload={
            "event": row.public_id,
            "effective_on": row.effective_on,
            "amount_minor": row.amount_minor,
            "currency": agreement.currency,
            "component": row.component,
            "target": row.target.public_id if row.target else None,
        },
    )


def _event(actor: Actor, agreement: models.Agreement, public_id: str) -> models.Event | Refusal:
    found = queries.event(actor.scope, agreement.pk, public_id)
    return found or refusals.EVENT_UNKNOWN.at("/target", target=public_id)


def _simple(actor: Actor, agreement_id: str, new: NewEvent, today: date | None = None) -> models.Event | Refusal:
    agreement = locked(actor, agreement_id)
    return agreement if isinstance(agreement, Refusal) else append(actor, agreement, new, today=today)


def _now(actor: Actor, agreement: models.Agreement, as_of: date) -> Position:
    """What is owed as of ``as_of`` with all that is known, for the limits of waivers and refunds."""
    told = queries.events(actor.scope, [agreement.pk]).get(agreement.pk, [])
    rows = queries.schedule_rows(actor.scope, [agreement.pk]).get(agreement.pk, [])
    return position_of(queries.servicing_terms(agreement, told), told, rows, as_of)


@action("ledger.disburse")
def disburse(
    actor: Actor, agreement: str, amount_minor: int, on: date, *, key: str = "", currency: str = "", source: str = ""
) -> models.Event | Refusal:
    """Money paid out to the debtor."""
    return _simple(actor, agreement, NewEvent(EventKind.DISBURSED, on, amount_minor, key=key, currency=currency, source=source))


@action("ledger.draw")
def draw(
    actor: Actor, agreement: str, amount_minor: int, on: date, *, key: str = "", currency: str = "", reference: str = ""
) -> models.Event | Refusal:
    """A purchase or cash advance on a revolving agreement."""
    data = {"reference": reference} if reference else {}
    return _simple(actor, agreement, NewEvent(EventKind.DRAWN, on, amount_minor, data=data, key=key, currency=currency))


@action("ledger.cut_statement")
def cut_statement(
    actor: Actor, agreement: str, on: date, due_on: date, closing_balance_minor: int, minimum_due_minor: int, *,
    interest_minor: int = 0, fee_minor: int = 0, key: str = "",
) -> models.Event | Refusal:  # fmt: skip
    """A card statement: its minimum due (past due amounts included) falls due on ``due_on``."""
    data = {
        "closing_balance": closing_balance_minor, "minimum_due": minimum_due_minor, "interest": interest_minor, "fee": fee_minor,
    }  # fmt: skip
    return _simple(actor, agreement, NewEvent(EventKind.STATEMENT_CUT, on, minimum_due_minor, due_on=due_on, data=data, key=key))


@action("ledger.record_payment")
def record_payment(
    actor: Actor, agreement: str, amount_minor: int, on: date, *, key: str = "", currency: str = "", channel: str = "",
    reference: str = "", split: dict[str, int] | None = None, source: str = "",
) -> models.Event | Refusal:  # fmt: skip
    """Money received. ``split`` (component -> minor units) dictates where it goes; else the agreement's waterfall does."""
    data: dict[str, Any] = {k: v for k, v in (("channel", channel), ("reference", reference), ("split", split)) if v}
    new = NewEvent(EventKind.PAID, on, amount_minor, data=data, key=key, currency=currency, source=source)
    return _simple(actor, agreement, new)


@action("ledger.reverse")
def reverse(
    actor: Actor, agreement: str, target: str, *, reason: str, on: date | None = None, key: str = ""
) -> models.Event | Refusal:
    """``target`` (an event's public id) never counted: history is replayed without it."""
    found = locked(actor, agreement)
    if isinstance(found, Refusal):
        return found
    event = _event(actor, found, target)
    if isinstance(event, Refusal):
        return event
    done = repeated(actor, found, key, kind=EventKind.REVERSED.value, target_id=event.pk)
    if done is not None:
        return done
    new = NewEvent(EventKind.REVERSED, on or clock.today(), target=event, data={"reason": reason}, key=key)
    return append(actor, found, new)


@action("ledger.charge_back")
def charge_back(
    actor: Actor, agreement: str, target: str, amount_minor: int, on: date, *, reason: str = "", key: str = ""
) -> models.Event | Refusal:
    """A payment came back: its amount falls due again on ``on``."""
    found = locked(actor, agreement)
    if isinstance(found, Refusal):
        return found
    event = _event(actor, found, target)
    if isinstance(event, Refusal):
        return event
    data = {"reason": reason} if reason else {}
    return append(actor, found, NewEvent(EventKind.CHARGED_BACK, on, amount_minor, target=event, data=data, key=key))


@action("ledger.charge")
def charge(
    actor: Actor, agreement: str, component: Component, amount_minor: int, on: date, *,
    due_on: date | None = None, clause: str = "", key: str = "", currency: str = "",
) -> models.Event | Refusal:  # fmt: skip
    """A fee, penalty or cost under ``clause`` of the agreement; joins the first instalment due on or after ``due_on``."""
    data = {"clause": clause} if clause else {}
    new = NewEvent(EventKind.CHARGED, on, amount_minor, Component(component), due_on or on, data=data, key=key, currency=currency)
    return _simple(actor, agreement, new)


@action("ledger.refund")
def refund(
    actor: Actor, agreement: str, amount_minor: int, on: date, *, reference: str = "", key: str = ""
) -> models.Event | Refusal:
    """Money given back to the payer, at most the credit of the agreement."""
    found = locked(actor, agreement)
    if isinstance(found, Refusal):
        return found
    done = repeated(actor, found, key, kind=EventKind.REFUNDED.value, effective_on=on, amount_minor=amount_minor)
    if done is not None:
        return done
    credit = _now(actor, found, on).unallocated_minor
    if amount_minor > credit:
        most = format_major(credit, found.currency)
        return refusals.MORE_THAN_CREDIT.at("/amount", amount=format_major(amount_minor, found.currency), most=most)
    data = {"reference": reference} if reference else {}
    return append(actor, found, NewEvent(EventKind.REFUNDED, on, amount_minor, data=data, key=key))


@action("ledger.waive")
def waive(
    actor: Actor, agreement: str, component: Component, amount_minor: int, on: date, *, reason: str, due_on: date | None = None,
    key: str = "",
) -> models.Event | Approval | Refusal:  # fmt: skip
    """Give up part of what is open. Beyond the actor's authority it waits for a second person (the approval is returned)."""
    found = locked(actor, agreement)
    if isinstance(found, Refusal):
        return found
    component = Component(component)
    done = repeated(
        actor, found, key, kind=EventKind.WAIVED.value, effective_on=on, amount_minor=amount_minor, component=component.value,
        due_on=due_on,
    )  # fmt: skip
    if done is not None:
        return done
    owed = _now(actor, found, on).totals.get(component, 0)
    if amount_minor > owed:
        most = format_major(owed, found.currency)
        return refusals.MORE_THAN_OWED.at("/amount", amount=format_major(amount_minor, found.currency), most=most)
    key = key or new_id("key")
    payload = {
        "agreement": found.public_id, "component": component.value, "amount_minor": amount_minor, "on": on.isoformat(),
        "reason": reason, "due_on": due_on.isoformat() if due_on else None, "key": key,
    }  # fmt: skip
    granted = require_authority(
        actor,
        "ledger.waive",
        max(amount_minor, 0),
        found.currency,
        found.creditor_id,
        ("agreement", found.public_id),
        payload,
        reason,
    )
    if not isinstance(granted, Granted):
        return granted
    new = NewEvent(EventKind.WAIVED, on, amount_minor, component, due_on, data={"reason": reason}, key=key)
    return append(actor, found, new)


@action("ledger.pause")
def pause(
    actor: Actor, agreement: str, start: date, until: date, *, reason: str, stops: list[str] | None = None, key: str = ""
) -> models.Event | Refusal:
    """Stop counters (and, where ``stops`` says so, penalty) from ``start`` to ``until``, both included."""
    data: dict[str, Any] = {"reason": reason}
    if stops is not None:
        data["stops"] = stops
    return _simple(actor, agreement, NewEvent(EventKind.PAUSED, start, until=until, data=data, key=key))


@action("ledger.resume")
def resume(actor: Actor, agreement: str, on: date, *, reason: str = "", key: str = "") -> models.Event | Refusal:
    """End the pause that is active on ``on``."""
    found = locked(actor, agreement)
    if isinstance(found, Refusal):
        return found
    done = repeated(actor, found, key, kind=EventKind.RESUMED.value, effective_on=on)
    if done is not None:
        return done
    facts: Facts = facts_of(found.currency, queries.events(actor.scope, [found.pk]).get(found.pk, []))
    span = pause_to_resume(facts.pauses, on, clock.today())
    if not isinstance(span, PauseSpan):
        return span
    target = models.Event.objects.visible_to(actor.scope).get(pk=span.event_id)
    data = {"reason": reason} if reason else {}
    return append(actor, found, NewEvent(EventKind.RESUMED, on, target=target, data=data, key=key))


@action("ledger.change_rate")
def change_rate(
    actor: Actor, agreement: str, on: date, annual_percent: str, *, clause: str = "", key: str = ""
) -> models.Event | Refusal:
    """From ``on`` the contract rate is ``annual_percent`` (decimal text); penalty rates that refer to it follow."""
    data = {"annual_rate": annual_percent, "clause": clause}
    return _simple(actor, agreement, NewEvent(EventKind.RATE_CHANGED, on, data=data, key=key))


@action("ledger.accelerate")
def accelerate(actor: Actor, agreement: str, on: date, *, reason: str, key: str = "") -> models.Event | Refusal:
    """All principal falls due on ``on``, under the acceleration clause."""
    return _simple(actor, agreement, NewEvent(EventKind.ACCELERATED, on, data={"reason": reason}, key=key))


@action("ledger.write_off")
def write_off(actor: Actor, agreement: str, on: date, *, reason: str, key: str = "") -> models.Event | Approval | Refusal:
    """Bookkeeping: the debt stays owed, later money is a recovery. Beyond authority it waits for a second person."""
    found = locked(actor, agreement)
    if isinstance(found, Refusal):
        return found
    done = repeated(actor, found, key, kind=EventKind.WRITTEN_OFF.value, effective_on=on)
    if done is not None:
        return done
    owed = max(_now(actor, found, on).outstanding_minor, 0)
    key = key or new_id("key")
    payload = {"agreement": found.public_id, "on": on.isoformat(), "reason": reason, "key": key}
    granted = require_authority(
        actor, "ledger.write_off", owed, found.currency, found.creditor_id, ("agreement", found.public_id), payload, reason
    )
    if not isinstance(granted, Granted):
        return granted
    return append(actor, found, NewEvent(EventKind.WRITTEN_OFF, on, owed or None, data={"reason": reason}, key=key))


@action("ledger.transfer")
def transfer(
    actor: Actor, agreement: str, on: date, *, to: str, notice: str, reason: str, key: str = ""
) -> models.Event | Approval | Refusal:
    """The claim passes to another creditor (``to``: its name in the market); ``notice`` names the debtor's notice (民法典 546).

    Beyond the actor's authority it waits for a second person. Afterwards only late money and its reversal are taken here.
    """
    found = locked(actor, agreement)
    if isinstance(found, Refusal):
        return found
    done = repeated(actor, found, key, kind=EventKind.TRANSFERRED.value, effective_on=on)
    if done is not None:
        return done
    owed = max(_now(actor, found, on).outstanding_minor, 0)
    key = key or new_id("key")
    payload = {
        "agreement": found.public_id, "on": on.isoformat(), "to": to, "notice": notice, "reason": reason, "key": key,
    }  # fmt: skip
    subject = ("agreement", found.public_id)
    granted = require_authority(actor, "ledger.transfer", owed, found.currency, found.creditor_id, subject, payload, reason)
    if not isinstance(granted, Granted):
        return granted
    data = {"to": to, "notice": notice, "reason": reason}
    return append(actor, found, NewEvent(EventKind.TRANSFERRED, on, data=data, key=key))


@action("ledger.close")
def close(actor: Actor, agreement: str, on: date, *, reason: str, key: str = "") -> models.Event | Refusal:
    """Nothing more is expected of this agreement; only late money and its reversal are taken after."""
    return _simple(actor, agreement, NewEvent(EventKind.CLOSED, on, data={"reason": reason}, key=key))


@action("ledger.feed_host_position")
def feed_host_position(
    actor: Actor, agreement: str, as_of: date, figures: dict[str, Any], *, assumptions: list[str] | None = None, source: str = ""
) -> models.HostPosition | Refusal:
    """What the host says is owed on a day. ``figures``: words of ``checks.POSITION_FIGURES``.

    The same figures told again are the position already there; others for the same day are a correction, known from now on.
    """
    found = locked(actor, agreement)
    if isinstance(found, Refusal):
        return found
    refused = check_position(figures, as_of, today=clock.today(), keeping=found.keeping, opened_on=found.opened_on)
    if refused is not None:
        return refused
    newest = queries.host_positions(actor.scope, [found.pk], as_of).get(found.pk)
    same = newest is not None and newest.as_of == as_of and all(getattr(newest, n) == figures.get(n) for n in POSITION_FIGURES)
    row: models.HostPosition = (
        newest
        if newest is not None and same
        else models.HostPosition.objects.create(
            creditor_id=found.creditor_id, agreement=found, as_of=as_of, recorded_at=clock.now(), assumptions=assumptions or [],
            source=source or actor.via, **figures,
        )
    )  # fmt: skip
    record(
        actor, "host_position.repeated" if same else "host_position.fed", ("agreement", found.public_id),
        creditor_id=found.creditor_id, customer_id=found.customer_id, payload={"as_of": as_of, **figures},
    )  # fmt: skip
    return row


def _execute_waive(actor: Actor, approval: Approval) -> Any:
    payload = approval.payload
    due_on = date.fromisoformat(payload["due_on"]) if payload.get("due_on") else None
    return waive(
        actor, payload["agreement"], Component(payload["component"]), payload["amount_minor"], date.fromisoformat(payload["on"]),
        reason=payload["reason"], due_on=due_on, key=payload["key"],
    )  # fmt: skip


def _execute_write_off(actor: Actor, approval: Approval) -> Any:
    payload = approval.payload
    on = date.fromisoformat(payload["on"])
    return write_off(actor, payload["agreement"], on, reason=payload["reason"], key=payload["key"])


def _execute_transfer(actor: Actor, approval: Approval) -> Any:
    payload = approval.payload
    return transfer(
        actor, payload["agreement"], date.fromisoformat(payload["on"]), to=payload["to"], notice=payload["notice"],
        reason=payload["reason"], key=payload["key"],
    )  # fmt: skip


approvals.register("ledger.transfer", _execute_transfer)
approvals.register("ledger.waive", _execute_waive)
approvals.register("ledger.write_off", _execute_write_off)
