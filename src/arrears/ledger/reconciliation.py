"""Host positions beside our own: for every agreement that both sides keep, where the figures differ, and by how much.

Each agreement is compared on the date of the host's newest word up to the day asked. ``balance`` is not compared: hosts disagree on
whether interest not yet due belongs to it; principal, every overdue part, the days and the oldest due date mean the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from arrears.access import queries as access
from arrears.kernel.scope import Scope

from . import frames, models

MONEY = (
    "overdue_minor", "overdue_principal_minor", "overdue_interest_minor", "overdue_penalty_minor", "overdue_fee_minor",
    "principal_outstanding_minor",
)  # fmt: skip
FIELDS = (*MONEY, "past_due_days", "oldest_due_on")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one agreement. Money in minor units, days in days; ``difference`` is the host's figure less ours."""

    agreement: str  # public id
    reference: str
    currency: str
    as_of: date
    field: str
    ours: int | date | None
    host: int | date | None
    difference: int | None


@dataclass(frozen=True, slots=True)
class FieldSum:
    """All differences of one field in one currency: how many agreements, and the sum of their absolute amounts."""

    field: str
    currency: str
    agreements: int
    absolute: int


@dataclass(frozen=True, slots=True)
class Report:
    """``compared`` agreements had a host figure to compare; ``silent`` are kept by both sides but the host said nothing."""

    as_of: date
    known_at: datetime | None
    compared: int
    equal: int
    silent: int
    sums: tuple[FieldSum, ...]
    differences: tuple[Difference, ...]

    def as_json(self, limit: int | None = None) -> dict[str, Any]:
        shown = self.differences if limit is None else self.differences[:limit]
        return {
            "as_of": self.as_of, "known_at": self.known_at, "compared": self.compared, "equal": self.equal, "silent": self.silent,
            "sums": [{n: getattr(s, n) for n in FieldSum.__slots__} for s in self.sums],
            "differences": [{n: getattr(d, n) for n in Difference.__slots__} for d in shown],
            "differences_in_all": len(self.differences),
        }  # fmt: skip


def report(scope: Scope, as_of: date, known_at: datetime | None = None, creditor: str = "") -> Report:
    """Differences of all agreements kept by both sides that ``scope`` may see, by agreement and field."""
    found: list[Difference] = []
    compared = silent = 0
    for one in access.creditors(scope):
        if creditor and one.code != creditor:
            continue
        pairs, missing = _pairs(scope, one.pk, as_of, known_at)
        compared, silent = compared + pairs.height, silent + missing
        found.extend(_differences(scope, pairs))
    wrong = len({d.agreement for d in found})
    return Report(as_of, known_at, compared, compared - wrong, silent, _sums(found), tuple(found))


def _pairs(scope: Scope, creditor_id: int, as_of: date, known_at: datetime | None) -> tuple[pl.DataFrame, int]:
    """One row per compared agreement: our figures and the host's (``host_*``), both of the host's date."""
    both = frames.agreements_frame(creditor_id, as_of).filter(pl.col("keeping") == "both")
    if scope.portfolio_ids:
        both = both.filter(pl.col("portfolio_id").is_in(sorted(scope.portfolio_ids)))
    told = both.select("agreement_id", "currency").join(
        frames.told_frame(creditor_id, as_of, known_at), on="agreement_id", how="inner"
    )
    parts = []
    for (day,), group in told.sort("as_of", "agreement_id").group_by("as_of", maintain_order=True):
        ours = frames.computed_frame(group.select("agreement_id", "currency"), day, known_at)
        theirs = group.rename({name: f"host_{name}" for name in FIELDS})
        parts.append(theirs.join(ours.select("agreement_id", *FIELDS), on="agreement_id", how="inner"))
    empty = {"agreement_id": pl.Int64, "currency": pl.String, "as_of": pl.Date}
    pairs = pl.concat(parts) if parts else pl.DataFrame(schema=empty)
    return pairs, both.height - pairs.height


def _differences(scope: Scope, pairs: pl.DataFrame) -> list[Difference]:
    if pairs.is_empty():
        return []
    wrong = pl.any_horizontal([_differs(name) for name in FIELDS])
    odd = pairs.filter(wrong).sort("agreement_id")
    rows = models.Agreement.objects.visible_to(scope).filter(id__in=odd["agreement_id"].to_list())
    names = {pk: (public_id, reference) for pk, public_id, reference in rows.values_list("id", "public_id", "reference")}
    found = []
    for row in odd.iter_rows(named=True):
        for name in FIELDS:
            host, ours = row[f"host_{name}"], row[name]
            if host is None or host == ours:
                continue
            gap = host - ours if isinstance(host, int) and isinstance(ours, int) else None
            public_id, reference = names[row["agreement_id"]]
            found.append(Difference(public_id, reference, row["currency"], row["as_of"], name, ours, host, gap))
    return found


def _differs(name: str) -> pl.Expr:
    """The host says something, and not what we say."""
    return pl.col(f"host_{name}").is_not_null() & pl.col(f"host_{name}").ne_missing(pl.col(name))


def _sums(found: list[Difference]) -> tuple[FieldSum, ...]:
    totals: dict[tuple[str, str], tuple[int, int]] = {}
    for one in found:
        count, absolute = totals.get((one.field, one.currency), (0, 0))
        totals[one.field, one.currency] = (count + 1, absolute + abs(one.difference or 0))
    order = {name: n for n, name in enumerate(FIELDS)}
    return tuple(FieldSum(f, c, *totals[f, c]) for f, c in sorted(totals, key=lambda k: (order[k[0]], k[1])))
