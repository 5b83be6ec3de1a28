"""Expected against produced. Only what is written is compared; what is written and not produced is a difference."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

#: Lists of maps whose order says nothing, by the key that holds them. All other lists are compared in order.
UNORDERED = frozenset({"notices", "rules", "warnings", "errors"})
#: A produced list may hold more than the expected one here ("every listed id must be among the reasons").
SUBSET = frozenset({"rules", "warnings"})
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """``at`` is a path such as ``rows[3].interest``."""

    at: str
    expected: Any
    produced: Any

    def as_json(self) -> dict[str, Any]:
        return {"at": self.at, "expected": _text(self.expected), "produced": _text(self.produced)}


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Largest allowed difference by field name; ``money`` covers every amount that is not named."""

    by_field: Mapping[str, Decimal]

    @classmethod
    def of(cls, words: Mapping[str, Any] | None) -> Tolerance:
        return cls({name: Decimal(str(value)) for name, value in (words or {}).items()})

    def for_field(self, name: str) -> Decimal:
        return self.by_field.get(name, self.by_field.get("money", Decimal(0)))


def differences(expected: Any, produced: Any, tolerance: Tolerance) -> list[Difference]:
    """Every place where ``produced`` does not answer ``expected``."""
    return list(_compare(expected, produced, tolerance, "", ""))


def _compare(expected: Any, produced: Any, tolerance: Tolerance, at: str, name: str) -> list[Difference]:
    if isinstance(expected, Mapping):
        return _compare_map(expected, produced, tolerance, at)
    if isinstance(expected, list):
        return _compare_list(expected, produced, tolerance, at, name)
    return [] if same(expected, produced, tolerance.for_field(name)) else [Difference(at, expected, produced)]


def _compare_map(expected: Mapping[str, Any], produced: Any, tolerance: Tolerance, at: str) -> list[Difference]:
    if not isinstance(produced, Mapping):
        return [Difference(at, dict(expected), produced)]
    found: list[Difference] = []
    for key, value in expected.items():
        place = f"{at}.{key}" if at else str(key)
        if key not in produced:
            found.append(Difference(place, value, _MISSING))
        else:
            found += _compare(value, produced[key], tolerance, place, str(key))
    return found


def _compare_list(expected: list[Any], produced: Any, tolerance: Tolerance, at: str, name: str) -> list[Difference]:
    if not isinstance(produced, list | tuple):
        return [Difference(at, expected, produced)]
    produced = list(produced)
    if any(isinstance(one, Mapping) and "n" in one for one in expected):
        return _compare_picked(expected, produced, tolerance, at)
    if name in UNORDERED:
        return _compare_unordered(expected, produced, tolerance, at, name)
    if len(produced) > len(expected):
        produced = _chosen(expected, produced, tolerance, name)
    found: list[Difference] = []
    for i, one in enumerate(expected):
        place = f"{at}[{i + 1}]"
        found += _compare(one, produced[i], tolerance, place, name) if i < len(produced) else [Difference(place, one, _MISSING)]
    if len(produced) > len(expected):
        found.append(Difference(f"{at}[{len(expected) + 1}]", _MISSING, produced[len(expected)]))
    return found


def _chosen(expected: list[Any], produced: list[Any], tolerance: Tolerance, name: str) -> list[Any]:
    """The produced entries that an expected list shorter than the answer speaks of.

    Only what is written is compared: entries are picked by their ``id``, ``date`` or ``due``, in order. A list of schedule rows
    that runs to a balance of zero is a whole schedule, and more rows than that are a difference.
    """
    if not all(isinstance(one, Mapping) for one in (*expected, *produced)):
        return produced
    if name == "rows" and not _stops_early(expected, tolerance):
        return produced
    key = next((k for k in ("id", "date", "due") if all(k in one for one in (*expected, *produced))), None)
    if key is None:
        return produced
    picked, position = [], 0
    for one in expected:
        match = next((j for j in range(position, len(produced)) if same(one[key], produced[j][key], Decimal(0))), None)
        if match is None:
            return produced
        picked.append(produced[match])
        position = match + 1
    return picked


def _stops_early(rows: list[Any], tolerance: Tolerance) -> bool:
    balance = rows[-1].get("balance") if rows else None
    return balance is not None and not same(balance, Decimal(0), tolerance.for_field("balance"))


def _compare_picked(expected: list[Any], produced: list[Any], tolerance: Tolerance, at: str) -> list[Difference]:
    """Rows with ``n`` pick row n; the others follow the one before them."""
    by_n = {row["n"]: row for row in produced if isinstance(row, Mapping) and "n" in row}
    found: list[Difference] = []
    n = 0
    for one in expected:
        n = one.get("n", n + 1)
        place = f"{at}[{n}]"
        found += _compare(one, by_n[n], tolerance, place, "") if n in by_n else [Difference(place, one, _MISSING)]
    return found


def _compare_unordered(expected: list[Any], produced: list[Any], tolerance: Tolerance, at: str, name: str) -> list[Difference]:
    left = list(produced)
    found: list[Difference] = []
    for i, one in enumerate(expected):
        match = next((j for j, other in enumerate(left) if not _compare(one, other, tolerance, at, name)), None)
        if match is None:
            found.append(Difference(f"{at}[{i + 1}]", one, left if left else _MISSING))
        else:
            left.pop(match)
    if left and name not in SUBSET:
        found.append(Difference(at, _MISSING, left))
    return found


def same(expected: Any, produced: Any, allowed: Decimal) -> bool:
    """Whether two single values agree: numbers within ``allowed``, dates and instants as such, anything else equal."""
    if produced is _MISSING:
        return False
    if expected is None or produced is None:
        return expected is produced
    if isinstance(expected, bool) or isinstance(produced, bool):
        return expected is produced
    a, b = _number(expected), _number(produced)
    if a is not None and b is not None:
        return abs(a - b) <= allowed
    return bool(_plain(expected) == _plain(produced))


def _number(value: Any) -> Decimal | None:
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str):
        try:
            number = Decimal(value)
        except InvalidOperation:
            return None
        return number if number.is_finite() else None
    return None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str) and len(value) > 10 and "T" in value:
        try:
            return datetime.datetime.fromisoformat(value)
        except ValueError:
            return value
    return value


def _text(value: Any) -> Any:
    if value is _MISSING:
        return "(nothing)"
    if isinstance(value, Mapping):
        return {str(k): _text(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_text(v) for v in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    return value
