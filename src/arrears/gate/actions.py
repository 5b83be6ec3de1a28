"""Acts of the gate: ask for a permit (reserve), use it, settle the outcome, release, revoke; note a contact that came in.

The permit reserves its place in every counter in the transaction that decides; the customer's row is locked meanwhile, so no
two askers can both see the last free place. A crash after use leaves the place taken: never undercounted.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from arrears.gate import engine, gathering, refusals
from arrears.gate.answers import as_data, sentence_of
from arrears.gate.facts import OUTCOMES, Request, Situation, to_json
from arrears.gate.models import Attempt, GateDecision, PackVersion, Permit
from arrears.gate.packs import shipped
from arrears.journal.actions import action, record
from arrears.journal.canonical import canonical_bytes, sha256
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.parties.models import ContactPoint, Customer

#: How long a permit lives. Short: the facts it rests on must still be true when the contact is made.
LIFE = {"letter": timedelta(hours=2), "visit": timedelta(minutes=30)}
SHORT = timedelta(minutes=10)
_SETTLING = frozenset(OUTCOMES) - {"reserved"}


@dataclass(frozen=True, slots=True)
class Contact:
    """What is asked for. ``at`` None: now. ``contact_point`` is the public id of number or address."""

    party: str
    contact_point: str
    channel: str
    purpose: str = "collect"
    agreement: str = ""
    template_class: str = ""
    step: str = ""
    crew: int | None = None
    in_reply_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The stored decision, and the permit where it allows."""

    decision: GateDecision
    permit: Permit | None


def request_permit(actor: Actor, contact: Contact) -> Permit | Refusal:
    """A permit, or every reason why not. The decision is stored and journalled either way.

    Refusals: ``gate.unknown_person``, ``gate.unknown_point``, ``gate.not_permitted`` (its ``values`` hold the decision's id,
    rules and next permitted instant), and those of the rights check.
    """
    judged = judge(actor, contact)
    if isinstance(judged, Refusal):
        return judged
    return judged.permit if judged.permit is not None else denial(judged.decision)


def denial(decision: GateDecision) -> Refusal:
    """The refusal that a stored decision stands for."""
    answer = decision.answer
    later = answer["next_permitted"]
    return refusals.NOT_PERMITTED.at(
        f"/decisions/{decision.public_id}",
        reasons="；".join(sentence_of(r, "zh") for r in answer["reasons"]),
        reasons_en="; ".join(sentence_of(r, "en") for r in answer["reasons"]),
        fix_zh=f"最早可联系时间：{later}" if later else "目前没有可联系的时间；如有异议请找合规部门。",
        fix_en=f"Earliest permitted: {later}" if later else "No permitted time in sight; ask the compliance department.",
        decision=decision.public_id,
        rules=[r["rule"] for r in answer["reasons"]],
        next_permitted=later,
    )


@action("permit.request")
def judge(actor: Actor, contact: Contact) -> Judged | Refusal:
    """Decide, store, and reserve where allowed. A refused contact is a completed act, not a failed one: it stays on record."""
    who = gathering.subject(actor.scope, contact.party, contact.agreement)
    if who is None:
        return refusals.UNKNOWN_PERSON.at("/party")
    Customer.objects.visible_to(actor.scope).select_for_update(no_key=True).get(id=who.customer.id)
    now = clock.now()
    point = _point(actor, contact, who.party.id, now)
    if point is None:
        return refusals.UNKNOWN_POINT.at("/contact_point")
    request = Request(
        at=now, channel=contact.channel, purpose=contact.purpose, number=point.public_id,
        number_provenance=point.provenance, account=contact.agreement, crew=contact.crew, in_reply_to=contact.in_reply_to,
    )  # fmt: skip
    situation = _numbered(gathering.situation(actor.scope, who, now), point)
    decision = engine.decide(situation, request, shipped())
    stored = store(actor, who, situation, request, decision, now)
    if not decision.allowed:
        _note(actor, "permit.refused", stored, {"rules": list(decision.rules), "channel": contact.channel})
        return Judged(stored, None)
    ends = [now + LIFE.get(contact.channel, SHORT), *([decision.until] if decision.until else [])]
    permit = Permit(
        creditor=who.creditor, customer=who.customer, party=who.party, contact_point=point, decision=stored,
        channel=contact.channel, purpose=contact.purpose, template_class=contact.template_class, step=contact.step,
        issued_at=now, expires_at=min(ends), signature=b"",
    )  # fmt: skip
    permit.signature = signature_of(permit)
    permit.save(force_insert=True)
    Attempt.objects.create(
        creditor=who.creditor, customer=who.customer, party=who.party, contact_point=point, permit=permit, contacted_at=now,
        recorded_at=now, channel=contact.channel, direction="outbound", purpose=contact.purpose, outcome="reserved",
        agreements=[contact.agreement] if contact.agreement else [], step=contact.step, actor_id=actor.id,
    )  # fmt: skip
    _note(actor, "permit.reserved", stored, {"permit": permit.public_id, "channel": contact.channel, "purpose": contact.purpose})
    return Judged(stored, permit)


def _numbered(situation: Situation, point: ContactPoint) -> Situation:
    """Stops of this very contact point, by the name the request uses for it."""
    stops = tuple(replace(s, number=point.public_id) if s.number == f"point:{point.id}" else s for s in situation.stops)
    return replace(situation, stops=stops)


def _point(actor: Actor, contact: Contact, party_id: int, now: datetime) -> ContactPoint | None:
    """The contact point, if it is this party's, open today, and of a kind the channel can use."""
    kinds = {"voice": ("mobile", "landline"), "ai_voice": ("mobile", "landline"), "sms": ("mobile",), "email": ("email",),
             "letter": ("address",), "visit": ("address",), "im": ("im", "mobile")}.get(contact.channel)  # fmt: skip
    rows = ContactPoint.objects.visible_to(actor.scope).filter(public_id=contact.contact_point, party_id=party_id)
    point = rows.first()
    today = now.astimezone(clock.HOME_ZONE).date()
    if point is None or point.closed_at is not None or (point.valid_until is not None and point.valid_until < today):
        return None
    return point if kinds is None or point.kind in kinds else None


def store(
    actor: Actor, who: gathering.Subject, situation: Situation, request: Request, decision: engine.Decision, now: datetime
) -> GateDecision:
    """Write the decision with its inputs and the texts of the packs it was judged by."""
    for name in situation.packs:
        if (loaded := shipped().get(name)) is not None:
            PackVersion.objects.get_or_create(
                pack=name,
                version=loaded.version,
                defaults={"text": loaded.text, "signoff_kind": loaded.signoff.kind, "first_used_at": now},
            )
    answer = as_data(decision)
    row: GateDecision = GateDecision.objects.create(
        creditor=who.creditor, customer=who.customer, party=who.party, judged_at=request.at, decided_at=now, actor_id=actor.id,
        request=to_json(request), situation=to_json(situation), packs=[list(p) for p in decision.packs], answer=answer,
        allowed=decision.allowed, answer_hash=sha256(answer),
    )  # fmt: skip
    return row


def _note(actor: Actor, act: str, decision: GateDecision, payload: dict[str, Any]) -> None:
    record(
        actor, act, ("decision", decision.public_id),
        creditor_id=decision.creditor_id, customer_id=decision.customer_id, payload=payload,
    )  # fmt: skip


def signature_of(permit: Permit) -> bytes:
    """HMAC-SHA256 over what the permit is bound to, with a key of this installation."""
    bound = {
        "permit": permit.public_id, "party": permit.party_id, "point": permit.contact_point_id, "channel": permit.channel,
        "purpose": permit.purpose, "template_class": permit.template_class, "expires_at": permit.expires_at,
    }  # fmt: skip
    key = hashlib.sha256(b"arrears.gate.permit" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, canonical_bytes(bound), hashlib.sha256).digest()


def _held(actor: Actor, permit_id: str) -> Permit | Refusal:
    rows = Permit.objects.visible_to(actor.scope).select_for_update(of=("self",))
    permit: Permit | None = rows.filter(public_id=permit_id).first()
    if permit is None:
        return refusals.PERMIT_UNKNOWN.at("/permit")
    if not hmac.compare_digest(bytes(permit.signature), signature_of(permit)):
        return refusals.PERMIT_FORGED.at("/permit")
    return permit


@action("permit.use")
def use(
    actor: Actor, permit_id: str, *, channel: str, contact_point: str, purpose: str, template_class: str = ""
) -> Permit | Refusal:
    """Spend a permit at the moment of contact: checked again against the facts of now, then never usable again.

    Refusals: ``gate.permit_unknown``, ``gate.permit_forged``, ``gate.permit_spent``, ``gate.permit_expired``,
    ``gate.permit_foreign``, ``gate.not_permitted`` (a stop came in meanwhile).
    """
    permit = _held(actor, permit_id)
    if isinstance(permit, Refusal):
        return permit
    now = clock.now()
    if permit.state != "reserved":
        return refusals.PERMIT_SPENT.at("/permit", state=permit.state)
    if now >= permit.expires_at:
        return refusals.PERMIT_EXPIRED.at("/permit", expired_at=permit.expires_at.isoformat())
    bound = {
        "channel": (permit.channel, channel),
        "contact_point": (permit.contact_point.public_id, contact_point),
        "purpose": (permit.purpose, purpose),
        "template_class": (permit.template_class, template_class),
    }
    for what, (given, wanted) in bound.items():
        if given != wanted:
            return refusals.PERMIT_FOREIGN.at(f"/{what}", what=what)
    if (stopped := _stopped_since(actor, permit, now)) is not None:
        return stopped
    permit.state, permit.used_at = "used", now
    permit.save(update_fields=["state", "used_at"])
    Attempt.objects.visible_to(actor.scope).filter(permit=permit).update(contacted_at=now)
    record(actor, "permit.used", ("permit", permit.public_id), creditor_id=permit.creditor_id, customer_id=permit.customer_id)
    return permit


def _stopped_since(actor: Actor, permit: Permit, now: datetime) -> Refusal | None:
    """The same request judged again, without its own reservation."""
    stored = permit.decision.request
    who = gathering.subject(actor.scope, permit.party.public_id, stored.get("account", ""))
    if who is None:
        return refusals.UNKNOWN_PERSON.at("/party")
    situation = _numbered(gathering.situation(actor.scope, who, now, ignore_permit=permit.id), permit.contact_point)
    request = Request(
        at=now, channel=permit.channel, purpose=permit.purpose, number=permit.contact_point.public_id,
        number_provenance=permit.contact_point.provenance, account=stored.get("account", ""), crew=stored.get("crew"),
    )  # fmt: skip
    decision = engine.decide(situation, request, shipped())
    return None if decision.allowed else denial(store(actor, who, situation, request, decision, now))


@action("permit.settle")
def settle(actor: Actor, permit_id: str, outcome: str) -> Permit | Refusal:
    """Write what came of a used permit. Refusals: ``gate.outcome_unknown``, ``gate.permit_spent`` and those of ``use``."""
    if outcome not in _SETTLING:
        return refusals.OUTCOME_UNKNOWN.at("/outcome", outcome=outcome, known=", ".join(sorted(_SETTLING)))
    permit = _held(actor, permit_id)
    if isinstance(permit, Refusal):
        return permit
    if permit.state != "used":
        return refusals.PERMIT_SPENT.at("/permit", state=permit.state)
    permit.state, permit.settled_at = "settled", clock.now()
    permit.save(update_fields=["state", "settled_at"])
    Attempt.objects.visible_to(actor.scope).filter(permit=permit).update(outcome=outcome)
    record(
        actor, "permit.settled", ("permit", permit.public_id),
        creditor_id=permit.creditor_id, customer_id=permit.customer_id, payload={"outcome": outcome},
    )  # fmt: skip
    return permit


@action("permit.release")
def release(actor: Actor, permit_id: str) -> Permit | Refusal:
    """Give an unused permit back: the place in the counters is free again. Refusals: ``gate.permit_spent`` when used."""
    permit = _held(actor, permit_id)
    if isinstance(permit, Refusal):
        return permit
    if permit.state != "reserved":
        return refusals.PERMIT_SPENT.at("/permit", state=permit.state)
    permit.state = "released"
    permit.save(update_fields=["state"])
    record(actor, "permit.released", ("permit", permit.public_id), creditor_id=permit.creditor_id, customer_id=permit.customer_id)
    return permit


@action("contact.report")
def report_contact(
    actor: Actor, party: str, *, channel: str, direction: str, outcome: str, at: datetime, source: str,
    agreements: Sequence[str] = (), purpose: str = "collect", contact_point: str = "",
) -> Attempt | Refusal:  # fmt: skip
    """Note a contact that needed no permit of ours: one that came in, or one an outside source made and reports.

    Refusals: ``gate.unknown_person``, ``gate.outcome_unknown``, ``gate.request_wrong`` (a contact of the future; no source).
    """
    if outcome not in _SETTLING:
        return refusals.OUTCOME_UNKNOWN.at("/outcome", outcome=outcome, known=", ".join(sorted(_SETTLING)))
    who = gathering.subject(actor.scope, party)
    if who is None:
        return refusals.UNKNOWN_PERSON.at("/party")
    now = clock.now()
    if at > now or direction not in ("inbound", "outbound") or (direction == "outbound" and not source):
        return refusals.REQUEST_WRONG.at("/at", detail="in the future, of no direction, or without a source")
    points = ContactPoint.objects.visible_to(actor.scope).filter(public_id=contact_point)
    row: Attempt = Attempt.objects.create(
        creditor=who.creditor, customer=who.customer, party=who.party, contact_point=points.first(), contacted_at=at,
        recorded_at=now, channel=channel, direction=direction, purpose=purpose, outcome=outcome,
        agreements=list(agreements), source=source, actor_id=actor.id,
    )  # fmt: skip
    record(
        actor, "contact.reported", ("contact", row.public_id), creditor_id=row.creditor_id, customer_id=row.customer_id,
        payload={"channel": channel, "direction": direction, "outcome": outcome, "source": source},
    )  # fmt: skip
    return row
