"""Where books lie: ``BOOK_DIR/date=2026-11-23/creditor=QH/part-0.parquet`` beside ``made.json`` that says from what.

Plain typed Parquet that any tool reads. Each file is written whole under another name and renamed, so a reader never sees half.
"""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings

from arrears.kernel.ids import new_id


def folder(day: date, creditor: str) -> Path:
    return Path(settings.BOOK_DIR) / f"date={day.isoformat()}" / f"creditor={creditor}"


def made(day: date, creditor: str) -> dict[str, Any] | None:
    """What the book of that day was made from, or None where there is none."""
    path = folder(day, creditor) / "made.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write(day: date, creditor: str, frame: pl.DataFrame, facts: dict[str, Any]) -> Path:
    """Put a book in place of any earlier one of that day. A reader sees the former book or the new one, never half or none.

    The facts follow the rows: killed in between, the former facts stand beside the new rows and the next build makes both anew.
    """
    place = folder(day, creditor)
    place.mkdir(parents=True, exist_ok=True)
    draft = place / f".{new_id('new')}"
    try:
        frame.write_parquet(draft, compression="zstd", statistics=True)
        os.replace(draft, place / "part-0.parquet")
        draft.write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(draft, place / "made.json")
    finally:
        draft.unlink(missing_ok=True)
    return place


def days(creditors: list[str]) -> list[date]:
    """Days that have a book of any of ``creditors``, oldest first."""
    root = Path(settings.BOOK_DIR)
    found = {
        date.fromisoformat(path.parents[1].name.removeprefix("date="))
        for code in creditors
        for path in root.glob(f"date=*/creditor={code}/made.json")
    }
    return sorted(found)


def parts(day: date, creditors: list[str]) -> list[Path]:
    return [p for code in creditors for p in sorted(folder(day, code).glob("part-*.parquet"))]
