"""What every reader gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from arrears.intake.fields import Fault
from arrears.kernel.refusals import Refusal

ROW = "__row__"
#: Characters that make a cell no fuller, for every reader.
BLANKS = " \t\r\n\u3000\u00a0\u200b"


@dataclass(frozen=True, slots=True)
class Limits:
    """Guards. Bytes are of the file; ``expanded_bytes`` and ``ratio`` of what an archive unpacks to."""

    file_bytes: int = 4 * 1024**3
    expanded_bytes: int = 1024**3
    ratio: int = 200
    columns: int = 500
    rows_per_chunk: int = 100_000
    block_bytes: int = 8 * 1024**2


@dataclass(frozen=True, slots=True)
class Chunk:
    """``frame``: column ``__row__`` (UInt32, as a person counts: the first line is 1) and one String column per file column.

    ``faults`` are rows that could not be split into cells; they are not in ``frame`` unless their cells are known, in which case
    they stand in both. ``raw`` gives the text of faulty rows that are not in ``frame``.
    """

    frame: pl.DataFrame
    faults: tuple[Fault, ...] = ()
    raw: dict[int, dict[str, str]] = field(default_factory=dict)


class ReadFault(Exception):
    """The file cannot be read further. Carries the refusal of the whole file."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class Source(Protocol):
    """A readable table. ``chunks`` may be called more than once and starts anew each time; it raises ``ReadFault``."""

    columns: tuple[str, ...]
    first_column: int  # position of the first column on its sheet, for letters
    format: str
    notes: dict[str, str]

    def chunks(self) -> Iterator[Chunk]: ...
