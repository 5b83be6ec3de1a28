"""Rate caps as dated data: profiles of ``packs/rate_caps.yaml`` (value or multiple of a dated index, clause, source).

A figure of law never stands in code. ``rate_for`` answers which yearly rate caps the charges of an agreement formed on a
day; the fold turns it into an amount on the principal day by day and shows what it takes off as a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from arrears.kernel.refusals import Text

from .servicing import CapTerms

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A figure in force from ``from_on`` to ``to_on`` (both included; None: open), with where it stands and when it was checked."""

    value: Decimal
    from_on: date
    to_on: date | None
    clause: str
    source: str
    last_checked: date
    confidence: str


@dataclass(frozen=True, slots=True)
class CapProfile:
    """``values`` are percent a year; or, with ``index``, multiples of that index on the day the agreement was formed."""

    id: str
    title: Text
    values: tuple[DatedValue, ...]
    index: str
    day_count: str
    review: str


@dataclass(frozen=True, slots=True)
class CapRate:
    """The cap of one agreement, resolved."""

    profile: str
    annual_percent: Decimal
    clause: str
    day_count: str
    review: bool  # the index is not known after its last entry: a person must confirm

    @property
    def micro(self) -> int:
        return int(self.annual_percent * MICRO)


class UnknownCap(ValueError):
    """The profile does not exist, or has no figure for the day. Unknown is never taken as "no cap"."""


@lru_cache(maxsize=1)
def _pack() -> Mapping[str, Any]:
    text = resources.files("arrears.ledger").joinpath("packs/rate_caps.yaml").read_text(encoding="utf-8")
    data: Mapping[str, Any] = yaml.safe_load(text)
    return data


def _dated(rows: list[Mapping[str, Any]], inherited: Mapping[str, Any]) -> tuple[DatedValue, ...]:
    merged = [{**inherited, **row} for row in rows]
    return tuple(
        DatedValue(
            Decimal(str(row["value"])), row["from"], row.get("to"), str(row.get("clause", "")), str(row["source"]),
            row["last_checked"], str(row.get("confidence", "")),
        )
        for row in sorted(merged, key=lambda r: r["from"])
    )  # fmt: skip


@lru_cache(maxsize=1)
def profiles() -> Mapping[str, CapProfile]:
    """Every profile of the pack, by id."""
    return {
        key: CapProfile(
            key, Text(data["title"]["zh"], data["title"]["en"]), _dated(data["values"], data), data.get("index", ""),
            data.get("day_count", "actual/365"), data.get("review", ""),
        )
        for key, data in _pack()["profiles"].items()
    }  # fmt: skip


@lru_cache(maxsize=8)
def index_values(index: str) -> tuple[DatedValue, ...]:
    """The dated history of an index (``cn.lpr_1y``): each value holds until the next."""
    data = _pack()["indices"].get(index)
    if data is None:
        raise UnknownCap(f"unknown index {index!r}")
    return _dated(data["values"], data)


def value_on(values: tuple[DatedValue, ...], day: date) -> DatedValue | None:
    """The figure in force on ``day``."""
    found = [v for v in values if v.from_on <= day and (v.to_on is None or day <= v.to_on)]
    return found[-1] if found else None


def known_until(index: str) -> date:
    """Last day on which the history of ``index`` was confirmed; later answers need review."""
    until: date = _pack()["indices"][index]["known_until"]
    return until


@lru_cache(maxsize=4096)
def rate_for(terms: CapTerms | None) -> CapRate | None:
    """The cap for an agreement: ``None`` only where it stands under no profile. Raises ``UnknownCap`` otherwise if unresolved.

    For ``cn.private_lending_4xlpr``: 4 times the one-year LPR on the day of formation (民间借贷规定 25, text of 2020-12-29).
    """
    if terms is None:
        return None
    profile = profiles().get(terms.profile)
    if profile is None:
        raise UnknownCap(f"unknown cap profile {terms.profile!r}")
    figure = value_on(profile.values, terms.formed_on)
    if figure is None:
        raise UnknownCap(f"{terms.profile} has no figure for an agreement formed on {terms.formed_on}")
    percent, review = figure.value, False
    if profile.index:
        index = value_on(index_values(profile.index), terms.formed_on)
        if index is None:
            raise UnknownCap(f"{profile.index} has no value on {terms.formed_on}")
        percent, review = figure.value * index.value, terms.formed_on > known_until(profile.index)
    return CapRate(profile.id, percent, figure.clause, profile.day_count, review)
