"""Reads of the gate: may we now (no permit is taken), past decisions, replay, contact history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from arrears.gate import engine, gathering, refusals
from arrears.gate.answers import as_data
from arrears.gate.facts import CHANNELS, Request, request_from, situation_from
from arrears.gate.models import Attempt, GateDecision, PackVersion
from arrears.gate.packs import Pack, pack, shipped
from arrears.journal.canonical import sha256
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Scope
from arrears.parties.models import ContactPoint, Customer, Party


@dataclass(frozen=True, slots=True)
class StripLine:
    """One channel of the permit strip. ``state``: allow | wait (only the clock) | stop | none (nothing on file)."""

    channel: str
    state: str
    decision: engine.Decision | None
    used: tuple[tuple[str, int, int], ...] = ()  # rule, used, limit


POINT_KINDS = {
    "voice": ("mobile", "landline"),
    "sms": ("mobile",),
    "email": ("email",),
    "letter": ("address",),
    "visit": ("address",),
}


def permit_strip(scope: Scope, customer_id: str, at: datetime) -> list[StripLine]:
    """May we contact this customer at ``at``, by channel, with every reason. Nothing is reserved, nothing is stored.

    Empty where the customer is not visible or owes nothing. The best contact point of each channel is judged.
    """
    customer = Customer.objects.visible_to(scope).filter(public_id=customer_id).first()
    if customer is None:
        return []
    party = Party.objects.visible_to(scope).filter(customer=customer).order_by("id").first()
    who = gathering.subject(scope, party.public_id) if party is not None else None
    if who is None:
        return []
    situation = gathering.situation(scope, who, at)
    points = list(
        ContactPoint.objects.visible_to(scope).filter(party__customer=customer, closed_at=None).order_by("-is_preferred", "id")
    )
    lines = []
    for channel, kinds in POINT_KINDS.items():
        point = next((p for p in points if p.kind in kinds and p.right_party != "wrong"), None)
        if point is None:
            lines.append(StripLine(channel, "none", None))
            continue
        stops = tuple(replace(s, number=point.public_id) if s.number == f"point:{point.id}" else s for s in situation.stops)
        request = Request(at, channel, number=point.public_id, number_provenance=point.provenance, crew=2)
        here = replace(situation, stops=stops)
        decision = engine.decide(here, request, shipped())
        state = "allow" if decision.allowed else "wait" if decision.next_permitted is not None else "stop"
        lines.append(StripLine(channel, state, decision, engine.usage(here, request, shipped())))
    return lines


def decision(scope: Scope, public_id: str) -> GateDecision | None:
    row: GateDecision | None = GateDecision.objects.visible_to(scope).filter(public_id=public_id).first()
    return row


@dataclass(frozen=True, slots=True)
class Replay:
    """A stored decision judged again from its own inputs and the very pack texts it was judged by."""

    decision: GateDecision
    answer: dict[str, Any]
    same: bool


def replay(scope: Scope, public_id: str) -> Replay | Refusal:
    """Judge a decision again. ``same`` is True when the answer is equal bit for bit. Refusals: ``gate.decision_unknown``."""
    row = decision(scope, public_id)
    if row is None:
        return refusals.DECISION_UNKNOWN.at(id=public_id)
    packs: dict[str, Pack] = {}
    for name, version, _ in row.packs:
        made = pack(PackVersion.objects.get(pack=name, version=version).text)
        if isinstance(made, Refusal):
            return made
        packs[name] = made
    again = engine.decide(situation_from(row.situation), request_from(row.request), packs)
    answer = as_data(again)
    return Replay(row, answer, sha256(answer) == bytes(row.answer_hash))


def contact_history(scope: Scope, customer_id: int, limit: int = 50) -> list[Attempt]:
    """Newest first, without reservations that were never used."""
    rows = Attempt.objects.visible_to(scope).filter(customer_id=customer_id).exclude(outcome="reserved")
    return list(rows.select_related("contact_point", "party").order_by("-contacted_at", "-id")[:limit])


def packs_list() -> list[Pack]:
    return list(shipped().values())


__all__ = ["CHANNELS", "Replay", "StripLine", "contact_history", "decision", "packs_list", "permit_strip", "replay"]
