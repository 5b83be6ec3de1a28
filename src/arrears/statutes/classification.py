"""Asset classification: five categories (CN), non-performing with contagion (IN), plain account state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from arrears.kernel.refusals import Refusal
from arrears.statutes.refusals import UNKNOWN_SCHEME
from arrears.statutes.working import parameters

FIVE = ("normal", "special_mention", "substandard", "doubtful", "loss")
Assets = Sequence[Mapping[str, Any]]
Answers = list[dict[str, Any]]


def five_category_floor(asset: Mapping[str, Any], as_of: date) -> str:
    """Lowest category the measures allow: by days past due, by expected loss of an impaired asset, by restructuring.

    Strict comparison (more than 90, 270, 360 days). The strictest of all grounds wins. ``past_due_days`` in days,
    ``ecl_percent`` expected credit loss in percent of the balance.
    """
    rule = parameters()["cn.five_category"].on(as_of).value
    days = int(asset.get("past_due_days") or 0)
    rank = 0
    if days > 0:
        rank = 1
    for name, category in (("substandard_days", 2), ("doubtful_days", 3), ("loss_days", 4)):
        if days > rule[name]:
            rank = max(rank, category)
    if asset.get("credit_impaired"):
        rank = max(rank, 2)
        loss = Decimal(str(asset.get("ecl_percent") or "0"))
        rank = max(rank, 4 if loss >= Decimal(rule["loss_ecl"]) else 3 if loss >= Decimal(rule["doubtful_ecl"]) else 0)
    if asset.get("restructured") and asset.get("in_observation"):
        rank = max(rank, 1)
        if asset.get("non_performing_at_restructuring"):
            rank = max(rank, 2)
        if int(asset.get("times_restructured") or 1) > 1:
            rank = max(rank, 3)
    return FIVE[rank]


def five_category(assets: Assets, as_of: date, settings: Mapping[str, Any]) -> Answers:
    return [{"id": a["id"], "category": five_category_floor(a, as_of), "is": "floor"} for a in assets]


def non_performing(assets: Assets, as_of: date, settings: Mapping[str, Any]) -> Answers:
    """Non-performing beyond ``npa_after_days``; by customer if so set, and released only when all arrears are paid."""
    limit, shift = int(settings.get("npa_after_days", 90)), int(settings.get("due_date_counts_as", 0))
    by_customer = settings.get("contagion") == "customer"

    def overdue_days(asset: Mapping[str, Any]) -> int:
        if "past_due_days" in asset:
            return int(asset["past_due_days"] or 0)
        due = asset.get("earliest_unpaid_due")
        return 0 if due is None or due > as_of else (as_of - due).days + shift

    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for asset in assets:
        groups.setdefault(asset.get("customer", asset["id"]) if by_customer else asset["id"], []).append(asset)
    category: dict[Any, str] = {}
    for name, members in groups.items():
        days = [overdue_days(m) for m in members]
        held = any(m.get("was") == "non_performing" for m in members) and any(d > 0 for d in days)
        category[name] = "non_performing" if held or any(d > limit for d in days) else "standard"
    answers = [
        {"id": a["id"], "category": category[a.get("customer", a["id"]) if by_customer else a["id"]], "is": "exact"}
        for a in assets
    ]
    customers: dict[Any, str] = {}
    for asset, answer in zip(assets, answers, strict=True):
        if "customer" in asset and customers.get(asset["customer"]) != "non_performing":
            customers[asset["customer"]] = answer["category"]
    return answers + [{"id": name, "category": value, "is": "exact"} for name, value in customers.items()]


def account_state(assets: Assets, as_of: date, settings: Mapping[str, Any]) -> Answers:
    """Written off stays written off: money received later is a recovery, not a cure."""

    def state(asset: Mapping[str, Any]) -> str:
        if asset.get("written_off_on") and asset["written_off_on"] <= as_of:
            return "written_off"
        if asset.get("settled_on") and asset["settled_on"] <= as_of:
            return "settled"
        if asset.get("closed_on") and asset["closed_on"] <= as_of:
            return "closed"
        return "overdue" if int(asset.get("past_due_days") or 0) > 0 else "current"

    return [{"id": a["id"], "category": state(a), "is": "exact"} for a in assets]


SCHEMES: dict[str, Callable[[Assets, date, Mapping[str, Any]], Answers]] = {
    "cn.five_category": five_category,
    "in.npa": non_performing,
    "generic.account_state": account_state,
}


def classify(scheme: str, assets: Assets, as_of: date, settings: Mapping[str, Any]) -> Answers | Refusal:
    """Category of each asset (and customer) under ``scheme``. Refuses an unknown scheme."""
    run = SCHEMES.get(scheme)
    if run is None:
        return UNKNOWN_SCHEME.at("/scheme", name=scheme, known=", ".join(SCHEMES))
    return run(assets, as_of, settings)
