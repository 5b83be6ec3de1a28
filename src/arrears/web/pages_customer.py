"""Customers and agreements on screen: list, 360 degrees, why this amount, one agreement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import polars as pl
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from arrears.access import queries as access
from arrears.book import queries as book
from arrears.contact import queries as contact
from arrears.gate import queries as gate
from arrears.journal import queries as journal
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.ledger import models as ledger_models
from arrears.ledger import queries as ledger
from arrears.ledger.statement import Statement, statement_of
from arrears.parties import queries as parties
from arrears.parties.actions import reveal as reveal_action
from arrears.parties.models import Party
from arrears.web import asof, words
from arrears.worklist import queries as worklist

View = Callable[..., HttpResponse]
PAGE_ROWS = 50


def signed_in(view: View) -> View:
    """Only for a person who is signed in and not locked; others go to the sign-in (or lock) page and come back."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if getattr(request, "actor", None) is None:
            where = "access:locked" if request.user.is_authenticated else "access:sign_in"
            return redirect(f"{_reverse(where)}?next={request.path}")
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    return run


def _reverse(name: str) -> str:
    from django.urls import reverse

    return reverse(name)


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


#: What the list can be sorted by: word in the address -> column of the book. A leading minus turns the order round.
SORTS = {
    "days": "past_due_days", "overdue": "overdue_minor", "outstanding": "outstanding_minor", "loans": "overdue_agreements",
    "paid": "last_payment_on",
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def customers(request: HttpRequest) -> HttpResponse:
    """Search, or the overdue customers of a book, sorted and a page at a time without counting."""
    scope = _actor(request).scope
    text = request.POST.get("q", "").strip()  # posted: a name or number never stands in an address
    creditor = request.GET.get("creditor", "")
    context: dict[str, Any] = {"q": text, "buckets": [b for b in book.BUCKETS if b], "bucket": request.GET.get("bucket", "")}
    if text:
        context["hits"] = parties.search(scope, text, PAGE_ROWS + 1)
        return render(request, "web/customers.html", context)
    days = book.days_of(scope, creditor) if creditor else book.days(scope)
    if days:
        day = next((d for d in days if d.isoformat() == request.GET.get("date", "")), days[-1])
        keep = {"creditor": creditor} | ({"date": day.isoformat()} if day != days[-1] else {})
        context |= _page(scope, day, creditor, request, {k: v for k, v in keep.items() if v})
    return render(request, "web/customers.html", context)


def _page(scope: Any, day: date, creditor: str, request: HttpRequest, keep: dict[str, str]) -> dict[str, Any]:
    """One page of the list: rows, the sort links of the heads, the links of the filter and of the next page."""
    bucket, after, sort = (request.GET.get(n, "") for n in ("bucket", "after", "sort"))
    word = sort.removeprefix("-")
    column, falling = (SORTS[word], sort.startswith("-")) if word in SORTS else ("past_due_days", True)
    frame = book.read(scope, day, creditor).filter(pl.col("bucket") == bucket if bucket else pl.col("bucket") != "")
    start = int(after) if after.isdigit() else 0
    ordered = frame.sort([column, "overdue_minor", "customer"], descending=[falling, True, False], nulls_last=True)
    rows = ordered.slice(start, PAGE_ROWS + 1).collect().to_dicts()
    names = masked_names(scope, [r["customer"] for r in rows])
    shown = [r | {"name": names.get(r["customer"], "—"), "depth": words.depth(r["bucket"])} for r in rows[:PAGE_ROWS]]
    own = keep | {k: v for k, v in (("bucket", bucket), ("sort", sort)) if v}

    def link(**change: str) -> str:
        return "?" + urlencode({k: v for k, v in (own | change).items() if v})

    heads = {
        name: {
            "url": link(sort=name if (column, falling) == (SORTS[name], True) else f"-{name}"),
            "sorted": ("descending" if falling else "ascending") if column == SORTS[name] else "",
        }
        for name in SORTS
    }
    return {
        "day": day, "rows": shown, "start": start, "last": start + len(shown), "heads": heads, "currency": _only({r["currency"] for r in rows}),
        "next": link(after=str(start + PAGE_ROWS)) if len(rows) > PAGE_ROWS else "", "first": link(),
        "chips": [(b, link(bucket=b)) for b in book.BUCKETS if b], "all": link(bucket=""),
    }  # fmt: skip


def _only(values: set[str]) -> str:
    return next(iter(values)) if len(values) == 1 else ""


def masked_names(scope: Any, public_ids: list[str]) -> dict[str, str]:
    """Masked names of customers by public id, in two statements; of the first party where there are several."""
    found = {c.pk: c.public_id for c in parties.customers(scope).filter(public_id__in=public_ids)}
    rows = Party.objects.visible_to(scope).filter(customer_id__in=list(found)).order_by("-id")
    return {found[row.customer_id]: row.name_masked for row in rows}


@dataclass(frozen=True, slots=True)
class LoanRow:
    """One agreement on the customer's page, with the host's word beside ours."""

    agreement: ledger_models.Agreement
    position: Any
    host: ledger_models.HostPosition | None
    overdue: dict[str, int]
    is_host: bool

    @property
    def overdue_minor(self) -> int:
        return (self.host.overdue_minor or 0) if self.is_host and self.host else int(self.position.overdue_minor)

    @property
    def past_due_days(self) -> int:
        return (self.host.past_due_days or 0) if self.is_host and self.host else int(self.position.past_due_days)

    @property
    def outstanding_minor(self) -> int:
        return (self.host.balance_minor or 0) if self.is_host and self.host else int(self.position.outstanding_minor)

    @property
    def oldest_due_on(self) -> Any:
        return self.host.oldest_due_on if self.is_host and self.host else self.position.oldest_due_on

    @property
    def difference_minor(self) -> int | None:
        """Host minus ours, where both keep it."""
        if self.host is None or self.is_host or self.host.overdue_minor is None:
            return None
        return int(self.host.overdue_minor - self.position.overdue_minor)

    @property
    def status(self) -> tuple[str, str]:
        return words.status(self)


def loan_rows(scope: Any, customer_id: str, dates: asof.AsOf) -> list[LoanRow]:
    found = ledger.positions_of_customer(scope, customer_id, dates.as_of, dates.known_at)
    hosts = ledger.host_positions(scope, [f.agreement.pk for f in found], dates.as_of, dates.known_at)
    rows = []
    for one in found:
        host = hosts.get(one.agreement.pk)
        is_host = one.agreement.keeping == "host"
        late = {c.value: a for c, a in one.position.overdue_totals.items()}
        if is_host and host:
            late = {
                "principal": host.overdue_principal_minor or host.overdue_minor or 0, "interest": host.overdue_interest_minor or 0,
                "penalty": host.overdue_penalty_minor or 0, "fee": host.overdue_fee_minor or 0,
            }  # fmt: skip
        late["interest"] = late.get("interest", 0) + late.pop("compound", 0)
        late["fee"] = late.get("fee", 0) + late.pop("cost", 0)
        rows.append(LoanRow(one.agreement, one.position, host, late, is_host))
    return sorted(rows, key=lambda r: (-r.past_due_days, r.agreement.opened_on, r.agreement.pk))


def _totals(rows: list[LoanRow]) -> list[dict[str, Any]]:
    """Sums by currency, never mixed."""
    found = []
    for currency in sorted({r.agreement.currency for r in rows}):
        mine = [r for r in rows if r.agreement.currency == currency]
        late = [r for r in mine if r.overdue_minor > 0]
        days = max((r.past_due_days for r in mine), default=0)
        found.append(
            {
                "currency": currency, "overdue": sum(r.overdue_minor for r in mine), "outstanding": sum(r.outstanding_minor for r in mine),
                "paid": sum(p.amount_minor for r in mine for p in r.position.payments), "days": days, "loans": len(mine), "late": len(late),
                "depth": min((days + 29) // 30, 6), "bucket": words.bucket(days),
                **{part: sum(r.overdue.get(part, 0) for r in mine) for part in ("principal", "interest", "penalty", "fee")},
            }
        )  # fmt: skip
    return found


def _view(request: HttpRequest, public_id: str, dates: asof.AsOf) -> parties.CustomerView:
    at = dates.known_at or clock.now()
    moment = at if dates.as_of == clock.today() else datetime.combine(dates.as_of, time(23, 59), clock.HOME_ZONE)
    view = parties.customer_view(_actor(request).scope, public_id, dates.as_of, moment, dates.known_at)
    if view is None:
        raise Http404
    return view


def _unknown_then(request: HttpRequest, public_id: str, dates: asof.AsOf) -> HttpResponse | None:
    """A customer who exists now but was not known at the instant asked about: said in words, with the way back."""
    if dates.known_at is None or parties.customer(_actor(request).scope, public_id) is None:
        return None
    return render(request, "web/not_yet_known.html", {"dates": dates}, status=200)


TABS = ("money", "timeline", "people", "consents", "access")


@require_GET
@signed_in
def customer(request: HttpRequest, public_id: str) -> HttpResponse:
    """One customer: money with its reasons, timeline, people, consents and restrictions, who looked."""
    dates = asof.read(request)
    try:
        view = _view(request, public_id, dates)
    except Http404:
        if (answer := _unknown_then(request, public_id, dates)) is not None:
            return answer
        raise
    scope = _actor(request).scope
    tab = request.GET.get("tab", "money")
    rows = loan_rows(scope, public_id, dates)
    context: dict[str, Any] = {
        "view": view, "dates": dates, "rows": rows, "totals": _totals(rows), "tab": tab if tab in TABS else "money",
        "restrictions": [r for p in view.parties for r in p.restrictions],
        "tabs": [(t, words.tab(t)) for t in TABS],
    }  # fmt: skip
    context |= _work(scope, public_id)
    context |= _TAB_CONTEXT.get(context["tab"], _no_more)(request, view, rows, dates)
    return render(request, "web/customer.html", context)


def _work(scope: Any, public_id: str) -> dict[str, Any]:
    """Permit strip of this moment, the newest list's item, letters that left."""
    strip = gate.permit_strip(scope, public_id, clock.now())
    states = [line.state for line in strip]
    state = next((s for s in ("allow", "wait") if s in states), "stop")
    item = worklist.item_of(scope, public_id)
    owners = worklist.owner_names([item]) if item else {}
    return {
        "strip": strip, "strip_state": state, "item": item, "item_owner": owners.get(item.owner_id, "") if item else "",
        "letters": contact.letters(scope, public_id)[:5],
    }  # fmt: skip


def _no_more(request: HttpRequest, view: Any, rows: Any, dates: Any) -> dict[str, Any]:
    return {}


def _money_context(request: HttpRequest, view: Any, rows: list[LoanRow], dates: asof.AsOf) -> dict[str, Any]:
    chosen = next((r for r in rows if r.agreement.public_id == request.GET.get("why", "")), None)
    chosen = chosen or next((r for r in rows if r.overdue_minor), None) or (rows[0] if rows else None)
    statement: Statement | None = None
    if chosen is not None and not chosen.is_host:
        statement = statement_of(chosen.position)
    lines = ledger.timeline(_actor(request).scope, customer_public_id=view.public_id, limit=200)
    latest = sorted(_known(lines, dates), key=lambda r: (r.effective_on, r.id), reverse=True)[:12]
    return {"chosen": chosen, "statement": statement, "groups": words.groups(statement), "events": words.timeline(latest)}


def _known(lines: list[ledger.TimelineRow], dates: asof.AsOf) -> list[ledger.TimelineRow]:
    """The facts that count for the dates of the page; a reversal that was not yet known leaves its payment standing."""
    if not dates.is_past:
        return lines
    told = [r for r in lines if dates.known_at is None or r.recorded_at <= dates.known_at]
    ids = {r.public_id for r in told}
    shown = [r for r in told if r.effective_on <= dates.as_of]
    return [r if r.reversed_by in ids else replace(r, reversed_by="") for r in shown]


def _timeline_context(request: HttpRequest, view: Any, rows: list[LoanRow], dates: asof.AsOf) -> dict[str, Any]:
    before = request.GET.get("before", "")
    scope = _actor(request).scope
    page = ledger.timeline(
        scope, customer_public_id=view.public_id, before_id=int(before) if before.isdigit() else None, limit=31
    )
    acts = journal.timeline(scope, customer_id=view.id, limit=30)
    return {
        "events": words.timeline(_known(page[:30], dates)),
        "older": page[29].id if len(page) > 30 else None,
        "acts": words.acts(acts, access.display_names({e.actor_id for e in acts})),
    }


def _people_context(request: HttpRequest, view: Any, rows: list[LoanRow], dates: asof.AsOf) -> dict[str, Any]:
    roles = ledger.roles(_actor(request).scope, [r.agreement.pk for r in rows], dates.as_of)
    return {"roles": words.roles(roles)}


def _access_context(request: HttpRequest, view: Any, rows: list[LoanRow], dates: asof.AsOf) -> dict[str, Any]:
    ids = {p.public_id for p in view.parties} | {point.public_id for p in view.parties for point in p.points}
    log = [row for one in sorted(ids) for row in access.access_log(_actor(request).scope, subject_id=one)[:50]]
    log.sort(key=lambda r: r.at, reverse=True)
    names = access.display_names({row.viewer_id for row in log})
    return {"log": [(row, names.get(row.viewer_id, row.viewer_id)) for row in log[:100]]}


_TAB_CONTEXT = {
    "money": _money_context,
    "timeline": _timeline_context,
    "people": _people_context,
    "access": _access_context,
}


@require_POST
@signed_in
def reveal(request: HttpRequest) -> HttpResponse:
    """One masked field in clear for thirty seconds: logged before it is shown."""
    subject = (request.POST.get("kind", ""), request.POST.get("id", ""))
    answer = reveal_action(_actor(request), subject, request.POST.get("field", ""), request.POST.get("reason", "")[:200])
    if isinstance(answer, Refusal):
        return render(request, "web/_revealed.html", {"refusal": answer, "clear": None}, status=answer.status)
    return render(request, "web/_revealed.html", {"clear": answer})


@require_GET
@signed_in
def agreement(request: HttpRequest, public_id: str) -> HttpResponse:
    """One agreement: schedule with what is open, statement of everything, every event with its two dates."""
    dates = asof.read(request)
    scope = _actor(request).scope
    found = ledger.position(scope, public_id, dates.as_of, dates.known_at)
    if isinstance(found, Refusal):
        raise Http404
    statement = statement_of(found.position, "total", "open")
    events = ledger.timeline(scope, agreement_public_id=found.agreement.public_id, limit=200)
    host = ledger.host_positions(scope, [found.agreement.pk], dates.as_of, dates.known_at).get(found.agreement.pk)
    late = {c.value: a for c, a in found.position.overdue_totals.items()}
    context = {
        "one": found.agreement, "position": found.position, "dates": dates, "statement": statement, "host": host,
        "row": LoanRow(found.agreement, found.position, host, late, found.agreement.keeping == "host"),
        "groups": words.groups(statement), "events": words.timeline(_known(events, dates)), "schedule": words.schedule(found.position),
        "view": parties.customer_view(scope, found.agreement.customer.public_id, dates.as_of, clock.now()),
    }  # fmt: skip
    return render(request, "web/agreement.html", context)
