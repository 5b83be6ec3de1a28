"""A letter from the customer's page: preview (no contact), issue (with permit), reprint."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from arrears.access.doors import signed_in
from arrears.contact import actions, queries
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response["Cache-Control"] = "no-store"
    return response


def _refused(request: HttpRequest, refusal: Refusal, public_id: str) -> HttpResponse:
    language = get_language() or "zh-hans"
    said = [(r.sentence.in_language(language), r.fix.in_language(language)) for r in (refusal, *refusal.errors)]
    context = {"said": said, "customer": public_id, "code": refusal.code}
    return render(request, "contact/refused.html", context, status=refusal.status)


@signed_in
def letter(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET: the reminder as it would read. POST: issue it; the gate may refuse, with every reason."""
    actor = request.actor  # type: ignore[attr-defined]
    chosen = request.POST.get("language") or request.GET.get("language") or "zh-hans"
    chosen = chosen if chosen in {"zh-hans", "en"} else "zh-hans"
    if request.method == "POST":
        with transaction.atomic():
            answer = actions.issue(actor, public_id, language=chosen)
        return _refused(request, answer, public_id) if isinstance(answer, Refusal) else _pdf(answer.pdf, answer.letter.number)
    shown = queries.preview(actor.scope, public_id, clock.today(), chosen)
    return _refused(request, shown, public_id) if isinstance(shown, Refusal) else _pdf(shown, "preview")


@require_GET
@signed_in
def again(request: HttpRequest, public_id: str) -> HttpResponse:
    """The same bytes again."""
    with transaction.atomic():
        answer = actions.reprint(request.actor, public_id)  # type: ignore[attr-defined]
    return _refused(request, answer, "") if isinstance(answer, Refusal) else _pdf(answer, "reprint")
