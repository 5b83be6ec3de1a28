"""A whole file through the checker into the spool: the dry run. Reads the base, writes only the spool folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from arrears.intake import parsing, refusals
from arrears.intake.checking import Checked, Checker
from arrears.intake.checking_late import Late, look
from arrears.intake.fields import Fault
from arrears.intake.kinds.common import CheckContext
from arrears.intake.mapping import raw_cells, shown
from arrears.intake.profiles import Profile
from arrears.intake.reading import Chunk, ReadFault, Source
from arrears.intake.reading.header import folded
from arrears.intake.reading.source import ROW
from arrears.intake.spool import Spool, difference
from arrears.kernel.money import format_major, parse_minor
from arrears.kernel.refusals import Refusal

#: More held rows than this mean the wrong profile or file.
MOST_HELD = 100_000
_WARNINGS_KEPT = 1000

Progress = Callable[[int], None]


@dataclass
class CheckResult:
    """What the dry run found. ``held``: row → (cells, faults, group)."""

    rows_total: int = 0
    rows_good: int = 0
    parts: int = 0
    held: dict[int, tuple[dict[str, str], list[Fault], str]] = field(default_factory=dict)
    warnings: list[Fault] = field(default_factory=list)
    warned_rows: int = 0
    counts: dict[str, Any] = field(default_factory=dict)
    totals: dict[str, Any] = field(default_factory=dict)
    difference: dict[str, Any] = field(default_factory=dict)
    samples: dict[str, list[str]] = field(default_factory=dict)  # two cells of each mapped column, masked where they identify

    def rules(self) -> dict[str, int]:
        """Count by rule over errors and warnings."""
        every = [f.code for _, faults, _ in self.held.values() for f in faults] + [f.code for f in self.warnings]
        return dict(Counter(every).most_common())


def fit(profile: Profile, columns: tuple[str, ...]) -> dict[str, str] | Refusal:
    """File column → the profile's name of it. Refusal: ``header.missing`` when a column of a required field is not there."""
    by_fold = {folded(c): c for c in columns}
    names = {by_fold[folded(c)]: c for c in profile.columns if folded(c) in by_fold}
    missing = [c for c in profile.required_columns() if folded(c) not in by_fold]
    if missing:
        return refusals.HEADER_MISSING.at(missing="、".join(missing), found="、".join(columns[:40]))
    return names


class CheckRun:
    """One dry run. ``run`` gives the result or the refusal of the whole file."""

    def __init__(self, profile: Profile, context: CheckContext, source: Source, spool: Spool, former: Spool | None) -> None:
        self.profile, self.context, self.source, self.spool, self.former = profile, context, source, spool, former
        self.result = CheckResult()
        self.trailer: dict[str, str] | None = None
        self.part_rows: list[int] = []

    def run(self, manifest: dict[str, Any], progress: Progress) -> CheckResult | Refusal:
        names = fit(self.profile, self.source.columns)
        if isinstance(names, Refusal):
            return names
        self.names = names
        columns = tuple(names.get(c, c) for c in self.source.columns)
        self.checker = Checker(self.profile, self.context, columns)
        self.spool.begin()
        try:
            for chunk in self._chunks():
                chunk = self._named(chunk)
                self.result.samples = self.result.samples or self._samples(chunk)
                done = self.checker.chunk(chunk)
                self._keep(done)
                if len(self.result.held) > MOST_HELD:
                    return refusals.TOO_MANY_ERRORS.at(limit=MOST_HELD)
                progress(self.result.rows_total)
            if self.result.rows_total == 0:
                return refusals.FILE_NO_ROWS.at()
            self._late()
        except ReadFault as fault:
            return fault.refusal
        if (refused := self._controls(manifest)) is not None:
            return refused
        self._finish()
        return self.result

    # -- reading

    def _named(self, chunk: Chunk) -> Chunk:
        renamed = {old: new for old, new in self.names.items() if old != new}
        if not renamed:
            return chunk
        faults = tuple(
            Fault(f.row, f.code, renamed.get(f.column, f.column), f.field, f.masked, f.values, f.severity) for f in chunk.faults
        )
        raw = {row: {renamed.get(k, k): v for k, v in cells.items()} for row, cells in chunk.raw.items()}
        return Chunk(chunk.frame.rename(renamed), faults, raw)

    def _chunks(self) -> Iterator[Chunk]:
        """Chunks of the source; a trailer row at the very end is taken off."""
        marker = str(self.profile.trailer.get("marker") or "")
        waiting: Chunk | None = None
        for chunk in self.source.chunks():
            if waiting is not None:
                yield waiting
            waiting = chunk
        if waiting is not None:
            yield self._without_trailer(waiting, marker) if marker else waiting

    def _without_trailer(self, chunk: Chunk, marker: str) -> Chunk:
        first = self.source.columns[0]
        last = max([*chunk.raw, *chunk.frame[ROW].tail(1).to_list()], default=0)
        if last in chunk.raw and chunk.raw[last].get(first, "").strip().startswith(marker):
            self.trailer = chunk.raw[last]
            raw = {k: v for k, v in chunk.raw.items() if k != last}
            return Chunk(chunk.frame, tuple(f for f in chunk.faults if f.row != last), raw)
        tail = chunk.frame.tail(1)
        if tail.height and tail[ROW][0] == last and str(tail[first][0] or "").strip().startswith(marker):
            self.trailer = dict(raw_cells(tail, [last]))[last]
            return Chunk(chunk.frame.head(-1), chunk.faults, chunk.raw)
        return chunk

    def _samples(self, chunk: Chunk) -> dict[str, list[str]]:
        targets = {c.column: o.kind.field(c.target) for o in self.profile.outputs for e in o.entries for c in e.cells}
        found: dict[str, list[str]] = {}
        for column, one in targets.items():
            if column in chunk.frame.columns:
                cells = chunk.frame[column].drop_nulls().head(50).unique(maintain_order=True).to_list()
                texts = [t for t in cells if t.strip()][:2]
                found[column] = [shown(one, t) if one is not None else t[:40] for t in texts]
        return found

    # -- keeping

    def _keep(self, done: Checked) -> None:
        result = self.result
        result.rows_total += done.rows
        result.rows_good += done.rows - len(done.held)
        for row, (cells, faults) in done.held.items():
            result.held[row] = (cells, faults, self._group(cells))
        result.warned_rows += len({f.row for f in done.warned})
        result.warnings += done.warned[: max(0, _WARNINGS_KEPT - len(result.warnings))]
        self._write_part(done.frames, done.schedules, done.rows - len(done.held))

    def _write_part(self, frames: list[pl.DataFrame], schedules: list[pl.DataFrame], rows: int) -> None:
        self.result.parts += 1
        self.part_rows.append(rows)
        for index, frame in enumerate(frames):
            if frame.height:
                self.spool.write_part(self.result.parts, index, frame)
            if index < len(schedules) and schedules[index].height:
                self.spool.write(f"part-{self.result.parts:06d}-{index}-schedule", schedules[index])

    def _group(self, cells: dict[str, str]) -> str:
        """The agreement whose schedule a held row belongs to."""
        for output in self.profile.outputs:
            if output.kind.name == "schedules":
                cell = next((c for c in output.entries[0].cells if c.target == "agreement_reference"), None)
                if cell is not None:
                    return (cell.prefix + parsing.folded(cells.get(cell.column, "")))[:80]
        return ""

    def _late(self) -> None:
        """Checks that need the whole file; rows that fail now are fetched again from the source, to be held with their cells."""
        held_groups = {group for _, _, group in self.result.held.values() if group}
        excluded: set[int] = set()
        for index, output in enumerate(self.profile.outputs):
            found: Late = look(self.checker, index, held_groups)
            self._hold_late(found)
            excluded |= {f.row for f in found.faults} | found.unchanged
            if found.unchanged:
                counts = self.checker.counts[index]
                counts["new"] -= len(found.unchanged)
                counts["unchanged"] += len(found.unchanged)
            if found.groups is not None:
                self.spool.write("groups", found.groups)
            for special in found.special:
                if special.height:
                    empty = [pl.DataFrame()] * len(self.profile.outputs)
                    empty[index] = special
                    self._write_part(empty, [], 0)
            del output
        if excluded:
            self.spool.write("excluded", pl.DataFrame({ROW: pl.Series(sorted(excluded), dtype=pl.UInt32)}))

    def _hold_late(self, found: Late) -> None:
        by_row: dict[int, list[Fault]] = {}
        for one in found.faults:
            by_row.setdefault(one.row, []).append(one)
        if not by_row:
            return
        for chunk in self.source.chunks():
            for row, cells in raw_cells(self._named(chunk).frame, list(by_row)):
                self.result.held[row] = (cells, by_row[row], self._group(cells))
                self.result.rows_good -= 1

    # -- controls

    def _controls(self, manifest: dict[str, Any]) -> Refusal | None:
        """Counts and totals stated by a trailer or a manifest against the file's own."""
        index, output = next(((i, o) for i, o in enumerate(self.profile.outputs) if o.kind.control), (0, self.profile.outputs[0]))
        totals = dict(self.checker.totals[index])
        currency = next(iter(totals), "CNY") or "CNY"
        waiting = self._held_total(output.column_of(output.kind.control), currency)
        stated_rows, stated_total = manifest.get("rows"), manifest.get("total")
        if self.trailer is not None:
            rows_column, total_column = self.profile.trailer.get("rows"), self.profile.trailer.get("total")
            stated_rows = self.trailer.get(str(rows_column)) if rows_column else stated_rows
            stated_total = self.trailer.get(str(total_column)) if total_column else stated_total
        found = sum(totals.values()) + waiting
        self.result.totals = {
            o.kind.name: {c: format_major(v, c or "CNY") for c, v in self.checker.totals[i].items()}
            for i, o in enumerate(self.profile.outputs)
            if o.kind.control
        } | {"held": format_major(waiting, currency), "stated_rows": _text(stated_rows), "stated_total": _text(stated_total)}
        if stated_rows not in (None, "") and _number(stated_rows) != self.result.rows_total:
            return refusals.CONTROL_ROWS.at(expected=str(stated_rows), found=self.result.rows_total)
        if stated_total not in (None, ""):
            expected = parse_minor(parsing.folded(str(stated_total)), currency)
            if len(totals) > 1 or expected != found:
                column = output.column_of(output.kind.control)
                return refusals.CONTROL_TOTAL.at(column=column, expected=str(stated_total), found=format_major(found, currency))
        return None

    def _held_total(self, column: str, currency: str) -> int:
        amounts = (parsing.parse_amount(cells.get(column, "") or "0", currency) for cells, _, _ in self.result.held.values())
        return sum(a for a in amounts if isinstance(a, int))

    def _finish(self) -> None:
        result = self.result
        result.counts = self.checker.report()
        for index, output in enumerate(self.profile.outputs):
            marks = self.checker.marks[index]
            keys = pl.concat(marks) if marks else pl.DataFrame()
            if keys.height:
                self.spool.write_keys(index, keys)
                former = self.former.read_keys(index) if self.former is not None else None
                result.difference[output.kind.name] = difference(former, keys)
        rows = {"part": list(range(1, result.parts + 1)), "rows": self.part_rows}
        self.spool.write("parts", pl.DataFrame(rows, schema={"part": pl.Int64, "rows": pl.Int64}))


def _number(value: Any) -> int | None:
    read = parsing.parse_integer(str(value))
    return read if isinstance(read, int) else None


def _text(value: Any) -> str:
    return "" if value is None else str(value)
