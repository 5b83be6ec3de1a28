"""Reads of the worklist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db.models import Count, Max, QuerySet

from arrears.cases.queries import names_of
from arrears.gate.models import Attempt
from arrears.kernel.clock import HOME_ZONE
from arrears.kernel.scope import Scope
from arrears.parties.models import Party
from arrears.worklist.models import Run, WorkItem


def steps_done(scope: Scope, creditor_id: int, day: date, not_done: Sequence[str]) -> pl.DataFrame:
    """Which strategy steps were carried out on which day, up to ``day``: columns customer_id, step, on."""
    rows = Attempt.objects.visible_to(scope).filter(creditor_id=creditor_id).exclude(step="").exclude(outcome__in=not_done)
    found = [
        (customer, step, at.astimezone(HOME_ZONE).date())
        for customer, step, at in rows.values_list("customer_id", "step", "contacted_at")
        if at.astimezone(HOME_ZONE).date() <= day
    ]
    return pl.DataFrame(found, schema={"customer_id": pl.Int64, "step": pl.String, "on": pl.Date}, orient="row")


def step_sent_on(scope: Scope, customer_id: int, step: str) -> date | None:
    """The day a step of the customer's newest list was carried out, if that was on the list's day or later."""
    newest = WorkItem.objects.visible_to(scope).filter(customer_id=customer_id).aggregate(day=Max("business_date"))["day"]
    rows = (
        Attempt.objects.visible_to(scope)
        .filter(customer_id=customer_id, step=step)
        .exclude(outcome__in=("reserved", "undelivered"))
    )
    last = rows.aggregate(at=Max("contacted_at"))["at"]
    if newest is None or last is None or last.astimezone(HOME_ZONE).date() < newest:
        return None
    found: date = last.astimezone(HOME_ZONE).date()
    return found


def owners_before(scope: Scope, creditor_id: int, day: date) -> dict[tuple[int, str], str]:
    """Who had each case (customer id, currency) in the newest list before ``day``: a second run of a day sees the same."""
    rows = WorkItem.objects.visible_to(scope).filter(creditor_id=creditor_id, business_date__lt=day)
    newest = rows.aggregate(day=Max("business_date"))["day"]
    found = rows.filter(business_date=newest).exclude(owner_id="").values_list("customer_id", "currency", "owner_id")
    return {(customer, currency): owner for customer, currency, owner in found}


def runs(scope: Scope) -> QuerySet[Run]:
    """Newest business date first."""
    return Run.objects.visible_to(scope).select_related("creditor").order_by("-business_date", "-made_at", "-id")


def last_run(scope: Scope) -> Run | None:
    """The run of the newest business date."""
    return runs(scope).first()


#: Filters of list, CSV and API: parameter -> look-up.
FILTERS = {
    "creditor": "creditor__code", "stage": "stage", "channel": "channel", "permit": "permit_state", "because": "because",
    "team": "team", "owner": "owner_id", "currency": "currency", "bucket": "bucket", "strategy": "strategy",
}  # fmt: skip


def items(scope: Scope, day: date, **chosen: str) -> QuerySet[WorkItem]:
    """Lines of ``day`` in order of rank. ``chosen``: values of ``FILTERS``; ``owner="none"``: the common queues; empty: any."""
    rows = WorkItem.objects.visible_to(scope).filter(business_date=day)
    for name, value in chosen.items():
        if value:
            rows = rows.filter(**{FILTERS[name]: "" if value == "none" else value})
    return rows.select_related("customer", "creditor").order_by("creditor__code", "rank", "id")


def item_of(scope: Scope, customer_public_id: str) -> WorkItem | None:
    """The newest line of a customer, the one longest past due first."""
    rows = WorkItem.objects.visible_to(scope).filter(customer__public_id=customer_public_id)
    row: WorkItem | None = rows.order_by("-business_date", "-past_due_days", "rank").first()
    return row


def names(scope: Scope, rows: Iterable[WorkItem]) -> dict[int, str]:
    """Masked names by customer id."""
    ids = {r.customer_id for r in rows}
    found = Party.objects.visible_to(scope).filter(customer_id__in=ids).order_by("-id").values_list("customer_id", "name_masked")
    return dict(found)


def owner_names(rows: Iterable[WorkItem]) -> dict[str, str]:
    """Display names of owners by public id."""
    return names_of(r.owner_id for r in rows if r.owner_id)


def counts(scope: Scope, day: date, field: str, **chosen: str) -> dict[str, int]:
    """Lines of ``day`` by a field's values."""
    rows = items(scope, day, **chosen).order_by().values(field).annotate(n=Count("id"))
    return {str(r[field]): r["n"] for r in rows}


def as_row(item: WorkItem) -> dict[str, Any]:
    """One line for CSV and other tools: public ids, codes, ISO dates, amounts in minor units; no personal data."""
    return {
        "business_date": item.business_date.isoformat(), "creditor": item.creditor.code, "rank": item.rank,
        "customer": item.customer.public_id, "reference": _plain(item.customer.reference), "currency": item.currency,
        "overdue_minor": item.overdue_minor, "past_due_days": item.past_due_days, "bucket": item.bucket, "strategy": item.strategy,
        "segment": item.segment, "plan": item.plan, "stage": item.stage, "step": item.step, "channel": item.channel,
        "purpose": item.purpose, "template": item.template, "due_on": item.due_on.isoformat(),
        "deadline_on": item.deadline_on.isoformat(), "because": item.because, "hold": item.hold, "team": item.team,
        "owner": item.owner_id, "owner_why": item.owner_why, "permit": item.permit_state,
        "permit_at": _instant(item.permit_at), "permitted_until": _instant(item.permitted_until),
        "next_permitted": _instant(item.next_permitted), "rules": item.rules, "reachable": int(item.reachable),
        "why_zh": "；".join(w["zh"] for w in item.why), "why_en": "; ".join(w["en"] for w in item.why),
    }  # fmt: skip


def _plain(text: str) -> str:
    """No cell of ours starts a formula in a spreadsheet."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _instant(value: datetime | None) -> str:
    return value.astimezone(HOME_ZONE).isoformat(timespec="minutes") if value else ""
