"""From bytes to statements: which format is it, in which encoding."""

from __future__ import annotations

import hashlib

from arrears.kernel.refusals import Refusal

from .. import refusals_statements as refusals
from . import camt, swift, tabular
from .model import StatementFile, with_keys

#: A day's statement of a large collection account is a few megabytes; more than this is refused before it is parsed.
MOST_BYTES = 64 * 1024 * 1024
_ENCODINGS = ("utf-8-sig", "gb18030")


def read(data: bytes, *, account: str = "", currency: str = "CNY") -> StatementFile | Refusal:
    """Read a bank statement of any known format.

    ``account`` and ``currency`` stand in for CSV files that name none. Refuses ``statement.*`` with line or row. A statement
    whose balances do not add up is read; ``StatementFile.refusals`` says so, and the import acts on it.
    """
    if len(data) > MOST_BYTES:
        return refusals.TOO_LARGE.at("", size=len(data), limit=MOST_BYTES)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        parsed = camt.parse(data)
    else:
        text = decoded(data)
        if isinstance(text, Refusal):
            return text
        if swift.looks_like(text):
            parsed = swift.parse(text)
        elif "\x00" not in text and tabular.looks_like(text):
            parsed = tabular.parse(text, account, currency)
        else:
            return refusals.NOT_RECOGNISED.at("line 1")
    if isinstance(parsed, Refusal):
        return parsed
    message, statements, deviations = parsed
    return StatementFile(message, hashlib.sha256(data).hexdigest(), with_keys(statements), deviations)


def decoded(data: bytes) -> str | Refusal:
    """Text in UTF-8 or GB18030; MT940 of older European systems in Latin-1, which is tried only for SWIFT tags."""
    position = 0
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as problem:
            position = max(position, problem.start + 1)
    latin = data.decode("latin-1")
    if swift.looks_like(latin):
        return latin
    return refusals.ENCODING.at(f"byte {position}", encodings="UTF-8, GB18030", position=position)
