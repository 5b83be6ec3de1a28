"""Situations of many debtors of one creditor with a fixed number of statements: what the day's plan is judged by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from arrears.access.models import Creditor
from arrears.gate import engine, gathering, planning
from arrears.gate.facts import Account, Attempt, Person, Request, Situation
from arrears.gate.models import Attempt as AttemptRow
from arrears.gate.packs import packs_for, shipped
from arrears.kernel.scope import Scope
from arrears.ledger.models import Agreement
from arrears.parties import queries as parties
from arrears.parties.models import ContactPoint, Party

#: Contact point kinds a channel can use, best first.
POINT_KINDS = {
    "voice": ("mobile", "landline"), "ai_voice": ("mobile", "landline"), "sms": ("mobile",), "im": ("im", "mobile"),
    "email": ("email",), "letter": ("address",), "visit": ("address",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Debtor:
    """A customer as the day's plan sees it: the situation, and the best contact point of each channel (provenance)."""

    situation: Situation
    points: dict[str, str]


def debtors(scope: Scope, creditor: Creditor, customer_ids: Sequence[int], day: date) -> dict[int, Debtor]:
    """One ``Debtor`` per customer that has a party, as the end of ``day`` knows them.

    A stop or opt-out that came in during the day counts from its beginning: a plan made later must not look behind it.
    """
    z = ZoneInfo(creditor.time_zone)
    start, at = datetime.combine(day, time(), z), datetime.combine(day, time.max, z)
    wanted = set(customer_ids)
    person: dict[int, list[int]] = defaultdict(list)  # customer -> its parties
    owner: dict[int, int] = {}
    for party, customer in (
        Party.objects.visible_to(scope).filter(creditor=creditor).exclude(customer=None).values_list("id", "customer_id")
    ):
        if customer in wanted:
            person[customer].append(party)
            owner[party] = customer
    accounts: dict[int, list[Account]] = defaultdict(list)
    for customer, reference, product in (
        Agreement.objects.visible_to(scope)
        .filter(creditor=creditor)
        .order_by("id")
        .values_list("customer_id", "reference", "product")
    ):
        if customer in wanted:
            accounts[customer].append(Account(reference, reference, product))
    zones, points = _points(scope, creditor, owner, at)
    stops = _stops(scope, creditor, owner)
    consents = parties.consent_facts(scope, list(_parties_with_consents(scope, creditor, owner)))
    history = _history(scope, creditor, wanted, at)
    texting = creditor.jurisdiction == "US"
    made = {}
    for customer, members in person.items():
        products = {a.product for a in accounts[customer]} or {""}
        packs = dict.fromkeys(p for x in sorted(products) for p in packs_for(creditor.jurisdiction, creditor.kind, x))
        facts = [c for p in members for c in gathering.consents_of(consents.get(p, ())) if texting or c.kind != "sms_consent"]
        home = (creditor.time_zone,) if creditor.jurisdiction in gathering.ONE_ZONE else ()
        situation = Situation(
            person=Person("debtor", tuple(sorted(zones[customer])) or home),
            packs=tuple(packs),
            accounts=tuple(accounts[customer]),
            consents=tuple(replace(c, given_at=min(c.given_at, start)) if c.given_at <= at else c for c in facts),
            stops=tuple(replace(s, since=min(s.since, start)) if s.since <= at else s for p in members for s in stops.get(p, ())),
            history=tuple(history[customer]),
        )
        made[customer] = Debtor(situation, points[customer])
    return made


def _points(
    scope: Scope, creditor: Creditor, owner: dict[int, int], at: datetime
) -> tuple[dict[int, set[str]], dict[int, dict[str, str]]]:
    zones: dict[int, set[str]] = defaultdict(set)
    best: dict[int, dict[str, str]] = defaultdict(dict)
    rows = ContactPoint.objects.visible_to(scope).filter(creditor=creditor).order_by("-is_preferred", "id")
    today = at.date()
    for party, kind, provenance, z, until, closed, right in rows.values_list(
        "party_id", "kind", "provenance", "time_zone", "valid_until", "closed_at", "right_party"
    ):
        customer = owner.get(party)
        if customer is None:
            continue
        if z:
            zones[customer].add(z)
        if right == "wrong" or (until is not None and until < today) or (closed is not None and closed <= at):
            continue
        for channel, kinds in POINT_KINDS.items():
            if kind in kinds:
                best[customer].setdefault(channel, provenance)
    return zones, best


def _stops(scope: Scope, creditor: Creditor, owner: dict[int, int]) -> dict[int, tuple[gathering.Stop, ...]]:
    from arrears.parties.models import Restriction

    ids = set(Restriction.objects.visible_to(scope).filter(creditor=creditor).values_list("party_id", flat=True)) & set(owner)
    facts = parties.restriction_facts(scope, ids)
    return {party: gathering.stops_of(rows, {}) for party, rows in facts.items()}


def _parties_with_consents(scope: Scope, creditor: Creditor, owner: dict[int, int]) -> set[int]:
    from arrears.parties.models import ConsentEvent

    rows = ConsentEvent.objects.visible_to(scope).filter(creditor=creditor)
    return set(rows.values_list("party_id", flat=True)) & set(owner)


def _history(scope: Scope, creditor: Creditor, wanted: set[int], at: datetime) -> dict[int, list[Attempt]]:
    found: dict[int, list[Attempt]] = defaultdict(list)
    rows = AttemptRow.objects.visible_to(scope).filter(creditor=creditor, contacted_at__lte=at)
    rows = rows.filter(contacted_at__gt=at - timedelta(days=40)).exclude(permit__state__in=("released", "revoked"))
    fields = (
        "party__customer_id",
        "contacted_at",
        "channel",
        "direction",
        "outcome",
        "purpose",
        "contact_point__public_id",
        "agreements",
    )
    for customer, moment, channel, direction, outcome, purpose, point, agreements in rows.values_list(*fields):
        if customer in wanted:
            found[customer].append(Attempt(moment, channel, direction, outcome, purpose, point or "", tuple(agreements)))
    return found


PLAN = {
    "row": pl.Int64, "permitted": pl.Boolean, "reachable": pl.Boolean, "rules": pl.String,
    "permitted_until": pl.Datetime("us", "UTC"), "next_permitted": pl.Datetime("us", "UTC"),
}  # fmt: skip


def plan(found: dict[int, Debtor], asked: Sequence[tuple[int, int, Request]]) -> pl.DataFrame:
    """Judge many requests: (row number, customer id, request). Plain debtors go through the columns, the others one by one.

    ``reachable`` False: no contact point of the channel is on file; the clock and the stops are judged all the same.
    A customer without a party is refused (unknown person).
    """
    groups: dict[tuple[object, ...], list[tuple[int, Situation, Request]]] = defaultdict(list)
    answers: list[dict[str, object]] = []
    for row, customer, request in asked:
        debtor = found.get(customer)
        if debtor is None:
            answers.append({"row": row, "permitted": False, "reachable": False, "rules": "unknown_role"})
            continue
        provenance = debtor.points.get(request.channel)
        mine = Request(
            request.at, request.channel, request.purpose, number_provenance=provenance or "contract", crew=request.crew
        )
        if planning.is_plain(debtor.situation):
            key = (debtor.situation.packs, mine.at, mine.channel, mine.purpose, mine.crew)
            groups[key].append((row, debtor.situation, mine))
            answers.append({"row": row, "reachable": provenance is not None})
        else:
            judged = planning.judge_one(debtor.situation, mine, shipped())
            answers.append({"row": row, "reachable": provenance is not None} | {k: v for k, v in judged.items() if k in PLAN})
    base = pl.DataFrame(answers, schema=PLAN, orient="row") if answers else pl.DataFrame(schema=PLAN)
    return base.update(_columns(groups), on="row") if groups else base


def _columns(groups: dict[tuple[object, ...], list[tuple[int, Situation, Request]]]) -> pl.DataFrame:
    parts = []
    for rows in groups.values():
        situation, request = rows[0][1], rows[0][2]
        facts = [planning.fact_row(s, r) for _, s, r in rows]
        if not set(situation.packs) <= set(shipped()) or not situation.packs:
            decision = engine.decide(situation, request, shipped())
            parts.append(pl.DataFrame({"row": [n for n, _, _ in rows], "permitted": False, "rules": ",".join(decision.rules)}))
            continue
        frame = planning.plan(pl.DataFrame(facts, schema=planning.SCHEMA), situation.packs, shipped(), request)
        keep = frame.select("permitted", "rules", "permitted_until", "next_permitted")
        parts.append(keep.with_columns(pl.Series("row", [n for n, _, _ in rows], dtype=pl.Int64)))
    return pl.concat(parts, how="diagonal")
