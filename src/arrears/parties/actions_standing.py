"""State changes of a party's standing: consents, restrictions, vulnerability, representation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from arrears.access import approvals
from arrears.access.actions import Granted, require_authority
from arrears.access.models import Approval
from arrears.journal.actions import action
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.parties import refusals, sealing, standing
from arrears.parties.actions import note_party, visible_party
from arrears.parties.models import ConsentEvent, ContactPoint, Representation, Restriction, Vulnerability

PROOF_KINDS = ("contract_clause", "recording", "form", "letter", "import")


@dataclass(frozen=True, slots=True)
class Proof:
    """Where the proof of a consent is kept. ``sha256`` fixes the bytes of a file or recording."""

    kind: str
    reference: str
    wording: str = ""
    sha256: bytes | None = None


def _one_of(field: str, value: str, allowed: tuple[str, ...]) -> Refusal | None:
    if value in allowed:
        return None
    return refusals.VALUE_UNKNOWN.at(field, field=field, value=value, allowed=", ".join(allowed))


def _consent_event(
    actor: Actor, party_public_id: str, event: str, channel: str, purpose: str, proof: Proof,
    effective_at: datetime | None, until: datetime | None, source: str,
) -> ConsentEvent | Refusal:  # fmt: skip
    party = visible_party(actor, party_public_id)
    if isinstance(party, Refusal):
        return party
    for field, value, allowed in (
        ("channel", channel, (*standing.CHANNELS, standing.ANY)),
        ("purpose", purpose, (*standing.PURPOSES, standing.ANY)),
        ("proof_kind", proof.kind, PROOF_KINDS),
    ):
        if (refused := _one_of(field, value, allowed)) is not None:
            return refused
    if not proof.reference.strip():
        return refusals.PROOF_MISSING.at("proof_reference")
    now = clock.now()
    effective_at = effective_at or now
    if effective_at > now:
        return refusals.CONSENT_FUTURE.at("effective_at")
    if until is not None and until <= effective_at:
        return refusals.DATES_REVERSED.at("until")
    row: ConsentEvent = ConsentEvent.objects.create(
        creditor_id=party.creditor_id,
        party=party,
        event=event,
        channel=channel,
        purpose=purpose,
        effective_at=effective_at,
        recorded_at=now,
        until=until,
        wording=proof.wording,
        proof_kind=proof.kind,
        proof_reference=proof.reference.strip()[:200],
        proof_sha256=proof.sha256,
        source=source,
    )
    payload = {"channel": channel, "purpose": purpose, "effective_at": effective_at, "until": until, "proof": proof.kind}
    note_party(actor, f"consent.{event}", party, payload)
    return row


@action("party.give_consent")
def give_consent(
    actor: Actor, party_public_id: str, channel: str, purpose: str, proof: Proof,
    effective_at: datetime | None = None, until: datetime | None = None, source: str = "manual",
) -> ConsentEvent | Refusal:  # fmt: skip
    """Record a consent for a channel and purpose (``any`` for all), with its proof.

    Refusals: ``party.not_found``, ``party.value_unknown``, ``consent.proof_missing``, ``consent.in_future``,
    ``party.dates_reversed``.
    """
    return _consent_event(actor, party_public_id, "given", channel, purpose, proof, effective_at, until, source)


@action("party.withdraw_consent")
def withdraw_consent(
    actor: Actor, party_public_id: str, channel: str, purpose: str, proof: Proof,
    effective_at: datetime | None = None, source: str = "manual",
) -> ConsentEvent | Refusal:  # fmt: skip
    """Record a withdrawal. It counts from the instant it was said (default: now), never from a later one; ``any`` ends all.

    Refusals as in ``give_consent``.
    """
    return _consent_event(actor, party_public_id, "withdrawn", channel, purpose, proof, effective_at, None, source)


@dataclass(frozen=True, slots=True)
class RestrictionData:
    """A restriction. ``effective_from`` None: now. ``channels`` empty: all. The scope names its object."""

    kind: str
    reason: str
    scope: str = "party"  # party | agreement | contact_point
    agreement_reference: str = ""
    contact_point_public_id: str = ""
    channels: tuple[str, ...] = ()
    effective_from: datetime | None = None
    effective_until: datetime | None = None
    evidence_reference: str = ""


@action("party.restrict")
def restrict(actor: Actor, party_public_id: str, data: RestrictionData) -> Restriction | Refusal:
    """Stop or narrow contact with a party. It counts at once; anyone at the desk may do it.

    Refusals: ``party.not_found``, ``party.value_unknown``, ``party.reason_missing``, ``restriction.target``,
    ``party.dates_reversed``.
    """
    party = visible_party(actor, party_public_id)
    if isinstance(party, Refusal):
        return party
    for field, value, allowed in (
        ("kind", data.kind, standing.RESTRICTION_KINDS),
        ("scope", data.scope, ("party", "agreement", "contact_point")),
        *(("channels", channel, standing.CHANNELS) for channel in data.channels),
    ):
        if (refused := _one_of(field, value, allowed)) is not None:
            return refused
    if not data.reason.strip():
        return refusals.REASON_MISSING.at("reason")
    point = None
    if data.scope == "contact_point":
        points = ContactPoint.objects.visible_to(actor.scope).filter(party=party)
        point = points.filter(public_id=data.contact_point_public_id).first()
    if (data.scope == "contact_point" and point is None) or (data.scope == "agreement" and not data.agreement_reference):
        return refusals.RESTRICTION_TARGET.at("scope", scope=data.scope)
    now = clock.now()
    effective_from = data.effective_from or now
    if data.effective_until is not None and data.effective_until <= effective_from:
        return refusals.DATES_REVERSED.at("effective_until")
    row: Restriction = Restriction.objects.create(
        creditor_id=party.creditor_id,
        party=party,
        kind=data.kind,
        scope=data.scope,
        agreement_reference=data.agreement_reference if data.scope == "agreement" else "",
        contact_point=point,
        channels=sorted(set(data.channels)),
        effective_from=effective_from,
        effective_until=data.effective_until,
        recorded_at=now,
        reason=data.reason.strip(),
        evidence_reference=data.evidence_reference[:200],
    )
    payload = {
        "restriction": row.public_id, "kind": row.kind, "scope": row.scope, "channels": row.channels,
        "effective_from": effective_from, "effective_until": data.effective_until,
    }  # fmt: skip
    note_party(actor, "party.restricted", party, payload)
    return row


@action("party.lift_restriction")
def lift_restriction(actor: Actor, public_id: str, reason: str) -> Restriction | Approval | Refusal:
    """End a restriction now. Kinds that rest on a fact or the law (``standing.GUARDED_KINDS``) may need a second person.

    Refusals: ``party.not_found``, ``restriction.over``, ``party.reason_missing``.
    """
    rows = Restriction.objects.visible_to(actor.scope).select_related("party").select_for_update(of=("self",))
    row: Restriction | None = rows.filter(public_id=public_id).first()
    if row is None:
        return refusals.NOT_FOUND.at(kind="restriction", id=public_id)
    now = clock.now()
    if row.lifted_at is not None or (row.effective_until is not None and row.effective_until <= now):
        return refusals.RESTRICTION_OVER.at()
    if not reason.strip():
        return refusals.REASON_MISSING.at("reason")
    if row.kind in standing.GUARDED_KINDS:
        subject = ("restriction", row.public_id)
        payload = {"public_id": public_id, "reason": reason.strip()}
        granted = require_authority(
            actor, "party.lift_restriction", 1, "count", row.creditor_id, subject, payload, reason.strip()
        )
        if not isinstance(granted, Granted):
            return granted
    row.lifted_at, row.lifted_by, row.lifted_reason = now, actor.id, reason.strip()
    row.save(update_fields=["lifted_at", "lifted_by", "lifted_reason"])
    note_party(actor, "party.restriction_lifted", row.party, {"restriction": row.public_id, "kind": row.kind})
    return row


approvals.register("party.lift_restriction", lambda actor, approval: lift_restriction(actor, **approval.payload))


@action("party.note_vulnerability")
def note_vulnerability(
    actor: Actor, party_public_id: str, kind: str, note: str = "", review_on: date | None = None, source: str = "manual"
) -> Vulnerability | Refusal:
    """Record that a party needs more care. The note is sealed: it is sensitive personal data (PIPL article 28).

    Refusals: ``party.not_found``, ``party.value_unknown``.
    """
    party = visible_party(actor, party_public_id)
    if isinstance(party, Refusal):
        return party
    if (refused := _one_of("kind", kind, standing.VULNERABILITY_KINDS)) is not None:
        return refused
    row: Vulnerability = Vulnerability.objects.create(
        creditor_id=party.creditor_id,
        party=party,
        kind=kind,
        noted_at=clock.now(),
        review_on=review_on,
        note_sealed=sealing.seal(note.strip()) if note.strip() else None,
        source=source,
    )
    note_party(actor, "party.vulnerability_noted", party, {"vulnerability": row.public_id, "review_on": review_on})
    return row


@action("party.end_vulnerability")
def end_vulnerability(actor: Actor, public_id: str, reason: str) -> Vulnerability | Refusal:
    """The need is over. Refusals: ``party.not_found``, ``restriction.over``, ``party.reason_missing``."""
    rows = Vulnerability.objects.visible_to(actor.scope).select_related("party").select_for_update(of=("self",))
    row: Vulnerability | None = rows.filter(public_id=public_id).first()
    if row is None:
        return refusals.NOT_FOUND.at(kind="vulnerability", id=public_id)
    if row.ended_at is not None:
        return refusals.RESTRICTION_OVER.at()
    if not reason.strip():
        return refusals.REASON_MISSING.at("reason")
    row.ended_at = clock.now()
    row.save(update_fields=["ended_at"])
    note_party(actor, "party.vulnerability_ended", row.party, {"vulnerability": row.public_id, "reason": reason.strip()})
    return row


@dataclass(frozen=True, slots=True)
class RepresentativeData:
    """Who represents, as what, since when. Both ``valid_*`` days included."""

    kind: str
    valid_from: date
    valid_until: date | None = None
    is_exclusive: bool = True
    evidence_reference: str = ""


@action("party.appoint_representative")
def appoint_representative(
    actor: Actor, party_public_id: str, representative_public_id: str, data: RepresentativeData
) -> Representation | Refusal:
    """Record who speaks for a party. An exclusive one also restricts contact with the party itself (``represented``).

    Refusals: ``party.not_found``, ``representation.self``, ``party.value_unknown``, ``party.dates_reversed``.
    """
    party = visible_party(actor, party_public_id)
    if isinstance(party, Refusal):
        return party
    representative = visible_party(actor, representative_public_id)
    if isinstance(representative, Refusal) or representative.creditor_id != party.creditor_id:
        return refusals.NOT_FOUND.at("representative", kind="party", id=representative_public_id)
    if representative.id == party.id:
        return refusals.REPRESENTS_SELF.at("representative")
    if (refused := _one_of("kind", data.kind, standing.REPRESENTATION_KINDS)) is not None:
        return refused
    if data.valid_until is not None and data.valid_until < data.valid_from:
        return refusals.DATES_REVERSED.at("valid_until")
    row: Representation = Representation.objects.create(
        creditor_id=party.creditor_id,
        party=party,
        representative=representative,
        kind=data.kind,
        is_exclusive=data.is_exclusive,
        valid_from=data.valid_from,
        valid_until=data.valid_until,
        evidence_reference=data.evidence_reference[:200],
        recorded_at=clock.now(),
    )
    payload = {"representation": row.public_id, "representative": representative.public_id, "kind": row.kind}
    note_party(actor, "party.representative_appointed", party, payload)
    if data.is_exclusive:
        zone = ZoneInfo(party.creditor.time_zone)
        until = data.valid_until and datetime.combine(data.valid_until + timedelta(days=1), time.min, zone)
        stop = RestrictionData(
            "represented",
            f"represented: {row.public_id}",
            effective_from=datetime.combine(data.valid_from, time.min, zone),
            effective_until=until or None,
            evidence_reference=data.evidence_reference,
        )
        stopped = restrict(actor, party_public_id, stop)
        if isinstance(stopped, Refusal):
            return stopped
    return row
