"""The rule library, and the explorer: put a situation, see the answer and how it came about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from arrears.access.doors import signed_in
from arrears.gate import engine, queries
from arrears.gate.facts import CHANNELS, PURPOSES, ROLES, Account, Person, Request, Situation, Stop
from arrears.gate.packs import packs_for, shipped
from arrears.kernel import clock
from arrears.parties.standing import RESTRICTION_KINDS

JURISDICTIONS = ("CN", "US", "GB", "IN", "ID", "JP", "AU", "HK", "SG", "BR", "TW")


@require_GET
@signed_in
def library(request: HttpRequest) -> HttpResponse:
    """Every rule with clause, strength, certainty, dates and who signed."""
    return render(request, "gate/library.html", {"packs": queries.packs_list()})


@require_GET
@signed_in
def explorer(request: HttpRequest) -> HttpResponse:
    """A made-up situation judged by the packs in force. Nothing about a real person goes in or is kept."""
    given = request.GET
    local = clock.now().astimezone(clock.HOME_ZONE).strftime("%Y-%m-%dT%H:%M")
    form: dict[str, Any] = {
        "jurisdiction": _one_of(given.get("jurisdiction"), JURISDICTIONS, "CN"),
        "product": _one_of(given.get("product"), ("consumer_loan", "credit_card"), "consumer_loan"),
        "role": _one_of(given.get("role"), ROLES, "debtor"),
        "channel": _one_of(given.get("channel"), CHANNELS, "voice"),
        "purpose": _one_of(given.get("purpose"), PURPOSES, "collect"),
        "stop": _one_of(given.get("stop"), RESTRICTION_KINDS, ""),
        "zones": given.get("zones", "Asia/Shanghai")[:200],
        "at": given.get("at", local)[:20],
        "crew": given.get("crew", "2")[:2],
    }
    choices = {
        "jurisdictions": JURISDICTIONS, "roles": ROLES, "channels": CHANNELS, "purposes": PURPOSES, "stops": RESTRICTION_KINDS,
        "products": ("consumer_loan", "credit_card"),
    }  # fmt: skip
    context = {"form": form, "choices": choices, "asked": bool(given)}
    try:
        moment = datetime.fromisoformat(form["at"]).replace(tzinfo=clock.HOME_ZONE)
    except ValueError:
        context["wrong_time"] = True
        return render(request, "gate/explorer.html", context, status=422)
    if given:
        context |= _answer(form, moment)
    return render(request, "gate/explorer.html", context)


def _one_of(value: str | None, known: tuple[str, ...], default: str) -> str:
    return value if value in known else default


def _answer(form: dict[str, Any], moment: datetime) -> dict[str, Any]:
    zones = tuple(z.strip() for z in form["zones"].split(",") if z.strip())
    packs = packs_for(form["jurisdiction"], "bank", form["product"])
    stops = (Stop(form["stop"], datetime.min.replace(tzinfo=clock.HOME_ZONE)),) if form["stop"] else ()
    situation = Situation(Person(form["role"], zones), packs, (Account("A1", "A1", form["product"]),), stops=stops)
    crew = int(form["crew"]) if form["crew"].isdigit() else None
    asked = Request(moment, form["channel"], form["purpose"], number_provenance="contract", crew=crew)
    decision = engine.decide(situation, asked, shipped())
    words = [(name, value) for name, value in decision.row.items() if value not in (None, "", False)]
    return {"decision": decision, "packs": [shipped()[p] for p in packs if p in shipped()], "words": words}
