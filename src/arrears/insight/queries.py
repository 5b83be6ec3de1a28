"""Figures over several books: how buckets rolled month by month, and whose arrears grew most. Always inside the scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise

import polars as pl

from arrears.access import queries as access
from arrears.book import queries as book
from arrears.book import storage
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Scope

#: Buckets whose forward roll is drawn; later ones hold few customers and would only add noise.
TREND_BUCKETS = ("", "M1", "M2", "M3")
#: How many month ends a trend looks back.
TREND_BOOKS = 7
_ORDER = {name: place for place, name in enumerate(book.BUCKETS)}


@dataclass(frozen=True, slots=True)
class Split:
    """Where the customers of one bucket went: counts. ``better`` includes cured; ``gone`` is no longer in the book."""

    bucket: str
    base: int
    better: int
    same: int
    worse: int
    gone: int


@dataclass(frozen=True, slots=True)
class Mover:
    """A customer whose overdue amount (minor units) grew between two books."""

    customer: str  # public id
    from_bucket: str
    to_bucket: str
    before_minor: int
    now_minor: int
    past_due_days: int

    @property
    def growth_minor(self) -> int:
        return self.now_minor - self.before_minor


def month_ends(days: Iterable[date], until: date, limit: int = TREND_BOOKS) -> list[date]:
    """The last book of each month up to ``until`` (which itself is the last), oldest first, at most ``limit``."""
    last: dict[tuple[int, int], date] = {}
    for day in sorted(d for d in days if d <= until):
        last[(day.year, day.month)] = day
    return list(last.values())[-limit:]


def splits(table: book.RollTable, currency: str) -> list[Split]:
    """The roll table of one currency as better, same, worse and gone per starting bucket, in bucket order."""
    found = []
    for start in book.BUCKETS:
        rows = [r for r in table.rows if r.currency == currency and r.from_bucket == start]
        if not rows:
            continue
        count = {"better": 0, "same": 0, "worse": 0, "gone": 0}
        for row in rows:
            if row.to_bucket == "gone":
                count["gone"] += row.customers
            else:
                step = _ORDER.get(row.to_bucket, 99) - _ORDER.get(start, 99)
                count["worse" if step > 0 else "better" if step < 0 else "same"] += row.customers
        found.append(Split(start, sum(count.values()), **count))
    return found


def _stamp(scope: Scope, creditor: str, days: tuple[date, ...]) -> tuple[tuple[str, int], ...]:
    """What the books of ``days`` are made of: a rebuilt book changes it, so a kept answer never outlives its book."""
    codes = [c.code for c in access.creditors(scope) if not creditor or c.code == creditor]
    return tuple((str(p), p.stat().st_mtime_ns) for day in days for p in storage.parts(day, codes))


@lru_cache(maxsize=256)
def _kept(
    scope: Scope, from_day: date, to_day: date, creditor: str, stamp: tuple[tuple[str, int], ...]
) -> book.RollTable | Refusal:
    return book.roll_rates(scope, from_day, to_day, creditor)


def roll_table(scope: Scope, from_day: date, to_day: date, creditor: str = "") -> book.RollTable | Refusal:
    """``book.roll_rates``, kept while neither book was rebuilt."""
    return _kept(scope, from_day, to_day, creditor, _stamp(scope, creditor, (from_day, to_day)))


def trend(scope: Scope, ends: list[date], currency: str, creditor: str = "") -> list[tuple[date, dict[str, int | None]]]:
    """For each month end that has one a month before: per bucket, the share of its customers that rolled to a worse bucket.

    A gap in the months gives no point, since a rate over several months is another figure. Shares are integers per mille
    of the customers of the month before; ``None`` where that bucket was empty.
    """
    points: list[tuple[date, dict[str, int | None]]] = []
    for earlier, later in pairwise(ends):
        if 12 * (later.year - earlier.year) + later.month - earlier.month != 1:
            continue
        table = roll_table(scope, earlier, later, creditor)
        if isinstance(table, Refusal):
            continue
        found = {s.bucket: s for s in splits(table, currency)}
        share = {b: 1000 * found[b].worse // found[b].base if b in found else None for b in TREND_BUCKETS}
        points.append((later, share))
    return points


def worst_movers(scope: Scope, from_day: date, to_day: date, currency: str, creditor: str = "", limit: int = 10) -> list[Mover]:
    """Customers in a worse bucket than before, largest growth of the overdue amount first."""
    keys = ["creditor", "customer", "currency"]
    before = book.read(scope, from_day, creditor).filter(pl.col("currency") == currency)
    now = book.read(scope, to_day, creditor).filter((pl.col("currency") == currency) & (pl.col("bucket") != ""))
    rank = pl.col("to_bucket").replace_strict(_ORDER, default=99) > pl.col("from_bucket").replace_strict(_ORDER, default=99)
    rows = (
        now.select(*keys, "past_due_days", pl.col("bucket").alias("to_bucket"), pl.col("overdue_minor").alias("now_minor"))
        .join(
            before.select(*keys, pl.col("bucket").alias("from_bucket"), pl.col("overdue_minor").alias("before_minor")),
            on=keys, how="inner",
        )
        .filter(rank)
        .sort((pl.col("now_minor") - pl.col("before_minor")), "customer", descending=[True, False])
        .head(limit)
        .collect()
    )  # fmt: skip
    return [
        Mover(r["customer"], r["from_bucket"], r["to_bucket"], r["before_minor"], r["now_minor"], r["past_due_days"])
        for r in rows.iter_rows(named=True)
    ]
