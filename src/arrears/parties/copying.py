"""Masses in and out of PostgreSQL through COPY: query sets as Polars frames, frames as rows of a table.

Writing stands here for the ``actions_bulk`` files of the rooms, which own the act and its journal entry.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from psycopg import sql

_INSTANT = "%Y-%m-%d %H:%M:%S%.f%#z"


@dataclass(frozen=True, slots=True)
class BulkCount:
    """What a mass act did. ``inserted`` new facts, ``updated`` records whose former content was kept as a version."""

    inserted: int = 0
    updated: int = 0
    skipped: int = 0

    def plain(self) -> dict[str, int]:
        return {"inserted": self.inserted, "updated": self.updated, "skipped": self.skipped}


def copied(rows: QuerySet[Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    """``rows`` (a ``values_list``) as a frame with the columns and types of ``schema``. Boolean columns read t and f."""
    try:
        statement, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return pl.DataFrame(schema=dict(schema))
    return copied_sql(statement, values, schema)


def copied_sql(statement: str, values: Any, schema: Mapping[str, Any]) -> pl.DataFrame:
    """The same for a select written by hand (joins with arrays, which a query set cannot say)."""
    with connection.cursor() as cursor, cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)", values) as copy:
        data = b"".join(bytes(block) for block in copy)
    if not data:
        return pl.DataFrame(schema=dict(schema))
    late = {name for name, kind in schema.items() if kind == pl.Boolean or isinstance(kind, pl.Datetime)}
    frame = pl.read_csv(io.BytesIO(data), has_header=False, schema={n: pl.String if n in late else k for n, k in schema.items()})
    for name in late:
        read = pl.col(name) == "t" if schema[name] == pl.Boolean else pl.col(name).str.to_datetime(_INSTANT, time_unit="us")
        frame = frame.with_columns(read.alias(name))
    return frame


def copy_text(frame: pl.DataFrame) -> bytes:
    """A frame as the CSV that COPY reads; binary columns in hex form; empty text stays text, NULL stays NULL."""
    binary = [c for c, kind in zip(frame.columns, frame.dtypes, strict=True) if kind == pl.Binary]
    if binary:
        frame = frame.with_columns([(pl.lit("\\x") + pl.col(c).bin.encode("hex")).alias(c) for c in binary])
    out = io.BytesIO()
    frame.write_csv(out, include_header=False)
    return out.getvalue()


def copy_into(table: str, frame: pl.DataFrame, batch_rows: int = 50_000) -> int:
    """Append ``frame`` to ``table`` (its columns are the table's) in the running transaction."""
    columns = sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(table), columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in frame.iter_slices(batch_rows):
            copy.write(copy_text(part))
    return frame.height


def stage(name: str, frame: pl.DataFrame, like: Sequence[tuple[str, str]]) -> None:
    """Put ``frame`` into a temporary table that goes with the transaction. ``like``: (column, SQL type)."""
    columns = ", ".join(f'"{column}" {kind}' for column, kind in like)
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TABLE IF EXISTS pg_temp."{name}"')
        cursor.execute(f'CREATE TEMPORARY TABLE "{name}" ({columns}) ON COMMIT DROP')
    copy_into(name, frame.select([column for column, _ in like]))
    with connection.cursor() as cursor:
        cursor.execute(f'ANALYZE "{name}"')


def public_ids(prefix: str, count: int) -> pl.Series:
    """``count`` fresh public ids of 80 random bits (``kernel.ids`` for columns); a unique constraint guards them."""
    noise = os.urandom(10 * count).hex()
    return pl.Series("public_id", [f"{prefix}_{noise[i : i + 20]}" for i in range(0, 20 * count, 20)], dtype=pl.String)


def run(statement: str, values: Mapping[str, Any]) -> int:
    """One set-based statement of a bulk action; the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def fetched(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def referrers(table: str) -> list[tuple[str, str]]:
    """(table, column) of every foreign key that points at ``table``, in whatever room, from the catalogue."""
    found = fetched(
        """
        SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND c.confrelid = to_regclass(%(table)s) ORDER BY 1, 2
        """,
        {"table": table},
    )
    return [(str(name), str(column)) for name, column in found]
