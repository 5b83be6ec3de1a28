"""Tables of the contact room."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from arrears.access.models import Creditor
from arrears.access.scoping import ScopedModel
from arrears.gate.models import Permit
from arrears.kernel.ids import new_id
from arrears.parties.models import Customer


def _letter_id() -> str:
    return new_id("ltr")


class Letter(ScopedModel):
    """A letter that left: the facts it states (sealed), the template version and the hash of its bytes. Never without a permit."""

    public_id = models.CharField(max_length=40, unique=True, default=_letter_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    permit = models.OneToOneField(Permit, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40, unique=True)
    language = models.CharField(max_length=10)
    template = models.CharField(max_length=40)
    template_version = models.IntegerField()
    as_of = models.DateField()
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    facts_sealed = models.BinaryField()
    facts_hash = models.CharField(max_length=64)
    pdf_sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [models.Index(fields=["customer", "-made_at"], name="letter_by_customer")]
