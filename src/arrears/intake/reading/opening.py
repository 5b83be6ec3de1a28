"""Which reader a file needs: by its first bytes, not by its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arrears.intake import refusals
from arrears.kernel.refusals import Refusal

from .csv_file import CsvSource
from .fingerprint import Fingerprint, encoding_of, take
from .jsonl_file import JsonLinesSource
from .parquet_file import ParquetSource
from .source import Limits, Source
from .xlsx_file import XlsxSource


@dataclass(frozen=True, slots=True)
class Opened:
    """A file ready to be read, with what was found out about it."""

    source: Source
    fingerprint: Fingerprint


def open_file(path: Path, hints: dict[str, Any] | None = None, limits: Limits = Limits()) -> Opened | Refusal:  # noqa: B008
    """Open ``path``. ``hints``: ``encoding`` (binding) ``encoding_hint delimiter sheet header_row``. Refusals: ``file.*``, ``header.*``."""
    hints = hints or {}
    mark = take(path, limits.file_bytes)
    if isinstance(mark, Refusal):
        return mark
    source = _source(path, mark, hints, limits)
    return source if isinstance(source, Refusal) else Opened(source, mark)


def _source(path: Path, mark: Fingerprint, hints: dict[str, Any], limits: Limits) -> Source | Refusal:
    head = mark.head
    if head.startswith(b"PAR1"):
        return ParquetSource.open(path, limits)
    if head.startswith(b"PK\x03\x04"):
        return XlsxSource.open(path, mark.size, hints, limits)
    if head.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\x7fELF", b"Rar!")):
        return refusals.FILE_FORMAT.at(found=path.suffix.lower() or head[:4].hex())
    encoding = encoding_of(mark, path, str(hints.get("encoding") or ""), str(hints.get("encoding_hint") or ""))
    if isinstance(encoding, Refusal):
        return encoding
    text = head.decode(encoding, errors="ignore").lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        return JsonLinesSource.open(path, encoding, limits)
    return CsvSource.open(path, encoding, hints, limits)
