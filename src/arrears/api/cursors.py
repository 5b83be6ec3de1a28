"""Pages with a stable order: the cursor holds the order columns of the last row, signed, and works only for its own list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest

from arrears.api import refusals
from arrears.kernel.door import Listing
from arrears.kernel.refusals import Refusal

DEFAULT_LIMIT = 100
MAX_LIMIT = 500


def _salt(request: HttpRequest) -> str:
    """A cursor of one list, filter and asker fits no other."""
    fixed = sorted((k, v) for k, v in request.GET.items() if k not in ("cursor", "limit"))
    return f"arrears.cursor:{request.path}:{fixed}"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else str(value) if isinstance(value, Decimal) else value


def limit_of(request: HttpRequest) -> int | Refusal:
    """``limit`` of the query, 1 to ``MAX_LIMIT``."""
    given = request.GET.get("limit", str(DEFAULT_LIMIT))
    if not (given.isascii() and given.isdigit()) or not 1 <= int(given[:6]) <= MAX_LIMIT or len(given) > 6:
        return refusals.LIMIT.at("?limit", limit=MAX_LIMIT)
    return int(given)


def _position(request: HttpRequest, length: int) -> list[Any] | Refusal | None:
    given = request.GET.get("cursor")
    if given is None:
        return None
    try:
        values = signing.loads(given, salt=_salt(request))
    except (signing.BadSignature, ValueError, UnicodeError):
        return refusals.CURSOR.at("?cursor")
    return values if isinstance(values, list) and len(values) == length else refusals.CURSOR.at("?cursor")


def after(rows: QuerySet[Any], order: Sequence[str], values: Sequence[Any]) -> QuerySet[Any]:
    """Rows that come after the one with ``values`` in ``order`` (lexicographic)."""
    condition = Q()
    for i, name in enumerate(order):
        step = Q(**{f"{name.lstrip('-')}__{'lt' if name.startswith('-') else 'gt'}": values[i]})
        for earlier, value in zip(order[:i], values[:i], strict=True):
            step &= Q(**{earlier.lstrip("-"): value})
        condition |= step
    return rows.filter(condition)


def _value(row: Any, name: str) -> Any:
    for step in name.lstrip("-").split("__"):
        row = row[step] if isinstance(row, dict) else getattr(row, step)
    return _plain(row)


def page(request: HttpRequest, listing: Listing) -> dict[str, Any] | Refusal:
    """One page of ``listing`` as ``{data, next_cursor, has_more}``. Refusals: ``page.limit``, ``cursor.invalid``."""
    limit = limit_of(request)
    if isinstance(limit, Refusal):
        return limit
    order = listing.order
    position = _position(request, len(order) or 1)
    if isinstance(position, Refusal):
        return position
    if order:
        rows = listing.rows.order_by(*(F(n[1:]).desc() if n.startswith("-") else F(n).asc() for n in order))
        found = list((after(rows, order, position) if position else rows)[: limit + 1])
        last = [_value(found[limit - 1], n) for n in order] if len(found) > limit else None
    else:
        start = int(position[0]) if position else 0
        found = list(listing.rows[start : start + limit + 1])
        last = [start + limit] if len(found) > limit else None
    kept = found[:limit]
    data = listing.shape_all(kept) if listing.shape_all else [listing.shape(r) for r in kept] if listing.shape else kept
    cursor = signing.dumps(last, salt=_salt(request)) if last is not None else None
    return {"data": data, "next_cursor": cursor, "has_more": cursor is not None}
