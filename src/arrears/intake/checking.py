"""The dry run: chunk after chunk through mapping, rules, the rest of the file and the base, into parts that a commit can take.

``Checker.chunk`` gives what is good and what must wait; ``late`` (checking_late.py) adds what only the whole file shows. Nothing is
written to the base here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from arrears.intake import existing, preparing, queries, refusals
from arrears.intake.existing import DIFFERS, STATUS
from arrears.intake.fields import Fault, Kind
from arrears.intake.kinds import MODULES, payments
from arrears.intake.kinds.common import (
    AGREEMENT_CURRENCY,
    AGREEMENT_ID,
    CUSTOMER_ID,
    DISBURSED,
    OPENED_ON,
    PARTY_ID,
    CheckContext,
    bounds,
)
from arrears.intake.mapping import apply, raw_cells
from arrears.intake.profiles import Output, Profile
from arrears.intake.reading.source import ROW, Chunk

#: Column names of the key in prepared frames, where they differ from the kind's fields.
_KEYS = {"contact_points": ("party_reference", "kind", "value_index")}
_SEED = 1123


@dataclass
class Checked:
    """One chunk after the check. ``frames`` by output; ``held``: row → (cells, faults); ``warned``: faults of rows let in."""

    frames: list[pl.DataFrame]
    schedules: list[pl.DataFrame]
    held: dict[int, tuple[dict[str, str], list[Fault]]] = field(default_factory=dict)
    warned: list[Fault] = field(default_factory=list)
    rows: int = 0


def key_marks(kind: str, fields: tuple[str, ...], frame: pl.DataFrame) -> pl.Series:
    """64-bit mark of each row's key. Two keys share one with a chance below 3 in 10⁸ for a million rows."""
    names = _KEYS.get(kind, fields)
    return frame.select([pl.col(n).alias(f"k{i}") for i, n in enumerate(names)]).hash_rows(_SEED)


def content_marks(frame: pl.DataFrame) -> pl.Series:
    """Mark of each row's content: everything but row number, keys of the base and sealed values (which never repeat)."""
    names = [c for c in frame.columns if not c.startswith("__") and not c.endswith("_sealed") and c not in ("row", "revives")]
    return frame.select(names).hash_rows(_SEED)


class Checker:
    def __init__(self, profile: Profile, context: CheckContext, columns: Iterable[str], *, alone: bool = False) -> None:
        self.profile, self.context = profile, context
        self.columns = tuple(columns)
        self.alone = alone  # one mended row: looked up by itself
        self.marks: list[list[pl.DataFrame]] = [[] for _ in profile.outputs]
        self.counts: list[Counter[str]] = [Counter() for _ in profile.outputs]
        self.totals: list[Counter[str]] = [Counter() for _ in profile.outputs]
        self.pending: dict[str, list[pl.DataFrame]] = {"agreement": [], "party": []}
        self.late: list[list[pl.DataFrame]] = [[] for _ in profile.outputs]
        self._sums: dict[int, pl.DataFrame | None] = {}
        self._all: dict[str, pl.DataFrame | None] = {}
        self._portfolios = queries.portfolio_codes(context.creditor_id)

    # -- one chunk

    def chunk(self, chunk: Chunk) -> Checked:
        """Check a chunk. Rows with an error in any output are held whole."""
        raw = chunk.frame
        rows = raw.height + len(chunk.raw)
        faults: dict[int, list[Fault]] = {}
        self._gather(faults, chunk.faults)
        raw = self._without_header(raw, faults)
        here: dict[str, list[pl.DataFrame]] = {"agreement": [], "party": []}
        frames = [self._output(i, output, raw, faults, here) for i, output in enumerate(self.profile.outputs)]
        bad = {row for row, found in faults.items() if any(f.severity == "error" for f in found)}
        bad |= self._orphans(frames, bad, here, faults)
        warned = [f for row, found in faults.items() if row not in bad for f in found]
        frames = [f.filter(~pl.col(ROW).is_in(list(bad))) if bad else f for f in frames]
        for name, parts in here.items():
            self.pending[name] += [p.filter(~pl.col(ROW).is_in(list(bad))) if bad else p for p in parts]
        self._total(bad)
        cells = dict(chunk.raw) | dict(raw_cells(chunk.frame, list(bad)))
        held = {row: (cells.get(row, {}), [f for f in faults[row] if f.severity == "error"]) for row in sorted(bad)}
        done = Checked([], [], held, warned, rows)
        for i, frame in enumerate(frames):
            self._take(i, frame, done)
        return done

    def _gather(self, faults: dict[int, list[Fault]], found: Iterable[Fault], output: Output | None = None) -> None:
        for one in found:
            column = one.column or (output.column_of(one.field) if output and one.field else "")
            faults.setdefault(one.row, []).append(
                one if column == one.column else Fault(one.row, one.code, column, one.field, one.masked, one.values, one.severity)
            )

    def _without_header(self, raw: pl.DataFrame, faults: dict[int, list[Fault]]) -> pl.DataFrame:
        """Take out rows that repeat the header."""
        first = self.columns[0]
        again = raw.filter(pl.col(first).str.strip_chars() == first)
        rows = [r[0] for r in again.iter_rows() if tuple((c or "").strip() for c in r[1:]) == self.columns]
        for row in rows:
            faults.setdefault(row, []).append(Fault(row, refusals.HEADER_AGAIN.code, first))
        return raw.filter(~pl.col(ROW).is_in(rows)) if rows else raw

    def _output(
        self, index: int, output: Output, raw: pl.DataFrame, faults: dict[int, list[Fault]], here: dict[str, list[pl.DataFrame]]
    ) -> pl.DataFrame:
        kind, module = output.kind, MODULES[output.kind.name]
        typed = apply(output, raw, self.context.zone, lambda frame: self._enrich(kind, frame, here))
        self._gather(faults, typed.faults, output)
        frame = typed.frame
        self._gather(faults, self._unknown(kind, frame), output)
        frame = self._clean(frame, faults)
        self._gather(faults, bounds(kind, frame), output)
        frame = self._clean(frame, faults)
        self._gather(faults, module.check(frame, self.context), output)
        frame = self._clean(frame, faults)
        if kind.name == "agreements":
            self._gather(faults, self._no_portfolio(frame), output)
            frame = self._clean(frame, faults)
        prepared = preparing.prepare(output, frame, self.context)
        self._sums[index] = self._summed(kind, frame)
        prepared = self._duplicates(index, output, prepared, faults)
        prepared = existing.compare(kind.name, prepared, self.context)
        self._conflicts(output, prepared, faults)
        if kind.name == "agreements":
            here["agreement"].append(self._as_pending(frame))
        if kind.name == "customers":
            here["party"].append(frame.select(ROW, "reference"))
        return prepared

    @staticmethod
    def _clean(frame: pl.DataFrame, faults: dict[int, list[Fault]]) -> pl.DataFrame:
        bad = [row for row, found in faults.items() if any(f.severity == "error" for f in found)]
        return frame.filter(~pl.col(ROW).is_in(bad)) if bad else frame

    # -- look-ups

    def _enrich(self, kind: Kind, frame: pl.DataFrame, here: dict[str, list[pl.DataFrame]]) -> pl.DataFrame:
        if "agreement" in kind.needs and "agreement_reference" in frame.columns:
            known = self._known("agreement", frame["agreement_reference"], here)
            frame = frame.join(known, left_on="agreement_reference", right_on="reference", how="left", maintain_order="left")
        if "party" in kind.needs and "party_reference" in frame.columns:
            known = self._known("party", frame["party_reference"], here)
            frame = frame.join(known, left_on="party_reference", right_on="reference", how="left", maintain_order="left")
        return frame

    def _known(self, what: str, references: pl.Series, here: dict[str, list[pl.DataFrame]]) -> pl.DataFrame:
        """``reference`` with what the base knows, and what earlier rows of the file will bring (their keys still NULL)."""
        base = self._base(what, references)
        coming = [p.drop(ROW) for p in (*self.pending[what], *here[what]) if p.height]
        if not coming:
            return base.with_columns(pl.lit(True).alias(f"__{what}"))
        new = (
            pl.concat(coming, how="diagonal")
            .unique("reference", keep="first")
            .join(base.select("reference"), on="reference", how="anti")
        )
        return pl.concat([base, new], how="diagonal").with_columns(pl.lit(True).alias(f"__{what}"))

    def _base(self, what: str, references: pl.Series) -> pl.DataFrame:
        scope, creditor_id = self.context.scope, self.context.creditor_id
        if what not in self._all:
            agreements, parties = (queries.ALL_AT_ONCE + 1,) * 2 if self.alone else queries.counts(scope, creditor_id)
            size = agreements if what == "agreement" else parties
            self._all[what] = self._ask(what, None) if size <= queries.ALL_AT_ONCE else None
        whole = self._all[what]
        return whole if whole is not None else self._ask(what, references.drop_nulls().unique().to_list())

    def _ask(self, what: str, references: list[str] | None) -> pl.DataFrame:
        scope, creditor_id = self.context.scope, self.context.creditor_id
        if what == "party":
            return queries.party_frame(scope, creditor_id, references)
        disbursed = any(o.kind.name in ("payments", "schedules") for o in self.profile.outputs)
        return queries.agreement_frame(scope, creditor_id, references, disbursed=disbursed)

    @staticmethod
    def _as_pending(frame: pl.DataFrame) -> pl.DataFrame:
        begun = pl.col("disbursed_on") if "disbursed_on" in frame.columns else pl.lit(None, dtype=pl.Date)
        amount = pl.col("principal") if "principal" in frame.columns else pl.lit(None, dtype=pl.Int64)
        return frame.select(
            ROW, "reference", pl.lit(None, dtype=pl.Int64).alias(AGREEMENT_ID), pl.coalesce(begun, "opened_on").alias(OPENED_ON),
            pl.col("currency").alias(AGREEMENT_CURRENCY), amount.alias(DISBURSED),
        )  # fmt: skip

    def _unknown(self, kind: Kind, frame: pl.DataFrame) -> list[Fault]:
        found = []
        for what, code in (("agreement", refusals.AGREEMENT_UNKNOWN), ("party", refusals.PARTY_UNKNOWN)):
            if what in kind.needs and f"__{what}" in frame.columns:
                name = f"{what}_reference"
                missing = frame.filter(pl.col(f"__{what}").is_null() & pl.col(name).is_not_null())
                found += [
                    Fault(row, code.code, "", name, key, {"key": key}) for row, key in missing.select(ROW, name).iter_rows()
                ]
        return found

    def _no_portfolio(self, frame: pl.DataFrame) -> list[Fault]:
        if self.context.new_portfolios or frame.is_empty():
            return []
        missing = frame.filter(~pl.col("portfolio").is_in(list(self._portfolios)))
        rows = missing.select(ROW, "portfolio").iter_rows()
        return [Fault(row, refusals.PORTFOLIO_UNKNOWN.code, "", "portfolio", key[:40], {"key": key[:40]}) for row, key in rows]

    def _orphans(
        self, frames: list[pl.DataFrame], bad: set[int], here: dict[str, list[pl.DataFrame]], faults: dict[int, list[Fault]]
    ) -> set[int]:
        """Rows that stand on an agreement or customer which only a held row of this chunk would have brought."""
        found: set[int] = set()
        for what, code in (("agreement", refusals.AGREEMENT_UNKNOWN), ("party", refusals.PARTY_UNKNOWN)):
            lost = {r for part in here[what] for row, r in part.select(ROW, "reference").iter_rows() if row in bad}
            if not lost:
                continue
            for frame, output in zip(frames, self.profile.outputs, strict=True):
                name, key = f"{what}_reference", AGREEMENT_ID if what == "agreement" else PARTY_ID
                if name in frame.columns and key in frame.columns:
                    for row, ref in (
                        frame.filter(pl.col(name).is_in(list(lost)) & pl.col(key).is_null()).select(ROW, name).iter_rows()
                    ):
                        if row not in bad:
                            found.add(row)
                            self._gather(faults, [Fault(row, code.code, "", name, ref, {"key": ref})], output)
        return found

    # -- keys

    def _duplicates(self, index: int, output: Output, frame: pl.DataFrame, faults: dict[int, list[Fault]]) -> pl.DataFrame:
        """A key a second time in the file: the later row is held and names the first."""
        kind = output.kind
        frame = frame.with_columns(key_marks(kind.name, kind.key, frame).alias("__key"), content_marks(frame).alias("__content"))
        inside = frame.select("__key", ROW).filter(pl.col("__key").is_duplicated()).sort(ROW)
        twice: dict[int, int] = {}
        if inside.height:
            firsts = inside.group_by("__key").first().rename({ROW: "first"})
            again = inside.join(firsts, on="__key").filter(pl.col(ROW) != pl.col("first"))
            twice |= dict(again.select(ROW, "first").iter_rows())
            # one source row that makes the same key twice (unpivot) repeats its own number
            same = inside.group_by("__key", ROW).len().filter(pl.col("len") > 1)
            twice |= {row: row for row in same[ROW]}
        for old in self.marks[index]:
            hits = frame.select("__key", ROW).join(
                old.select(pl.col("key").alias("__key"), pl.col("row").alias("first")), on="__key"
            )
            twice |= dict(hits.select(ROW, "first").iter_rows())
        shown = {ROW: pl.col(ROW), "key": self._shown_key(kind)}
        for row, key in frame.filter(pl.col(ROW).is_in(list(twice))).select(list(shown.values())).iter_rows():
            values = {"key": key, "first": twice[row]}
            self._gather(
                faults, [Fault(row, refusals.KEY_TWICE.code, "", kind.key[-1 if len(kind.key) > 1 else 0], key, values)], output
            )
        return frame

    @staticmethod
    def _shown_key(kind: Kind) -> pl.Expr:
        names = [n for n in kind.key if n != "value"]
        return pl.concat_str([pl.col(n).cast(pl.String) for n in names], separator=" / ").alias("key")

    def _conflicts(self, output: Output, frame: pl.DataFrame, faults: dict[int, list[Fault]]) -> None:
        kind = output.kind
        if kind.on_conflict != "refuse":
            return
        changed = frame.filter(pl.col(STATUS) == existing.CHANGED)
        for row, key, differs in changed.select(pl.col(ROW), self._shown_key(kind), pl.col(DIFFERS)).iter_rows():
            values = {"key": key, "differs": differs}
            self._gather(faults, [Fault(row, refusals.KEY_CONFLICT.code, "", kind.key[-1], key, values)], output)

    # -- what is taken

    @staticmethod
    def _summed(kind: Kind, frame: pl.DataFrame) -> pl.DataFrame | None:
        if kind.control and kind.control in frame.columns and "currency" in frame.columns:
            return frame.select(ROW, pl.col("currency").fill_null(""), pl.col(kind.control).alias("amount"))
        return None

    def _total(self, bad: set[int]) -> None:
        for index, sums in self._sums.items():
            if sums is not None:
                rows = sums.filter(~pl.col(ROW).is_in(list(bad))) if bad else sums
                for currency, amount in rows.group_by("currency").agg(pl.col("amount").sum()).iter_rows():
                    self.totals[index][str(currency)] += int(amount or 0)

    def _take(self, index: int, frame: pl.DataFrame, done: Checked) -> None:
        kind = self.profile.outputs[index].kind
        for status, count in frame.group_by(STATUS).len().iter_rows():
            self.counts[index][status] += count
        keep = [pl.col("__key").alias("key"), pl.col("__content").alias("content"), pl.col(ROW).alias("row")]
        # few bytes a row: the marks of the whole file stay in memory
        more = [pl.col("event").cast(pl.Enum(list(payments.EVENTS)))] if kind.name == "payments" else []
        self.marks[index].append(frame.select(*keep, *more))
        frame = frame.filter(pl.col(STATUS) != existing.UNCHANGED).drop("__key", "__content", STATUS, DIFFERS)
        if kind.name == "payments":
            special = frame.filter(pl.col("target_reference").is_not_null())
            self.late[index].append(special)
            self.late[index].append(frame.filter(pl.col("event") == "paused"))
            frame = frame.filter(pl.col("target_reference").is_null())
        if kind.name == "schedules":
            self.late[index].append(frame)
        done.frames.append(frame)
        done.schedules.append(preparing.schedule_of(frame, self.context) if kind.name == "agreements" else pl.DataFrame())

    def report(self) -> dict[str, Any]:
        """Counts by output, for the batch."""
        return {o.kind.name: dict(self.counts[i]) for i, o in enumerate(self.profile.outputs)}


__all__ = ["CUSTOMER_ID", "Checked", "Checker", "content_marks", "key_marks"]
