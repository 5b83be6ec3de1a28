"""Amounts and dates as banks write them."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from arrears.kernel.money import exponent_of

_PLAIN = re.compile(r"^[+-]?[0-9]+(\.[0-9]*)?$|^[+-]?\.[0-9]+$")
_DATE_FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日", "%d.%m.%Y", "%d/%m/%Y")
CURRENCY = re.compile(r"^[A-Z]{3}$")


def minor(text: str, currency: str) -> int | None:
    """Exact minor units of a plain decimal number; None where it is no number or finer than the minor unit.

    Trailing zeros beyond the minor unit do no harm: ``18.150`` EUR is 1815.
    """
    if not _PLAIN.match(text.strip()):
        return None
    try:
        scaled = Decimal(text.strip()).scaleb(exponent_of(currency))
    except InvalidOperation:
        return None
    return int(scaled) if scaled == scaled.to_integral_value() else None


def grouped_minor(text: str, currency: str) -> int | None:
    """Like ``minor``, with thousands separators, a currency sign, and brackets or a trailing minus for negatives allowed."""
    cleaned = text.strip().replace("\u00a0", "").replace(" ", "").lstrip("¥￥$€")
    negative = cleaned.startswith("(") and cleaned.endswith(")")
    cleaned = cleaned.strip("()")
    if cleaned.endswith("-"):
        negative, cleaned = True, cleaned[:-1]
    if "," in cleaned:
        head, _, tail = cleaned.partition(".")
        groups = head.lstrip("+-").split(",")
        if not (1 <= len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])) or "," in tail:
            return None
        cleaned = cleaned.replace(",", "")
    value = minor(cleaned, currency)
    return -value if value is not None and negative else value


def day(text: str) -> date | None:
    """A civil date from ISO date or date-time text; None where there is no such day."""
    text = text.strip()
    try:
        return date.fromisoformat(text[:10]) if re.match(r"^\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def written_day(text: str) -> date | None:
    """A civil date in one of the forms of Chinese and European exports (a time after the date is cut off)."""
    text = text.strip().split(" ")[0].split("T")[0]
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a civil date, no instant
        except ValueError:
            continue
    return None
