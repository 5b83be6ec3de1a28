"""The form of a kind of import: its fields, its key, its checks. ``kinds/*.py`` declare, everything else reads.

Types and what they become in a typed frame (Polars): ``text code`` String, ``date`` Date, ``instant`` Datetime UTC, ``amount``
Int64 minor units of the row's currency, ``integer`` Int64, ``rate`` String (exact decimal text, percent a year), ``boolean``,
and the identity types ``name id_number point`` String, sealed before anything is written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arrears.kernel.refusals import Text, all_codes

TYPES = ("text", "code", "date", "instant", "amount", "integer", "rate", "boolean", "name", "id_number", "point")
IDENTITY = frozenset({"name", "id_number", "point"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind. ``at_least`` bounds amounts and integers; ``synonyms`` are header names that propose a mapping."""

    name: str
    type: str
    label: Text
    required: bool = False
    unit: str = ""
    codes: tuple[str, ...] = ()
    at_least: int | None = None
    longest: int = 200
    synonyms: tuple[str, ...] = ()
    identity: bool = False
    rule: str = ""
    not_future: bool = False
    default: str = ""

    @property
    def is_identity(self) -> bool:
        return self.identity or self.type in IDENTITY


@dataclass(frozen=True, slots=True)
class Kind:
    """What one row states. ``key`` fields identify it; ``control`` is the amount summed as control total.

    ``on_conflict`` says what happens to a known key with other content: ``append`` (a later fact beside it), ``update`` (the former
    kept as a version), ``keep`` (the present record stays) or ``refuse``. ``open_prefix`` names a family of
    free fields (``segment.tier``).
    """

    name: str
    label: Text
    meaning: Text
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    on_conflict: str
    control: str = ""
    open_prefixes: tuple[str, ...] = ()
    undo: Text = dataclasses.field(default_factory=lambda: Text("", ""))
    needs: str = ""  # agreement | party: which reference must be known in the base

    def field(self, name: str) -> Field | None:
        for one in self.fields:
            if one.name == name:
                return one
        prefix, dot, rest = name.partition(".")
        if dot and rest and prefix in self.open_prefixes:
            return Field(name, "text", Text(rest, rest), longest=200)
        return None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one row: place, rule, masked value. ``severity`` ``warning`` lets the row in."""

    row: int
    code: str
    column: str = ""
    field: str = ""
    masked: str = ""
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    severity: str = "error"

    def stored(self) -> dict[str, Any]:
        """JSON form, without identity data."""
        return {
            "code": self.code, "column": self.column, "field": self.field, "masked": self.masked,
            "values": {k: v if isinstance(v, int) else str(v) for k, v in self.values.items()}, "severity": self.severity,
        }  # fmt: skip


def sentences(stored: Mapping[str, Any]) -> tuple[Text, Text]:
    """(sentence, fix) of a stored fault in both languages."""
    code = all_codes()[str(stored["code"])]
    values = {"masked": stored.get("masked", ""), **stored.get("values", {})}
    return Text(code.zh, code.en).format(**values), Text(code.fix_zh, code.fix_en).format(**values)


def letter(position: int) -> str:
    """Spreadsheet letter of a column counted from 0: ``0`` is A, ``26`` is AA.

    >>> letter(0), letter(25), letter(26), letter(701), letter(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    out = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        out = chr(65 + rest) + out
    return out
