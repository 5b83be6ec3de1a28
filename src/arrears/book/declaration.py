"""What a book is made of: every room's declared columns, joined by customer and currency."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import polars as pl

from arrears.house import rooms
from arrears.kernel.declare import BookRequest, Column
from arrears.kernel.refusals import Text

TYPES: dict[str, type[pl.DataType] | pl.DataType] = {
    "text": pl.String, "integer": pl.Int64, "money_minor": pl.Int64, "date": pl.Date, "boolean": pl.Boolean,
    "instant": pl.Datetime("us", "UTC"),
}  # fmt: skip


def _key(name: str, kind: str, zh: str, en: str, meaning_zh: str, meaning_en: str) -> Column:
    return Column(name, kind, "", Text(zh, en), Text(meaning_zh, meaning_en), room="book")


#: The key of a row, declared by the book itself.
KEY_COLUMNS = (
    _key("as_of", "date", "业务日", "Business date", "该行所述的日期，日终", "The day the row speaks of, at its end"),
    _key("creditor", "text", "机构", "Creditor", "债权机构代码", "Code of the lender"),
    _key("customer", "text", "客户", "Customer", "客户的公开编号，不含个人信息", "Public id of the customer; no personal data"),
    _key("customer_id", "integer", "客户内部编号", "Customer key", "连接键", "Joining key"),
    _key("currency", "text", "币种", "Currency", "该行全部金额的币种", "Currency of every amount in the row"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """A room that fills columns: ``module.COLUMNS`` and ``module.provide(request)``."""

    room: str
    columns: tuple[Column, ...]
    module: ModuleType


def sources() -> list[Source]:
    """All rooms that fill the book, in room order. Raises ``ValueError`` where two declare the same column."""
    found, seen = [], {c.name: "book" for c in KEY_COLUMNS}
    for module in rooms.declared("columns"):
        provide = getattr(module, "provide", None)
        if provide is None:
            continue
        room = module.__name__.split(".")[-2]
        for column in module.COLUMNS:
            if column.name in seen:
                raise ValueError(f"column {column.name} declared by {seen[column.name]} and by {room}")
            seen[column.name] = room
        found.append(Source(room, tuple(module.COLUMNS), module))
    return found


def columns() -> tuple[Column, ...]:
    """Every column of the book in order: key first, then room by room."""
    return KEY_COLUMNS + tuple(column for source in sources() for column in source.columns)


def schema() -> dict[str, type[pl.DataType] | pl.DataType]:
    return {c.name: TYPES[c.type] for c in columns()}


def fill(request: BookRequest) -> pl.DataFrame:
    """All columns of one creditor's day. The ledger's rows lead; another room's row without a debt there is left out."""
    frame: pl.DataFrame | None = None
    for source in sources():
        part = source.module.provide(request)
        if frame is None:
            frame = part
            continue
        keys = [k for k in ("customer_id", "currency") if k in part.columns]
        frame = frame.join(part, on=keys, how="left")
    if frame is None:
        raise ValueError("no room fills the book")
    return frame


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` in the declared order and types; a NULL where none may be becomes false, zero or empty as the column means."""
    neutral = {"boolean": False, "integer": 0, "money_minor": 0, "text": ""}
    made = []
    for column in columns():
        expression = pl.col(column.name) if column.name in frame.columns else pl.lit(None)
        expression = expression.cast(TYPES[column.type])
        if not column.nullable and column.type in neutral:
            expression = expression.fill_null(neutral[column.type])
        made.append(expression.alias(column.name))
    return frame.select(made)
