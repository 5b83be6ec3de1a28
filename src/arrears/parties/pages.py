"""Doubtful pairs side by side, and the way back from a merge."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from arrears.access.doors import needs
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.parties import actions_matching, queries

_SHOWN = 50


@never_cache
@needs(act="party.decide_match")
def matches(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    """Pairs that may be one person, the likeliest first; merges that may be undone below."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    language = get_language() or "zh-hans"
    context = {
        "pairs": queries.matches(actor.scope, clock.today(), clock.now(), limit=_SHOWN),
        "count": queries.match_count(actor.scope),
        "merges": queries.merges(actor.scope, limit=20),
        "sentence": refusal.sentence.in_language(language) if refusal is not None else "",
        "fix": refusal.fix.in_language(language) if refusal is not None else "",
    }
    return render(request, "parties/matches.html", context, status=refusal.status if refusal is not None else 200)


@require_POST
@needs(act="party.decide_match")
def decide(request: HttpRequest, public_id: str) -> HttpResponse:
    """One person, or two."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    decision = request.POST.get("decision", "")
    if decision not in ("same", "different"):
        return redirect("parties:matches")
    result = actions_matching.decide_match(actor, public_id, decision == "same", request.POST.get("note", "")[:500])
    if isinstance(result, Refusal):
        answer: HttpResponse = matches(request, refusal=result)
        return answer
    messages.success(request, _("已归并为同一客户。") if decision == "same" else _("已记为不同的人。"))
    return redirect("parties:matches")


@require_POST
@needs(act="party.separate")
def separate(request: HttpRequest, public_id: str) -> HttpResponse:
    """Undo one merge."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    result = actions_matching.separate(actor, public_id, request.POST.get("reason", "")[:500])
    if isinstance(result, Refusal):
        answer: HttpResponse = matches(request, refusal=result)
        return answer
    messages.success(request, _("已分开。"))
    return redirect("parties:matches")
