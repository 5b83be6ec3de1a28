"""Tables of the gate: what was decided, which permits were given, and the contact history that counters read."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from arrears.access.models import Creditor
from arrears.access.scoping import ScopedModel
from arrears.kernel.ids import new_id
from arrears.parties.models import ContactPoint, Customer, Party


def _decision_id() -> str:
    return new_id("dec")


def _permit_id() -> str:
    return new_id("prm")


def _attempt_id() -> str:
    return new_id("con")


class PackVersion(models.Model):
    """The text of a rule pack as it stood when it was first used, so that every decision can be judged again. Append-only."""

    pack = models.CharField(max_length=40)
    version = models.CharField(max_length=16)
    text = models.TextField()
    signoff_kind = models.CharField(max_length=10)
    first_used_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["pack", "version"], name="pack_version_once")]


class GateDecision(ScopedModel):
    """One answer with everything it rests on. Append-only."""

    public_id = models.CharField(max_length=40, unique=True, default=_decision_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField()  # the instant the question was about
    decided_at = models.DateTimeField()
    actor_id = models.CharField(max_length=60)
    request = models.JSONField()
    situation = models.JSONField()
    packs = models.JSONField()  # [[id, version, kind of sign-off]]
    answer = models.JSONField()
    allowed = models.BooleanField()
    answer_hash = models.BinaryField(max_length=32)

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [models.Index(fields=["customer", "-id"], name="decision_by_customer")]


class Permit(ScopedModel):
    """Leave for one contact: one channel, one contact point, one purpose, for a short time, once."""

    public_id = models.CharField(max_length=40, unique=True, default=_permit_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.PROTECT, related_name="+")
    decision = models.OneToOneField(GateDecision, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10)
    purpose = models.CharField(max_length=30)
    template_class = models.CharField(max_length=40, blank=True)
    step = models.CharField(max_length=120, blank=True)  # strategy step the contact carries out
    state = models.CharField(max_length=10, default="reserved")  # reserved | used | settled | released | revoked
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    signature = models.BinaryField(max_length=32)

    class Meta(ScopedModel.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["reserved", "used", "settled", "released", "revoked"]), name="permit_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["reserved", "released", "revoked"]) | models.Q(used_at__isnull=False),
                name="permit_settled_after_use",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["customer", "state"], name="permit_by_customer")]


class Attempt(ScopedModel):
    """One line of the contact history. An outbound one stands on a permit, or names the outside source that reported it."""

    public_id = models.CharField(max_length=40, unique=True, default=_attempt_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")  # of the debt
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")  # whom we contacted
    contact_point = models.ForeignKey(ContactPoint, null=True, on_delete=models.PROTECT, related_name="+")
    permit = models.OneToOneField(Permit, null=True, on_delete=models.PROTECT, related_name="+")
    contacted_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    channel = models.CharField(max_length=10)
    direction = models.CharField(max_length=10)  # outbound | inbound
    purpose = models.CharField(max_length=30)
    outcome = models.CharField(max_length=20)
    agreements = ArrayField(models.CharField(max_length=64), default=list)  # empty: all debts of the customer
    step = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=60, blank=True)  # who reported a contact that was not ours
    actor_id = models.CharField(max_length=60)

    class Meta(ScopedModel.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(direction="inbound") | models.Q(permit__isnull=False) | ~models.Q(source=""),
                name="no_contact_without_permit",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-contacted_at"], name="attempt_by_customer"),
            models.Index(fields=["party", "-contacted_at"], name="attempt_by_party"),
        ]
