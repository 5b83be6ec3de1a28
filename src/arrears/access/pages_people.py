"""What waits for a second person, who looked at what, and who may do what."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from arrears.access import actions, labels, queries, rights
from arrears.access.doors import needs, signed_in
from arrears.access.models import Approval, Grant
from arrears.access.pages_account import said
from arrears.kernel.money import format_major
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor, Role

_COUNTS = {"rows", "count"}


def _amount(amount: int, unit: str) -> str:
    return f"{amount:,}" if unit in _COUNTS or len(unit) != 3 else f"{format_major(amount, unit)} {unit}"


def _row(actor: Actor, approval: Approval, me: int) -> dict[str, Any]:
    limit = queries.limit_of(actor.scope.roles, approval.act, approval.unit, approval.creditor_id).decide_up_to
    return {
        "approval": approval,
        "amount": _amount(approval.amount, approval.unit),
        "total": _amount(approval.total, approval.unit) if approval.total != approval.amount else "",
        "is_own": approval.requested_by_id == me,
        "is_beyond": approval.total > limit,
        "limit": _amount(limit, approval.unit),
    }


@never_cache
@signed_in
def approvals(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    """The queue: oldest first, evidence inline, one key each. People without the right to decide see their own requests."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = queries.approvals(actor.scope)
    may_decide = rights.may(actor, "approval.decide")
    if not may_decide:
        rows = rows.filter(requested_by=request.user)
    done = queries.approvals_all(actor.scope).exclude(state="open").order_by("-decided_at", "-id")
    if not may_decide:
        done = done.filter(requested_by=request.user)
    me = request.user.pk
    context = {
        "rows": [_row(actor, a, me) for a in rows[:100]],
        "more": max(0, rows.count() - 100),
        "done": [_row(actor, a, me) for a in done[:20]],
        "may_decide": may_decide,
        "refusal": said(refusal) if refusal is not None else None,
    }
    return render(request, "access/approvals.html", context, status=refusal.status if refusal is not None else 200)


@require_POST
@signed_in
def decide(request: HttpRequest, public_id: str) -> HttpResponse:
    """Approve, refuse or withdraw one request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    decision, note = request.POST.get("decision", ""), request.POST.get("note", "")[:500]
    if decision == "withdraw":
        result: object = actions.withdraw(actor, public_id, note)
    elif decision in ("approve", "refuse"):
        result = actions.decide(actor, public_id, decision == "approve", note)
    else:
        return redirect("access:approvals")
    if isinstance(result, Refusal):
        return approvals(request, refusal=result)
    sentences = {"approve": _("已批准并执行。"), "refuse": _("已拒绝。"), "withdraw": _("已撤回。")}
    messages.success(request, sentences[decision])
    return redirect("access:approvals")


@never_cache
@needs(Role.COMPLIANCE, Role.AUDITOR)
def access_log(request: HttpRequest) -> HttpResponse:
    """Who looked at which masked field of whom, and why. Filtered by public ids, which are no personal data."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    subject_id, viewer_id = request.GET.get("subject", "")[:60], request.GET.get("viewer", "")[:60]
    rows = queries.access_log(actor.scope, subject_id=subject_id, viewer_id=viewer_id)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    names = queries.display_names({row.viewer_id for row in page})
    context = {
        "page": page,
        "rows": [(row, names.get(row.viewer_id, row.viewer_id)) for row in page],
        "subject": subject_id,
        "viewer": viewer_id,
    }
    return render(request, "access/access_log.html", context)


@never_cache
@needs(Role.OPERATOR)
def people(request: HttpRequest) -> HttpResponse:
    """People of one's creditors with their roles, and the table of rights."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    users = list(queries.users(actor.scope))
    language = get_language() or "zh-hans"
    grants: dict[int, list[tuple[Grant, str]]] = {}
    rows = Grant.objects.filter(user__in=users).select_related("creditor", "portfolio", "team", "agency")
    if not actor.scope.everything:
        rows = rows.filter(creditor_id__in=actor.scope.creditor_ids)
    for row in rows.order_by("creditor__code", "role"):
        grants.setdefault(row.user_id, []).append((row, labels.ROLES[Role(row.role)].in_language(language)))
    table = [(act, labels.role_names(roles, language)) for act, roles in sorted(rights.RIGHTS.items())]
    context = {"people": [(user, grants.get(user.id, [])) for user in users], "rights": table}
    return render(request, "access/people.html", context)
