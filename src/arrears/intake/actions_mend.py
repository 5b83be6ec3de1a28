"""Held rows: correct a cell, check only that row again, bring it in. A schedule's rows go in together."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from arrears.access.actions import log_view
from arrears.intake import profiles, queries, refusals
from arrears.intake.actions import locked_batch
from arrears.intake.checking import Checked, Checker
from arrears.intake.checking_late import look
from arrears.intake.committing import commit as commit_frame
from arrears.intake.fields import Fault
from arrears.intake.kinds.common import CheckContext
from arrears.intake.models import Batch, BatchRow
from arrears.intake.reading import Chunk
from arrears.intake.reading.source import ROW
from arrears.intake.spool import Spool
from arrears.journal.actions import action, record
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.parties import sealing
from arrears.parties.refusals import REASON_MISSING


@dataclass(frozen=True, slots=True)
class Mended:
    """What came of a correction. ``state``: ``held`` (still faults), ``mended`` (goes in with the batch), ``committed``."""

    state: str
    faults: tuple[dict[str, Any], ...] = ()
    rows: tuple[int, ...] = ()


def cells_of(row: BatchRow) -> dict[str, str]:
    """The cells of a held row in clear. Callers show them masked unless the person edits them."""
    found: dict[str, str] = json.loads(sealing.open_sealed(row.cells_sealed))
    return found


def _recount(actor: Actor, batch: Batch) -> None:
    """Errors by rule, as the held rows stand now. Part of an action."""
    found = Counter(f["code"] for row in queries.held_rows(actor.scope, batch, states=("held",)) for f in row.faults)
    batch.rules = dict(found.most_common())
    batch.save(update_fields=["rules"])


def _row(actor: Actor, public_id: str, number: int) -> tuple[Batch, BatchRow] | Refusal:
    batch = locked_batch(actor, public_id, "checked", "awaiting", "approved", "committing", "committed")
    if isinstance(batch, Refusal):
        return batch
    row = queries.held_rows(actor.scope, batch).filter(row=number).first()
    return (batch, row) if row is not None else refusals.ROW_UNKNOWN.at(row=number)


@action("import.mend")
def mend(actor: Actor, public_id: str, number: int, changes: dict[str, str]) -> Mended | Refusal:
    """Replace cells of a held row by column name and check it again; without a fault it goes in (at once when the batch is in).

    Refusals: ``batch.not_found``, ``batch.state``, ``batch.row_not_held``, ``batch.no_such_column``.
    """
    found = _row(actor, public_id, number)
    if isinstance(found, Refusal):
        return found
    batch, row = found
    cells = cells_of(row)
    known = [str(c) for c in batch.format.get("columns", [])]
    for column in changes:
        if column not in known and column not in cells:
            return refusals.MEND_COLUMN.at(column, column=column, known=", ".join(known))
    row.cells_sealed = sealing.seal(json.dumps(cells | changes, ensure_ascii=False))
    row.mended_columns = sorted({*row.mended_columns, *changes})
    row.mended_at, row.mended_by = clock.now(), actor.id
    row.save()
    return _check_and_take(actor, batch, row)


@action("import.commit_mended")
def commit_mended(actor: Actor, public_id: str, number: int) -> Mended | Refusal:
    """Bring in a row that was mended before its batch went in. Refusals as in ``mend``."""
    found = _row(actor, public_id, number)
    return found if isinstance(found, Refusal) else _check_and_take(actor, *found)


@action("import.drop_row")
def drop(actor: Actor, public_id: str, number: int, reason: str) -> Mended | Refusal:
    """Give a held row up, with a reason. Its cells are forgotten. Refusals as in ``mend``."""
    found = _row(actor, public_id, number)
    if isinstance(found, Refusal):
        return found
    batch, row = found
    row.state, row.cells_sealed = "dropped", sealing.seal("{}")
    row.mended_at, row.mended_by = clock.now(), actor.id
    row.save()
    batch.rows_held -= 1
    batch.save(update_fields=["rows_held"])
    _recount(actor, batch)
    payload = {"row": number, "reason": reason[:200]}
    record(actor, "import.row_dropped", ("batch", batch.public_id), creditor_id=batch.creditor_id, payload=payload)
    return Mended("dropped", (), (number,))


def _check_and_take(actor: Actor, batch: Batch, row: BatchRow) -> Mended | Refusal:
    """The row, with the companions of its schedule, through the checks; into the base where nothing is wrong."""
    rows = [row]
    if row.group_key:
        rows = list(queries.held_rows(actor.scope, batch).filter(group_key=row.group_key))
    profile = profiles.from_words(batch.profile_version.words)
    if isinstance(profile, Refusal):
        return profile
    checker, done, faults = _checked(actor, batch, profile, rows)
    payload: dict[str, Any] = {"rows": [r.row for r in rows], "columns": row.mended_columns}
    if faults:
        for one in rows:
            one.faults = [f.stored() for f in faults if f.row == one.row] or one.faults
            one.state = "held"
            one.save()
        _recount(actor, batch)
        record(actor, "import.row_checked", ("batch", batch.public_id), creditor_id=batch.creditor_id, payload=payload)
        return Mended("held", tuple(f.stored() for f in faults), tuple(r.row for r in rows))
    taken = batch.state == "committed"
    if taken:
        refused = _take(actor, batch, profile, checker, done)
        if refused is not None:
            return refused
        batch.rows_good += len(rows)
        batch.rows_done += len(rows)
        batch.rows_held -= len(rows)
        batch.save(update_fields=["rows_good", "rows_done", "rows_held", "counts"])
    for one in rows:
        one.state = "committed" if taken else "mended"
        one.faults = []
        one.save()
    _recount(actor, batch)
    act = "import.row_committed" if taken else "import.row_mended"
    record(actor, act, ("batch", batch.public_id), creditor_id=batch.creditor_id, payload=payload)
    return Mended("committed" if taken else "mended", (), tuple(r.row for r in rows))


@action("import.recheck")
def recheck(actor: Actor, public_id: str) -> Mended | Refusal:
    """Check every held row of a committed batch again, for causes mended elsewhere (a customer or agreement that came later), and
    bring in those without a fault. Refusals: ``batch.not_found``, ``batch.state``."""
    batch = locked_batch(actor, public_id, "committed")
    if isinstance(batch, Refusal):
        return batch
    profile = profiles.from_words(batch.profile_version.words)
    if isinstance(profile, Refusal):
        return profile
    rows = list(queries.held_rows(actor.scope, batch))
    taken: list[BatchRow] = []
    if rows:
        checker, done, faults = _checked(actor, batch, profile, rows)
        wrong = {f.row for f in faults}
        done.frames = [f.filter(~pl.col(ROW).is_in(list(wrong))) if f.height else f for f in done.frames]
        refused = _take(actor, batch, profile, checker, done)
        if refused is not None:
            return refused
        taken = [r for r in rows if r.row not in wrong]
        by_row: dict[int, list[Fault]] = {}
        for one in faults:
            by_row.setdefault(one.row, []).append(one)
        for one in rows:
            one.state = "held" if one.row in wrong else "committed"
            one.faults = [f.stored() for f in by_row.get(one.row, [])]
        BatchRow.objects.visible_to(actor.scope).bulk_update(rows, ["state", "faults"], batch_size=2000)
    batch.rows_good += len(taken)
    batch.rows_done += len(taken)
    batch.rows_held -= len(taken)
    batch.save(update_fields=["rows_good", "rows_done", "rows_held", "counts"])
    _recount(actor, batch)
    payload = {"checked": len(rows), "taken": len(taken)}
    record(actor, "import.rechecked", ("batch", batch.public_id), creditor_id=batch.creditor_id, payload=payload)
    return Mended("committed" if len(taken) == len(rows) else "held", (), tuple(r.row for r in taken))


def _checked(actor: Actor, batch: Batch, profile: profiles.Profile, rows: list[BatchRow]) -> tuple[Checker, Checked, list[Fault]]:
    context = CheckContext(
        scope=actor.scope, creditor_id=batch.creditor_id, today=clock.today(), now=clock.now(), zone=ZoneInfo(batch.creditor.time_zone),
        source=f"batch:{batch.public_id}", new_portfolios=bool(batch.options.get("new_portfolios")),
    )  # fmt: skip
    cells = [cells_of(r) for r in rows]
    columns = list(dict.fromkeys([c for one in cells for c in one] + [c for c in profile.columns]))
    data = {ROW: pl.Series(ROW, [r.row for r in rows], dtype=pl.UInt32)}
    data |= {c: pl.Series(c, [one.get(c) for one in cells], dtype=pl.String) for c in columns}
    checker = Checker(profile, context, columns, alone=len(rows) < 1000)
    spool = Spool(batch.public_id)
    for index in range(len(profile.outputs)):
        keys = spool.read_keys(index)
        if keys is not None:
            mine = [r.row for r in rows]
            checker.marks[index].append(keys.filter(~pl.col("row").is_in(mine)))
    done = checker.chunk(Chunk(pl.DataFrame(data)))
    faults = [f for _, found in done.held.values() for f in found]
    for index in range(len(profile.outputs)):
        late = look(checker, index, set())
        faults += late.faults
        if late.groups is not None:
            done.schedules.append(late.groups)
        done.frames += [s.with_columns(pl.lit(index).alias("__output")) for s in late.special if s.height]
    return checker, done, faults


def _take(actor: Actor, batch: Batch, profile: profiles.Profile, checker: Checker, done: Checked) -> Refusal | None:
    outputs = len(profile.outputs)
    groups = done.schedules[outputs] if len(done.schedules) > outputs else pl.DataFrame()
    for index, frame in enumerate(done.frames):
        special = index >= outputs
        kind = profile.outputs[int(frame["__output"][0]) if special else index].kind.name
        extra = {"schedule": done.schedules[index]} if index < outputs and done.schedules[index].height else {}
        if groups.height:
            extra["groups"] = groups
        count = commit_frame(actor, batch, kind, frame.drop("__output", strict=False), extra)
        if isinstance(count, Refusal):
            return count
        counts = batch.counts.setdefault(kind, {})
        for name, value in count.plain().items():
            counts[name] = counts.get(name, 0) + value
    return None


@action("import.export_held")
def export_held(actor: Actor, public_id: str, reason: str) -> Batch | Refusal:
    """Let the held rows of a batch leave in clear, for mending them at the source: logged like a reveal, with the reason.

    Refusals: ``batch.not_found``, ``party.reason_missing``.
    """
    batch = queries.batch(actor.scope, public_id)
    if isinstance(batch, Refusal):
        return batch
    if not reason.strip():
        return REASON_MISSING.at("reason")
    log_view(actor, batch.creditor_id, ("batch", batch.public_id), ["held rows"], reason)
    payload = {"rows": batch.rows_held, "reason": reason[:200]}
    record(actor, "import.held_exported", ("batch", batch.public_id), creditor_id=batch.creditor_id, payload=payload)
    return batch
