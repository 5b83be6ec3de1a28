"""Staff pages of bank statements: the receipts queue, one receipt, uploading a statement."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from arrears.access import queries as access_queries
from arrears.access.doors import needs
from arrears.kernel.money import parse_minor
from arrears.kernel.refusals import Refusal, Text
from arrears.kernel.scope import Actor

from . import actions_statements as actions
from . import queries_statements as queries
from . import refusals_statements as refusals
from .matching import LABELS, Evidence
from .models_statements import BankEntry
from .statements.reading import MOST_BYTES

_SHOWN = 50
STATES = ("open", "posted", "held", "not_ours")


def _language() -> str:
    return get_language() or "zh-hans"


def _told(refusal: Refusal | None) -> dict[str, Any]:
    """Sentences of a refusal and of its further reasons, for the alert on a page."""
    if refusal is None:
        return {"reasons": []}
    listed = (refusal, *refusal.errors)
    return {
        "reasons": [
            {"sentence": r.sentence.in_language(_language()), "fix": r.fix.in_language(_language()), "place": r.pointer}
            for r in listed
        ]
    }


def _status(refusal: Refusal | None) -> int:
    return refusal.status if refusal is not None else 200


def _evidence(proposal: dict[str, Any]) -> list[Text]:
    return [LABELS[Evidence(name)] for name in proposal.get("evidence", ())]


def _lines(actor: Actor, rows: list[BankEntry]) -> list[dict[str, Any]]:
    """Receipts with their proposals (agreement number and reasons) and postings."""
    wanted = {p["agreement"] for row in rows for p in row.proposals}
    numbers = queries.agreement_numbers(actor.scope, wanted)
    posted = queries.postings(actor.scope, [row.id for row in rows])
    return [
        {
            "row": row,
            "proposals": [
                {"id": p["agreement"], "reference": numbers[p["agreement"]], "points": p["points"], "reasons": _evidence(p)}
                for p in row.proposals
                if p["agreement"] in numbers
            ],
            "postings": posted.get(row.id, []),
        }
        for row in rows
    ]


@never_cache
@require_GET
@needs(act="receipt.assign")
def receipts(request: HttpRequest) -> HttpResponse:
    """The queue: receipts that no agreement could be found for with certainty, oldest first."""
    return _queue(request)


def _queue(request: HttpRequest, refusal: Refusal | None = None, result: Any = None) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    page = Paginator(queries.entries(actor.scope, state), _SHOWN).get_page(request.GET.get("page"))
    context = {
        "state": state,
        "states": STATES,
        "page": page,
        "lines": _lines(actor, list(page.object_list)),
        "queue": queries.queue(actor.scope),
        "statements": queries.statements(actor.scope)[:10],
        "creditors": list(access_queries.creditors(actor.scope)),
        "result": result,
        **_told(refusal),
    }
    return render(request, "intake/receipts.html", context, status=_status(refusal))


@never_cache
@needs(act="receipt.assign")
def receipt(request: HttpRequest, public_id: str) -> HttpResponse:
    """One receipt with its proposals and the forms to deal with it."""
    return _receipt(request, public_id)


def _receipt(
    request: HttpRequest, public_id: str, refusal: Refusal | None = None, revealed: dict[str, str] | None = None
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = queries.entry(actor.scope, public_id)
    if row is None:
        return render(request, "intake/receipt.html", {"row": None, **_told(refusals.NOT_FOUND.at())}, status=404)
    (line,) = _lines(actor, [row])
    note = refusals_by_code(row.note)
    context = {**line, "revealed": revealed, "note_text": note, "typed": request.POST, **_told(refusal)}
    return render(request, "intake/receipt.html", context, status=_status(refusal))


def refusals_by_code(code: str) -> Text | None:
    """The sentence of a stored refusal code without its figures, where the code is one."""
    from arrears.kernel.refusals import all_codes

    kind = all_codes().get(code)
    return Text(kind.fix_zh, kind.fix_en) if kind is not None and "{" not in kind.fix_zh + kind.fix_en else None


def _after(request: HttpRequest, public_id: str, outcome: Any, said: str) -> HttpResponse:
    if isinstance(outcome, Refusal):
        return _receipt(request, public_id, outcome)
    messages.success(request, said)
    return redirect("intake:receipts")


@require_POST
@needs(act="receipt.assign")
def assign(request: HttpRequest, public_id: str) -> HttpResponse:
    """The whole receipt on one agreement."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    outcome = actions.assign_receipt(actor, public_id, request.POST.get("agreement", "")[:64])
    return _after(request, public_id, outcome, _("款项已入账。"))


@require_POST
@needs(act="receipt.split")
def split(request: HttpRequest, public_id: str) -> HttpResponse:
    """A receipt on several agreements: one line each, agreement and amount."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = queries.entry(actor.scope, public_id)
    if row is None:
        return _receipt(request, public_id)
    parts = parts_of(request.POST.get("parts", "")[:4000], row.currency)
    outcome = parts if isinstance(parts, Refusal) else actions.split_receipt(actor, public_id, parts)
    return _after(request, public_id, outcome, _("款项已拆分入账。"))


def parts_of(text: str, currency: str) -> list[tuple[str, int]] | Refusal:
    """``agreement amount`` on each line (space, comma or tab between) as (agreement, minor units)."""
    parts: list[tuple[str, int]] = []
    for n, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        agreement, _between, amount = re.sub(r"[\s，,;；]+", " ", line, count=1).partition(" ")
        minor = parse_minor(amount, currency)
        if minor is None:
            return refusals.BAD_VALUE.at(f"line {n}", field="amount", value=amount, problem=f"{currency}")
        parts.append((agreement, minor))
    return parts


@require_POST
@needs(act="receipt.mark_not_ours")
def not_ours(request: HttpRequest, public_id: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    outcome = actions.mark_not_ours(actor, public_id, request.POST.get("reason", "")[:200])
    return _after(request, public_id, outcome, _("已标为非还款。"))


@require_POST
@needs(act="receipt.undo")
def undo(request: HttpRequest, public_id: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    outcome = actions.undo_receipt(actor, public_id, request.POST.get("reason", "")[:200])
    return _after(request, public_id, outcome, _("已撤销，款项回到队列。"))


@never_cache
@require_POST
@needs(act="receipt.reveal")
def reveal(request: HttpRequest, public_id: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    outcome = actions.reveal_receipt(actor, public_id, request.POST.get("reason", "")[:200])
    if isinstance(outcome, Refusal):
        return _receipt(request, public_id, outcome)
    return _receipt(request, public_id, revealed=outcome)


@require_POST
@needs(act="statement.import")
def upload(request: HttpRequest) -> HttpResponse:
    """Check a statement (nothing kept) or import it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    file = request.FILES.get("file")
    if file is None:
        return _queue(request, refusals.MISSING_VALUE.at("/file", field=_("文件")))
    if (file.size or 0) > MOST_BYTES:
        return _queue(request, refusals.TOO_LARGE.at("/file", size=file.size, limit=MOST_BYTES))
    check_only = request.POST.get("do") != "import"
    run = actions.preview_statement if check_only else actions.import_statement
    outcome = run(actor, file.read(), request.POST.get("creditor", ""), hold=bool(request.POST.get("hold")))
    if isinstance(outcome, Refusal):
        return _queue(request, outcome)
    if check_only:
        return _queue(request, result=outcome)
    said = _("这份对账单已导入过，没有变化。") if outcome.repeated else _("对账单已导入。")
    messages.success(request, said)
    return redirect("intake:receipts")


@require_POST
@needs(act="statement.release")
def release(request: HttpRequest, public_id: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    outcome = actions.release_statement(actor, public_id, request.POST.get("reason", "")[:200])
    if isinstance(outcome, Refusal):
        return _queue(request, outcome)
    messages.success(request, _("对账单已放行。"))
    return redirect("intake:receipts")


@require_POST
@needs(act="receipt.match")
def match_again(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    outcome = actions.match_again(actor, request.POST.get("creditor", ""))
    if isinstance(outcome, Refusal):
        return _queue(request, outcome)
    messages.success(request, _("重新匹配完成。"))
    return redirect("intake:receipts")
