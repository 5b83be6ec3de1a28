"""State changes of the access room that other rooms build on: authority and approvals. People and keys: ``actions_*``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from arrears.access import approvals, queries, refusals
from arrears.access.models import AccessLog, Approval, AuthorityLimit, AuthorityUse
from arrears.journal import canonical
from arrears.journal.actions import action, record
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor, Role


@dataclass(frozen=True, slots=True)
class Granted:
    """The act may go ahead. ``total`` counts earlier acts on the same subject; ``approval`` is the one being carried out."""

    total: int
    limit: int
    approval: Approval | None = None


def _one_at_a_time(*words: object) -> None:
    """Serialise what counts towards one limit until the transaction ends."""
    number = int.from_bytes(canonical.sha256([str(w) for w in words])[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [number])


def require_authority(
    actor: Actor,
    act: str,
    amount: int,
    unit: str,
    creditor_id: int,
    subject: tuple[str, str],
    payload: dict[str, Any] | None = None,
    reason: str = "",
) -> Granted | Approval | Refusal:
    """May ``actor`` do ``act`` of ``amount`` (minor units or a count, as ``unit`` says) on ``subject`` (kind, public id) alone?

    Call it first inside the action. ``Granted``: go on. ``Approval``: return it as the action's result, nothing else done; the
    request waits for a second person and the executor of ``act`` carries it out with ``payload``. The same request made twice
    gives the same open approval. Earlier acts on the same subject within 30 days count, so splitting cannot pass a limit.

    ``payload`` must be complete for the executor and hold no identity field. Refusals: ``authority.amount``,
    ``access.creditor_not_visible``, ``approval.no_executor``.
    """
    if amount < 0:
        return refusals.AUTHORITY_AMOUNT.at(amount=amount)
    if not actor.scope.everything and creditor_id not in actor.scope.creditor_ids:
        return refusals.CREDITOR_NOT_VISIBLE.at()
    _one_at_a_time("authority", creditor_id, act, unit, *subject)
    now = clock.now()
    total = queries.used_lately(creditor_id, act, unit, subject, now) + amount
    running = approvals.running.get()
    approved = running.approval if running is not None and _fits(running, act, unit, creditor_id, subject) else None
    if approved is not None and amount > approved.amount:
        return refusals.APPROVAL_OUTGROWN.at(amount=amount, approved=approved.amount, unit=unit)
    limit = queries.limit_of(actor.scope.roles, act, unit, creditor_id).alone_up_to
    if approved is None and total > limit and not actor.scope.everything:
        return _request(actor, act, amount, total, unit, creditor_id, subject, payload or {}, reason)
    if running is not None and approved is not None:
        running.spent = True
    AuthorityUse.objects.create(
        creditor_id=creditor_id,
        act=act,
        subject_kind=subject[0],
        subject_id=subject[1],
        unit=unit,
        amount=amount,
        actor_id=actor.id,
        approval=approved,
        at=now,
    )
    return Granted(total, limit, approved)


def _fits(running: approvals.Running, act: str, unit: str, creditor_id: int, subject: tuple[str, str]) -> bool:
    a = running.approval
    wanted = (act, unit, creditor_id, subject[0], subject[1])
    return not running.spent and wanted == (a.act, a.unit, a.creditor_id, a.subject_kind, a.subject_id)


def _same_request(rows: Iterable[Approval], payload: dict[str, Any]) -> Approval | None:
    """The open request that asks for the same; ``key`` only makes an act idempotent and says nothing about what is asked."""
    bare = {k: v for k, v in payload.items() if k != "key"}
    return next((r for r in rows if {k: v for k, v in r.payload.items() if k != "key"} == bare), None)


def _request(
    actor: Actor, act: str, amount: int, total: int, unit: str, creditor_id: int, subject: tuple[str, str],
    payload: dict[str, Any], reason: str,
) -> Approval | Refusal:  # fmt: skip
    if approvals.executor_of(act) is None:
        return refusals.APPROVAL_NO_EXECUTOR.at(act=act)
    user = queries.user_behind(actor)
    if user is None:
        return refusals.APPROVAL_PERSON.at()
    facts = {
        "creditor_id": creditor_id, "act": act, "subject_kind": subject[0], "subject_id": subject[1],
        "amount": amount, "unit": unit, "requested_by": user, "state": "open",
    }  # fmt: skip
    plain = canonical.plain(payload)
    open_one = _same_request(Approval.objects.visible_to(actor.scope).filter(**facts).order_by("id"), plain)
    if open_one is not None:
        record(actor, "approval.repeated", ("approval", open_one.public_id), creditor_id=creditor_id)
        return open_one
    approval: Approval = Approval.objects.create(**facts, payload=plain, total=total, reason=reason, requested_at=clock.now())
    record(
        actor,
        "approval.requested",
        ("approval", approval.public_id),
        creditor_id=creditor_id,
        payload={"act": act, "amount": amount, "total": total, "unit": unit, "subject": list(subject)},
    )
    return approval


@dataclass(frozen=True, slots=True)
class Decided:
    """An approval with what carrying it out gave (None when it was refused)."""

    approval: Approval
    result: Any = None


def _locked_approval(actor: Actor, public_id: str) -> Approval | Refusal:
    rows = Approval.objects.visible_to(actor.scope).select_for_update(of=("self",))
    approval: Approval | None = rows.filter(public_id=public_id).first()
    if approval is None:
        return refusals.NOT_FOUND.at(kind="approval", id=public_id)
    return approval if approval.state == "open" else refusals.APPROVAL_NOT_OPEN.at(state=approval.state)


@action("approval.decide")
def decide(actor: Actor, approval_public_id: str, approve: bool, note: str = "") -> Decided | Refusal:
    """A second person approves (the act is carried out at once, exactly once) or refuses a request.

    If carrying it out is refused, that refusal is returned, nothing changed, and the request stays open. Refusals:
    ``access.not_found``, ``approval.not_open``, ``approval.person_needed``, ``approval.own_request``,
    ``approval.beyond_authority``, ``approval.no_executor``, ``approval.outgrown``.
    """
    approval = _locked_approval(actor, approval_public_id)
    if isinstance(approval, Refusal):
        return approval
    user = queries.user_behind(actor) if actor.kind == "person" else None
    if user is None:
        return refusals.APPROVAL_PERSON.at()
    if user.id == approval.requested_by_id:
        return refusals.APPROVAL_OWN.at()
    limit = queries.limit_of(actor.scope.roles, approval.act, approval.unit, approval.creditor_id).decide_up_to
    if approve and approval.total > limit:
        return refusals.APPROVAL_BEYOND.at(total=approval.total, limit=limit, unit=approval.unit)
    approval.decided_by, approval.decided_at, approval.decision_note = user, clock.now(), note
    result = None
    if approve:
        result = _carry_out(actor, approval)
        if isinstance(result, Refusal):
            return result
        if isinstance(result, Approval):  # a part of it needs an approval of its own: nothing is done by halves
            return refusals.APPROVAL_OUTGROWN.at(amount=result.total, approved=approval.amount, unit=result.unit)
        approval.executed_at = clock.now()
    approval.state = "executed" if approve else "refused"
    approval.save()
    record(
        actor,
        "approval.executed" if approve else "approval.refused",
        ("approval", approval.public_id),
        creditor_id=approval.creditor_id,
        payload={"act": approval.act, "requested_by": approval.requested_by.public_id, "note": note},
    )
    return Decided(approval, result)


def _carry_out(actor: Actor, approval: Approval) -> Any:
    executor = approvals.executor_of(approval.act)
    if executor is None:
        return refusals.APPROVAL_NO_EXECUTOR.at(act=approval.act)
    token = approvals.running.set(approvals.Running(approval))
    try:
        return executor(actor, approval)
    finally:
        approvals.running.reset(token)


@action("approval.withdraw")
def withdraw(actor: Actor, approval_public_id: str, note: str = "") -> Approval | Refusal:
    """The requester takes an open request back. Refusals: ``access.not_found``, ``approval.not_open``."""
    approval = _locked_approval(actor, approval_public_id)
    if isinstance(approval, Refusal):
        return approval
    user = queries.user_behind(actor)
    if user is None or user.id != approval.requested_by_id:
        return refusals.NOT_FOUND.at(kind="approval", id=approval_public_id)
    approval.state, approval.decided_at, approval.decision_note = "withdrawn", clock.now(), note
    approval.save()
    record(actor, "approval.withdrawn", ("approval", approval.public_id), creditor_id=approval.creditor_id)
    return approval


@action("authority.set")
def set_limit(
    actor: Actor, creditor_id: int, role: str, act: str, unit: str, alone_up_to: int, decide_up_to: int
) -> AuthorityLimit | Refusal:
    """Set what ``role`` may do alone and decide at a creditor. The first own limit of an act replaces the house defaults."""
    if not actor.scope.everything and creditor_id not in actor.scope.creditor_ids:
        return refusals.CREDITOR_NOT_VISIBLE.at()
    if role not in set(Role):
        return refusals.ROLE_UNKNOWN.at(role=role, allowed=", ".join(Role))
    if alone_up_to < 0 or decide_up_to < 0:
        return refusals.AUTHORITY_AMOUNT.at(amount=min(alone_up_to, decide_up_to))
    limit, _ = AuthorityLimit.objects.update_or_create(
        creditor_id=creditor_id,
        role=role,
        act=act,
        unit=unit,
        defaults={"alone_up_to": alone_up_to, "decide_up_to": decide_up_to},
    )
    record(
        actor,
        "authority.set",
        ("creditor", str(creditor_id)),
        creditor_id=creditor_id,
        payload={"role": role, "act": act, "unit": unit, "alone_up_to": alone_up_to, "decide_up_to": decide_up_to},
    )
    return limit


def log_view(actor: Actor, creditor_id: int, subject: tuple[str, str], fields: list[str], reason: str = "") -> AccessLog:
    """Write who looked at which identity fields of ``subject``. Part of an action (reveal, export), never alone."""
    row: AccessLog = AccessLog.objects.create(
        creditor_id=creditor_id,
        at=clock.now(),
        viewer_id=actor.id,
        via=actor.via,
        subject_kind=subject[0],
        subject_id=subject[1],
        fields=fields,
        reason=reason[:200],
        request_id=actor.request_id,
    )
    return row
