"""Reading books: as frames for programs, as figures for the overview. Always inside the caller's scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from arrears.access import queries as access
from arrears.book import declaration, storage
from arrears.book.refusals import NO_BOOK
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Scope

#: Order of buckets on every screen; "" is current.
BUCKETS = ("", "M1", "M2", "M3", "M4", "M5", "M6", "M7+")


def _codes(scope: Scope) -> list[str]:
    return [c.code for c in access.creditors(scope)]


def days(scope: Scope) -> list[date]:
    """Days that have a book the caller may see, oldest first."""
    return storage.days(_codes(scope))


def days_of(scope: Scope, creditor: str) -> list[date]:
    """Days that have a book of the creditor with that code, oldest first; none where the caller may not see it."""
    return storage.days([code for code in _codes(scope) if code == creditor])


def read(scope: Scope, day: date, creditor: str = "") -> pl.LazyFrame:
    """The book of ``day`` as a lazy frame, empty where there is none; of one creditor where named."""
    codes = [c for c in _codes(scope) if not creditor or c == creditor]
    paths = storage.parts(day, codes)
    empty = pl.DataFrame(schema=declaration.schema()).lazy()
    if not paths:
        return empty
    frame = pl.scan_parquet(paths, hive_partitioning=False, missing_columns="insert", extra_columns="ignore")
    if scope.portfolio_ids:
        wanted = {str(i) for i in scope.portfolio_ids}
        frame = frame.filter(pl.col("portfolio_ids").str.split(",").list.set_intersection(sorted(wanted)).list.len() > 0)
    return frame


def exists(scope: Scope, day: date) -> bool:
    return bool(storage.parts(day, _codes(scope)))


@dataclass(frozen=True, slots=True)
class BucketRow:
    """One bucket of one currency: customers and money (minor units)."""

    currency: str
    bucket: str
    customers: int
    overdue_minor: int
    overdue_principal_minor: int
    overdue_interest_minor: int
    overdue_penalty_minor: int
    overdue_fee_minor: int
    outstanding_minor: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Figures of a day, by currency: buckets in order (current first)."""

    as_of: date
    rows: tuple[BucketRow, ...]

    def currencies(self) -> list[str]:
        return sorted({r.currency for r in self.rows})

    def of(self, currency: str) -> list[BucketRow]:
        return [r for r in self.rows if r.currency == currency]


def overview(scope: Scope, day: date, creditor: str = "") -> Overview | Refusal:
    """Customers and money by bucket. Refuses where the day has no book."""
    if not exists(scope, day):
        return NO_BOOK.at("/date", day=day.isoformat())
    sums = [n for n in BucketRow.__dataclass_fields__ if n.endswith("_minor")]
    frame = (
        read(scope, day, creditor)
        .group_by("currency", "bucket")
        .agg(pl.len().alias("customers"), *(pl.col(n).sum() for n in sums))
    )
    rows = [BucketRow(**row) for row in frame.collect().iter_rows(named=True)]
    order = {b: i for i, b in enumerate(BUCKETS)}
    return Overview(day, tuple(sorted(rows, key=lambda r: (r.currency, order.get(r.bucket, 99), r.bucket))))


@dataclass(frozen=True, slots=True)
class Roll:
    """Customers and overdue money that went from one bucket to another between two books."""

    currency: str
    from_bucket: str
    to_bucket: str
    customers: int
    outstanding_minor: int  # at the start: the base of the rate


@dataclass(frozen=True, slots=True)
class RollTable:
    """Roll rates from ``from_day`` to ``to_day``; ``rate`` gives the share of a bucket's customers that moved on."""

    from_day: date
    to_day: date
    rows: tuple[Roll, ...]

    def base(self, currency: str, bucket: str) -> int:
        return sum(r.customers for r in self.rows if r.currency == currency and r.from_bucket == bucket)

    def cell(self, currency: str, start: str, end: str) -> Roll | None:
        return next((r for r in self.rows if (r.currency, r.from_bucket, r.to_bucket) == (currency, start, end)), None)


def roll_rates(scope: Scope, from_day: date, to_day: date, creditor: str = "") -> RollTable | Refusal:
    """Who moved between buckets. A customer gone from the later book counts as ``gone`` (paid off or no longer held)."""
    for day in (from_day, to_day):
        if not exists(scope, day):
            return NO_BOOK.at("/date", day=day.isoformat())
    keys = ["creditor", "customer", "currency"]
    start = read(scope, from_day, creditor).select(*keys, pl.col("bucket").alias("from_bucket"), pl.col("outstanding_minor"))
    end = read(scope, to_day, creditor).select(*keys, pl.col("bucket").alias("to_bucket"))
    moved = start.join(end, on=keys, how="left").with_columns(pl.col("to_bucket").fill_null("gone"))
    table = moved.group_by("currency", "from_bucket", "to_bucket").agg(
        pl.len().alias("customers"), pl.col("outstanding_minor").sum()
    )
    rows = [Roll(**row) for row in table.collect().iter_rows(named=True)]
    order = {b: i for i, b in enumerate((*BUCKETS, "gone"))}
    rows.sort(key=lambda r: (r.currency, order.get(r.from_bucket, 99), order.get(r.to_bucket, 99)))
    return RollTable(from_day, to_day, tuple(rows))


def vocabulary() -> list[dict[str, Any]]:
    """Every column with type, unit and meaning: the words of all rules."""
    return [
        {
            "name": c.name, "type": c.type, "unit": c.unit, "nullable": c.nullable, "room": c.room, "zh": c.label.zh, "en": c.label.en,
            "meaning_zh": c.meaning.zh, "meaning_en": c.meaning.en,
        }
        for c in declaration.columns()
    ]  # fmt: skip
