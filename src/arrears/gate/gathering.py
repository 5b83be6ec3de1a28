"""From the facts rooms to one ``Situation``: who the person is, what stands against contact, what was tried already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from arrears.access.models import Creditor
from arrears.gate import models
from arrears.gate.facts import Account, Attempt, Consent, Person, Situation, Stop
from arrears.gate.packs import packs_for
from arrears.kernel.scope import Scope
from arrears.ledger.models import Agreement, AgreementRole
from arrears.parties import queries as parties
from arrears.parties.models import ContactPoint, Customer, Party
from arrears.parties.standing import ConsentFact, RestrictionFact

#: Longest window of any counter of a person who owes. Others are looked at over their whole history.
HISTORY_DAYS = 400
#: Countries with one legal time: where no evidence names another zone, the lender's own is the person's.
ONE_ZONE = {"CN", "IN", "JP", "HK", "SG", "GB", "TW"}
_RANK = ("debtor", "co_debtor", "guarantor", "heir", "representative", "contact_person")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom and about which debts."""

    creditor: Creditor
    customer: Customer
    party: Party
    agreements: tuple[Agreement, ...]


def subject(scope: Scope, party_id: str, agreement: str = "") -> Subject | None:
    """Find a party and the debts to speak about. A party that owes nothing itself is found by its role in an agreement."""
    party = Party.objects.visible_to(scope).select_related("customer", "creditor").filter(public_id=party_id).first()
    if party is None:
        return None
    rows = Agreement.objects.visible_to(scope).select_related("customer")
    mine = Q(id__in=AgreementRole.objects.visible_to(scope).filter(party=party).values("agreement_id"))
    if party.customer_id is not None:
        mine |= Q(customer_id=party.customer_id)
    rows = rows.filter(mine).order_by("id")
    if agreement:
        rows = rows.filter(reference=agreement)
    found = tuple(rows)
    if not found:
        return None
    return Subject(party.creditor, found[0].customer, party, found)


def situation(scope: Scope, who: Subject, at: datetime, *, ignore_permit: int | None = None) -> Situation:
    """Everything the gate asks about ``who`` at ``at``. ``ignore_permit``: leave that permit's own reservation out."""
    role, guarantee_until = role_of(scope, who, at)
    consents = parties.consent_facts(scope, [who.party.id])[who.party.id]
    restrictions = parties.restriction_facts(scope, [who.party.id])[who.party.id]
    products = {a.product for a in who.agreements} or {""}
    packs = dict.fromkeys(p for x in sorted(products) for p in packs_for(who.creditor.jurisdiction, who.creditor.kind, x))
    return Situation(
        person=Person(
            role, zones_of(scope, who), guarantee_until=guarantee_until, debtor_status=_debtor_status(scope, who, at, role)
        ),
        packs=tuple(packs),
        accounts=tuple(Account(a.reference, a.reference, a.product) for a in who.agreements),
        consents=consents_of(consents),
        stops=(*stops_of(restrictions, {}), *_represented(scope, who, at)),
        history=history(scope, who, role, at, ignore_permit),
    )


def role_of(scope: Scope, who: Subject, at: datetime) -> tuple[str, object]:
    """The weightiest role the party has in the debts, and the end of its guarantee."""
    ids = [a.id for a in who.agreements]
    rows = list(AgreementRole.objects.visible_to(scope).filter(party=who.party, agreement_id__in=ids))
    today = at.date()
    valid = [r for r in rows if (r.valid_until is None or r.valid_until >= today)]
    roles = {r.role for r in valid}
    if who.party.customer_id is not None and any(a.customer_id == who.party.customer_id for a in who.agreements):
        roles.add("debtor")
    role = next((r for r in _RANK if r in roles), "third_party")
    ends = [r.guarantee_until for r in valid if r.role == "guarantor" and r.guarantee_until is not None]
    return role, max(ends) if role == "guarantor" and ends else None


def zones_of(scope: Scope, who: Subject) -> tuple[str, ...]:
    """All zones the person may be in: of every contact point with evidence, else the one legal zone of the country."""
    points = ContactPoint.objects.visible_to(scope).filter(party=who.party).exclude(time_zone="")
    found = tuple(sorted(set(points.values_list("time_zone", flat=True))))
    if found:
        return found
    return (who.creditor.time_zone,) if who.creditor.jurisdiction in ONE_ZONE else ()


def stops_of(facts: Iterable[RestrictionFact], numbers: dict[int, str]) -> tuple[Stop, ...]:
    """Restrictions as stops; a lifted one ends when it was lifted."""
    made = []
    for fact in facts:
        ends = [i for i in (fact.effective_until, fact.lifted_at) if i is not None]
        number = (
            numbers.get(fact.contact_point_id or 0, f"point:{fact.contact_point_id}") if fact.scope == "contact_point" else ""
        )
        account = fact.agreement_reference if fact.scope == "agreement" else ""
        made.append(Stop(fact.kind, fact.effective_from, min(ends, default=None), tuple(sorted(fact.channels)), account, number))
    return tuple(made)


def consents_of(facts: Iterable[ConsentFact]) -> tuple[Consent, ...]:
    """Consent events as what the rules ask: off-hours leave, leave to text, and withdrawals as opt-outs."""
    events = sorted(facts, key=lambda f: (f.effective_at, f.id))
    made = []
    for fact in events:
        same = [f for f in events if f.effective_at > fact.effective_at and f.event != fact.event]
        ended = next((f.effective_at for f in same if _about_same(fact, f)), None)
        if fact.event == "given" and fact.purpose in ("off_hours", "any"):
            made.append(Consent(f"consent:{fact.id}", "off_hours", fact.effective_at, fact.channel, ended, fact.until))
        if fact.event == "given" and fact.channel in ("sms", "any") and fact.purpose in ("collect", "reminder", "any"):
            made.append(Consent(f"consent:{fact.id}:sms", "sms_consent", fact.effective_at, "sms", ended, fact.until))
        if fact.event == "withdrawn" and fact.purpose in ("collect", "reminder", "any"):
            made.append(Consent(f"consent:{fact.id}", "opt_out", fact.effective_at, fact.channel, ended))
    return tuple(made)


def _about_same(one: ConsentFact, other: ConsentFact) -> bool:
    return other.channel in (one.channel, "any") and other.purpose in (one.purpose, "any")


def _represented(scope: Scope, who: Subject, at: datetime) -> Sequence[Stop]:
    view = parties.party_views(scope, [who.party], at.date(), at)[0]
    return [Stop("represented", at - timedelta(seconds=1)) for r in view.representations if r.is_exclusive]


def _debtor_status(scope: Scope, who: Subject, at: datetime, role: str) -> str:
    """For anybody but a debtor: has the debtor died, as far as we know?"""
    if role in ("debtor", "co_debtor"):
        return ""
    debtors = list(Party.objects.visible_to(scope).filter(customer=who.customer).values_list("id", flat=True))
    facts = parties.restriction_facts(scope, debtors)
    return "deceased" if any(f.kind == "deceased" and f.holds(at) for rows in facts.values() for f in rows) else ""


def history(scope: Scope, who: Subject, role: str, at: datetime, ignore_permit: int | None) -> tuple[Attempt, ...]:
    """Contacts with the person (every party of the same customer is the same person) and, for others, with the debtor.

    A permit that was never used and has run out holds no place any more; one in use, or still valid, does.
    """
    rows = models.Attempt.objects.visible_to(scope).select_related("permit", "contact_point", "party")
    person = Q(party=who.party)
    if who.party.customer_id is not None:
        person |= Q(party__customer_id=who.party.customer_id)
    if role in ("debtor", "co_debtor", "guarantor"):
        rows = rows.filter(person, contacted_at__gte=at - timedelta(days=HISTORY_DAYS))
    else:
        rows = rows.filter(person | Q(customer=who.customer))
    made = []
    for row in rows.order_by("contacted_at", "id"):
        permit = row.permit
        if permit is not None:
            idle = permit.state in ("released", "revoked") or (permit.state == "reserved" and permit.expires_at <= at)
            if idle or permit.id == ignore_permit:
                continue
        mine = row.party_id == who.party.id or (
            who.party.customer_id is not None and row.party.customer_id == who.party.customer_id
        )
        debtors = row.party.customer_id == who.customer.id
        if not mine and not debtors:
            continue
        made.append(
            Attempt(
                at=row.contacted_at,
                channel=row.channel,
                direction=row.direction,
                outcome=row.outcome,
                purpose=row.purpose,
                number=row.contact_point.public_id if row.contact_point_id else "",
                accounts=tuple(row.agreements),
                party="self" if mine else "debtor",
            )
        )
    return tuple(made)
