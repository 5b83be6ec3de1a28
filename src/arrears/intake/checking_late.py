"""What only the whole file shows: postings that refer to others, pauses that overlap, schedules that do not sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from arrears.intake import queries, refusals
from arrears.intake.checking import Checker, key_marks
from arrears.intake.fields import Fault
from arrears.intake.kinds import schedules
from arrears.intake.kinds.common import AGREEMENT_ID, DISBURSED
from arrears.intake.reading.source import ROW
from arrears.kernel.refusals import RefusalCode

_TARGET_OF = {"charged_back": "paid", "resumed": "paused"}


@dataclass
class Late:
    """``faults`` hold rows that had passed; ``unchanged`` rows need not go in; ``special`` go in after all others, in this order;
    ``groups``: one line per schedule (``agreement_reference rows principal_minor``)."""

    faults: list[Fault] = field(default_factory=list)
    unchanged: set[int] = field(default_factory=set)
    special: list[pl.DataFrame] = field(default_factory=list)
    groups: pl.DataFrame | None = None


def look(checker: Checker, index: int, held_references: set[str]) -> Late:
    """The late checks of one output. ``held_references``: agreements with a held row, for whole schedules."""
    kind = checker.profile.outputs[index].kind.name
    frames = [f for f in checker.late[index] if f.height]
    if not frames:
        return Late()
    whole = pl.concat(frames, how="diagonal").unique(ROW, keep="first", maintain_order=True)
    if kind == "payments":
        return _payments(checker, index, whole)
    return _schedules(checker, whole, held_references)


def _payments(checker: Checker, index: int, frame: pl.DataFrame) -> Late:
    late = Late()
    special = frame.filter(pl.col("target_reference").is_not_null())
    if special.height:
        late.faults += _targets(checker, index, special)
    resumed = {(a, t): d for a, t, e, d in special.select("agreement_reference", "target_reference", "event", "effective_on").iter_rows()
               if e == "resumed"}  # fmt: skip
    late.faults += _pauses(checker, frame.filter(pl.col("event") == "paused"), resumed)
    bad = [f.row for f in late.faults]
    good = special.filter(~pl.col(ROW).is_in(bad))
    late.special = [good.filter(pl.col("event") != "reversed"), good.filter(pl.col("event") == "reversed")]
    return late


def _targets(checker: Checker, index: int, special: pl.DataFrame) -> Iterator[Fault]:
    """Each posting that refers to another: the other must be there, count still, and be of the fitting kind."""
    pairs = special.select("agreement_reference", pl.col("target_reference").alias("reference"))
    wanted = special.with_columns(key_marks("payments", ("agreement_reference", "reference"), pairs).alias("key"))
    marks = [m for m in checker.marks[index] if m.height]
    inside = pl.concat(marks).select("key", pl.col("event").alias("__inside")) if marks else None
    if inside is not None:
        wanted = wanted.join(inside.unique("key"), on="key", how="left", maintain_order="left")
    known = queries.events_by_key(checker.context.scope, special[AGREEMENT_ID].to_list(), special["target_reference"].to_list())
    gone = queries.reversed_ids(checker.context.scope, known["event_id"].to_list())
    base = {(a, r): (e, i in gone) for a, r, e, i in known.select(AGREEMENT_ID, "reference", "event", "event_id").iter_rows()}
    seen: set[tuple[str, str]] = set()
    for row in wanted.sort(ROW).iter_rows(named=True):
        key = row["target_reference"]
        found, reversed_before = base.get((row[AGREEMENT_ID], key), (row.get("__inside"), False))
        fault: tuple[RefusalCode, dict[str, str]] | None = None
        if found is None:
            fault = (refusals.TARGET_UNKNOWN, {})
        elif row["event"] == "reversed" and found == "reversed":
            fault = (refusals.REVERSAL_OF_REVERSAL, {})
        elif row["event"] in _TARGET_OF and found != _TARGET_OF[row["event"]]:
            fault = (refusals.TARGET_KIND, {"found": found})
        elif reversed_before or (row["event"] == "reversed" and (row["agreement_reference"], key) in seen):
            fault = (refusals.TARGET_REVERSED, {})
        if row["event"] == "reversed" and fault is None:
            seen.add((row["agreement_reference"], key))
        if fault is not None:
            column = checker.profile.outputs[index].column_of("target_reference")
            yield Fault(row[ROW], fault[0].code, column, "target_reference", key[:40], {"key": key[:40], **fault[1]})


def _pauses(checker: Checker, frame: pl.DataFrame, resumed: dict[tuple[str, str], date]) -> Iterator[Fault]:
    """Pauses of one agreement must not overlap, in the file or with those that stand."""
    if frame.is_empty():
        return
    spans: dict[str, list[tuple[date, date, int]]] = defaultdict(list)
    names = dict(frame.select(AGREEMENT_ID, "agreement_reference").unique().drop_nulls().iter_rows())
    known = queries.known_events(checker.context.scope, list(names), ("paused", "resumed"))
    gone = queries.reversed_ids(checker.context.scope, known["event_id"].to_list())
    ends: dict[int, date] = {
        r["target_id"]: r["effective_on"]
        for r in known.iter_rows(named=True)
        if r["event"] == "resumed" and r["event_id"] not in gone
    }
    for r in known.filter(pl.col("event") == "paused").iter_rows(named=True):
        if r["event_id"] not in gone:
            spans[names[r[AGREEMENT_ID]]].append((r["effective_on"], min(r["until"], ends.get(r["event_id"], date.max)), 0))
    column = next(o.column_of("effective_on") for o in checker.profile.outputs if o.kind.name == "payments")
    for r in frame.sort("effective_on", ROW).iter_rows(named=True):
        reference = r["agreement_reference"]
        until = min(r["until"], resumed.get((reference, r["reference"]), date.max))
        clash = next((s for s in spans[reference] if s[0] <= until and r["effective_on"] <= s[1]), None)
        if clash is not None:
            values = {"from_on": clash[0].isoformat(), "until": clash[1].isoformat()}
            yield Fault(r[ROW], refusals.PAUSE_OVERLAP.code, column, "effective_on", r["effective_on"].isoformat(), values)
        else:
            spans[reference].append((r["effective_on"], until, r[ROW]))


def _schedules(checker: Checker, frame: pl.DataFrame, held_references: set[str]) -> Late:
    """Whole schedules: order, sum, companions of held rows, and those equal to what stands already."""
    late = Late()
    checks = frame.select(
        ROW, "agreement_reference", "n", "due_on", pl.col("principal_minor").alias("principal"), DISBURSED, "__currency"
    )
    output = next(o for o in checker.profile.outputs if o.kind.name == "schedules")
    whole = checks.filter(~pl.col("agreement_reference").is_in(list(held_references)))
    for one in schedules.check_groups(whole):
        late.faults.append(Fault(one.row, one.code, output.column_of(one.field), one.field, one.masked, one.values))
    reference_of: dict[int, str] = dict(frame.select(ROW, "agreement_reference").iter_rows())
    broken = {reference_of[f.row] for f in late.faults} | held_references
    column = output.column_of("agreement_reference")
    direct = {f.row for f in late.faults}
    for row, reference in (
        frame.filter(pl.col("agreement_reference").is_in(list(broken))).select(ROW, "agreement_reference").iter_rows()
    ):
        if row not in direct:
            late.faults.append(Fault(row, refusals.SCHEDULE_COMPANION.code, column, "agreement_reference", reference[:40]))
    good = frame.filter(~pl.col("agreement_reference").is_in(list(broken)))
    same = _standing(checker, good)
    late.unchanged = set(good.filter(pl.col("agreement_reference").is_in(list(same)))[ROW])
    fresh = good.filter(~pl.col("agreement_reference").is_in(list(same)))
    late.groups = fresh.group_by("agreement_reference").agg(pl.len().alias("rows"), pl.col("principal_minor").sum())
    return late


def _standing(checker: Checker, frame: pl.DataFrame) -> set[str]:
    """Agreements whose schedule in the file is the one in force."""
    ids = frame[AGREEMENT_ID].drop_nulls().unique().to_list()
    if not ids:
        return set()
    names: list[Any] = ["n", "due_on", "principal_minor", "interest_minor", "fee_minor", "penalty_minor", "cost_minor"]
    current = queries.current_schedules(checker.context.scope, ids)
    now = current.select(AGREEMENT_ID, pl.struct(names).alias("r")).sort(AGREEMENT_ID, pl.col("r").struct.field("n"))
    then = frame.select(AGREEMENT_ID, "agreement_reference", pl.struct(names).alias("r")).sort(
        AGREEMENT_ID, pl.col("r").struct.field("n")
    )
    old = {a: rows for a, rows in now.group_by(AGREEMENT_ID, maintain_order=True).agg("r").iter_rows()}
    return {
        reference
        for a, reference, rows in then.group_by(AGREEMENT_ID, "agreement_reference", maintain_order=True).agg("r").iter_rows()
        if old.get(a) == rows
    }
