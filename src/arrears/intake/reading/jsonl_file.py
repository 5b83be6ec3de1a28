"""JSON lines: one object a line, nested objects as dotted names, numbers exactly as written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from arrears.intake import refusals
from arrears.intake.fields import Fault
from arrears.kernel.refusals import Refusal

from . import header
from .source import ROW, Chunk, Limits, ReadFault

_SAMPLE = 200
_LONGEST = 4 * 1024**2


def flat(value: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Cells of one object. ``null`` is an absent cell; a list is kept as its JSON text.

    >>> flat({"a": {"b": "1"}, "c": None, "d": True})
    {'a.b': '1', 'd': 'true'}
    """
    out: dict[str, str] = {}
    for key, one in value.items():
        name = f"{prefix}{key}"
        if isinstance(one, dict):
            out |= flat(one, f"{name}.")
        elif isinstance(one, bool):
            out[name] = "true" if one else "false"
        elif isinstance(one, list):
            out[name] = json.dumps(one, ensure_ascii=False)
        elif one is not None:
            out[name] = str(one)
    return out


def _cells(line: str) -> dict[str, str] | None:
    try:
        value = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return flat(value) if isinstance(value, dict) else None


@dataclass
class JsonLinesSource:
    path: Path
    encoding: str
    columns: tuple[str, ...]
    limits: Limits
    format: str = "jsonl"
    first_column: int = 0
    notes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, encoding: str, limits: Limits) -> JsonLinesSource | Refusal:
        """Columns are the keys of the first 200 lines, in order of appearance. Refusals: ``file.format_unknown``, ``header.*``."""
        names: dict[str, None] = {}
        with path.open("r", encoding=encoding) as file:
            for number, line in enumerate(file):
                if number >= _SAMPLE or len(line) > _LONGEST:
                    break
                names |= dict.fromkeys(_cells(line) or {})
        if not names:
            return refusals.FILE_FORMAT.at(found="json")
        columns = header.checked(list(names), limits.columns)
        return columns if isinstance(columns, Refusal) else cls(path, encoding, columns, limits, notes={"encoding": encoding})

    def chunks(self) -> Iterator[Chunk]:
        with self.path.open("r", encoding=self.encoding) as file:
            batch: list[tuple[int, str]] = []
            number = 0
            while line := file.readline(_LONGEST):
                number += 1
                if "\x00" in line:
                    raise ReadFault(refusals.NUL_BYTE.at(row=number))
                if line.strip():
                    batch.append((number, line))
                if len(batch) >= self.limits.rows_per_chunk:
                    yield self._chunk(batch)
                    batch = []
            if batch:
                yield self._chunk(batch)

    def _chunk(self, batch: list[tuple[int, str]]) -> Chunk:
        known = set(self.columns)
        columns: dict[str, list[str | None]] = {name: [] for name in self.columns}
        numbers: list[int] = []
        faults: list[Fault] = []
        raw: dict[int, dict[str, str]] = {}
        for number, line in batch:
            cells = _cells(line.lstrip("\ufeff"))
            if cells is None:
                faults.append(Fault(number, refusals.ROW_JSON.code))
                raw[number] = {}
            elif extra := sorted(set(cells) - known):
                faults.append(Fault(number, refusals.ROW_UNKNOWN_COLUMN.code, values={"keys": ", ".join(extra[:5])}))
                raw[number] = {k: v for k, v in cells.items() if k in known}
            else:
                numbers.append(number)
                for name, values in columns.items():
                    values.append(cells.get(name))
        data = {ROW: pl.Series(ROW, numbers, dtype=pl.UInt32)}
        data |= {name: pl.Series(name, values, dtype=pl.String) for name, values in columns.items()}
        return Chunk(pl.DataFrame(data), tuple(faults), raw)
