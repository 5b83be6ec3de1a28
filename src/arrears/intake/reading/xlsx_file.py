"""XLSX through calamine, after a look at the archive itself: bombs and formulas are found before a cell is read."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from posixpath import join, normpath
from typing import Any

import polars as pl
from defusedxml.ElementTree import iterparse
from defusedxml.ElementTree import parse as parse_xml
from python_calamine import CalamineError, CalamineWorkbook

from arrears.intake import refusals
from arrears.intake.fields import Fault
from arrears.kernel.refusals import Refusal

from . import header
from .source import BLANKS, ROW, Chunk, Limits

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_CELL = re.compile(r"^([A-Z]{1,3})(\d+)$")
_ERRORS = {"#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!"}


def cell_text(value: Any) -> str:
    """A cell as a person sees it. A number beyond 15 digits keeps the notation that shows its loss: ``1.10101E+17``.

    >>> cell_text(12.5), cell_text(3.0), cell_text(110101199003071233.0), cell_text(True)
    ('12.5', '3', '1.10101E+17', 'TRUE')
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if abs(value) >= 10**15:
            mantissa, _, exponent = f"{value:.5E}".partition("E")
            return f"{mantissa}E+{int(exponent)}"
        return str(int(value)) if value == int(value) else format(value, ".15g")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def _guard(archive: zipfile.ZipFile, size: int, limits: Limits) -> Refusal | None:
    expanded = sum(entry.file_size for entry in archive.infolist())
    ratio = expanded // max(1, size)
    if expanded > limits.expanded_bytes or len(archive.infolist()) > 10_000:
        return refusals.ZIP_BOMB.at(expanded=expanded, ratio=ratio)
    for entry in archive.infolist():
        if entry.file_size > 4 * 1024**2 and entry.file_size > limits.ratio * max(1, entry.compress_size):
            return refusals.ZIP_BOMB.at(expanded=expanded, ratio=entry.file_size // max(1, entry.compress_size))
    return None


def _sheet_part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Name of the archive member that holds ``sheet``."""
    relation = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    with archive.open("xl/workbook.xml") as file:
        ids = {e.get("name"): e.get(relation) for e in parse_xml(file).iter() if e.tag.endswith("}sheet")}
    with archive.open("xl/_rels/workbook.xml.rels") as file:
        targets = {e.get("Id"): e.get("Target") for e in parse_xml(file).iter() if e.tag.endswith("}Relationship")}
    target = targets.get(ids.get(sheet))
    return None if target is None else normpath(target.lstrip("/") if target.startswith("/") else join("xl", target))


def _formulas(archive: zipfile.ZipFile, part: str) -> set[tuple[int, int]]:
    """(row, column position) of every cell with a formula, found by one quick look at the bytes first."""
    with archive.open(part) as file:
        tail, found = b"", False
        while block := file.read(1024**2):
            if _FORMULA.search(tail + block):
                found = True
                break
            tail = block[-16:]
    places: set[tuple[int, int]] = set()
    if not found:
        return places
    with archive.open(part) as file:
        for _, element in iterparse(file, events=("end",)):
            if element.tag.endswith("}c"):
                place = _CELL.match(element.get("r") or "")
                if place and any(child.tag.endswith("}f") for child in element):
                    position = 0
                    for c in place[1]:
                        position = position * 26 + ord(c) - 64
                    places.add((int(place[2]), position - 1))
                element.clear()
            elif element.tag.endswith("}row"):
                element.clear()
    return places


@dataclass
class XlsxSource:
    path: Path
    sheet: str
    columns: tuple[str, ...]
    header_row: int
    formulas: set[tuple[int, int]]
    limits: Limits
    first_column: int = 0
    format: str = "xlsx"
    notes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, size: int, hints: dict[str, Any], limits: Limits) -> XlsxSource | Refusal:
        """Guard, find the sheet, read the header. Refusals: ``file.zip_bomb xlsx_broken sheet_missing format_unknown``, ``header.*``."""
        try:
            with zipfile.ZipFile(path) as archive:
                if (refused := _guard(archive, size, limits)) is not None:
                    return refused
                if "xl/workbook.xml" not in archive.namelist():
                    return refusals.FILE_FORMAT.at(found="zip")
                book = CalamineWorkbook.from_path(str(path))
                names = book.sheet_names
                sheet = str(hints.get("sheet") or names[0])
                if sheet not in names:
                    return refusals.SHEET_MISSING.at(sheet=sheet, known=", ".join(names))
                part = _sheet_part(archive, sheet)
                formulas = _formulas(archive, part) if part else set()
            first = int(hints.get("header_row") or 1)
            return cls._with_header(path, book, sheet, first, formulas, limits, names)
        except (zipfile.BadZipFile, CalamineError, KeyError, EOFError, SyntaxError, OSError, ValueError, IndexError):
            return refusals.XLSX_BROKEN.at()

    @classmethod
    def _with_header(
        cls, path: Path, book: CalamineWorkbook, sheet: str, first: int, formulas: set[tuple[int, int]], limits: Limits, names: list[str]
    ) -> XlsxSource | Refusal:  # fmt: skip
        table = book.get_sheet_by_name(sheet)
        left = (table.start or (0, 0))[1]  # iter_rows counts rows from the sheet's first, columns from the first that is used
        for number, cells in enumerate(table.iter_rows(), 1):
            if number < first or not any(str(c).strip() for c in cells):
                continue
            columns = header.checked([cell_text(c) for c in cells], limits.columns)
            notes = {"sheet": sheet, "other_sheets": ", ".join(n for n in names if n != sheet)}
            return (
                columns
                if isinstance(columns, Refusal)
                else cls(path, sheet, columns, number, formulas, limits, left, notes=notes)
            )
        return refusals.FILE_EMPTY.at()

    def chunks(self) -> Iterator[Chunk]:
        sheet = CalamineWorkbook.from_path(str(self.path)).get_sheet_by_name(self.sheet)
        rows: list[tuple[int, list[str]]] = []
        for number, cells in enumerate(sheet.iter_rows(), 1):
            if number <= self.header_row:
                continue
            texts = [cell_text(c) for c in cells]
            if any(t.strip(BLANKS) for t in texts):
                rows.append((number, texts))
            if len(rows) >= self.limits.rows_per_chunk:
                yield self._chunk(rows)
                rows = []
        if rows:
            yield self._chunk(rows)

    def _chunk(self, rows: list[tuple[int, list[str]]]) -> Chunk:
        width = len(self.columns)
        faults: list[Fault] = []
        raw: dict[int, dict[str, str]] = {}
        good: list[tuple[int, list[str]]] = []
        for number, cells in rows:
            extra = [c for c in cells[width:] if c.strip(BLANKS)]
            cells = (cells + [""] * width)[:width]
            wrong = [(i, refusals.CELL_FORMULA) for i in range(width) if (number, i + self.first_column) in self.formulas]
            wrong += [(i, refusals.CELL_ERROR) for i, c in enumerate(cells) if c in _ERRORS]
            faults += [
                Fault(number, code.code, self.columns[i], masked=cells[i] if cells[i] in _ERRORS else "") for i, code in wrong
            ]
            if extra:
                faults.append(Fault(number, refusals.ROW_RAGGED.code, values={"found": width + len(extra), "expected": width}))
            if wrong or extra:
                raw[number] = dict(zip(self.columns, cells, strict=True))
            else:
                good.append((number, cells))
        data = {ROW: pl.Series(ROW, [n for n, _ in good], dtype=pl.UInt32)}
        for i, name in enumerate(self.columns):
            data[name] = pl.Series(name, [cells[i] for _, cells in good], dtype=pl.String)
        return Chunk(pl.DataFrame(data), tuple(faults), raw)
