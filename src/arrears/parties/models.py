"""Tables of the parties room. Fields named ``*_sealed`` hold AES-GCM ciphertext; ``*_index`` a keyed hash for exact matching."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Right

from arrears.access.models import Creditor
from arrears.access.scoping import ScopedModel
from arrears.kernel import clock
from arrears.kernel.ids import new_id


def _customer_id() -> str:
    return new_id("cus")


def _party_id() -> str:
    return new_id("pty")


def _point_id() -> str:
    return new_id("cpt")


def _restriction_id() -> str:
    return new_id("rst")


def _vulnerability_id() -> str:
    return new_id("vul")


def _match_id() -> str:
    return new_id("mat")


def _merge_id() -> str:
    return new_id("mrg")


def _representation_id() -> str:
    return new_id("rep")


class Customer(ScopedModel):
    """One real person or company across all its loans at one creditor; the unit of the book, of cases and of contact."""

    public_id = models.CharField(max_length=40, unique=True, default=_customer_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=64)  # the host's customer number (of the first party)
    created_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["creditor", "reference"], name="customer_reference_once_per_creditor")
        ]


class Party(ScopedModel):
    """A person or company as one source describes it. Several parties of one customer are the same real person."""

    public_id = models.CharField(max_length=40, unique=True, default=_party_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, default="person")  # person | company
    name_sealed = models.BinaryField()
    name_masked = models.CharField(max_length=200)  # 王*明
    name_index = models.BinaryField(max_length=32)
    name_initials = models.CharField(max_length=40, blank=True)  # pinyin initials, for search: wxm
    id_kind = models.CharField(max_length=20, blank=True)  # cn_resident_id | cn_uscc | passport | other
    id_sealed = models.BinaryField(null=True)
    id_masked = models.CharField(max_length=40, blank=True)
    id_index = models.BinaryField(max_length=32, null=True)
    born_sealed = models.BinaryField(null=True)  # ISO date
    born_index = models.BinaryField(max_length=32, null=True)  # sealing.index("born", ISO date)
    language = models.CharField(max_length=10, default="zh-hans")
    segment = models.JSONField(default=dict)  # further host attributes that are no identity
    source = models.CharField(max_length=60, blank=True)  # provenance: import batch, api, manual
    created_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["creditor", "reference"], name="party_reference_once_per_creditor")
        ]
        indexes: ClassVar = [
            models.Index(fields=["creditor", "id_index"], name="party_by_id"),
            models.Index(fields=["creditor", "name_index"], name="party_by_name"),
            models.Index(fields=["creditor", "name_initials"], name="party_by_initials"),
            models.Index(fields=["customer"], name="party_by_customer"),
            models.Index("creditor", Right("id_masked", 4), name="party_by_id_tail"),
        ]


class PartyVersion(ScopedModel):
    """What a party's row said until ``replaced_at``. Append-only: with it a customer can be shown as known earlier."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    replaced_at = models.DateTimeField()
    replaced_by = models.CharField(max_length=60)
    kind = models.CharField(max_length=10)
    name_sealed = models.BinaryField()
    name_masked = models.CharField(max_length=200)
    id_kind = models.CharField(max_length=20, blank=True)
    id_sealed = models.BinaryField(null=True)
    id_masked = models.CharField(max_length=40, blank=True)
    born_sealed = models.BinaryField(null=True)
    language = models.CharField(max_length=10)
    segment = models.JSONField(default=dict)
    source = models.CharField(max_length=60, blank=True)

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [models.Index(fields=["party", "replaced_at"], name="party_version_by_party")]


#: The columns of a party that its versions keep.
KEPT_COLUMNS = tuple(
    f.name for f in PartyVersion._meta.concrete_fields if f.name not in {"id", "creditor", "party", "replaced_at", "replaced_by"}
)


class ContactPoint(ScopedModel):
    """A way to reach a party: number, address or account, with where it came from and what happened on it."""

    public_id = models.CharField(max_length=40, unique=True, default=_point_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)  # mobile | landline | email | address | im
    value_sealed = models.BinaryField()
    value_masked = models.CharField(max_length=200)
    value_index = models.BinaryField(max_length=32)
    label = models.CharField(max_length=20, blank=True)  # home | work | registered
    provenance = models.CharField(max_length=20)  # contract | host | debtor | agency | bureau | search
    source = models.CharField(max_length=60, blank=True)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    time_zone = models.CharField(max_length=60, blank=True)
    time_zone_evidence = models.CharField(max_length=40, blank=True)  # area_code | address | declared
    right_party = models.CharField(max_length=12, default="unknown")  # unknown | confirmed | wrong | unreachable
    is_preferred = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)  # when we recorded the end; valid_until says when it ends
    closed_reason = models.CharField(max_length=200, blank=True)

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["party"], name="point_by_party"),
            models.Index(fields=["creditor", "value_index"], name="point_by_value"),
            models.Index("creditor", Right("value_masked", 4), name="point_by_tail"),
        ]


class RightPartyEvent(ScopedModel):
    """What a contact attempt proved about a contact point. Append-only."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=clock.now)
    outcome = models.CharField(max_length=20)  # confirmed | wrong | unreachable | moved
    evidence = models.CharField(max_length=200, blank=True)
    actor_id = models.CharField(max_length=60)


class ConsentEvent(ScopedModel):
    """Consent given or withdrawn, per channel and purpose, with proof. Append-only: the newest event by date is in force."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    event = models.CharField(max_length=10)  # given | withdrawn
    channel = models.CharField(max_length=10)  # voice | ai_voice | sms | email | letter | visit | im | any
    purpose = models.CharField(max_length=30)  # collect | reminder | off_hours | data_processing | third_party | marketing
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    wording = models.TextField(blank=True)
    proof_kind = models.CharField(max_length=30)  # contract_clause | recording | form | letter | import
    proof_reference = models.CharField(max_length=200)
    proof_sha256 = models.BinaryField(max_length=32, null=True)
    source = models.CharField(max_length=60, blank=True)

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [models.Index(fields=["party", "channel", "purpose", "-effective_at"], name="consent_by_party")]


class Restriction(ScopedModel):
    """Stops or narrows contact or collection: stop, dispute, deceased, insolvency, moratorium, minor, represented."""

    public_id = models.CharField(max_length=40, unique=True, default=_restriction_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    scope = models.CharField(max_length=12, default="party")  # party | agreement | contact_point
    agreement_reference = models.CharField(max_length=64, blank=True)
    contact_point = models.ForeignKey(ContactPoint, null=True, on_delete=models.PROTECT, related_name="+")
    channels = models.JSONField(default=list)  # empty = every channel
    effective_from = models.DateTimeField()
    effective_until = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    reason = models.TextField(blank=True)
    evidence_reference = models.CharField(max_length=200, blank=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=60, blank=True)
    lifted_reason = models.TextField(blank=True)

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [models.Index(fields=["party", "kind"], name="restriction_by_party")]


class Vulnerability(ScopedModel):
    public_id = models.CharField(max_length=40, unique=True, default=_vulnerability_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30)  # illness | disability | bereavement | income_shock | age | language | other
    noted_at = models.DateTimeField()
    review_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    note_sealed = models.BinaryField(null=True)
    source = models.CharField(max_length=60, blank=True)


class Representation(ScopedModel):
    """Who speaks for a party: a lawyer, guardian, attorney or insolvency administrator, who is a party of its own."""

    public_id = models.CharField(max_length=40, unique=True, default=_representation_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    representative = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30)  # lawyer | guardian | attorney | administrator
    is_exclusive = models.BooleanField(default=True)  # contact goes to the representative only
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    evidence_reference = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [models.Index(fields=["party"], name="representation_by_party")]


class CustomerMerge(ScopedModel):
    """Two customers were found to be one. ``moved`` remembers what moved, so that it can be undone."""

    public_id = models.CharField(max_length=40, unique=True, default=_merge_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    survivor = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    absorbed = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=dict)  # "parties": ids; further keys belong to the rooms that followed
    reasons = models.JSONField(default=list)
    merged_at = models.DateTimeField()
    merged_by = models.CharField(max_length=60)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=60, blank=True)

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [models.Index(fields=["survivor"], name="merge_by_survivor")]


class MatchCandidate(ScopedModel):
    """Two parties that may be one real person, waiting for a person's decision."""

    public_id = models.CharField(max_length=40, unique=True, default=_match_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    left = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    score_permille = models.IntegerField()
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=10, default="open")  # open | same | different
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True)
    note = models.TextField(blank=True)

    class Meta(ScopedModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["left", "right"], name="match_pair_once")]
