"""A profile's output applied to a chunk of cells: typed fields, and a fault for every cell that cannot be read. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from arrears.intake import parsing, refusals, vectors
from arrears.intake.fields import Fault, Field, Kind
from arrears.intake.parsing import Wrong
from arrears.intake.profiles import Cell, Entry, Output
from arrears.intake.reading.source import ROW
from arrears.parties import masking

ASSUMPTIONS = "__assumptions"
_TYPES: dict[str, Any] = {
    "date": pl.Date, "instant": pl.Datetime("us", "UTC"), "amount": pl.Int64, "integer": pl.Int64, "boolean": pl.Boolean,
}  # fmt: skip
#: Adds what the base knows (currency of the agreement and the like) before amounts are read.
Enrich = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass
class Typed:
    """``frame`` holds rows without a fault only; ``faults`` of all."""

    frame: pl.DataFrame
    faults: list[Fault] = field(default_factory=list)


def polars_type(kind: str) -> Any:
    return _TYPES.get(kind, pl.String)


def apply(output: Output, cells: pl.DataFrame, zone: ZoneInfo, enrich: Enrich | None = None) -> Typed:
    """Every entry of the output, one under the other. A row with a fault in one entry is left out of all."""
    parts = [_Entry(output, entry, cells, zone, enrich).run() for entry in output.entries]
    faults = [fault for part in parts for fault in part.faults]
    frame = parts[0].frame if len(parts) == 1 else pl.concat([p.frame for p in parts], how="diagonal")
    bad = {f.row for f in faults if f.severity == "error"}
    return Typed(frame.filter(~pl.col(ROW).is_in(list(bad))) if bad else frame, faults)


class _Entry:
    def __init__(self, output: Output, entry: Entry, cells: pl.DataFrame, zone: ZoneInfo, enrich: Enrich | None) -> None:
        self.output, self.entry, self.cells, self.zone, self.enrich = output, entry, cells, zone, enrich
        self.kind: Kind = output.kind
        self.frame = cells.select(ROW)
        self.faults: list[Fault] = []

    def run(self) -> Typed:
        later = [c for c in self.entry.cells if c.type == "amount"]
        for cell in self.entry.cells:
            if cell.type != "amount" and cell.column in self.cells.columns:
                self._put(cell, self._read(cell, self.cells[cell.column]))
        for name, text in self.entry.constants.items():
            one = self.kind.field(name)
            if one is not None and one.type != "amount":
                self._constant(one, text)
        if self.enrich is not None:
            self.frame = self.enrich(self.frame)
        self._currencies()
        for cell in later:
            if cell.column in self.cells.columns:
                self._amount(cell)
        self._derive()
        self._required()
        said = [*self.entry.assumptions, *(d.assumption for d in self.output.derive if d.assumption)]
        if said:
            words = json.dumps([{"zh": t.zh, "en": t.en} for t in said], ensure_ascii=False, sort_keys=True)
            self.frame = self.frame.with_columns(pl.lit(words).alias(ASSUMPTIONS))
        return Typed(self.frame, self.faults)

    def _read(self, cell: Cell, column: pl.Series) -> vectors.Column:
        one = self.kind.field(cell.target)
        if cell.type == "date":
            return vectors.dates(column, cell.date)
        if cell.type == "integer":
            return vectors.integers(column)
        if cell.type == "rate":
            return vectors.by_text(column, parsing.parse_rate, pl.String)
        if cell.type == "boolean":
            return vectors.by_text(column, parsing.parse_boolean, pl.Boolean)
        if cell.type == "instant":
            return vectors.by_text(column, lambda t: parsing.parse_instant(t, self.zone, cell.date), _TYPES["instant"])
        codes = one.codes if one else ()
        if codes or cell.values:
            values = dict(cell.values)
            done = vectors.by_text(column, lambda t: parsing.parse_code(t, values, codes), pl.String)
            return vectors.Column(done.values.set(done.values == "", None), done.wrong)
        return self._text(cell, vectors.texts(column))

    def _text(self, cell: Cell, read: vectors.Column) -> vectors.Column:
        values = read.values
        broken = values.str.contains("\ufffd|锟斤拷").fill_null(False)
        formula = values.str.starts_with("=").fill_null(False)
        wrong = {t: Wrong(refusals.TEXT_BROKEN) for t in values.filter(broken).unique()}
        wrong |= {t: Wrong(refusals.CELL_FORMULA) for t in values.filter(formula).unique()}
        if wrong:
            values = values.set(broken | formula, None)
        if cell.prefix:
            values = cell.prefix + values
        one = self.kind.field(cell.target)
        if one is not None and cell.target.endswith("reference") and not wrong:
            rounded = values.str.contains(r"^\d(\.\d+)?[eE]\+?\d{1,2}$").fill_null(False)
            if rounded.any():
                wrong |= {t: Wrong(refusals.NUMBER_SCIENTIFIC) for t in values.filter(rounded).unique()}
                values = values.set(rounded, None)
        return vectors.Column(values, wrong)

    def _put(self, cell: Cell, read: vectors.Column) -> None:
        if cell.target in self.frame.columns:
            self.frame = self.frame.with_columns(pl.coalesce(pl.col(cell.target), read.values).alias(cell.target))
        else:
            self.frame = self.frame.with_columns(read.values.alias(cell.target))
        if read.wrong:
            self._report(cell, read.wrong)

    def _report(self, cell: Cell, wrong: dict[str, Wrong]) -> None:
        one = self.kind.field(cell.target) or Field(cell.target, cell.type, self.kind.label)
        texts = vectors.texts(self.cells[cell.column]).values if cell.type == "text" else vectors.present(self.cells[cell.column])
        for row, text in self.cells.select(ROW).with_columns(texts.alias("t")).filter(pl.col("t").is_in(list(wrong))).iter_rows():
            reason = wrong[text]
            values = {"label": one.label.zh, "label_en": one.label.en, **dict(reason.values)}
            self.faults.append(Fault(row, reason.code.code, cell.column, cell.target, shown(one, text), values))

    def _constant(self, one: Field, text: str) -> None:
        cell = Cell("", one.name, one.type)
        read = self._read(cell, pl.Series("c", [text], dtype=pl.String))
        value = read.values[0]
        column = pl.lit(value, dtype=polars_type(one.type))
        if one.name in self.frame.columns:
            column = pl.coalesce(pl.col(one.name), column)
        self.frame = self.frame.with_columns(column.alias(one.name))

    def _currencies(self) -> None:
        """The currency of each row: stated, else the agreement's."""
        if "currency" in self.frame.columns:
            code = pl.col("currency").str.to_uppercase()
            self.frame = self.frame.with_columns(code.alias("currency"))
            odd = self.frame.filter(~pl.col("currency").str.contains(r"^[A-Z]{3}$") & pl.col("currency").is_not_null())
            column = self.output.column_of("currency")
            for row, text in odd.select(ROW, "currency").iter_rows():
                self.faults.append(Fault(row, refusals.CURRENCY_UNKNOWN.code, column, "currency", text[:12]))
        if "__currency" in self.frame.columns:
            if "currency" in self.frame.columns:
                formed = pl.col("currency").str.contains(r"^[A-Z]{3}$")
                differs = self.frame.filter((formed & (pl.col("currency") != pl.col("__currency"))).fill_null(False))
                column = self.output.column_of("currency")
                for row, text, expected in differs.select(ROW, "currency", "__currency").iter_rows():
                    self.faults.append(
                        Fault(row, refusals.CURRENCY_MISMATCH.code, column, "currency", text[:12], {"expected": expected})
                    )
            stated = pl.col("currency") if "currency" in self.frame.columns else pl.lit(None, dtype=pl.String)
            self.frame = self.frame.with_columns(pl.coalesce(stated, pl.col("__currency")).alias("currency"))

    def _amount(self, cell: Cell) -> None:
        column = self.cells[cell.column]
        currencies = self.frame["currency"].fill_null("CNY") if "currency" in self.frame.columns else None
        distinct = ["CNY"] if currencies is None else currencies.unique().to_list()
        if len(distinct) == 1:
            self._put(cell, vectors.amounts(column, distinct[0], scientific=cell.scientific))
            return
        values = pl.Series(cell.target, [None] * len(column), dtype=pl.Int64)
        wrong: dict[str, Wrong] = {}
        for code in distinct:
            of_code = self.frame.select((pl.col("currency").fill_null("CNY") == code).alias("m")).to_series()
            read = vectors.amounts(column.set(~of_code, None), code, scientific=cell.scientific)
            values = read.values.zip_with(of_code, values)
            wrong |= read.wrong
        self._put(cell, vectors.Column(values, wrong))

    def _derive(self) -> None:
        for one in self.output.derive:
            target = self.kind.field(one.target)
            kind = polars_type(target.type if target else "text")
            self.frame = self.frame.with_columns(pl.sql_expr(one.expression).cast(kind).alias(one.target))

    def _required(self) -> None:
        known = {(f.row, f.field) for f in self.faults}
        for one in self.kind.fields:
            if not one.required:
                continue
            column = self.output.column_of(one.name)
            there = one.name in self.frame.columns
            missing = self.frame.filter(pl.col(one.name).is_null())[ROW] if there else self.frame[ROW]
            values = {"label": one.label.zh, "label_en": one.label.en}
            self.faults += [
                Fault(row, refusals.FIELD_MISSING.code, column, one.name, "", values)
                for row in missing
                if (row, one.name) not in known
            ]


def shown(one: Field, text: str) -> str:
    """A cell as an error may quote it: identity fields masked, the rest cut to 40 characters."""
    if one.name == "name" or one.type == "name":
        return masking.name(text)
    if one.is_identity:
        return text if one.type == "id_number" and parsing._SCIENTIFIC.match(text) else masking.identity(text)
    return text if len(text) <= 40 else text[:37] + "…"


def raw_cells(cells: pl.DataFrame, rows: list[int]) -> Iterator[tuple[int, dict[str, str]]]:
    """(row, cells) of chosen rows, for holding them."""
    for row in cells.filter(pl.col(ROW).is_in(rows)).iter_rows(named=True):
        number = row.pop(ROW)
        yield number, {k: v or "" for k, v in row.items()}
