"""The portfolio at a glance: buckets, money, how customers rolled since last month. Every figure with its definition."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from arrears.access import queries as access
from arrears.book import queries as book
from arrears.insight import charts
from arrears.insight import queries as insight
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Scope
from arrears.web import words
from arrears.web.pages_customer import masked_names, signed_in

#: Buckets above 90 days: a customer there counts as non-performing in the ratio shown here.
NPL_BUCKETS = ("M4", "M5", "M6", "M7+")


@require_GET
@signed_in
def overview(request: HttpRequest) -> HttpResponse:
    """Buckets of a day and roll rates from an earlier book (default: the last one of the month before)."""
    scope: Scope = request.actor.scope  # type: ignore[attr-defined]
    creditors = list(access.creditors(scope))
    with_books = {c.code: book.days_of(scope, c.code) for c in creditors}
    creditor = request.GET.get("creditor", "")
    if creditor not in with_books:
        creditor = max(with_books, key=lambda code: len(with_books[code]), default="")
    days = with_books.get(creditor, [])
    context: dict[str, Any] = {"creditors": creditors, "creditor": creditor, "days": list(reversed(days))}
    if not days:
        return render(request, "web/overview.html", context)
    day = _chosen(request.GET.get("date", ""), days) or days[-1]
    earlier = [d for d in days if (d.year, d.month) < (day.year, day.month)]
    since = _chosen(request.GET.get("since", ""), [d for d in days if d < day]) or (earlier[-1] if earlier else None)
    ends = insight.month_ends(days, day)
    context |= {"day": day, "since": since, "currencies": _currencies(scope, day, since, creditor, ends)}
    return render(request, "web/overview.html", context)


def _chosen(text: str, days: list[date]) -> date | None:
    return next((d for d in days if d.isoformat() == text), None)


def _currencies(scope: Scope, day: date, since: date | None, creditor: str, ends: list[date]) -> list[dict[str, Any]]:
    figures = book.overview(scope, day, creditor)
    if isinstance(figures, Refusal):
        return []
    before = book.overview(scope, since, creditor) if since else None
    rolls = insight.roll_table(scope, since, day, creditor) if since else None
    found = []
    for currency in figures.currencies():
        one = _currency(currency, figures, None if isinstance(before, Refusal) else before)
        if since is not None and rolls is not None and not isinstance(rolls, Refusal):
            one |= {"matrix": _matrix(currency, rolls), "splits": _splits(currency, rolls)}
            one["movers"] = _movers(scope, since, day, currency, creditor)
            one |= {n: sum(getattr(s["split"], n) for s in one["splits"]) for n in ("better", "worse")}
        one["trend"] = _trend(scope, ends, currency, creditor)
        found.append(one)
    return found


def _currency(currency: str, figures: book.Overview, before: book.Overview | None) -> dict[str, Any]:
    rows = figures.of(currency)
    late = [r for r in rows if r.bucket]
    overdue, outstanding = sum(r.overdue_minor for r in rows), sum(r.outstanding_minor for r in rows)
    widest = max((r.overdue_minor for r in late), default=0) or 1
    old = {r.bucket: r for r in before.of(currency)} if before else {}
    bars = [
        {
            "row": r, "depth": words.depth(r.bucket), "permille": 1000 * r.overdue_minor // widest,
            "change": r.overdue_minor - old[r.bucket].overdue_minor if r.bucket in old else None,
        }
        for r in rows
    ]  # fmt: skip
    past = list(old.values())
    return {
        "currency": currency, "bars": bars, "overdue": overdue, "outstanding": outstanding, "npl": _npl(rows),
        "customers": sum(r.customers for r in rows), "late_customers": sum(r.customers for r in late),
        "sums": {n: sum(getattr(r, n) for r in rows) for n in book.BucketRow.__dataclass_fields__ if n.endswith("_minor")},
        "change": overdue - sum(r.overdue_minor for r in past) if old else None,
        "late_change": sum(r.customers for r in late) - sum(r.customers for r in past if r.bucket) if old else None,
        "npl_before": _npl(past), "outstanding_before": sum(r.outstanding_minor for r in past),
    }  # fmt: skip


def _npl(rows: list[book.BucketRow]) -> int:
    return sum(r.outstanding_minor for r in rows if r.bucket in NPL_BUCKETS)


def _splits(currency: str, rolls: book.RollTable) -> list[dict[str, Any]]:
    """One stacked bar per starting bucket: better, same, worse, gone."""
    return [
        {
            "split": s, "name": words.bucket_name(s.bucket), "depth": words.depth(s.bucket),
            "parts": charts.stacked([(n, getattr(s, n)) for n in ("better", "gone", "same", "worse")]),
        }
        for s in insight.splits(rolls, currency)
    ]  # fmt: skip


def _trend(scope: Scope, ends: list[date], currency: str, creditor: str) -> dict[str, Any] | None:
    """Forward rolls over the last month ends, as lines; None where there are fewer than two steps."""
    points = insight.trend(scope, ends, currency, creditor)
    if len(points) < 2:
        return None
    names = [f"{words.bucket_name(b)} → {nxt}" for b, nxt in zip(insight.TREND_BUCKETS, ("M1", "M2", "M3", "M4"), strict=True)]
    series = [[share[b] for _, share in points] for b in insight.TREND_BUCKETS]
    labels = [day.strftime("%Y-%m") for day, _ in points]
    chart = charts.line_chart(names, series, labels)
    table = [{"name": name, "values": values} for name, values in zip(names, series, strict=True)]
    said = _("；").join(f"{one.name} {one.last_permille / 10:.1f}%" for one in chart.lines)
    return {"chart": chart, "labels": labels, "table": table, "said": said}


def _movers(scope: Scope, since: date, day: date, currency: str, creditor: str) -> list[dict[str, Any]]:
    rows = insight.worst_movers(scope, since, day, currency, creditor)
    names = masked_names(scope, [r.customer for r in rows])
    return [
        {
            "row": r,
            "name": names.get(r.customer, "—"),
            "from": words.bucket_name(r.from_bucket),
            "depth": words.depth(r.to_bucket),
        }
        for r in rows
    ]


def _matrix(currency: str, rolls: book.RollTable) -> dict[str, Any]:
    """Rows: bucket then; columns: bucket now. Shares of the row's customers."""
    mine = [r for r in rolls.rows if r.currency == currency]
    starts = [b for b in book.BUCKETS if any(r.from_bucket == b for r in mine)]
    ends = [b for b in (*book.BUCKETS, "gone") if any(r.to_bucket == b for r in mine)]
    table = []
    for start in starts:
        cells = [(end, rolls.cell(currency, start, end)) for end in ends]
        table.append(
            {
                "name": words.bucket_name(start), "base": rolls.base(currency, start),
                "cells": [{"count": c.customers if c else 0, "same": start == end} for end, c in cells],
            }
        )  # fmt: skip
    return {"ends": [words.bucket_name(e) for e in ends], "rows": table}
