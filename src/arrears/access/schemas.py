"""API shapes of the access room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from arrears.access.models import AccessLog, ApiKey, Approval, Creditor, Grant, Portfolio, User
from arrears.kernel.door import Answer
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor, Role


class CreditorOut(Schema):
    code: str
    name: str
    name_en: str
    kind: str
    jurisdiction: str
    time_zone: str

    @classmethod
    def of(cls, row: Creditor) -> CreditorOut:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class PortfolioOut(Schema):
    creditor: str = Field(description="Code of the creditor")
    code: str
    name: str

    @classmethod
    def of(cls, row: Portfolio) -> PortfolioOut:
        return cls(creditor=row.creditor.code, code=row.code, name=row.name)


class MeOut(Schema):
    """Who the API takes the caller for."""

    kind: str = Field(description="person or api_key")
    id: str
    roles: list[Role]
    creditors: list[str] = Field(description="Codes of the creditors within reach")
    acts: list[str] = Field(description="Acts an API key carries; empty for a person (roles decide) and for a read-only key")

    @classmethod
    def of(cls, actor: Actor, creditors: list[str]) -> MeOut:
        acts = actor.labels.get("acts", "").split() if actor.kind == "api_key" else []
        return cls(kind=actor.kind, id=actor.id, roles=sorted(actor.scope.roles), creditors=creditors, acts=acts)


class ApprovalOut(Schema):
    """A request that a second person decides."""

    id: str
    creditor: str
    act: str
    subject_kind: str
    subject_id: str
    amount: int = Field(description="Minor units, or a count, as `unit` says")
    unit: str
    reason: str
    state: str = Field(description="open, refused, withdrawn or executed")
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str

    @classmethod
    def of(cls, row: Approval) -> ApprovalOut:
        return cls(
            id=row.public_id,
            creditor=row.creditor.code,
            act=row.act,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            amount=row.amount,
            unit=row.unit,
            reason=row.reason,
            state=row.state,
            requested_by=row.requested_by.public_id,
            requested_at=row.requested_at,
            decided_by=row.decided_by.public_id if row.decided_by else None,
            decided_at=row.decided_at,
            decision_note=row.decision_note,
        )


class DecideIn(Schema):
    approve: bool
    note: str = Field("", max_length=2000)


class WithdrawIn(Schema):
    note: str = Field("", max_length=2000)


class AccessLogOut(Schema):
    """One look at masked fields."""

    at: datetime
    creditor: str
    viewer_id: str
    via: str
    subject_kind: str
    subject_id: str
    fields: list[str]
    reason: str
    request_id: str

    @classmethod
    def of(cls, row: AccessLog) -> AccessLogOut:
        same = {n: getattr(row, n) for n in cls.model_fields if n != "creditor"}
        return cls(creditor=row.creditor.code, **same)


class UserOut(Schema):
    id: str
    username: str
    display_name: str
    is_active: bool
    is_demo: bool
    must_change_password: bool

    @classmethod
    def of(cls, row: User) -> UserOut:
        same = {n: getattr(row, n) for n in cls.model_fields if n != "id"}
        return cls(id=row.public_id, **same)


class KeyOut(Schema):
    """An API key without its secret."""

    prefix: str
    label: str
    user: str
    acts: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: ApiKey) -> KeyOut:
        same: dict[str, Any] = {n: getattr(row, n) for n in cls.model_fields if n != "user"}
        return cls(user=row.user.public_id, **same)


class KeyIn(Schema):
    label: str = Field(min_length=1, max_length=100, description="What the key is for")
    acts: list[str] = Field(default_factory=list, max_length=100, description="Acts or `noun.*`; empty: the key reads only")
    days: int = Field(90, ge=1, le=3660)


class KeyMade(KeyOut):
    token: str = Field(description="Shown this once")


class UserIn(Schema):
    username: str = Field(min_length=1, max_length=150)
    display_name: str = Field(min_length=1, max_length=150)
    email: str = Field("", max_length=254)


class UserMade(Schema):
    id: str
    username: str
    password: str = Field(description="Shown once")


class GrantOut(Schema):
    id: int
    role: str
    creditor: str
    portfolio: str
    team: str
    agency: str
    valid_from: date | None
    valid_until: date | None

    @classmethod
    def of(cls, row: Grant) -> GrantOut:
        return cls(
            id=row.pk or 0,
            role=row.role,
            creditor=row.creditor.code,
            portfolio=row.portfolio.code if row.portfolio else "",
            team=row.team.code if row.team else "",
            agency=row.agency.code if row.agency else "",
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )


class GrantIn(Schema):
    role: Role
    creditor: str = Field(description="Code of the creditor")
    portfolio: str = ""
    team: str = ""
    agency: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


def done(result: Any, shape: Callable[[Any], Any], status: int = 200, location: str = "") -> Any:
    """What a handler answers for an action's result: the refusal itself, 202 and the request where a second person must
    decide, else the shaped value with ``status``.
    """
    if isinstance(result, Refusal):
        return result
    if isinstance(result, Approval):
        return Answer(ApprovalOut.of(result), 202, f"/api/v1/approvals/{result.public_id}")
    return Answer(shape(result), status, location)
