"""The working of a calculation: inputs read strictly, steps that a court clerk can follow, figures with their clause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

from arrears.kernel.parameters import Dated, Parameter, ParameterError, load
from arrears.kernel.refusals import Text

CENT = Decimal("0.01")


class InputError(ValueError):
    """An input is missing or cannot be read. ``name`` is the input, ``rule`` a stable code, the text both languages."""

    def __init__(self, name: str, rule: str, text: Text) -> None:
        super().__init__(text.en)
        self.name, self.rule, self.text = name, rule, text


@cache
def parameters() -> dict[str, Parameter]:
    """All figures of this room, by id."""
    found: dict[str, Parameter] = {}
    for room in (__package__, "arrears.ledger"):  # the caps stand with the ledger, which uses them on every loan
        for entry in sorted(files(room).joinpath("data").iterdir(), key=lambda e: e.name):
            if entry.name.endswith(".yaml"):
                found |= load(entry.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the working: what, by which formula, under which clause, giving what."""

    label: Text
    formula: str
    result: str
    clause: str = ""


@dataclass(slots=True)
class Working:
    """Collects steps and the parameters used while a calculator runs for the day ``as_of``."""

    inputs: Mapping[str, Any]
    as_of: date
    steps: list[Step] = field(default_factory=list)
    used: dict[str, Dated] = field(default_factory=dict)

    def figure(self, parameter: str, on: date | None = None) -> Any:
        """The value of a dated parameter on ``on`` (default: the day whose rules apply)."""
        try:
            dated = parameters()[parameter].on(on or self.as_of)
        except ParameterError:
            raise InputError(
                "as_of",
                "figure.not_in_force",
                Text(
                    f"{(on or self.as_of).isoformat()} 没有生效的 {parameter}", f"{parameter} has no value on {on or self.as_of}"
                ),
            ) from None
        self.used[parameter] = dated
        return dated.value

    def step(self, zh: str, en: str, formula: str, result: Decimal | str, clause: str = "") -> None:
        text = money(result) if isinstance(result, Decimal) else result
        self.steps.append(Step(Text(zh, en), formula, text, clause))

    def amount(self, name: str, default: str | None = None) -> Decimal:
        """A non-negative decimal input, written as text or a whole number. Raises ``InputError``."""
        raw = self.inputs.get(name, default)
        if raw is None:
            raise InputError(name, "input.missing", Text(f"缺少输入 {name}", f"input {name} is missing"))
        if isinstance(raw, bool | float):
            raise InputError(name, "input.not_exact", Text(f"{name} 须写成带引号的小数", f"write {name} as a quoted decimal"))
        try:
            value = Decimal(str(raw))
        except InvalidOperation:
            raise InputError(name, "input.not_a_number", Text(f"{name} 不是数字：{raw}", f"{name} is no number: {raw}")) from None
        if not value.is_finite() or value < 0:
            raise InputError(name, "input.negative", Text(f"{name} 不能为负", f"{name} must not be negative"))
        return value

    def day(self, name: str) -> date:
        raw = self.inputs.get(name)
        return as_day(raw, name)

    def count(self, name: str, default: int) -> int:
        raw = self.inputs.get(name, default)
        if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
            raise InputError(
                name, "input.not_a_count", Text(f"{name} 须为非负整数", f"{name} must be a whole number, not negative")
            )
        return raw


def as_day(raw: Any, name: str) -> date:
    """A date input (a date, or ISO text). Raises ``InputError``."""
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(str(raw))
    except ValueError:
        raise InputError(name, "input.not_a_date", Text(f"{name} 不是日期：{raw}", f"{name} is no date: {raw}")) from None


def cents(value: Decimal) -> Decimal:
    """Rounded half up to the cent, once, at the end (the fee measures set no rounding; half up is our stated policy)."""
    return value.quantize(CENT, ROUND_HALF_UP)


def money(value: Decimal) -> str:
    return f"{cents(value):f}"


def tiered(working: Working, amount: Decimal, scale: Mapping[str, Any], clause: str) -> Decimal:
    """Marginal scale: a base fee, then each tier's percentage on the part of ``amount`` inside it."""
    low, fee = Decimal(scale["base"]["to"]), Decimal(scale["base"]["fee"])
    working.step(f"不超过 {low:f} 的部分", f"up to {low:f}", f"{fee:f}", fee, clause)
    for tier in scale["tiers"]:
        top = Decimal(tier["to"]) if "to" in tier else None
        part = (amount if top is None else min(amount, top)) - low
        if part <= 0:
            break
        rate = Decimal(tier["percent"])
        fee += part * rate / 100
        working.step(
            f"超过 {low:f} 的部分 {part:f}", f"part above {low:f}: {part:f}", f"{part:f} × {rate:f}%", part * rate / 100, clause
        )
        if top is None:
            break
        low = top
    if "cap" in scale and fee > Decimal(scale["cap"]):
        fee = Decimal(scale["cap"])
        working.step("最高限额", "cap", f"min(…, {fee:f})", fee, clause)
    return fee


@dataclass(frozen=True, slots=True)
class Answer:
    """What a calculator says: outputs (money as decimal text), the working, the figures used, whether a person must look."""

    outputs: Mapping[str, Any]
    steps: tuple[Step, ...]
    used: Mapping[str, Dated]

    def as_json(self, language: str = "en") -> dict[str, Any]:
        return {
            **self.outputs,
            "working": [
                {"label": s.label.in_language(language), "formula": s.formula, "result": s.result, "clause": s.clause}
                for s in self.steps
            ],
            "figures": [
                {
                    "parameter": name,
                    "in_force_from": dated.since.isoformat(),
                    "clause": dated.clause,
                    "source": dated.source,
                    "last_checked": dated.last_checked.isoformat(),
                    "confidence": dated.confidence,
                }
                for name, dated in self.used.items()
            ],
        }
