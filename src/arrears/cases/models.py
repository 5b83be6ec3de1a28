"""Tables of the cases room."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from arrears.access.models import Creditor
from arrears.access.scoping import ScopedModel
from arrears.kernel.ids import new_id
from arrears.parties.models import Customer


def _case_id() -> str:
    return new_id("cas")


class CustomerCase(ScopedModel):
    """One customer's delinquency in one currency, from its first day until it is paid up.

    Stage and plan are the newest day's derivation, kept for reading; the owner is what assignment goes by next day.
    """

    public_id = models.CharField(max_length=40, unique=True, default=_case_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    strategy = models.CharField(max_length=60, blank=True)
    segment = models.CharField(max_length=60, blank=True)
    plan = models.CharField(max_length=60, blank=True)
    stage = models.CharField(max_length=40, blank=True)
    team = models.CharField(max_length=40, blank=True)  # code
    owner_id = models.CharField(max_length=40, blank=True)  # public id of the person; empty: the team's common queue
    changed_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "currency"], condition=models.Q(closed_on=None), name="one_open_case_per_customer"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["creditor", "owner_id"], name="case_by_owner")]
