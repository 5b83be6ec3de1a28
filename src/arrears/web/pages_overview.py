"""The portfolio at a glance: buckets, money, how customers rolled since last month. Every figure with its definition."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from arrears.access import queries as access
from arrears.book import queries as book
from arrears.kernel.refusals import Refusal
from arrears.web import words
from arrears.web.pages_customer import signed_in

#: Days past due above which a customer counts as non-performing in the ratio shown here.
NPL_BUCKETS = ("M4", "M5", "M6", "M7+")


@require_GET
@signed_in
def overview(request: HttpRequest) -> HttpResponse:
    """Buckets of a day and roll rates from an earlier book (default: the last one of the month before)."""
    scope = request.actor.scope  # type: ignore[attr-defined]
    creditors = list(access.creditors(scope))
    creditor = request.GET.get("creditor", "")
    creditor = creditor if any(c.code == creditor for c in creditors) else (creditors[0].code if creditors else "")
    days = [d for d in book.days(scope) if _has(scope, d, creditor)]
    context: dict[str, Any] = {"creditors": creditors, "creditor": creditor, "days": list(reversed(days))}
    if not days:
        return render(request, "web/overview.html", context)
    day = _chosen(request.GET.get("date", ""), days) or days[-1]
    earlier = [d for d in days if (d.year, d.month) < (day.year, day.month)]
    since = _chosen(request.GET.get("since", ""), [d for d in days if d < day]) or (earlier[-1] if earlier else None)
    context |= {"day": day, "since": since, "currencies": _currencies(scope, day, since, creditor)}
    return render(request, "web/overview.html", context)


def _has(scope: Any, day: date, creditor: str) -> bool:
    from arrears.book import storage

    return bool(storage.parts(day, [creditor]))


def _chosen(text: str, days: list[date]) -> date | None:
    return next((d for d in days if d.isoformat() == text), None)


def _currencies(scope: Any, day: date, since: date | None, creditor: str) -> list[dict[str, Any]]:
    figures = book.overview(scope, day, creditor)
    if isinstance(figures, Refusal):
        return []
    before = book.overview(scope, since, creditor) if since else None
    rolls = book.roll_rates(scope, since, day, creditor) if since else None
    return [
        _currency(c, figures, None if isinstance(before, Refusal) else before, None if isinstance(rolls, Refusal) else rolls)
        for c in figures.currencies()
    ]


def _currency(
    currency: str, figures: book.Overview, before: book.Overview | None, rolls: book.RollTable | None
) -> dict[str, Any]:
    rows = figures.of(currency)
    late = [r for r in rows if r.bucket]
    overdue, outstanding = sum(r.overdue_minor for r in rows), sum(r.outstanding_minor for r in rows)
    npl = sum(r.outstanding_minor for r in rows if r.bucket in NPL_BUCKETS)
    widest = max((r.overdue_minor for r in late), default=0) or 1
    old = {r.bucket: r for r in before.of(currency)} if before else {}
    bars = [
        {
            "row": r, "name": r.bucket or "—", "depth": words.depth(r.bucket), "width": 100 * r.overdue_minor // widest,
            "before": old.get(r.bucket), "change": r.overdue_minor - old[r.bucket].overdue_minor if r.bucket in old else None,
        }
        for r in rows
    ]  # fmt: skip
    was = sum(r.overdue_minor for r in old.values())
    return {
        "currency": currency, "bars": bars, "overdue": overdue, "outstanding": outstanding, "npl": npl,
        "customers": sum(r.customers for r in rows), "late_customers": sum(r.customers for r in late),
        "sums": {n: sum(getattr(r, n) for r in rows) for n in book.BucketRow.__dataclass_fields__ if n.endswith("_minor")},
        "change": overdue - was if old else None, "matrix": _matrix(currency, rolls),
    }  # fmt: skip


def _matrix(currency: str, rolls: book.RollTable | None) -> dict[str, Any] | None:
    """Rows: bucket then; columns: bucket now. Shares of the row's customers, in tenths of a percent."""
    if rolls is None:
        return None
    mine = [r for r in rolls.rows if r.currency == currency]
    starts = [b for b in book.BUCKETS if any(r.from_bucket == b for r in mine)]
    ends = [b for b in (*book.BUCKETS, "gone") if any(r.to_bucket == b for r in mine)]
    table = []
    for start in starts:
        base = rolls.base(currency, start)
        cells = []
        for end in ends:
            roll = rolls.cell(currency, start, end)
            count = roll.customers if roll else 0
            order = (*book.BUCKETS, "gone")
            worse = end != "gone" and order.index(end) > order.index(start)
            cells.append(
                {
                    "count": count,
                    "permille": 1000 * count // base if base else 0,
                    "same": start == end,
                    "worse": worse and count > 0,
                }
            )
        table.append({"name": start, "base": base, "cells": cells})
    return {"starts": starts, "ends": ends, "rows": table, "from_day": rolls.from_day, "to_day": rolls.to_day}
