"""API shapes of the gate room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import AwareDatetime, Field

from arrears.gate import answers
from arrears.gate.actions import Judged
from arrears.gate.models import GateDecision, Permit
from arrears.gate.packs import Pack
from arrears.gate.queries import Replay, StripLine


class ReasonOut(Schema):
    rule: str
    pack: str
    effect: str
    authority: str
    clause: str
    zh: str
    en: str
    may_decide: str = Field(description="Who may decide otherwise; empty means nobody")


class DecisionOut(Schema):
    """An answer of the gate with every reason."""

    id: str | None = None
    decision: str = Field(description="allow or deny")
    reasons: list[ReasonOut]
    warnings: list[ReasonOut]
    next_permitted: datetime | None
    until: datetime | None
    packs: list[list[str]] = Field(description="Rule packs judged by: id, version, kind of sign-off")

    @classmethod
    def of(cls, row: GateDecision) -> DecisionOut:
        return cls(id=row.public_id, **row.answer)


class ChannelOut(Schema):
    """One line of the permit strip."""

    channel: str
    state: str = Field(description="allow, wait (only the clock stands against it), stop, or none (no contact point on file)")
    answer: DecisionOut | None
    used: list[list[Any]] = Field(description="Caps: rule, used, limit")

    @classmethod
    def of(cls, line: StripLine) -> ChannelOut:
        told = DecisionOut(**answers.as_data(line.decision)) if line.decision is not None else None
        return cls(channel=line.channel, state=line.state, answer=told, used=[list(u) for u in line.used])


class StripOut(Schema):
    at: datetime
    channels: list[ChannelOut]


class ContactIn(Schema):
    """What is asked for: one contact through one contact point."""

    party_id: str
    contact_point_id: str
    channel: str = Field(description="voice, ai_voice, sms, im, email, letter or visit")
    purpose: str = "collect"
    agreement: str = Field("", description="Reference of the one agreement it is about; empty: all debts")
    template_class: str = ""
    step: str = Field("", description="Step of the strategy that this carries out")
    crew: int | None = Field(None, ge=0, le=20)
    in_reply_to: AwareDatetime | None = None


class PermitOut(Schema):
    id: str
    decision_id: str
    state: str
    channel: str
    purpose: str
    issued_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, row: Permit) -> PermitOut:
        return cls(
            id=row.public_id, decision_id=row.decision.public_id, state=row.state, channel=row.channel, purpose=row.purpose,
            issued_at=row.issued_at, expires_at=row.expires_at,
        )  # fmt: skip


class JudgedOut(Schema):
    """What became of a request: the decision always, a permit only where contact is allowed."""

    decision: DecisionOut
    permit: PermitOut | None

    @classmethod
    def of(cls, judged: Judged) -> JudgedOut:
        permit = PermitOut.of(judged.permit) if judged.permit is not None else None
        return cls(decision=DecisionOut.of(judged.decision), permit=permit)


class UseIn(Schema):
    """Must be what the permit was given for."""

    channel: str
    contact_point_id: str
    purpose: str = "collect"
    template_class: str = ""


class OutcomeIn(Schema):
    outcome: str


class ReplayOut(Schema):
    """A stored decision judged again from its own inputs and pack texts."""

    id: str
    same: bool
    answer: DecisionOut
    inputs: dict[str, Any]

    @classmethod
    def of(cls, told: Replay) -> ReplayOut:
        row = told.decision
        inputs = {"request": row.request, "situation": row.situation}
        return cls(id=row.public_id, same=told.same, answer=DecisionOut(**told.answer), inputs=inputs)


class PackOut(Schema):
    id: str
    version: str
    title_zh: str
    title_en: str
    jurisdiction: str
    signoff: str
    expires_on: str
    rules: list[str]
    uncertainties: list[str]

    @classmethod
    def of(cls, one: Pack) -> PackOut:
        return cls(
            id=one.id, version=one.version, title_zh=one.title.zh, title_en=one.title.en, jurisdiction=one.jurisdiction,
            signoff=one.signoff.kind, expires_on=one.signoff.expires_on.isoformat(), rules=list(dict.fromkeys(r.id for r in one.rules)),
            uncertainties=[u.en for u in one.uncertainties],
        )  # fmt: skip
