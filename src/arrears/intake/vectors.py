"""Whole columns of cells into typed columns. Plain forms by vectorised expressions; what they leave over goes cell by cell, once for
every distinct text, through ``parsing``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from arrears.intake import parsing
from arrears.intake.parsing import Wrong
from arrears.intake.reading.source import BLANKS
from arrears.kernel.money import exponent_of


@dataclass
class Column:
    """``values`` typed, NULL where blank or wrong; ``wrong`` maps a distinct faulty text to its reason; ``blank`` the empty cells."""

    values: pl.Series
    wrong: dict[str, Wrong] = field(default_factory=dict)


def present(cells: pl.Series) -> pl.Series:
    """Cells with outer blanks cut off, blank ones NULL."""
    cut = cells.str.strip_chars(BLANKS)
    return cut.set(cut == "", None) if (cut == "").any() else cut


def _leftover(
    cells: pl.Series, values: pl.Series, scalar: Callable[[str], Any], kind: pl.DataType | type[pl.DataType]
) -> Column:  # fmt: skip
    """Fill what the fast expression did not read."""
    open_ones = cells.is_not_null() & values.is_null()
    if not open_ones.any():
        return Column(values)
    texts = cells.filter(open_ones).unique().to_list()
    answers = {text: scalar(text) for text in texts}
    wrong = {text: answer for text, answer in answers.items() if isinstance(answer, Wrong)}
    good = {text: answer for text, answer in answers.items() if not isinstance(answer, Wrong)}
    if good:
        known = pl.DataFrame(
            {"t": list(good), "v": pl.Series(list(good.values()), dtype=kind)}, schema={"t": pl.String, "v": kind}
        )
        frame = pl.DataFrame({"t": cells, "x": values}).join(known, on="t", how="left", maintain_order="left")
        values = frame.select(pl.coalesce("x", "v")).to_series()
    return Column(values, wrong)


def dates(cells: pl.Series, formats: tuple[str, ...] = ()) -> Column:
    cells = present(cells)
    blank = pl.Series(cells.name, [None] * len(cells), dtype=pl.Date)
    if formats or cells.n_unique() > len(cells) // 2:
        fast = blank if formats else cells.str.to_date("%Y-%m-%d", strict=False, exact=True)
        # a short year such as 26-1-2 would be read by the expression; the scalar reader refuses it
        fast = fast.set(~cells.str.contains(r"^\d{4}-\d{2}-\d{2}$").fill_null(False), None)
        fast = fast.set(((fast < parsing.EARLIEST) | (fast > parsing.LATEST)).fill_null(False), None)
    else:
        fast = blank
    return _leftover(cells, fast, lambda text: parsing.parse_date(text, formats), pl.Date)


def amounts(cells: pl.Series, currency: str, *, scientific: bool = False) -> Column:
    cells = present(cells)
    places = exponent_of(currency)
    plain = cells.str.contains(rf"^-?\d{{1,14}}(\.\d{{1,{places}}})?$" if places else r"^-?\d{1,14}$").fill_null(False)
    digits = cells
    if places:
        parts = cells.str.splitn(".", 2).struct.unnest()
        digits = parts["field_0"] + parts["field_1"].fill_null("").str.pad_end(places, "0")
    fast = digits.set(~plain, None).cast(pl.Int64, strict=False)
    return _leftover(cells, fast, lambda text: parsing.parse_amount(text, currency, scientific=scientific), pl.Int64)


def integers(cells: pl.Series) -> Column:
    cells = present(cells)
    fast = cells.set(~cells.str.contains(r"^-?\d{1,14}$").fill_null(False), None).cast(pl.Int64, strict=False)
    return _leftover(cells, fast, parsing.parse_integer, pl.Int64)


def by_text(cells: pl.Series, scalar: Callable[[str], Any], kind: pl.DataType | type[pl.DataType]) -> Column:
    """Any scalar reader over the distinct texts (codes, rates, booleans, instants)."""
    cells = present(cells)
    return _leftover(cells, pl.Series(cells.name, [None] * len(cells), dtype=kind), scalar, kind)


def texts(cells: pl.Series) -> Column:
    """Text as it is, outer blanks and a spreadsheet's leading apostrophe off."""
    cells = present(cells)
    return Column(cells.str.strip_prefix("'") if cells.str.starts_with("'").any() else cells)


def first_day(values: pl.Series) -> date | None:
    """Smallest date of a column."""
    found = values.min()
    return found if isinstance(found, date) else None
