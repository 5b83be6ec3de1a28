"""The journal on screen, and the seal over it."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from arrears.journal import queries
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor, Role

#: This room lies below access, so it asks the scope itself.
_ROLES = (Role.AUDITOR, Role.COMPLIANCE, Role.OPERATOR)


def _door(request: HttpRequest) -> Actor | HttpResponse:
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        return redirect(f"{reverse('access:sign_in')}?next={request.path}")
    return actor if actor.scope.may(*_ROLES) else HttpResponse(status=403)


@never_cache
def entries(request: HttpRequest) -> HttpResponse:
    """Entries newest first, filtered by act, by who did it and by subject."""
    actor = _door(request)
    if isinstance(actor, HttpResponse):
        return actor
    asked = {name: request.GET.get(name, "")[:60] for name in ("act", "actor", "subject")}
    rows = queries.search(actor.scope, act=asked["act"], actor_id=asked["actor"], subject_id=asked["subject"])
    page = Paginator(rows.select_related("leaf"), 50).get_page(request.GET.get("page"))
    context = {"page": page, "asked": asked, "checkpoint": queries.last_checkpoint(), "waiting": queries.waiting()}
    return render(request, "journal/entries.html", context)


@never_cache
def proof(request: HttpRequest, entry_id: int) -> HttpResponse:
    """The proof of one sealed entry as a JSON file, to be checked offline."""
    actor = _door(request)
    if isinstance(actor, HttpResponse):
        return actor
    document = queries.proof(actor.scope, entry_id)
    if isinstance(document, Refusal):
        raise Http404(document.code)
    response = JsonResponse(document, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="entry-{entry_id}.proof.json"'
    return response
