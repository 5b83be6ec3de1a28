"""API shapes of the worklist room."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from arrears.kernel.door import Amount, amount
from arrears.worklist.models import Run, WorkItem


class Why(Schema):
    zh: str
    en: str


class ItemOut(Schema):
    """One overdue customer and currency: what next, when, by whom, may we, and why."""

    id: str
    business_date: date
    creditor: str
    customer_id: str
    rank: int
    overdue: Amount
    past_due_days: int
    bucket: str
    strategy: str
    stage: str
    step: str
    step_title: dict[str, str]
    channel: str
    purpose: str
    template: str
    due_on: date
    deadline_on: date
    because: str = Field(description="hold, mandatory, due, planned, no_step_left, no_segment, no_stage or no_strategy")
    team: str
    owner_id: str = Field(description="Public id of the owner; empty means the team's common queue")
    owner_why: str
    permit: str = Field(description="allow, wait, stop, or office (no contact involved), judged at `permit_at`")
    permit_at: datetime | None
    permitted_until: datetime | None
    next_permitted: datetime | None
    rules: list[str]
    reachable: bool
    why: list[Why]

    @classmethod
    def of(cls, row: WorkItem) -> ItemOut:
        same = ("business_date", "rank", "past_due_days", "bucket", "strategy", "stage", "step", "step_title", "channel", "purpose",
                "template", "due_on", "deadline_on", "because", "team", "owner_id", "owner_why", "permit_at", "permitted_until",
                "next_permitted", "reachable")  # fmt: skip
        return cls(
            id=row.public_id, creditor=row.creditor.code, customer_id=row.customer.public_id,
            overdue=amount(row.overdue_minor, row.currency), permit=row.permit_state, rules=[r for r in row.rules.split(",") if r],
            why=[Why(**w) for w in row.why], **{name: getattr(row, name) for name in same},
        )  # fmt: skip


class RunOut(Schema):
    id: str
    creditor: str
    business_date: date
    made_at: datetime
    digest: str
    strategies: list[list[str]]
    summary: dict[str, Any]

    @classmethod
    def of(cls, row: Run) -> RunOut:
        return cls(
            id=row.public_id, creditor=row.creditor.code, business_date=row.business_date, made_at=row.made_at, digest=row.digest,
            strategies=row.strategies, summary=row.summary,
        )  # fmt: skip


class RunIn(Schema):
    creditor: str
    date: date
