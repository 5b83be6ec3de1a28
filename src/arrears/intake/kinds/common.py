"""What the kinds share: the checks' context, and faults from a column of yes and no."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import polars as pl

from arrears.intake import refusals
from arrears.intake.fields import Fault, Field, Kind
from arrears.intake.reading.source import ROW
from arrears.kernel.refusals import RefusalCode, Text
from arrears.kernel.scope import Scope

#: Columns that look-ups in the base add to a typed frame.
AGREEMENT_ID, OPENED_ON, AGREEMENT_CURRENCY, DISBURSED = "__agreement_id", "__opened_on", "__currency", "__disbursed"
PARTY_ID, CUSTOMER_ID = "__party_id", "__customer_id"
REPAYS_BY_SCHEDULE = "__has_terms"


@dataclass
class CheckContext:
    """For whom and when a check runs. ``pending_*`` are facts that earlier outputs of the same file will bring."""

    scope: Scope
    creditor_id: int
    today: date
    now: datetime
    zone: ZoneInfo
    source: str  # batch:<public id>, the provenance of what is written
    new_portfolios: bool = False
    notes: dict[str, Any] = field(default_factory=dict)
    caches: dict[str, Any] = field(default_factory=dict)


class Checks(Protocol):
    """What a kind module gives besides ``KIND``."""

    KIND: Kind

    def check(self, frame: pl.DataFrame, context: CheckContext) -> Iterable[Fault]: ...


def flag(
    frame: pl.DataFrame, mask: pl.Expr, code: RefusalCode, field_name: str, values: Mapping[str, str | pl.Expr] | None = None,
    severity: str = "error",
) -> Iterator[Fault]:  # fmt: skip
    """A fault for every row where ``mask`` holds. ``values``: text, or an expression whose value of the row is shown."""
    if field_name and field_name not in frame.columns:
        return
    marks = frame.select(mask.fill_null(False).alias("m")).to_series()
    if not marks.any():
        return
    given = dict(values or {})
    picks = [pl.col(ROW)] + ([pl.col(field_name).cast(pl.String).fill_null("").alias("__v")] if field_name else [])
    picks += [v.cast(pl.String).fill_null("").alias(f"v_{k}") for k, v in given.items() if isinstance(v, pl.Expr)]
    fixed = {k: v for k, v in given.items() if not isinstance(v, pl.Expr)}
    for row in frame.filter(marks).select(picks).iter_rows(named=True):
        shown = {k.removeprefix("v_"): v for k, v in row.items() if k.startswith("v_")}
        yield Fault(row[ROW], code.code, field=field_name, masked=row.get("__v", ""), values=fixed | shown, severity=severity)


def labels(one: Field) -> dict[str, str]:
    return {"label": one.label.zh, "label_en": one.label.en}


def bounds(kind: Kind, frame: pl.DataFrame) -> Iterator[Fault]:
    """Lower bounds of amounts and counts, future dates, lengths of texts."""
    for one in kind.fields:
        if one.name not in frame.columns:
            continue
        column = pl.col(one.name)
        if one.at_least is not None:
            code = refusals.AMOUNT_NEGATIVE if one.at_least == 0 else refusals.COUNT_NOT_POSITIVE
            if one.type == "amount" and one.at_least > 0:
                code = refusals.AMOUNT_NOT_POSITIVE
            yield from flag(frame, column < one.at_least, code, one.name, labels(one))
        if one.type in ("text", "name", "point", "id_number"):
            shown: dict[str, str | pl.Expr] = {"size": column.str.len_chars(), "limit": str(one.longest)}
            yield from _hidden(one, flag(frame, column.str.len_chars() > one.longest, refusals.TEXT_LONG, one.name, shown))


def _hidden(one: Field, faults: Iterable[Fault]) -> Iterator[Fault]:
    for fault in faults:
        yield fault if not one.is_identity else Fault(fault.row, fault.code, field=fault.field, masked="", values=fault.values)


def future(kind: Kind, frame: pl.DataFrame, today: date) -> Iterator[Fault]:
    for one in kind.fields:
        if one.not_future and one.name in frame.columns:
            shown = {**labels(one), "today": today.isoformat()}
            yield from flag(frame, pl.col(one.name) > today, refusals.DATE_FUTURE, one.name, shown)


def reversed_dates(frame: pl.DataFrame, kind: Kind, first: str, last: str) -> Iterator[Fault]:
    if first not in frame.columns or last not in frame.columns:
        return
    one, other = kind.field(last), kind.field(first)
    if one is not None and other is not None:
        shown = {**labels(one), "other": other.label.zh, "other_en": other.label.en}
        yield from flag(frame, pl.col(last) < pl.col(first), refusals.DATES_REVERSED, last, shown)


def t(zh: str, en: str) -> Text:
    return Text(zh, en)
