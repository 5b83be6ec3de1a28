"""Figures of law and policy as dated data: value, unit, in force from and to, clause, source, date last checked.

A figure of law never stands in code. A room ships YAML files; ``load`` reads them and refuses overlaps and gaps in the
wrong order; ``Parameter.on(date)`` gives the value in force, never "the latest".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import yaml


class ParameterError(ValueError):
    """A parameter file is wrong, or a figure is asked for a day on which none was in force."""


@dataclass(frozen=True, slots=True)
class Dated:
    """One value and the days it is in force (both ends included; ``until`` None = open)."""

    value: Any
    since: date
    until: date | None
    clause: str
    source: str
    last_checked: date
    confidence: str = "high"  # high | medium | low: how sure we are of the text, shown wherever the figure is used

    def covers(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Parameter:
    id: str
    title_zh: str
    title_en: str
    unit: str
    values: tuple[Dated, ...]

    def on(self, day: date) -> Dated:
        """The value in force on ``day``. Raises ``ParameterError`` where none was."""
        for dated in self.values:
            if dated.covers(day):
                return dated
        raise ParameterError(f"{self.id}: no value in force on {day.isoformat()}")


def _dated(parameter: str, raw: Mapping[str, Any]) -> Dated:
    missing = {"value", "from", "clause", "source", "last_checked"} - set(raw)
    if missing:
        raise ParameterError(f"{parameter}: a value lacks {', '.join(sorted(missing))}")
    return Dated(
        value=raw["value"],
        since=raw["from"],
        until=raw.get("to"),
        clause=raw["clause"],
        source=raw["source"],
        last_checked=raw["last_checked"],
        confidence=raw.get("confidence", "high"),
    )


def load(text: str) -> dict[str, Parameter]:
    """Read one YAML file of parameters (a map from id to title, unit and values).

    Raises ``ParameterError`` naming the parameter: a missing word, a float (write figures as quoted text), overlapping dates.
    """
    found: dict[str, Parameter] = {}
    for name, raw in yaml.safe_load(text).items():
        values = tuple(sorted((_dated(name, v) for v in raw["values"]), key=lambda v: v.since))
        for earlier, later in pairwise(values):
            if earlier.until is None or earlier.until >= later.since:
                raise ParameterError(f"{name}: the value from {earlier.since} overlaps the one from {later.since}")
        for dated in values:
            if _holds_float(dated.value):
                raise ParameterError(f"{name}: write figures as quoted text, not as floating numbers")
        found[name] = Parameter(name, raw["title"]["zh"], raw["title"]["en"], raw["unit"], values)
    return found


def _holds_float(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_float(v) for v in value.values())
    if isinstance(value, list):
        return any(_holds_float(v) for v in value)
    return isinstance(value, float)
