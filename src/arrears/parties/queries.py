"""Reads about people. Everything comes back masked; clear text only through ``actions.reveal``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Right

from arrears.kernel.scope import Scope
from arrears.parties import identifiers, sealing, standing
from arrears.parties.actions_points import right_party_of
from arrears.parties.models import (
    ConsentEvent,
    ContactPoint,
    Customer,
    CustomerMerge,
    MatchCandidate,
    Party,
    PartyVersion,
    Representation,
    Restriction,
    RightPartyEvent,
    Vulnerability,
)


@dataclass(frozen=True, slots=True)
class PointView:
    """A contact point, masked. ``is_open``: usable on the day asked about."""

    public_id: str
    kind: str
    value_masked: str
    label: str
    provenance: str
    source: str
    valid_from: date | None
    valid_until: date | None
    is_open: bool
    time_zone: str
    time_zone_evidence: str
    right_party: str
    is_preferred: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class VulnerabilityView:
    public_id: str
    kind: str
    noted_at: datetime
    review_on: date | None
    has_note: bool


@dataclass(frozen=True, slots=True)
class RepresentationView:
    public_id: str
    representative_public_id: str
    name_masked: str
    kind: str
    is_exclusive: bool
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class PartyView:
    """One party as known at an instant, masked."""

    public_id: str
    reference: str
    kind: str
    name_masked: str
    id_kind: str
    id_masked: str
    has_birth_date: bool
    language: str
    segment: dict[str, Any]
    source: str
    points: tuple[PointView, ...]
    consents: tuple[standing.ConsentFact, ...]
    restrictions: tuple[standing.RestrictionFact, ...]
    vulnerabilities: tuple[VulnerabilityView, ...]
    representations: tuple[RepresentationView, ...]

    def consents_to(self, channel: str, purpose: str, at: datetime) -> bool:
        return standing.consents_to(self.consents, channel, purpose, at)


@dataclass(frozen=True, slots=True)
class CustomerView:
    """One customer with all its parties (the same person as several sources describe it)."""

    public_id: str
    reference: str
    creditor_id: int
    id: int
    parties: tuple[PartyView, ...]

    @property
    def name_masked(self) -> str:
        return self.parties[0].name_masked if self.parties else ""


def customer(scope: Scope, public_id: str) -> Customer | None:
    row: Customer | None = Customer.objects.visible_to(scope).filter(public_id=public_id).first()
    return row


def customers(scope: Scope) -> QuerySet[Customer]:
    """Customers within ``scope``, in the order they were first recorded."""
    rows: QuerySet[Customer] = Customer.objects.visible_to(scope).select_related("creditor").order_by("id")
    return rows


def survivor_of(scope: Scope, found: Customer) -> Customer:
    """The customer that ``found`` was merged into, through as many merges as there were; itself when it stands."""
    for _ in range(100):
        merge = CustomerMerge.objects.visible_to(scope).select_related("survivor").filter(absorbed=found, undone_at=None).first()
        if merge is None:
            break
        found = merge.survivor
    return found


def also_known_as(scope: Scope, customer_id: int) -> frozenset[int]:
    """The ids of a customer and of all that were merged into it. What is counted per customer is counted over all of them:
    evidence written before a merge keeps the id it was written with."""
    known, fresh = {customer_id}, {customer_id}
    while fresh:
        rows = CustomerMerge.objects.visible_to(scope).filter(survivor_id__in=fresh, undone_at=None)
        fresh = set(rows.values_list("absorbed_id", flat=True)) - known
        known |= fresh
    return frozenset(known)


def party(scope: Scope, public_id: str) -> Party | None:
    row: Party | None = Party.objects.visible_to(scope).select_related("customer").filter(public_id=public_id).first()
    return row


def version_of(scope: Scope, row: Party) -> int:
    """How often the party was changed since it was recorded."""
    return int(PartyVersion.objects.visible_to(scope).filter(party=row).count())


def customer_view(scope: Scope, public_id: str, on: date, at: datetime, known_at: datetime | None = None) -> CustomerView | None:
    """The customer as of day ``on`` and instant ``at``, as known at ``known_at`` (None: all that is recorded).

    ``restrictions`` hold those in force at ``at``; ``consents`` every event known, newest first (ask ``consents_to``).
    A merged customer's id answers with the survivor. None where the scope does not reach or nothing was known yet. A fixed
    number of statements, however many parties.
    """
    found = customer(scope, public_id)
    found = survivor_of(scope, found) if found is not None else None
    if found is None or (known_at is not None and found.created_at > known_at):
        return None
    rows = Party.objects.visible_to(scope).filter(customer=found).order_by("id")
    known = [p for p in rows if known_at is None or p.created_at <= known_at]
    views = party_views(scope, known, on, at, known_at)
    return CustomerView(found.public_id, found.reference, found.creditor_id, found.id, views)


def party_views(
    scope: Scope, rows: Sequence[Party], on: date, at: datetime, known_at: datetime | None = None
) -> tuple[PartyView, ...]:
    """Views of several parties with a fixed number of statements."""
    ids = [p.id for p in rows]
    former = _former(scope, ids, known_at)
    points = _points(scope, ids, on, known_at)
    consents = consent_facts(scope, ids, known_at)
    restrictions = restriction_facts(scope, ids, known_at)
    needs, speakers = _vulnerabilities(scope, ids, at, known_at), _representations(scope, ids, on, known_at)
    views = []
    for p in rows:
        told: Any = former.get(p.id, p)
        views.append(
            PartyView(
                public_id=p.public_id,
                reference=p.reference,
                kind=told.kind,
                name_masked=told.name_masked,
                id_kind=told.id_kind,
                id_masked=told.id_masked,
                has_birth_date=told.born_sealed is not None,
                language=told.language,
                segment=told.segment,
                source=told.source,
                points=tuple(points[p.id]),
                consents=tuple(consents[p.id]),
                restrictions=standing.restrictions_at(restrictions[p.id], at, known_at),
                vulnerabilities=tuple(needs[p.id]),
                representations=tuple(speakers[p.id]),
            )
        )
    return tuple(views)


def _former(scope: Scope, party_ids: list[int], known_at: datetime | None) -> dict[int, PartyVersion]:
    """The version in force at ``known_at`` of each party that has changed since."""
    if known_at is None:
        return {}
    rows = PartyVersion.objects.visible_to(scope).filter(party_id__in=party_ids, replaced_at__gt=known_at)
    first: dict[int, PartyVersion] = {}
    for row in rows.order_by("party_id", "replaced_at", "id"):
        first.setdefault(row.party_id, row)
    return first


def _points(scope: Scope, party_ids: list[int], on: date, known_at: datetime | None) -> defaultdict[int, list[PointView]]:
    views: defaultdict[int, list[PointView]] = defaultdict(list)
    rows = list(ContactPoint.objects.visible_to(scope).filter(party_id__in=party_ids).order_by("-is_preferred", "id"))
    proofs: defaultdict[int, list[str]] = defaultdict(list)
    if known_at is not None:
        events = RightPartyEvent.objects.visible_to(scope).filter(
            contact_point_id__in=[r.id for r in rows], recorded_at__lte=known_at
        )
        for event in events.order_by("-at", "-id"):
            proofs[event.contact_point_id].append(event.outcome)
    for r in rows:
        if known_at is not None and r.created_at > known_at:
            continue
        closed_known = r.closed_at is None or known_at is None or r.closed_at <= known_at
        valid_until = r.valid_until if closed_known else None
        begun = r.valid_from is None or r.valid_from <= on
        views[r.party_id].append(
            PointView(
                public_id=r.public_id,
                kind=r.kind,
                value_masked=r.value_masked,
                label=r.label,
                provenance=r.provenance,
                source=r.source,
                valid_from=r.valid_from,
                valid_until=valid_until,
                is_open=begun and (valid_until is None or on <= valid_until) and not (closed_known and r.closed_at is not None),
                time_zone=r.time_zone,
                time_zone_evidence=r.time_zone_evidence,
                right_party=r.right_party if known_at is None else right_party_of(proofs[r.id]),
                is_preferred=r.is_preferred,
                created_at=r.created_at,
            )
        )
    return views


def consent_facts(
    scope: Scope, party_ids: Iterable[int], known_at: datetime | None = None
) -> defaultdict[int, list[standing.ConsentFact]]:
    """Consent events by party id, newest first. Ask ``standing.consents_to`` what is in force."""
    rows = ConsentEvent.objects.visible_to(scope).filter(party_id__in=list(party_ids))
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    facts: defaultdict[int, list[standing.ConsentFact]] = defaultdict(list)
    for r in rows.order_by("-effective_at", "-id"):
        facts[r.party_id].append(
            standing.ConsentFact(
                r.id, r.event, r.channel, r.purpose, r.effective_at, r.recorded_at, r.until, r.proof_kind, r.proof_reference
            )
        )
    return facts


def restriction_facts(
    scope: Scope, party_ids: Iterable[int], known_at: datetime | None = None
) -> defaultdict[int, list[standing.RestrictionFact]]:
    """Every restriction by party id, in force or not. Ask ``standing.restrictions_at``."""
    rows = Restriction.objects.visible_to(scope).filter(party_id__in=list(party_ids))
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    facts: defaultdict[int, list[standing.RestrictionFact]] = defaultdict(list)
    for r in rows.order_by("id"):
        facts[r.party_id].append(
            standing.RestrictionFact(
                public_id=r.public_id,
                kind=r.kind,
                scope=r.scope,
                effective_from=r.effective_from,
                recorded_at=r.recorded_at,
                effective_until=r.effective_until,
                lifted_at=r.lifted_at,
                channels=frozenset(r.channels),
                agreement_reference=r.agreement_reference,
                contact_point_id=r.contact_point_id,
                reason=r.reason,
            )
        )
    return facts


def _vulnerabilities(
    scope: Scope, party_ids: list[int], at: datetime, known_at: datetime | None
) -> defaultdict[int, list[VulnerabilityView]]:
    views: defaultdict[int, list[VulnerabilityView]] = defaultdict(list)
    known = min(at, known_at) if known_at is not None else at
    rows = Vulnerability.objects.visible_to(scope).filter(party_id__in=party_ids, noted_at__lte=known)
    for r in rows.filter(Q(ended_at=None) | Q(ended_at__gt=known)).order_by("id"):
        views[r.party_id].append(VulnerabilityView(r.public_id, r.kind, r.noted_at, r.review_on, r.note_sealed is not None))
    return views


def _representations(
    scope: Scope, party_ids: list[int], on: date, known_at: datetime | None
) -> defaultdict[int, list[RepresentationView]]:
    views: defaultdict[int, list[RepresentationView]] = defaultdict(list)
    rows = Representation.objects.visible_to(scope).select_related("representative").filter(party_id__in=party_ids)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    for r in rows.filter(valid_from__lte=on).filter(Q(valid_until=None) | Q(valid_until__gte=on)).order_by("id"):
        views[r.party_id].append(
            RepresentationView(
                r.public_id,
                r.representative.public_id,
                r.representative.name_masked,
                r.kind,
                r.is_exclusive,
                r.valid_from,
                r.valid_until,
            )
        )
    return views


#: Evidence of a time zone, the strongest first.
EVIDENCE = ("declared", "address", "area_code")


@dataclass(frozen=True, slots=True)
class ZoneEvidence:
    """What one open contact point says about where a party is."""

    time_zone: str
    evidence: str
    contact_point: str


def time_zones(scope: Scope, party_ids: Iterable[int], on: date) -> defaultdict[int, list[ZoneEvidence]]:
    """Evidence of time zones by party id, the strongest first. Nothing for a party: its zone is unknown.

    Different zones in one answer are a conflict, which the caller resolves for the party's good (all must be within hours).
    """
    rows = ContactPoint.objects.visible_to(scope).filter(party_id__in=list(party_ids), closed_at=None)
    found: defaultdict[int, list[ZoneEvidence]] = defaultdict(list)
    for r in rows.exclude(time_zone="").filter(Q(valid_until=None) | Q(valid_until__gte=on)).order_by("id"):
        found[r.party_id].append(ZoneEvidence(r.time_zone, r.time_zone_evidence, r.public_id))
    for proofs in found.values():
        proofs.sort(key=lambda z: EVIDENCE.index(z.evidence) if z.evidence in EVIDENCE else len(EVIDENCE))
    return found


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A customer that fits the search, with what fitted: ``name initials phone id phone_tail id_tail number``."""

    customer_public_id: str
    reference: str
    name_masked: str
    id_masked: str
    why: str


def search(scope: Scope, text: str, limit: int = 50) -> list[SearchHit]:
    """Customers by exact name, pinyin initials, customer number, whole phone or identity number, or the last four of one.

    The text never leaves the process in clear: whole values are looked up by keyed hash. At most ``limit`` hits; ask for one
    more than you show to know whether there are others.
    """
    text = text.strip()
    if not text:
        return []
    parties = Party.objects.visible_to(scope).select_related("customer").filter(customer__isnull=False)
    hits: dict[str, SearchHit] = {}
    for why, rows in _lookups(scope, parties, text):
        for p in rows.order_by("id")[: limit - len(hits)]:
            hit = SearchHit(p.customer.public_id, p.customer.reference, p.name_masked, p.id_masked, why)
            hits.setdefault(p.customer.public_id, hit)
        if len(hits) >= limit:
            break
    return list(hits.values())


def _lookups(scope: Scope, parties: QuerySet[Party], text: str) -> Iterable[tuple[str, QuerySet[Party]]]:
    yield "number", parties.filter(reference=text)
    yield "number", parties.filter(customer__in=Customer.objects.visible_to(scope).filter(reference=text))
    points = ContactPoint.objects.visible_to(scope)
    yield "name", parties.filter(name_index=sealing.index("name", text))
    if len(text) == 4 and text[:3].isdigit() and text[3] in "0123456789Xx":
        yield "id_tail", parties.annotate(tail=Right("id_masked", 4)).filter(tail=text.upper())
        tails = points.annotate(tail=Right("value_masked", 4)).filter(tail=text, kind__in=["mobile", "landline"])
        yield "phone_tail", parties.filter(id__in=tails.values("party_id"))
    phone = identifiers.check_phone(text) if any(c.isdigit() for c in text) else None
    if isinstance(phone, identifiers.Phone):
        found = points.filter(value_index=sealing.index("phone", phone.national))
        yield "phone", parties.filter(id__in=found.values("party_id"))
    if len(text) >= 6 and any(c.isdigit() for c in text):
        keys = [sealing.index("id", f"{kind}:{text}") for kind in identifiers.ID_KINDS]
        yield "id", parties.filter(id_index__in=keys)
    if text.isascii() and text.isalpha() and len(text) <= 8:
        yield "initials", parties.filter(name_initials__startswith=text.lower())


@dataclass(frozen=True, slots=True)
class MatchView:
    """A doubtful pair side by side, masked."""

    public_id: str
    score_permille: int
    reasons: tuple[str, ...]
    state: str
    found_at: datetime
    left: PartyView
    right: PartyView


def matches(scope: Scope, on: date, at: datetime, state: str = "open", limit: int = 50) -> list[MatchView]:
    """Doubtful pairs, the likeliest first."""
    rows = list(
        MatchCandidate.objects.visible_to(scope)
        .select_related("left", "right")
        .filter(state=state)
        .order_by("-score_permille", "id")[:limit]
    )
    sides = {p.id: p for row in rows for p in (row.left, row.right)}
    views = dict(zip(sides, party_views(scope, list(sides.values()), on, at), strict=True))
    return [
        MatchView(r.public_id, r.score_permille, tuple(r.reasons), r.state, r.found_at, views[r.left_id], views[r.right_id])
        for r in rows
    ]


def match_count(scope: Scope, state: str = "open") -> int:
    return int(MatchCandidate.objects.visible_to(scope).filter(state=state).count())


def merges(scope: Scope, limit: int = 50) -> list[CustomerMerge]:
    """Merges that may still be undone, newest first."""
    rows = CustomerMerge.objects.visible_to(scope).select_related("survivor", "absorbed").filter(undone_at=None)
    return list(rows.order_by("-id")[:limit])
