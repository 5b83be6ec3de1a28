"""``arrears generate``: a made-up Chinese loan portfolio as the import files that a core system would export.

Eight files of the kinds that the profiles ``core-*`` read, written part by part, so that memory does not grow with the size: the same
``seed``, ``customers`` and ``until`` give the same bytes. What is inside, and what is wrong on purpose, stands in ``manifest.json``
(``arrears.house.generating`` says why nobody real can be met in it).

Kinds of agreements: equal instalments, equal principal, fixed payment, interest only, bullet, card, schedule of the host (kept by
both sides) and loans kept by the host alone. Dirt that is let in: one person under two customer numbers, missing identity numbers and
birth dates, payments posted twice and reversed, returned direct debits, payments that arrive with a later file, fees waived, pauses,
closings, acceleration, write-offs, host positions that differ. Dirt that must be refused: see ``faulty`` in the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl

from arrears.house.generating import behaviour, hosted, loans, people, postings
from arrears.house.generating.loans import BY_KEY, Contracts

#: File stem, profile, in the order of import.
FILES = (
    ("customers", "core-customers"),
    ("contact_points", "core-contact-points"),
    ("agreements", "core-agreements"),
    ("roles", "core-roles"),
    ("schedules", "core-schedules"),
    ("payments", "core-payments"),
    ("payments_late", "core-payments"),
    ("positions", "core-positions"),
    ("consents", "core-consents"),
)
PART = 10_000
#: Agreement numbers of a part start at this distance, so that parts need not know of each other.
STRIDE = 4 * PART


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make. ``until`` is the last business date that the files know."""

    customers: int
    seed: int
    until: date
    form: str = "csv"  # csv | parquet


@dataclass
class Made:
    """What came out: rows by file, rows that the import must refuse by file, agreements by kind."""

    rows: dict[str, int] = field(default_factory=dict)
    faulty: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    paid_minor: int = 0


def parts(plan: Plan) -> Iterator[tuple[int, int]]:
    """First customer number and size of every part."""
    for start in range(0, plan.customers, PART):
        yield start + 1, min(PART, plan.customers - start)


def part(plan: Plan, number: int, first: int, size: int, made: Made) -> dict[str, pl.DataFrame]:
    """The rows of one part, by file stem. Depends on the seed and the part's number only."""
    rng = np.random.default_rng([plan.seed, number])
    who = people.make(rng, first, size, plan.until)
    company = who.company[: who.borrowers]
    habit = behaviour.habits(rng, who.borrowers)
    all_ = loans.contracts(rng, number * STRIDE + 1, company, habit, plan.until)
    scheduled = all_.only(~np.isin(all_.kind, [BY_KEY["card"], BY_KEY["host_kept"]]))
    owed = loans.dues(scheduled)
    paid = loans.payments(rng, _whole_payers(scheduled), owed, plan.until)
    out = postings.Postings()
    postings.of_loans(rng, scheduled, owed, paid, plan.until, out)
    postings.of_cards(rng, all_.only(all_.kind == BY_KEY["card"]), plan.until, out)
    bad_postings = postings.faulty(first, scheduled, plan.until, out)
    names = who.frame["客户号"]
    for kind, count in zip(*np.unique(all_.kind, return_counts=True), strict=True):
        key = loans.KINDS[int(kind)].key
        made.kinds[key] = made.kinds.get(key, 0) + int(count)
    made.paid_minor += int(paid.amount.sum())
    _count(made.faulty, {"customers": who.faulty, "payments": bad_postings})
    frames = {
        "customers": who.frame.drop("_phone"),
        "contact_points": people.contact_points(rng, who),
        "agreements": loans.agreement_rows(all_, names),
        "roles": _roles(rng, all_, names, who.borrowers + who.faulty),
        "schedules": hosted.schedule_rows(scheduled, owed),
        "payments": out.frame(),
        "payments_late": out.frame(late=True),
        "positions": pl.concat(
            [hosted.both_kept(rng, scheduled, owed, paid, plan.until), hosted.host_kept(rng, all_, plan.until)]
        ),
        "consents": people.consents(rng, who, plan.until),
    }
    bad_phones = frames["contact_points"].filter((pl.col("类型") == "手机") & (pl.col("号码或地址").str.len_chars() != 11))
    _count(made.faulty, {"contact_points": bad_phones.height})
    _count(made.rows, {name: frame.height for name, frame in frames.items()})
    return frames


def _count(into: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        into[name] = into.get(name, 0) + count


def _whole_payers(these: Contracts) -> Contracts:
    """Loans kept by both sides are paid by whole instalments, so that the host's figures can be exact."""
    odd = (these.kind == BY_KEY["host_schedule"]) & (these.habit == behaviour.Habit.PARTIAL)
    habit = np.where(odd, behaviour.Habit.STOPPED, these.habit)
    fields = {name: getattr(these, name) for name in these.__slots__}
    return Contracts(**(fields | {"habit": habit}))


def _roles(rng: np.random.Generator, all_: Contracts, names: pl.Series, first_related: int) -> pl.DataFrame:
    """Guarantors of business loans and mortgages, co-debtors of car loans and mortgages, contact persons."""
    related = len(names) - first_related
    roll = rng.random(len(all_))
    secured = np.isin(all_.kind, [BY_KEY["interest_only"], BY_KEY["bullet"], BY_KEY["host_kept"]])
    shared = np.isin(all_.kind, [BY_KEY["host_schedule"], BY_KEY["host_kept"]])
    word = np.select([secured & (roll < 0.4), shared & (roll < 0.6), roll > 0.93], ["保证人", "共同借款人", "联系人"], "")
    at = np.flatnonzero((word != "") & (related > 0))
    other = names.gather(first_related + rng.integers(0, max(related, 1), len(at)))
    surety = word[at] == "保证人"
    joint = rng.random(len(at)) < 0.8

    def if_surety(values: np.ndarray | pl.Series) -> pl.Series:
        return pl.Series(values).cast(pl.String).set(pl.Series(~surety), None)

    end = loans.months_after(all_.disbursed[at], all_.count[at] + 36)
    return pl.DataFrame(
        {
            "借据号": all_.reference[at],
            "相关人客户号": other,
            "角色": word[at],
            "保证方式": if_surety(np.where(joint, "连带责任保证", "一般保证")),
            "保证期间起": if_surety(all_.disbursed[at].astype(str)),
            "保证期间止": if_surety(end.astype(str)),
            "保证上限": if_surety(loans.money(all_.principal[at])),
            "起始日": all_.disbursed[at].astype(str),
            "终止日": pl.Series([None] * len(at), dtype=pl.String),
        }
    )


def write(plan: Plan, folder: Path) -> Made:
    """Write all files and ``manifest.json`` into ``folder`` (made if missing; files of the same names are replaced)."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Made()
    handles: dict[str, Any] = {}
    try:
        for number, (first, size) in enumerate(parts(plan)):
            for name, frame in part(plan, number, first, size, made).items():
                _append(plan.form, folder, handles, name, frame)
    finally:
        for handle in handles.values():
            handle.close()
    manifest = {
        "generator": "arrears generate", "seed": plan.seed, "customers": plan.customers, "until": plan.until.isoformat(),
        "synthetic": "身份证号使用未分配的区划代码，手机号使用未分配的号段154，邮箱使用保留域名，地址虚构。 / Identity numbers of unassigned "
        "regions, mobile numbers of the unassigned prefix 154, a reserved mail domain, invented addresses.",
        "files": [
            {"file": f"{name}.{plan.form}", "profile": profile, "rows": made.rows.get(name, 0), "faulty": made.faulty.get(name, 0)}
            for name, profile in FILES
        ],
        "agreements": dict(sorted(made.kinds.items())), "instalments_paid_minor": made.paid_minor, "currency": "CNY",
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return made


def _append(form: str, folder: Path, handles: dict[str, Any], name: str, frame: pl.DataFrame) -> None:
    path = folder / f"{name}.{form}"
    if form == "csv":
        fresh = name not in handles
        handle: BinaryIO = handles.setdefault(name, open(path, "wb") if fresh else None)  # noqa: SIM115 - closed by the caller
        frame.write_csv(handle, include_header=fresh)
        return
    import pyarrow.parquet as pq

    table = frame.cast(dict.fromkeys(frame.columns, pl.String)).to_arrow()
    if name not in handles:
        handles[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
    handles[name].write_table(table)
