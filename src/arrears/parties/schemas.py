"""API shapes of the parties room. Nothing here carries a clear identity field except what a caller sends in, and a reveal."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from ninja import Schema
from pydantic import AwareDatetime, Field

from arrears.parties import standing
from arrears.parties.actions import PartyData
from arrears.parties.actions_points import PointData
from arrears.parties.actions_standing import Proof, RepresentativeData, RestrictionData
from arrears.parties.models import Customer
from arrears.parties.queries import CustomerView, PartyView


class CustomerLine(Schema):
    id: str
    creditor: str
    reference: str
    created_at: AwareDatetime

    @classmethod
    def of(cls, row: Customer) -> CustomerLine:
        return cls(id=row.public_id, creditor=row.creditor.code, reference=row.reference, created_at=row.created_at)


class SearchIn(Schema):
    text: str = Field(
        min_length=1, max_length=200, description="Name, pinyin initials, customer number, phone, identity number, last four"
    )


class HitOut(Schema):
    customer_id: str
    reference: str
    name_masked: str
    id_masked: str
    why: str = Field(description="What fitted: name, initials, number, phone, id, phone_tail or id_tail")


class SearchOut(Schema):
    data: list[HitOut]
    has_more: bool


class PointOut(Schema):
    id: str
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
    created_at: AwareDatetime


class ConsentOut(Schema):
    event: str
    channel: str
    purpose: str
    effective_at: AwareDatetime
    recorded_at: AwareDatetime
    until: AwareDatetime | None
    proof_kind: str
    proof_reference: str


class RestrictionOut(Schema):
    id: str
    kind: str
    scope: str
    channels: list[str]
    agreement_reference: str
    effective_from: AwareDatetime
    effective_until: AwareDatetime | None
    recorded_at: AwareDatetime
    lifted_at: AwareDatetime | None
    reason: str


class VulnerabilityOut(Schema):
    id: str
    kind: str
    noted_at: AwareDatetime
    review_on: date | None
    has_note: bool


class RepresentationOut(Schema):
    id: str
    representative_id: str
    name_masked: str
    kind: str
    is_exclusive: bool
    valid_from: date
    valid_until: date | None


class PartyOut(Schema):
    """A person or company as one source describes it, masked."""

    id: str
    reference: str
    kind: str
    name_masked: str
    id_kind: str
    id_masked: str
    has_birth_date: bool
    language: str
    segment: dict[str, Any]
    source: str
    contact_points: list[PointOut]
    consents: list[ConsentOut]
    restrictions: list[RestrictionOut]
    vulnerabilities: list[VulnerabilityOut]
    representations: list[RepresentationOut]

    @classmethod
    def of(cls, view: PartyView) -> PartyOut:
        def same(row: Any, shape: type[Schema], **renamed: Any) -> Any:
            return shape(**{n: getattr(row, n) for n in shape.model_fields if n not in renamed}, **renamed)

        own = {n: getattr(view, n) for n in cls.model_fields if hasattr(view, n)}
        return cls(
            **own
            | {
                "id": view.public_id,
                "contact_points": [same(p, PointOut, id=p.public_id) for p in view.points],
                "consents": [same(c, ConsentOut) for c in view.consents],
                "restrictions": [same(r, RestrictionOut, id=r.public_id, channels=sorted(r.channels)) for r in view.restrictions],
                "vulnerabilities": [same(v, VulnerabilityOut, id=v.public_id) for v in view.vulnerabilities],
                "representations": [
                    same(r, RepresentationOut, id=r.public_id, representative_id=r.representative_public_id)
                    for r in view.representations
                ],
            }
        )


class CustomerOut(Schema):
    """A customer with all its parties, as of a day, as known at an instant."""

    id: str
    reference: str
    name_masked: str
    as_of: date
    known_at: AwareDatetime | None
    parties: list[PartyOut]

    @classmethod
    def of(cls, view: CustomerView, as_of: date, known_at: Any) -> CustomerOut:
        parties = [PartyOut.of(p) for p in view.parties]
        return cls(
            id=view.public_id,
            reference=view.reference,
            name_masked=view.name_masked,
            as_of=as_of,
            known_at=known_at,
            parties=parties,
        )


class MadeOut(Schema):
    """The id of what was recorded."""

    id: str


class PartyIn(Schema):
    """A person or company. ``born_on`` is read from a resident identity number where it is not given."""

    creditor: str = Field(description="Code of the creditor")
    reference: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=200)
    kind: Literal["person", "company"] = "person"
    id_kind: str = Field("", max_length=20)
    id_number: str = Field("", max_length=40)
    born_on: date | None = None
    language: str = Field("zh-hans", max_length=10)
    segment: dict[str, Any] = Field(default_factory=dict)
    customer_reference: str = Field("", max_length=64)

    def data(self) -> PartyData:
        return PartyData(**self.model_dump(exclude={"creditor"}), source="api")


class PartyChange(Schema):
    """Only what is sent is changed."""

    name: str = Field("", min_length=1, max_length=200)
    kind: Literal["person", "company"] = "person"
    id_kind: str = Field("", max_length=20)
    id_number: str = Field("", max_length=40)
    born_on: date | None = None
    language: str = Field("", min_length=2, max_length=10)
    segment: dict[str, Any] = Field(default_factory=dict)


class PointIn(Schema):
    kind: Literal["phone", "mobile", "landline", "email", "address", "im"]
    value: str = Field(min_length=1, max_length=300)
    provenance: Literal["contract", "host", "debtor", "agency", "bureau", "search"]
    label: str = Field("", max_length=20)
    valid_from: date | None = None
    valid_until: date | None = None
    time_zone: str = Field("", max_length=60)
    is_preferred: bool = False
    region: str = Field("CN", min_length=2, max_length=2)

    def data(self) -> PointData:
        return PointData(**self.model_dump(), source="api")


class CloseIn(Schema):
    reason: str = Field(min_length=1, max_length=200)
    valid_until: date | None = None


class ReasonIn(Schema):
    reason: str = Field(min_length=1, max_length=2000)


class RightPartyIn(Schema):
    outcome: Literal["confirmed", "wrong", "unreachable", "moved"]
    at: AwareDatetime | None = None
    evidence: str = Field("", max_length=200)


class ConsentIn(Schema):
    """A consent or its withdrawal, with where the proof is kept."""

    channel: Literal[(*standing.CHANNELS, standing.ANY)]  # type: ignore[valid-type]
    purpose: Literal[(*standing.PURPOSES, standing.ANY)]  # type: ignore[valid-type]
    proof_kind: Literal["contract_clause", "recording", "form", "letter", "import"]
    proof_reference: str = Field(min_length=1, max_length=200)
    proof_sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$", description="Hash of the file or recording, hexadecimal")
    wording: str = Field("", max_length=5000)
    effective_at: AwareDatetime | None = None
    until: AwareDatetime | None = Field(None, description="Only for a consent: the first instant it no longer holds")

    def proof(self) -> Proof:
        sha256 = bytes.fromhex(self.proof_sha256) if self.proof_sha256 else None
        return Proof(self.proof_kind, self.proof_reference, self.wording, sha256)


class RestrictionIn(Schema):
    kind: Literal[standing.RESTRICTION_KINDS]  # type: ignore[valid-type]
    reason: str = Field(min_length=1, max_length=2000)
    scope: Literal["party", "agreement", "contact_point"] = "party"
    agreement_reference: str = Field("", max_length=64)
    contact_point_id: str = Field("", max_length=40)
    channels: list[Literal[standing.CHANNELS]] = Field(default_factory=list)  # type: ignore[valid-type]
    effective_from: AwareDatetime | None = None
    effective_until: AwareDatetime | None = None
    evidence_reference: str = Field("", max_length=200)

    def data(self) -> RestrictionData:
        fields = self.model_dump(exclude={"contact_point_id", "channels"})
        return RestrictionData(**fields, contact_point_public_id=self.contact_point_id, channels=tuple(self.channels))


class VulnerabilityIn(Schema):
    kind: Literal[standing.VULNERABILITY_KINDS]  # type: ignore[valid-type]
    note: str = Field("", max_length=5000)
    review_on: date | None = None


class RepresentativeIn(Schema):
    representative_id: str = Field(max_length=40)
    kind: Literal[standing.REPRESENTATION_KINDS]  # type: ignore[valid-type]
    valid_from: date
    valid_until: date | None = None
    is_exclusive: bool = True
    evidence_reference: str = Field("", max_length=200)

    def data(self) -> RepresentativeData:
        return RepresentativeData(**self.model_dump(exclude={"representative_id"}))


class RevealIn(Schema):
    """Which masked field of what, and why. The look is written to the access log."""

    subject_kind: Literal["party", "contact_point", "vulnerability"]
    subject_id: str = Field(max_length=40)
    field: Literal["name", "id", "born", "value", "note"]
    reason: str = Field(min_length=1, max_length=200)


class RevealOut(Schema):
    value: str


class MatchOut(Schema):
    """Two parties that may be one person, side by side."""

    id: str
    score_permille: int
    reasons: list[str]
    state: str
    found_at: AwareDatetime
    left: PartyOut
    right: PartyOut


class DecideMatchIn(Schema):
    same: bool
    note: str = Field("", max_length=2000)


class MergeIn(Schema):
    absorbed_id: str = Field(max_length=40, description="Customer that becomes part of the one addressed")
    reason: str = Field(min_length=1, max_length=200)


class FoundOut(Schema):
    merged: int
    candidates: int
    left_out: int
