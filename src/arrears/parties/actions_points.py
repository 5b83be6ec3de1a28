"""State changes of contact points: add, close, and what an attempt proved about one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from arrears.journal.actions import action
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.parties import identifiers, masking, refusals, sealing
from arrears.parties.actions import note_party, visible_party
from arrears.parties.models import ContactPoint, RightPartyEvent

KINDS = ("mobile", "landline", "email", "address", "im")
PROVENANCES = ("contract", "host", "debtor", "agency", "bureau", "search")
OUTCOMES = ("confirmed", "wrong", "unreachable", "moved")


@dataclass(frozen=True, slots=True)
class PointData:
    """A contact point as a source gives it. ``kind`` ``phone`` lets the number decide between mobile and landline."""

    kind: str
    value: str
    provenance: str
    label: str = ""
    source: str = "manual"
    valid_from: date | None = None
    valid_until: date | None = None
    time_zone: str = ""
    is_preferred: bool = False
    region: str = "CN"


def checked(data: PointData) -> dict[str, Any] | Refusal:
    """The columns of ``ContactPoint`` that ``data`` gives, sealed, masked and indexed, or why not."""
    if data.kind not in (*KINDS, "phone"):
        return refusals.VALUE_UNKNOWN.at("kind", field="kind", value=data.kind, allowed=", ".join((*KINDS, "phone")))
    if data.provenance not in PROVENANCES:
        return refusals.VALUE_UNKNOWN.at("provenance", field="provenance", value=data.provenance, allowed=", ".join(PROVENANCES))
    if not data.value.strip():
        return refusals.VALUE_EMPTY.at("value", field="value")
    if data.valid_from and data.valid_until and data.valid_until < data.valid_from:
        return refusals.DATES_REVERSED.at("valid_until")
    if data.time_zone and data.time_zone not in available_timezones():
        return refusals.TIME_ZONE.at("time_zone", zone=data.time_zone)
    found = normal(data)
    if isinstance(found, Refusal):
        return Refusal(found.kind, "value", found.values)
    kind, value, zone, evidence = found
    if data.time_zone:
        zone, evidence = data.time_zone, "declared"
    return {
        "kind": kind,
        "value_sealed": sealing.seal(value),
        "value_masked": masking.value(kind, value),
        "value_index": sealing.index(index_kind(kind), value),
        "label": data.label,
        "provenance": data.provenance,
        "source": data.source,
        "valid_from": data.valid_from,
        "valid_until": data.valid_until,
        "time_zone": zone,
        "time_zone_evidence": evidence,
        "is_preferred": data.is_preferred,
    }


def index_kind(kind: str) -> str:
    """Index kind of a contact point kind: one for all phones, so a number matches however it was filed."""
    return "phone" if kind in ("mobile", "landline", "phone") else kind


def normal(data: PointData) -> tuple[str, str, str, str] | Refusal:
    """(kind, value in one form, time zone, its evidence)."""
    if index_kind(data.kind) == "phone":
        phone = identifiers.check_phone(data.value, data.region)
        if isinstance(phone, Refusal):
            return phone
        zone = phone.time_zones[0] if len(phone.time_zones) == 1 else ""
        return phone.kind if data.kind == "phone" else data.kind, phone.national, zone, "area_code" if zone else ""
    if data.kind == "email":
        address = identifiers.check_email(data.value)
        return address if isinstance(address, Refusal) else ("email", address, "", "")
    if data.kind == "address" and data.region == "CN":
        return "address", data.value.strip(), "Asia/Shanghai", "address"  # the whole country keeps one legal time
    return data.kind, data.value.strip(), "", ""


def _visible_point(actor: Actor, public_id: str) -> ContactPoint | Refusal:
    rows = ContactPoint.objects.visible_to(actor.scope).select_related("party").select_for_update(of=("self",))
    point: ContactPoint | None = rows.filter(public_id=public_id).first()
    return point or refusals.NOT_FOUND.at(kind="contact_point", id=public_id)


@action("party.add_contact_point")
def add_contact_point(actor: Actor, party_public_id: str, data: PointData) -> ContactPoint | Refusal:
    """Record a way to reach a party, with where it came from. A preferred one takes the mark from others of its kind.

    Refusals: ``party.not_found``, ``contact_point.taken``, ``contact_point.time_zone``, ``party.value_*``, ``phone.*``,
    ``email.shape``, ``party.dates_reversed``.
    """
    party = visible_party(actor, party_public_id, lock=True)
    if isinstance(party, Refusal):
        return party
    columns = checked(data)
    if isinstance(columns, Refusal):
        return columns
    others = ContactPoint.objects.visible_to(actor.scope).filter(party=party, closed_at=None)
    same = others.filter(value_index=columns["value_index"]).first()
    if same is not None:
        return refusals.POINT_TAKEN.at("value", id=same.public_id)
    if data.is_preferred:
        others.filter(kind=columns["kind"]).update(is_preferred=False)
    point: ContactPoint = ContactPoint.objects.create(
        creditor_id=party.creditor_id, party=party, created_at=clock.now(), **columns
    )
    payload = {"contact_point": point.public_id, "kind": point.kind, "provenance": point.provenance, "source": point.source}
    note_party(actor, "contact_point.added", party, payload)
    return point


@action("party.close_contact_point")
def close_contact_point(actor: Actor, public_id: str, reason: str, valid_until: date | None = None) -> ContactPoint | Refusal:
    """End the use of a contact point. The row stays, with when and why. ``valid_until``: last day it was right.

    Refusals: ``party.not_found``, ``contact_point.closed``, ``party.reason_missing``, ``party.dates_reversed``.
    """
    point = _visible_point(actor, public_id)
    if isinstance(point, Refusal):
        return point
    if point.closed_at is not None:
        return refusals.POINT_CLOSED.at()
    if not reason.strip():
        return refusals.REASON_MISSING.at("reason")
    now = clock.now()
    last_day = valid_until or now.astimezone(ZoneInfo(point.time_zone or str(clock.HOME_ZONE))).date()
    if point.valid_from and last_day < point.valid_from:
        return refusals.DATES_REVERSED.at("valid_until")
    point.closed_at, point.closed_reason, point.valid_until, point.is_preferred = now, reason.strip()[:200], last_day, False
    point.save()
    note_party(actor, "contact_point.closed", point.party, {"contact_point": point.public_id, "valid_until": last_day})
    return point


@action("party.record_right_party")
def record_right_party(
    actor: Actor, public_id: str, outcome: str, at: datetime | None = None, evidence: str = ""
) -> RightPartyEvent | Refusal:
    """What an attempt proved about a contact point: ``confirmed | wrong | unreachable | moved``.

    The newest proof by instant is the point's standing; ``unreachable`` never unsays a confirmation. Refusals:
    ``party.not_found``, ``contact_point.closed``, ``party.value_unknown``.
    """
    point = _visible_point(actor, public_id)
    if isinstance(point, Refusal):
        return point
    if point.closed_at is not None:
        return refusals.POINT_CLOSED.at()
    if outcome not in OUTCOMES:
        return refusals.VALUE_UNKNOWN.at("outcome", field="outcome", value=outcome, allowed=", ".join(OUTCOMES))
    at = at or clock.now()
    event: RightPartyEvent = RightPartyEvent.objects.create(
        creditor_id=point.creditor_id,
        contact_point=point,
        at=at,
        outcome=outcome,
        evidence=evidence[:200],
        actor_id=actor.id,
    )
    proofs = RightPartyEvent.objects.visible_to(actor.scope).filter(contact_point=point).order_by("-at", "-id")
    point.right_party = right_party_of([e.outcome for e in proofs])
    point.save(update_fields=["right_party"])
    payload = {"contact_point": point.public_id, "outcome": outcome, "at": at}
    note_party(actor, "contact_point.right_party_recorded", point.party, payload)
    return event


def right_party_of(outcomes_newest_first: list[str]) -> str:
    """Standing of a contact point from its proofs: the newest one that proves who answers, else ``unreachable``.

    >>> right_party_of(["unreachable", "confirmed", "wrong"]), right_party_of(["unreachable"]), right_party_of([])
    ('confirmed', 'unreachable', 'unknown')
    """
    for outcome in outcomes_newest_first:
        if outcome != "unreachable":
            return "wrong" if outcome == "moved" else outcome
    return "unreachable" if outcomes_newest_first else "unknown"
