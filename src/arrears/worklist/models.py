"""Tables of the worklist room: one run per creditor and date, one item per overdue customer and currency."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from arrears.access.models import Creditor
from arrears.access.scoping import ScopedModel
from arrears.kernel.ids import new_id
from arrears.parties.models import Customer


def _run_id() -> str:
    return new_id("run")


def _item_id() -> str:
    return new_id("itm")


class Run(ScopedModel):
    """The newest run of one creditor's business date: what it was made from and what came out."""

    public_id = models.CharField(max_length=40, unique=True, default=_run_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    business_date = models.DateField()
    strategies = models.JSONField(default=list)  # [[id, version]]
    packs = models.JSONField(default=list)  # [[id, version, kind of sign-off]]
    summary = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)  # of every line: equal facts give the equal list
    made_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["creditor", "business_date"], name="one_run_per_creditor_and_date")
        ]


class WorkItem(ScopedModel):
    """One line of the day's list: what next, when, by whom, whether contact is permitted, and why."""

    public_id = models.CharField(max_length=40, unique=True, default=_item_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    business_date = models.DateField()
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    overdue_minor = models.BigIntegerField()
    past_due_days = models.IntegerField()
    bucket = models.CharField(max_length=10, blank=True)
    strategy = models.CharField(max_length=80, blank=True)
    segment = models.CharField(max_length=60, blank=True)
    plan = models.CharField(max_length=60, blank=True)
    stage = models.CharField(max_length=40, blank=True)
    stage_title = models.JSONField(default=dict)
    step_key = models.CharField(max_length=120)
    step = models.CharField(max_length=60, blank=True)
    step_title = models.JSONField(default=dict)
    channel = models.CharField(max_length=10, blank=True)
    purpose = models.CharField(max_length=30, blank=True)
    template = models.CharField(max_length=60, blank=True)
    planned_on = models.DateField()
    due_on = models.DateField()
    deadline_on = models.DateField()
    because = models.CharField(max_length=20)
    hold = models.CharField(max_length=40, blank=True)
    team = models.CharField(max_length=40, blank=True)  # code
    owner_id = models.CharField(max_length=40, blank=True)  # public id of a person; empty: the team's common queue
    owner_why = models.CharField(max_length=20)
    permit_state = models.CharField(max_length=8)  # allow | wait | stop | office (no contact at all)
    permit_at = models.DateTimeField(null=True)  # the instant that was judged
    permitted_until = models.DateTimeField(null=True)
    next_permitted = models.DateTimeField(null=True)
    rule = models.CharField(max_length=60, blank=True)  # first refusing rule
    rules = models.CharField(max_length=200, blank=True)
    reachable = models.BooleanField(default=True)  # a contact point of the channel is on file
    rank = models.IntegerField()
    why = models.JSONField(default=list)  # [{zh, en}]

    class Meta(ScopedModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business_date", "customer", "currency"], name="one_item_per_customer_and_day")
        ]
        indexes: ClassVar = [
            models.Index(fields=["creditor", "business_date", "rank"], name="item_by_rank"),
            models.Index(fields=["creditor", "business_date", "owner_id", "rank"], name="item_by_owner"),
            models.Index(fields=["customer", "-business_date"], name="item_by_customer"),
        ]
