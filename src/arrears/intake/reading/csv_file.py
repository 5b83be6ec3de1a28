"""Delimited text. Clean blocks go through Polars, doubtful ones (quotes, uneven rows) cell by cell through ``csv``, with the same result."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from arrears.intake import refusals
from arrears.intake.fields import Fault
from arrears.kernel.refusals import Refusal

from . import header
from .source import BLANKS, ROW, Chunk, Limits, ReadFault

DELIMITERS = (",", "\t", ";", "|", "\x01", "，")
csv.field_size_limit(1024**2)


def delimiter_of(text: str) -> str:
    """The delimiter that splits the first lines most evenly.

    >>> delimiter_of("a;b;c\\n1;2,5;3\\n"), delimiter_of("a,b\\n1,2\\n"), delimiter_of("only\\n1\\n")
    (';', ',', ',')
    """
    lines = [line for line in text.splitlines()[:30] if line.strip()]
    best, found = (0, 0), ","
    for mark in DELIMITERS:
        counts = [len(row) - 1 for row in csv.reader(lines, delimiter=mark)]
        if not counts or counts[0] == 0:
            continue
        score = (sum(c == counts[0] for c in counts), counts[0])
        if score > best:
            best, found = score, mark
    return found


def _settled(text: str, delimiter: str) -> bool:
    """Whether the hinted delimiter occurs in the header line."""
    return delimiter in (text.splitlines() or [""])[0]


@dataclass
class CsvSource:
    path: Path
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    header_row: int
    limits: Limits
    format: str = "csv"
    first_column: int = 0
    notes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, encoding: str, hints: dict[str, Any], limits: Limits) -> CsvSource | Refusal:
        """Read the header. Refusals: ``file.empty``, ``file.nul_byte``, ``header.*``."""
        with path.open("r", encoding=encoding, newline="") as file:
            text = file.read(256 * 1024)
        text = text.removeprefix("\ufeff")
        if "\x00" in text:
            return refusals.NUL_BYTE.at(row=text[: text.index("\x00")].count("\n") + 1)
        lines = text.splitlines()
        first = int(hints.get("header_row") or 1)
        while first <= len(lines) and not lines[first - 1].strip():
            first += 1
        if first > len(lines):
            return refusals.FILE_EMPTY.at()
        body = "\n".join(lines[first - 1 : first + 40])
        hinted = str(hints.get("delimiter") or "")
        delimiter = hinted if hinted and hinted != "auto" and _settled(body, hinted) else delimiter_of(body)
        cells = next(csv.reader(lines[first - 1 :], delimiter=delimiter))
        columns = header.checked(cells, limits.columns)
        if isinstance(columns, Refusal):
            return columns
        notes = {"encoding": encoding, "delimiter": delimiter}
        return cls(path, encoding, delimiter, columns, first, limits, notes=notes)

    def chunks(self) -> Iterator[Chunk]:
        line = 1
        for block in self._blocks():
            count = block.count(b"\n")
            start = line
            line += count
            if start <= self.header_row:
                skipped = block.split(b"\n", self.header_row - start + 1)
                block = skipped[-1]
                start = self.header_row + 1
            if block:
                yield self._chunk(block, start)

    def _blocks(self) -> Iterator[bytes]:
        """UTF-8 blocks that end at the end of a record, every line closed by one newline."""
        utf8 = self.encoding in ("utf-8", "utf-8-sig")
        decoder = None if utf8 else codecs.getincrementaldecoder(self.encoding)()
        rest, fresh, line = b"", True, 1
        with self.path.open("rb") as file:
            while True:
                raw = file.read(self.limits.block_bytes)
                data = raw if decoder is None else decoder.decode(raw, final=not raw).encode()
                if fresh:
                    data, fresh = data.removeprefix(codecs.BOM_UTF8), False
                if b"\x00" in data:
                    raise ReadFault(refusals.NUL_BYTE.at(row=line + (rest + data[: data.index(0)]).count(b"\n")))
                data = rest + data
                if b"\r" in data:
                    held = b"\r" if raw and data.endswith(b"\r") else b""
                    data = data[: len(data) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
                else:
                    held = b""
                if not raw:
                    if data:
                        yield data if data.endswith(b"\n") else data + b"\n"
                    return
                end = _record_end(data)
                rest = data[end:] + held
                if end:
                    line += data.count(b"\n", 0, end)
                    yield data[:end]

    def _chunk(self, block: bytes, start: int) -> Chunk:
        width = len(self.columns)
        mark = self.delimiter.encode()
        lines = block.count(b"\n")
        if b'"' not in block and len(mark) == 1 and block.count(mark) == lines * (width - 1) and b"\n\n" not in b"\n" + block:
            try:
                frame = pl.read_csv(
                    io.BytesIO(block), separator=self.delimiter, has_header=False, infer_schema=False, quote_char=None,
                    new_columns=list(self.columns),
                )  # fmt: skip
            except pl.exceptions.ComputeError:
                return self._cell_by_cell(block, start)
            if frame.height == lines and frame.width == width:
                rows = pl.int_range(start, start + lines, dtype=pl.UInt32, eager=True)
                return Chunk(_without_blank(frame.insert_column(0, rows.alias(ROW)), self.columns))
        return self._cell_by_cell(block, start)

    def _cell_by_cell(self, block: bytes, start: int) -> Chunk:
        width = len(self.columns)
        good: list[list[str]] = []
        numbers: list[int] = []
        faults: list[Fault] = []
        raw: dict[int, dict[str, str]] = {}
        lines = block.decode().split("\n")[:-1]
        taken = 0

        def feed() -> Iterator[str]:
            nonlocal taken
            while taken < len(lines):
                taken += 1
                yield lines[taken - 1] + "\n"

        reader = csv.reader(feed(), delimiter=self.delimiter, strict=True)
        while True:
            first = taken
            number = start + first
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error:
                faults.append(Fault(number, refusals.ROW_QUOTING.code))
                raw[number] = dict(zip(self.columns, lines[first].split(self.delimiter), strict=False))
                taken = first + 1  # only the line that opens the quote is at fault; the next ones are read anew
                reader = csv.reader(feed(), delimiter=self.delimiter, strict=True)
                continue
            if not any(c.strip(BLANKS) for c in cells):
                continue
            while len(cells) > width and not cells[-1].strip(BLANKS):
                cells.pop()
            if len(cells) != width:
                faults.append(Fault(number, refusals.ROW_RAGGED.code, values={"found": len(cells), "expected": width}))
                raw[number] = dict(zip(self.columns, cells, strict=False))
                continue
            good.append(cells)
            numbers.append(number)
        columns = [list(c) for c in zip(*good, strict=True)] if good else [[] for _ in self.columns]
        data = {ROW: pl.Series(ROW, numbers, dtype=pl.UInt32)}
        data |= {name: pl.Series(name, cells, dtype=pl.String) for name, cells in zip(self.columns, columns, strict=True)}
        return Chunk(pl.DataFrame(data), tuple(faults), raw)


def _without_blank(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Rows of delimiters and blanks only are no rows. Looked at closely only where a first cell is blank."""
    first = frame[columns[0]]
    if not ((first.str.strip_chars(BLANKS) == "").fill_null(True)).any():
        return frame
    return frame.filter(pl.any_horizontal([(pl.col(c).str.strip_chars(BLANKS) != "").fill_null(False) for c in columns]))


_LONGEST_RECORD_BYTES = 64 * 1024**2


def _record_end(data: bytes) -> int:
    """Offset after the last newline that ends a record: outside quotes, judged from the block's start."""
    end = data.rfind(b"\n") + 1
    if b'"' not in data[:end]:
        return end
    last = end
    quotes = data.count(b'"', 0, end)
    for _ in range(2000):
        if quotes % 2 == 0:
            return end
        before = data.rfind(b"\n", 0, end - 1) + 1
        if before == 0:
            return 0 if end < _LONGEST_RECORD_BYTES else last  # one record longer than the block: read on
        quotes -= data.count(b'"', before, end)
        end = before
    return last  # a quote is left open: the cell-by-cell reader reports it
