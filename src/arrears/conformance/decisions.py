"""Where the product knowingly answers otherwise than a published case, each with a written reason.

An entry of the case itself (``differs``) or of ``data/decisions.yaml`` covers the differences at its place. A *rule* covers a
contradiction inside the published figures that no correct answer can meet; it is checked here on the figures, with a bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from .comparing import Difference, same

_CENT = Decimal("0.01")


@lru_cache(maxsize=1)
def written() -> dict[str, dict[str, Any]]:
    """The product's own list: ``cases`` by id and ``rules`` by name."""
    text = files("arrears.conformance").joinpath("data/decisions.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text) or {}
    return {"cases": document.get("cases") or {}, "rules": document.get("rules") or {}}


def reason(content: Mapping[str, Any], found: Sequence[Difference]) -> str:
    """The written reason when decisions cover every difference; empty when even one is not covered."""
    entries = [*content.get("differs", ()), *written()["cases"].get(content.get("id", ""), ())]
    reasons = []
    for difference in found:
        entry = next((e for e in entries if _covers(e, difference)), None)
        if entry is None:
            return _by_rule(content, found)
        reasons.append(entry["reason"])
    return "; ".join(dict.fromkeys(reasons))


def _covers(entry: Mapping[str, Any], difference: Difference) -> bool:
    place = entry.get("at")
    if place is not None:
        wanted, actual = normal(place), normal(difference.at)
        if actual != wanted and not actual.startswith((wanted + ".", wanted + "[")):
            return False
    ours = entry.get("ours")
    return ours is None or same(ours, difference.produced, Decimal(0))


def normal(place: str) -> str:
    """Paths as people write them: a leading ``expect`` or ``/`` says nothing, and ``/`` separates as well as ``.``."""
    text = place.strip().lstrip("/").replace("/", ".")
    return text.removeprefix("expect.").removeprefix("$.")


def _by_rule(content: Mapping[str, Any], found: Iterable[Difference]) -> str:
    rules = written()["rules"]
    if "balance_identity" in rules and _breaks_balance_identity(content, found):
        return str(rules["balance_identity"]["reason"]).strip()
    return ""


def _breaks_balance_identity(content: Mapping[str, Any], found: Iterable[Difference]) -> bool:
    """Whether published rows contradict ``balance = balance before - principal`` and that alone explains the differences."""
    if content.get("kind") != "schedule":
        return False
    terms, rows = content["terms"], content["expect"]["rows"]
    if any(word in terms for word in ("down_payment", "capitalise_until")) or any("n" in row for row in rows):
        return False
    contradiction, before = Decimal(0), Decimal(terms["principal"])
    for row in rows:
        if "principal" not in row or "balance" not in row:
            break
        contradiction += abs(before - Decimal(row["principal"]) - Decimal(row["balance"]))
        before = Decimal(row["balance"])
    if contradiction == 0:
        return False
    bounds = {f"rows[{n}].balance": contradiction + n * _CENT for n in range(1, len(rows) + 1)}
    return all(
        d.at in bounds and isinstance(d.produced, Decimal) and abs(Decimal(str(d.expected)) - d.produced) <= bounds[d.at]
        for d in found
    )
