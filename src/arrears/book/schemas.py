"""API shapes of the book room."""

from __future__ import annotations

from datetime import date
from typing import Any

from ninja import Schema

from arrears.book.actions import Built
from arrears.book.queries import BucketRow, Overview, RollTable
from arrears.kernel.door import Amount, amount


def _sure(minor: int, currency: str) -> Amount:
    found = amount(minor, currency)
    assert found is not None  # only None gives None
    return found


class DayOut(Schema):
    date: date


class ColumnOut(Schema):
    """One column of the book: a word of the condition language."""

    name: str
    type: str
    unit: str
    nullable: bool
    room: str
    label: str
    meaning: str

    @classmethod
    def of(cls, row: dict[str, Any], language: str) -> ColumnOut:
        lang = "zh" if language.startswith("zh") else "en"
        same = {n: row[n] for n in ("name", "type", "unit", "nullable", "room")}
        return cls(**same, label=row[lang], meaning=row[f"meaning_{lang}"])


class BuildIn(Schema):
    date: date
    creditor: str
    force: bool = False


class BuiltOut(Schema):
    creditor: str
    as_of: date
    rows: int
    overdue_customers: int
    overdue: list[Amount]
    unchanged: bool

    @classmethod
    def of(cls, built: Built) -> BuiltOut:
        return cls(
            creditor=built.creditor,
            as_of=built.as_of,
            rows=built.rows,
            overdue_customers=built.overdue_customers,
            overdue=[_sure(minor, currency) for currency, minor in sorted(built.overdue_minor.items())],
            unchanged=built.unchanged,
        )


class BucketOut(Schema):
    """One bucket of one currency; an empty bucket name is "not overdue"."""

    currency: str
    bucket: str
    customers: int
    overdue: Amount
    overdue_principal: Amount
    overdue_interest: Amount
    overdue_penalty: Amount
    overdue_fee: Amount
    outstanding: Amount

    @classmethod
    def of(cls, row: BucketRow) -> BucketOut:
        names = [n for n in cls.model_fields if n not in ("currency", "bucket", "customers")]
        money = {n: _sure(getattr(row, f"{n}_minor"), row.currency) for n in names}
        return cls(currency=row.currency, bucket=row.bucket, customers=row.customers, **money)


class OverviewOut(Schema):
    as_of: date
    buckets: list[BucketOut]

    @classmethod
    def of(cls, found: Overview) -> OverviewOut:
        return cls(as_of=found.as_of, buckets=[BucketOut.of(row) for row in found.rows])


class RollOut(Schema):
    """Customers and money that went from one bucket to another; ``share_permille`` of the customers of ``from_bucket``."""

    currency: str
    from_bucket: str
    to_bucket: str
    customers: int
    outstanding: Amount
    share_permille: int


class RollTableOut(Schema):
    from_date: date
    to_date: date
    rolls: list[RollOut]

    @classmethod
    def of(cls, found: RollTable) -> RollTableOut:
        rolls = [
            RollOut(
                currency=r.currency,
                from_bucket=r.from_bucket,
                to_bucket=r.to_bucket,
                customers=r.customers,
                outstanding=_sure(r.outstanding_minor, r.currency),
                share_permille=round(1000 * r.customers / found.base(r.currency, r.from_bucket)),
            )
            for r in found.rows
        ]
        return cls(from_date=found.from_day, to_date=found.to_day, rolls=rolls)
