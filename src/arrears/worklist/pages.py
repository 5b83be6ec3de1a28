"""The day's list on screen: whose, what next, when, may we, and why."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from arrears.access.doors import signed_in
from arrears.strategy.document import STAGES
from arrears.worklist import queries
from arrears.worklist.models import WorkItem

PAGE_ROWS = 50


@require_GET
@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """What the caller owns today."""
    return _list(request, request.actor.id)  # type: ignore[attr-defined]


@require_GET
@signed_in
def worklist(request: HttpRequest) -> HttpResponse:
    """Everybody's."""
    return _list(request, request.GET.get("owner", ""))


def _list(request: HttpRequest, owner: str) -> HttpResponse:
    scope = request.actor.scope  # type: ignore[attr-defined]
    newest = queries.last_run(scope)
    context: dict[str, Any] = {"run": newest, "mine": request.path.endswith("/mine"), "stage": request.GET.get("stage", "")}
    if newest is None:
        return render(request, "worklist/list.html", context)
    start = int(request.GET["after"]) if request.GET.get("after", "").isdigit() else 0
    rows = queries.items(scope, newest.business_date, owner=owner, stage=context["stage"])
    page = list(rows[start : start + PAGE_ROWS + 1])
    shown, names, owners = page[:PAGE_ROWS], queries.names(scope, page), queries.owner_names(page)
    language = "zh" if (request.LANGUAGE_CODE or "zh").startswith("zh") else "en"  # type: ignore[attr-defined]
    counted = newest.summary.get("stages") or {}
    context |= {
        "rows": [
            {
                "item": i, "name": names.get(i.customer_id, "—"), "owner": owners.get(i.owner_id, ""),
                "why": [w[language] for w in i.why], "permit": permit(i), "state": STATES[permit(i)],
            }
            for i in shown
        ],
        "next": start + PAGE_ROWS if len(page) > PAGE_ROWS else None,
        "start": start,
        "stages": [(s, counted[s]) for s in (*STAGES, "") if s in counted],
    }  # fmt: skip
    return render(request, "worklist/list.html", context)


#: Permit state -> state of the badge.
STATES = {"allow": "allow", "wait": "wait", "stop": "stop", "office": "info", "none": "none"}


def permit(item: WorkItem) -> str:
    """What the row says about contact: leave without a contact point to use is no leave."""
    return item.permit_state if item.reachable or item.permit_state != "allow" else "none"
