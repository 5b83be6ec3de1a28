"""REST: who am I, creditors and portfolios, approvals, the access log. People and keys stand in ``api_people``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from arrears.access import actions, api_people, queries, refusals
from arrears.access.schemas import (
    AccessLogOut,
    ApprovalOut,
    CreditorOut,
    DecideIn,
    MeOut,
    PortfolioOut,
    WithdrawIn,
)  # fmt: skip
from arrears.kernel.door import Listing, Page
from arrears.kernel.refusals import Refusal

PREFIX = ""
router = Router(tags=["access"])
router.add_router("", api_people.router)


@router.get("/me", response=MeOut)
def me(request: HttpRequest) -> Any:
    """Who the API takes you for: roles, creditors within reach, acts of the key."""
    actor = request.actor
    return MeOut.of(actor, [c.code for c in queries.creditors(actor.scope)])


@router.get("/creditors", response=Page[CreditorOut])
def list_creditors(request: HttpRequest) -> Any:
    """Creditors within reach, by code."""
    return Listing(queries.creditors(request.actor.scope), ("code",), CreditorOut.of)


@router.get("/creditors/{code}", response=CreditorOut)
def view_creditor(request: HttpRequest, code: str) -> Any:
    """One creditor."""
    row = queries.creditors(request.actor.scope).filter(code=code).first()
    return CreditorOut.of(row) if row else refusals.CREDITOR_NOT_VISIBLE.at()


@router.get("/portfolios", response=Page[PortfolioOut])
def list_portfolios(request: HttpRequest, creditor: str = "") -> Any:
    """Portfolios within reach."""
    rows = queries.portfolios(request.actor.scope).select_related("creditor")
    return Listing(rows.filter(creditor__code=creditor) if creditor else rows, ("creditor__code", "code"), PortfolioOut.of)


@router.get("/approvals", response=Page[ApprovalOut])
def list_approvals(request: HttpRequest, state: str = "open") -> Any:
    """Requests that wait for a second person, the oldest first."""
    return Listing(queries.approvals(request.actor.scope, state), ("requested_at", "id"), ApprovalOut.of)


@router.get("/approvals/{approval_id}", response=ApprovalOut)
def view_approval(request: HttpRequest, approval_id: str) -> Any:
    """One request."""
    row = queries.approval(request.actor.scope, approval_id)
    return ApprovalOut.of(row) if row else refusals.NOT_FOUND.at(kind="approval", id=approval_id)


@router.post("/approvals/{approval_id}/decide", response=ApprovalOut)
def decide_approval(request: HttpRequest, approval_id: str, data: DecideIn) -> Any:
    """Approve (carried out at once) or refuse. Only a signed-in person decides, never the one who asked."""
    done = actions.decide(request.actor, approval_id, data.approve, data.note)
    return done if isinstance(done, Refusal) else ApprovalOut.of(done.approval)


@router.post("/approvals/{approval_id}/withdraw", response=ApprovalOut)
def withdraw_approval(request: HttpRequest, approval_id: str, data: WithdrawIn) -> Any:
    """Take one's own open request back."""
    done = actions.withdraw(request.actor, approval_id, data.note)
    return done if isinstance(done, Refusal) else ApprovalOut.of(done)


@router.get("/access-log", response=Page[AccessLogOut])
def list_access_log(request: HttpRequest, subject_id: str = "", viewer_id: str = "") -> Any:
    """Who looked at which masked field of whom, the newest first."""
    if (refusal := queries.readable(request.actor, "access_log.read", *api_people.WATCHERS)) is not None:
        return refusal
    rows = queries.access_log(request.actor.scope, subject_id=subject_id, viewer_id=viewer_id)
    return Listing(rows, ("-id",), AccessLogOut.of)
