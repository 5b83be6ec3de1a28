"""One cell into one value, or why not. The scalar side: everything that can be read is read here; ``vectors`` does the plain forms
for whole columns at once and hands the rest to these functions, so both give the same answer (a test holds them together).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from arrears.intake import refusals
from arrears.kernel.money import parse_minor
from arrears.kernel.refusals import RefusalCode

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
_EXCEL_EPOCH = date(1899, 12, 30)
_SCIENTIFIC = re.compile(r"^[+-]?\d+(\.\d+)?[eE][+-]?\d{1,3}$")
_PLAIN = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)$")
_DATE = re.compile(r"^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$")
_DATE_ZH = re.compile(r"^(\d{4})年(\d{1,2})月(\d{1,2})日$")
_DATE_PLAIN = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_TIME = re.compile(r"^(.+?)[T ](\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)\s*(Z|[+-]\d{2}:?\d{2})?$")
_SERIAL = re.compile(r"^\d{5}(\.\d+)?$")
TRUE = frozenset({"是", "有", "y", "yes", "true", "1", "t"})
FALSE = frozenset({"否", "无", "n", "no", "false", "0", "f"})


@dataclass(frozen=True, slots=True)
class Wrong:
    """The cell cannot be read. ``values`` fill the sentence beside ``masked``."""

    code: RefusalCode
    values: tuple[tuple[str, str], ...] = ()


def folded(text: str) -> str:
    """Without outer spaces, tabs and the apostrophe of spreadsheets; full-width digits, letters and signs made plain.

    >>> folded("　１２，３４５．６０ "), folded("'0012")
    ('12,345.60', '0012')
    """
    text = text.strip().strip("\u200b\u3000\u00a0\t")
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("\u2212", "-").replace("。", ".").strip()
    return text.removeprefix("'")


def parse_date(text: str, formats: Sequence[str] = ()) -> date | Wrong:
    """A civil date: the profile's formats, else ``2026-11-23 2026/11/23 2026.11.23 20261123 2026年11月23日``, a time of day 00:00
    behind it, or the serial number of a spreadsheet (46349).

    >>> parse_date("2026/11/3"), parse_date("46349"), parse_date("2026-11-31").code.code, parse_date("x").code.code
    (datetime.date(2026, 11, 3), datetime.date(2026, 11, 23), 'date.invalid', 'date.format')
    """
    given = folded(text)
    for form in formats:
        try:
            return _in_range(datetime.strptime(given, form).date())  # noqa: DTZ007
        except ValueError:
            continue
    given = re.sub(r"[T ]00:00(:00(\.0+)?)?$", "", given)
    found = _DATE.match(given) or _DATE_ZH.match(given) or _DATE_PLAIN.match(given)
    if found is None:
        if _SERIAL.match(given) and 20_000 <= int(given.split(".")[0]) <= 80_000:
            return _EXCEL_EPOCH + timedelta(days=int(given.split(".")[0]))
        return Wrong(refusals.DATE_FORMAT)
    parts = [int(g) for g in found.groups() if g.isdigit()]
    try:
        return _in_range(date(*parts))
    except ValueError:
        return Wrong(refusals.DATE_INVALID)


def _in_range(day: date) -> date | Wrong:
    return day if EARLIEST <= day <= LATEST else Wrong(refusals.DATE_RANGE)


def parse_instant(text: str, zone: ZoneInfo, formats: Sequence[str] = ()) -> datetime | Wrong:
    """An instant in UTC. A civil date counts from its first moment in ``zone``; a time without offset is civil time in ``zone``."""
    given = folded(text)
    timed = _TIME.match(given)
    if timed is None:
        day = parse_date(given, formats)
        return day if isinstance(day, Wrong) else datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    day = parse_date(timed[1])
    if isinstance(day, Wrong):
        return day
    clock = timed[2] if timed[2].index(":") == 2 else "0" + timed[2]
    offset = "+00:00" if timed[3] == "Z" else timed[3] or ""
    try:
        moment = datetime.fromisoformat(f"{day.isoformat()}T{clock}{offset}")
    except ValueError:
        return Wrong(refusals.DATE_INVALID)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def parse_decimal(text: str, *, scientific: bool = False) -> Decimal | Wrong:
    """An exact number. ``scientific`` accepts ``1e+05`` where the profile vouches for it."""
    given = folded(text).replace("¥", "").replace("￥", "").replace("元", "").strip()
    if _SCIENTIFIC.match(given):
        if not scientific:
            return Wrong(refusals.NUMBER_SCIENTIFIC)
        return Decimal(given)
    if given.startswith("(") and given.endswith(")") and len(given) > 2:
        given = "-" + given[1:-1]  # accountants' negative
    if "," in given or " " in given:
        head, point, tail = given.partition(".")
        groups = head.lstrip("+-").replace(" ", ",").split(",")
        if not (1 <= len(groups[0]) <= 3 and all(len(g) == 3 and g.isdigit() for g in groups[1:])):
            return Wrong(refusals.NUMBER_FORMAT)
        given = head.replace(",", "").replace(" ", "") + point + tail
    if not _PLAIN.match(given):
        return Wrong(refusals.NUMBER_FORMAT)
    try:
        return Decimal(given)
    except InvalidOperation:
        return Wrong(refusals.NUMBER_FORMAT)


def parse_amount(text: str, currency: str, *, scientific: bool = False) -> int | Wrong:
    """Integer minor units of ``currency``.

    >>> parse_amount("12,480.35", "CNY"), parse_amount("１２.5", "CNY"), parse_amount("0.001", "CNY").code.code
    (1248035, 1250, 'amount.too_fine')
    """
    value = parse_decimal(text, scientific=scientific)
    if isinstance(value, Wrong):
        return value
    minor = parse_minor(format(value, "f"), currency)
    if minor is None:
        return Wrong(refusals.AMOUNT_FINE, (("currency", currency),))
    return minor if abs(minor) < 10**17 else Wrong(refusals.NUMBER_FORMAT)


def parse_integer(text: str) -> int | Wrong:
    """A whole number; ``3.0`` counts as 3."""
    value = parse_decimal(text)
    if isinstance(value, Wrong):
        return value
    if value != value.to_integral_value() or abs(value) >= 10**15:
        return Wrong(refusals.NUMBER_FORMAT)
    return int(value)


def parse_rate(text: str) -> str | Wrong:
    """Percent a year as exact decimal text; a percent sign is taken off.

    >>> parse_rate("7.20%"), parse_rate("18.25")
    ('7.20', '18.25')
    """
    value = parse_decimal(folded(text).removesuffix("%"))
    if isinstance(value, Wrong):
        return value
    return format(value, "f") if 0 <= value <= 100 else Wrong(refusals.RATE_RANGE)


def parse_boolean(text: str) -> bool | Wrong:
    given = folded(text).casefold()
    if given in TRUE:
        return True
    return False if given in FALSE else Wrong(refusals.CODE_UNKNOWN, (("known", "是, 否, yes, no"),))


def parse_code(text: str, values: dict[str, str], codes: Sequence[str]) -> str | Wrong:
    """A code of the field: translated by the profile's ``values`` (compared folded), or already one of ``codes``."""
    given = text.strip()
    if given in values:
        return values[given]
    plain = folded(given)
    for word, code in values.items():
        if folded(word).casefold() == plain.casefold():
            return code
    if not codes or plain in codes:
        return plain
    return Wrong(refusals.CODE_UNKNOWN, (("known", ", ".join([*values, *(c for c in codes if c not in values.values())])),))
