"""Parquet, row group by row group, every value as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from arrears.intake import refusals
from arrears.kernel.refusals import Refusal

from . import header
from .source import ROW, Chunk, Limits, ReadFault

_BROKEN = (pa.ArrowInvalid, pa.ArrowException, OSError, EOFError)


@dataclass
class ParquetSource:
    path: Path
    columns: tuple[str, ...]
    limits: Limits
    format: str = "parquet"
    first_column: int = 0
    notes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, limits: Limits) -> ParquetSource | Refusal:
        """Read the footer. Refusals: ``file.parquet_broken``, ``header.*``."""
        try:
            with pq.ParquetFile(path) as file:
                columns = header.checked(file.schema_arrow.names, limits.columns)
                expanded = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        except _BROKEN:
            return refusals.PARQUET_BROKEN.at()
        if isinstance(columns, Refusal):
            return columns
        ratio = expanded // max(1, path.stat().st_size)
        if expanded > limits.expanded_bytes and ratio > limits.ratio:
            return refusals.ZIP_BOMB.at(expanded=expanded, ratio=ratio)
        return cls(path, columns, limits)

    def chunks(self) -> Iterator[Chunk]:
        row = 1
        try:
            with pq.ParquetFile(self.path, memory_map=False, pre_buffer=False) as file:
                for batch in file.iter_batches(batch_size=self.limits.rows_per_chunk):
                    frame = as_text(pl.from_arrow(batch), self.columns)
                    rows = pl.int_range(row, row + frame.height, dtype=pl.UInt32, eager=True)
                    row += frame.height
                    yield Chunk(frame.insert_column(0, rows.alias(ROW)))
        except _BROKEN as problem:
            raise ReadFault(refusals.PARQUET_BROKEN.at(f"row {row}")) from problem


def as_text(frame: pl.DataFrame | pl.Series, columns: tuple[str, ...]) -> pl.DataFrame:
    """Every column as text: dates ISO, whole floats without a point, NULL stays NULL."""
    if isinstance(frame, pl.Series):
        frame = frame.struct.unnest()
    out = []
    for name, kind in zip(frame.columns, frame.dtypes, strict=True):
        column = pl.col(name)
        if kind in (pl.Float64, pl.Float32):
            whole = (column == column.round(0)) & (column.abs() < 10**15)
            column = pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
        elif kind == pl.Binary:
            column = column.cast(pl.String, strict=False)
        elif isinstance(kind, pl.Datetime):
            column = column.dt.to_string("iso")
        elif kind.is_nested():
            column = pl.lit(None, dtype=pl.String)
        else:
            column = column.cast(pl.String)
        out.append(column.alias(name))
    result = frame.select(out)
    result.columns = list(columns)
    return result
