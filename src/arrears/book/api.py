"""REST: books of days, the portfolio overview, roll rates, and the rows themselves as JSON lines or Parquet."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

import polars as pl
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import get_language
from ninja import Router

from arrears.access.schemas import done
from arrears.book import actions, queries
from arrears.book.refusals import NO_BOOK
from arrears.book.schemas import BuildIn, BuiltOut, ColumnOut, DayOut, OverviewOut, RollTableOut
from arrears.kernel.door import Listing, Page
from arrears.kernel.refusals import Refusal

PREFIX = ""
router = Router(tags=["book"])
NDJSON, PARQUET = "application/x-ndjson", "application/vnd.apache.parquet"
_SLICE = 5_000
_ROWS = {
    "responses": {
        200: {
            "description": "The rows of the day; amounts are integer minor units of the column `currency`",
            "content": {
                NDJSON: {"schema": {"type": "string"}},
                PARQUET: {"schema": {"type": "string", "contentMediaType": PARQUET}},
            },
        }
    }
}


@router.get("/books", response=Page[DayOut])
def list_books(request: HttpRequest) -> Any:
    """Days that have a book, the newest first."""
    return Listing(list(reversed(queries.days(request.actor.scope))), (), lambda day: DayOut(date=day))


@router.post("/books", response={201: BuiltOut})
def build_book(request: HttpRequest, data: BuildIn) -> Any:
    """Build the book of a creditor and day. Unchanged facts build nothing anew."""
    return done(actions.build(request.actor, data.date, data.creditor, force=data.force), BuiltOut.of, 201)


@router.get("/books/columns", response=Page[ColumnOut])
def list_columns(request: HttpRequest) -> Any:
    """Every column with type, unit and meaning: the vocabulary of all rules."""
    language = get_language() or "zh-hans"
    return Listing(queries.vocabulary(), (), lambda row: ColumnOut.of(row, language))


@router.get("/books/roll-rates", response=RollTableOut)
def view_roll_rates(request: HttpRequest, from_date: date, to_date: date, creditor: str = "") -> Any:
    """Who moved between buckets from one day to another. ``gone``: no longer in the later book."""
    found = queries.roll_rates(request.actor.scope, from_date, to_date, creditor)
    return found if isinstance(found, Refusal) else RollTableOut.of(found)


@router.get("/books/{day}/overview", response=OverviewOut)
def view_overview(request: HttpRequest, day: date, creditor: str = "") -> Any:
    """Customers and money by bucket."""
    found = queries.overview(request.actor.scope, day, creditor)
    return found if isinstance(found, Refusal) else OverviewOut.of(found)


@router.get("/books/{day}/rows", response={200: None}, openapi_extra=_ROWS)
def download_rows(request: HttpRequest, day: date, creditor: str = "", format: Literal["ndjson", "parquet"] = "ndjson") -> Any:
    """Every row of the day within reach, whole: as JSON lines or as one Parquet file."""
    if not queries.exists(request.actor.scope, day):
        return NO_BOOK.at("path day", day=day.isoformat())
    frame = queries.read(request.actor.scope, day, creditor).collect()
    if format == "parquet":
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        return HttpResponse(buffer.getvalue(), content_type=PARQUET)
    return StreamingHttpResponse(_lines(frame), content_type=NDJSON)


def _lines(frame: pl.DataFrame) -> Iterator[str]:
    for part in frame.iter_slices(_SLICE):
        yield "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in part.iter_rows(named=True))
