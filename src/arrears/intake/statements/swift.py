"""SWIFT MT940 (end-of-day statement) and MT942 (interim report). Transactions are read by the ``mt-940`` library.

Balances and dates are read here as well, because banks write balances without a currency and 30 February as a value date, which
must be recorded instead of being guessed away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import mt940

from arrears.kernel.refusals import Refusal

from .. import refusals_statements as refusals
from . import values
from .model import Balance, Deviation, Entry, Statement, Status

_BALANCE = re.compile(r"^:(60F|60M|62F|62M):([CD])(\d{6})([A-Z]{3})?([0-9]+(?:,[0-9]*)?)\s*$", re.MULTILINE)
_ANY_BALANCE = re.compile(r"^:(60F|60M|62F|62M):", re.MULTILINE)
_MOVEMENT = re.compile(r"^:61:(\d{6})", re.MULTILINE)
_FRAME = re.compile(r"^(-\}?|-\}\{5:.*|\{[1-5]:.*)$")
_TAG = re.compile(r"^(?:\{4:\s*)?:[0-9]{2}[A-Z]?:|^:NS:|^\{1:F", re.MULTILINE)


def looks_like(text: str) -> bool:
    """Whether a text is made of SWIFT tags."""
    return _TAG.search(text.lstrip("\ufeff \r\n\t")[:200]) is not None


def parse(text: str) -> tuple[str, tuple[Statement, ...], tuple[Deviation, ...]] | Refusal:
    """Format, statements and deviations. Refuses ``statement.*`` with the line of the message."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    pieces = list(_messages(text))
    if not pieces:
        return refusals.NO_STATEMENT.at("line 1")
    statements: list[Statement] = []
    for line, piece in pieces:
        statement = _statement(piece, line)
        if isinstance(statement, Refusal):
            return statement
        statements.append(statement)
    interim = any(tag in text for tag in (":34F:", ":90D:", ":90C:")) and ":62F:" not in text
    return ("MT942" if interim else "MT940"), tuple(statements), ()


def _messages(text: str) -> Iterable[tuple[int, str]]:
    """Each message from its ``:20:`` on, with the number of its first line; SWIFT block brackets and end marks are taken off."""
    starts = [m.start() for m in re.finditer(r"^(?:\{4:\s*)?:20:", text, re.MULTILINE)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=False):
        piece = "\n".join(line for line in text[start:end].split("\n") if not _FRAME.match(line))
        piece = piece.removeprefix("{4:").strip("\n")
        if piece.strip():
            yield text.count("\n", 0, start) + 1, piece + "\n"


def _statement(piece: str, line: int) -> Statement | Refusal:
    deviations: list[Deviation] = []
    balances = _balances(piece, line, deviations)
    if isinstance(balances, Refusal):
        return balances
    impossible = _impossible_dates(piece, line, deviations)
    if impossible is not None:
        return impossible
    try:
        parsed = mt940.parse(_with_currency(piece, balances))
        found = [dict(t.data) for t in parsed]
        data = dict(parsed.data)
    except Exception as problem:  # the library raises many kinds; all mean that the message cannot be read
        where = f"line {line}"
        return refusals.BAD_VALUE.at(where, field="MT940", value=type(problem).__name__, problem="not a readable message")
    declared = len(_MOVEMENT.findall(piece))
    if declared != len(re.findall(r"^:61:", piece, re.MULTILINE)) or declared != len(found):
        return refusals.BAD_VALUE.at(f"line {line}", field=":61:", value=str(declared), problem="a movement cannot be read")
    opening, closing = balances.get("60F") or balances.get("60M"), balances.get("62F") or balances.get("62M")
    currency = next((b.currency for b in (opening, closing) if b is not None), "") or _currency_of(found)
    if opening is None or closing is None:
        deviations.append(Deviation(f"line {line}", "opening or closing balance not stated: balances cannot be checked"))
    account = str(data.get("account_identification") or "").strip()
    if not account:
        return refusals.MISSING_VALUE.at(f"line {line}", field=":25:")
    lines = [line + piece.count("\n", 0, m.start()) for m in _MOVEMENT.finditer(piece)]
    entries = [_entry(row, n, f"line {at}", currency) for n, (row, at) in enumerate(zip(found, lines, strict=True), 1)]
    broken = next((e for e in entries if isinstance(e, Refusal)), None)
    if broken is not None:
        return broken
    good = tuple(e for e in entries if isinstance(e, Entry))
    days = sorted(e.booked_on for e in good)
    return Statement(
        at=f"line {line}",
        statement_id=str(data.get("transaction_reference") or ""),
        account=account,
        currency=currency,
        from_on=opening.on if opening else (days[0] if days else None),
        to_on=closing.on if closing else (days[-1] if days else None),
        sequence="/".join(str(data[k]) for k in ("statement_number", "sequence_number") if data.get(k)),
        opening=opening,
        closing=closing,
        entries=good,
        deviations=tuple(deviations),
    )


def _swift_day(text: str) -> date | None:
    year = int(text[:2])
    try:
        return date(2000 + year if year < 80 else 1900 + year, int(text[2:4]), int(text[4:6]))
    except ValueError:
        return None


def _balances(piece: str, line: int, deviations: list[Deviation]) -> dict[str, Balance] | Refusal:
    read: dict[str, Balance] = {}
    matches = {m.start(): m for m in _BALANCE.finditer(piece)}
    for start in (m.start() for m in _ANY_BALANCE.finditer(piece)):
        at = f"line {line + piece.count(chr(10), 0, start)}"
        found = matches.get(start)
        tag = piece[start + 1 : start + 4]
        if found is None:
            return refusals.BAD_VALUE.at(at, field=f":{tag}:", value="", problem="not a balance")
        _, sign, day_text, currency, amount = found.groups()
        if currency is None:
            currency = next((b.currency for b in read.values()), "")
            deviations.append(Deviation(at, f"balance :{tag}: without currency; taken as {currency or 'unknown'}"))
        day = _swift_day(day_text)
        minor = values.minor(amount.replace(",", "."), currency or "EUR")
        if day is None or minor is None or not currency:
            return refusals.BAD_VALUE.at(at, field=f":{tag}:", value=amount, problem="no date, amount or currency")
        read[tag] = Balance(tag, minor if sign == "C" else -minor, currency, day)
    return read


def _with_currency(piece: str, balances: dict[str, Balance]) -> str:
    """The message with the currency written into balances that lack it, so that the library does not misread the amount."""

    def written(found: re.Match[str]) -> str:
        tag, sign, day, currency, amount = found.groups()
        return f":{tag}:{sign}{day}{currency or balances[tag].currency}{amount}"

    return _BALANCE.sub(written, piece)


def _impossible_dates(piece: str, line: int, deviations: list[Deviation]) -> Refusal | None:
    """A value date of 29 or 30 February (banks that count months of 30 days) is read as the month's last day and recorded."""
    for found in _MOVEMENT.finditer(piece):
        text = found.group(1)
        if _swift_day(text) is not None:
            continue
        at = f"line {line + piece.count(chr(10), 0, found.start())}"
        if text[2:] in ("0229", "0230"):
            deviations.append(Deviation(at, f"value date {text[4:]} February does not exist; read as the last day of February"))
            continue
        return refusals.BAD_VALUE.at(at, field=":61:", value=text, problem="no day of the calendar")
    return None


def _currency_of(found: list[dict[str, Any]]) -> str:
    return next((str(row["currency"]) for row in found if row.get("currency")), "")


@dataclass(frozen=True, slots=True)
class _Words:
    """Texts of one movement."""

    row: dict[str, Any]

    def text(self, *names: str) -> str:
        parts = [str(self.row[n]).strip() for n in names if self.row.get(n)]
        return " ".join(" ".join(parts).split())

    def reference(self, name: str) -> str:
        value = self.text(name)
        return "" if value in ("NONREF", "NOTPROVIDED") else value


def _entry(row: dict[str, Any], n: int, at: str, currency: str) -> Entry | Refusal:
    amount = row.get("amount")
    own = str(getattr(amount, "currency", "") or currency)
    exact = getattr(amount, "amount", None)
    minor = values.minor(format(abs(exact), "f"), own) if exact is not None and values.CURRENCY.match(own) else None
    if minor is None:
        return refusals.BAD_VALUE.at(at, field=":61:", value=str(exact), problem="not an amount of the currency")
    status = str(row.get("status") or "")
    words = _Words(row)
    value_on = _civil(row.get("date"))
    booked_on = _civil(row.get("entry_date")) or value_on
    if booked_on is None:
        return refusals.MISSING_VALUE.at(at, field=":61: date")
    return Entry(
        n=n,
        at=at,
        amount_minor=minor if status in ("C", "RD", "EC") else -minor,
        currency=own,
        booked_on=booked_on,
        value_on=value_on,
        status=Status.BOOKED,
        is_reversal=status.startswith("R"),
        bank_reference=words.reference("bank_reference"),
        end_to_end_id=words.reference("end_to_end_reference"),
        structured_reference=words.reference("customer_reference"),
        remittance=words.text(
            "purpose", "additional_purpose", "transaction_details", "non_swift_text", "extra_details", "posting_text"
        ),
        counterparty_name=words.text("applicant_name", "recipient_name"),
        counterparty_account=words.text("applicant_iban"),
        code=words.text("id"),
    )


def _civil(value: Any) -> date | None:
    return date(value.year, value.month, value.day) if value is not None and hasattr(value, "year") else None
