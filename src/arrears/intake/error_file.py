"""Held rows as a table for a person: the file's own columns and three more (place, rule, what to do). CSV or XLSX.

Identity columns are masked unless the caller was granted the clear file. A text that a spreadsheet would take for a formula gets an
apostrophe in front, in every cell (CWE-1236); the importer takes it off again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.writer.excel import save_workbook

from arrears.intake import profiles
from arrears.intake.actions_mend import cells_of
from arrears.intake.fields import Field, letter, sentences
from arrears.intake.mapping import shown
from arrears.intake.models import Batch, BatchRow
from arrears.kernel.refusals import Text

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
EXTRA = (Text("位置", "Place"), Text("规则", "Rule"), Text("问题与办法", "What is wrong and what to do"))


@dataclass(frozen=True, slots=True)
class Place:
    """A fault as people read it."""

    row: int
    column: str
    letter: str
    masked: str
    rule: str
    sentence: Text
    fix: Text
    severity: str


def guarded(text: str) -> str:
    """Text that no spreadsheet evaluates; plain numbers stay as they are.

    >>> guarded("=1+1"), guarded("-12.50"), guarded("@x"), guarded("正常")
    ("'=1+1", '-12.50', "'@x", '正常')
    """
    if text.startswith(_DANGEROUS) and not text.lstrip("+-").replace(".", "", 1).replace(",", "").isdigit():
        return "'" + text
    return text


def places(batch: Batch, row: BatchRow) -> list[Place]:
    """Every fault of a held row with row, column letter and name."""
    return [place(batch, row.row, one) for one in row.faults]


def place(batch: Batch, row: int, stored: dict[str, Any]) -> Place:
    columns = list(batch.format.get("columns", []))
    column = str(stored.get("column") or "")
    at = letter(columns.index(column) + int(batch.format.get("first_column", 0))) if column in columns else ""
    sentence, fix = sentences(stored)
    return Place(
        row, column, at, str(stored.get("masked", "")), str(stored["code"]), sentence, fix, str(stored.get("severity", "error"))
    )


def identity_columns(batch: Batch) -> dict[str, Field]:
    """File columns that feed identity fields, by the batch's profile."""
    profile = profiles.from_words(batch.profile_version.words)
    if not isinstance(profile, profiles.Profile):
        return {}
    found: dict[str, Field] = {}
    for output in profile.outputs:
        for entry in output.entries:
            for cell in entry.cells:
                one = output.kind.field(cell.target)
                if one is not None and one.is_identity:
                    found[cell.column] = one
    return found


def masked_cells(batch: Batch, row: BatchRow) -> dict[str, str]:
    """The cells of a held row, identity columns masked."""
    hidden = identity_columns(batch)
    return {c: shown(hidden[c], v) if c in hidden and v else v for c, v in cells_of(row).items()}


def lines(batch: Batch, rows: Iterable[BatchRow], language: str, *, clear: bool) -> Iterator[list[str]]:
    """Header, then one line per held row. Values are guarded."""
    columns = [str(c) for c in batch.format.get("columns", [])]
    yield [*columns, *(t.in_language(language) for t in EXTRA)]
    for row in rows:
        cells = cells_of(row) if clear else masked_cells(batch, row)
        told = places(batch, row)
        where = "; ".join(f"{row.row} {p.letter}{' ' if p.letter else ''}{p.column}".strip() for p in told)
        words = " ".join(f"{p.sentence.in_language(language)} {p.fix.in_language(language)}" for p in told)
        yield [guarded(v) for v in [*(cells.get(c, "") for c in columns), where, "; ".join(p.rule for p in told), words]]


def as_csv(table: Iterable[list[str]]) -> bytes:
    """UTF-8 with BOM, which spreadsheets need to show Chinese."""
    out = io.StringIO()
    csv.writer(out).writerows(table)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(table: Iterable[list[str]]) -> bytes:
    """Every cell a text cell, so that no number loses digits."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("errors")
    for line in table:
        cells = []
        for text in line:
            cell = WriteOnlyCell(sheet, value=text)
            cell.number_format, cell.data_type = "@", "s"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    save_workbook(book, out)
    return out.getvalue()
