"""How a contract is serviced: order of allocation, penalty interest, grace, counters, buckets, cure, caps. Data, not code.

Rates are ``Decimal`` percent a year. Every policy is named; unknown words are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import pairwise
from typing import Any

from arrears.kernel.money import RoundingMode
from arrears.kernel.refusals import Refusal

from . import refusals_servicing as refusals
from .events import Component

_PRINCIPAL, _INTEREST, _FEE = Component.PRINCIPAL, Component.INTEREST, Component.FEE
_PENALTY, _COMPOUND, _COST = Component.PENALTY, Component.COMPOUND, Component.COST
#: Where a waterfall does not name a component, it follows in this order: nothing is ever left unpaid by omission.
HOUSE_ORDER: tuple[Component, ...] = (_COST, _FEE, _PENALTY, _COMPOUND, _INTEREST, _PRINCIPAL)


class Style(StrEnum):
    BY_DUE_DATE = "by_due_date"  # instalment by instalment, oldest first, components in order inside
    BY_COMPONENT = "by_component"  # component by component over all instalments of the stage


class InAdvance(StrEnum):
    NEXT_INSTALMENT = "next_instalment"
    LAST_INSTALMENT = "last_instalment"
    KEEP_AS_CREDIT = "keep_as_credit"  # nothing is paid before it is due; the surplus waits as credit


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Order in which money is used, for instalments past due, due on the day, and later ones."""

    style: Style = Style.BY_DUE_DATE
    past_due: tuple[Component, ...] = HOUSE_ORDER
    due: tuple[Component, ...] = HOUSE_ORDER
    in_advance: tuple[Component, ...] = HOUSE_ORDER
    in_advance_to: InAdvance = InAdvance.NEXT_INSTALMENT
    charges_first: bool = False  # history is replayed with every charge known from the start

    def completed(self, order: tuple[Component, ...]) -> tuple[Component, ...]:
        return order + tuple(c for c in HOUSE_ORDER if c not in order)


#: Named orders. ``civil_code_561``: costs of realising the claim, interest (with penalty and compound interest), principal.
#: ``bank_cn``: the same inside each instalment, oldest instalment first, the custom of consumer lenders.
WATERFALLS: dict[str, Waterfall] = {
    "civil_code_561": Waterfall(
        Style.BY_COMPONENT,
        (_COST, _FEE, _INTEREST, _COMPOUND, _PENALTY, _PRINCIPAL),
        (_COST, _FEE, _INTEREST, _COMPOUND, _PENALTY, _PRINCIPAL),
        (_COST, _FEE, _INTEREST, _COMPOUND, _PENALTY, _PRINCIPAL),
        InAdvance.KEEP_AS_CREDIT,
    ),
    "bank_cn": Waterfall(),
    "interest_first": Waterfall(
        Style.BY_DUE_DATE,
        (_COST, _INTEREST, _COMPOUND, _PENALTY, _FEE, _PRINCIPAL),
        (_COST, _INTEREST, _COMPOUND, _PENALTY, _FEE, _PRINCIPAL),
        (_COST, _INTEREST, _COMPOUND, _PENALTY, _FEE, _PRINCIPAL),
    ),
    "principal_first": Waterfall(
        Style.BY_DUE_DATE,
        (_PRINCIPAL, _INTEREST, _COMPOUND, _PENALTY, _FEE, _COST),
        (_PRINCIPAL, _INTEREST, _COMPOUND, _PENALTY, _FEE, _COST),
        (_PRINCIPAL, _INTEREST, _COMPOUND, _PENALTY, _FEE, _COST),
    ),
    "penalty_fee_interest_principal": Waterfall(
        Style.BY_DUE_DATE,
        (_PENALTY, _FEE, _INTEREST, _PRINCIPAL),
        (_PENALTY, _FEE, _INTEREST, _PRINCIPAL),
        (_PENALTY, _FEE, _INTEREST, _PRINCIPAL),
    ),
    "penalty_fee_principal_interest": Waterfall(
        Style.BY_DUE_DATE,
        (_PENALTY, _FEE, _PRINCIPAL, _INTEREST),
        (_PENALTY, _FEE, _PRINCIPAL, _INTEREST),
        (_PENALTY, _FEE, _PRINCIPAL, _INTEREST),
    ),
}


@dataclass(frozen=True, slots=True)
class Penalty:
    """Penalty interest on what is overdue, from the day after the due date.

    银发〔2003〕251号 3: contract rate plus 30 to 50 percent.

    ``annual_rate`` percent a year, or ``contract_percent`` of the contract rate (150 = contract rate x 1.5).
    ``compound``: interest on unpaid interest at the same rate (复利), booked apart. ``year_days`` 360 or 365.
    """

    annual_rate: Decimal | None = None
    contract_percent: Decimal | None = None
    compound: bool = False
    year_days: int = 360
    after_grace: bool = False  # counts from the end of grace instead of the due date

    def rate(self, contract_rate: Decimal) -> Decimal:
        if self.annual_rate is not None:
            return self.annual_rate
        return contract_rate * (self.contract_percent or Decimal(0)) / 100


@dataclass(frozen=True, slots=True)
class Bucket:
    name: str
    first: int
    last: int | None

    def holds(self, days: int) -> bool:
        return self.first <= days and (self.last is None or days <= self.last)


#: M0 … M7+ of the Chinese consumer market: one step each 30 days.
HOUSE_BUCKETS: tuple[Bucket, ...] = (
    *(Bucket(f"M{n}", 30 * (n - 1) + 1, 30 * n) for n in range(1, 7)),
    Bucket("M7+", 181, None),
)


@dataclass(frozen=True, slots=True)
class ServicingTerms:
    """Policies of servicing. ``contract_rate`` percent a year is what a penalty given as a part of it refers to."""

    currency: str
    contract_rate: Decimal = Decimal(0)
    waterfall: Waterfall = Waterfall()
    penalty: Penalty = Penalty()
    grace_days: int = 0
    due_date_counts_as: int = 0
    pause_stops: frozenset[str] = frozenset({"delinquent_days"})  # delinquent_days | past_due_days | penalty
    instalment_ageing: str = "without_grace"  # with_grace
    buckets: tuple[Bucket, ...] = HOUSE_BUCKETS
    cure: str = "overdue_paid"  # overdue_paid | all_due_paid_for_days
    cure_days: int = 0
    cap_profile: str = ""  # name in caps.py, or none
    rounding: RoundingMode = RoundingMode.HALF_UP

    @property
    def penalty_rate(self) -> Decimal:
        return self.penalty.rate(self.contract_rate)

    @classmethod
    def from_dict(cls, words: Mapping[str, Any]) -> ServicingTerms | Refusal:
        """Read terms; refuses unknown words, impossible numbers, overlapping buckets (``servicing.*``)."""
        return _read(words)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; ``from_dict`` gives the same terms back."""
        fall, pen = self.waterfall, self.penalty
        return {
            "currency": self.currency,
            "contract_rate": str(self.contract_rate),
            "waterfall": {
                "style": fall.style.value,
                "past_due": [c.value for c in fall.past_due],
                "due": [c.value for c in fall.due],
                "in_advance": [c.value for c in fall.in_advance],
                "in_advance_to": fall.in_advance_to.value,
                "charges_first": fall.charges_first,
            },
            "penalty": {
                "annual_rate": None if pen.annual_rate is None else str(pen.annual_rate),
                "contract_percent": None if pen.contract_percent is None else str(pen.contract_percent),
                "compound": pen.compound,
                "year_days": pen.year_days,
                "after_grace": pen.after_grace,
            },
            "grace_days": self.grace_days,
            "due_date_counts_as": self.due_date_counts_as,
            "pause_stops": sorted(self.pause_stops),
            "instalment_ageing": self.instalment_ageing,
            "buckets": [{"name": b.name, "from": b.first, "to": b.last} for b in self.buckets],
            "cure": self.cure,
            "cure_days": self.cure_days,
            "cap_profile": self.cap_profile,
            "rounding": self.rounding.value,
        }


_WORDS = {
    "currency", "contract_rate", "waterfall", "penalty", "grace_days", "due_date_counts_as", "pause_stops", "instalment_ageing",
    "buckets", "cure", "cure_days", "cap_profile", "rounding",
}  # fmt: skip


@dataclass(slots=True)
class _Faults:
    found: list[Refusal] = field(default_factory=list)

    def add(self, pointer: str, zh: str, en: str) -> None:
        self.found.append(refusals.TERMS_WRONG.at(pointer, zh=zh, en=en))


def _read(words: Mapping[str, Any]) -> ServicingTerms | Refusal:
    faults = _Faults()
    for unknown in sorted(set(words) - _WORDS):
        faults.add(f"/{unknown}", f"不认识的词 {unknown}", f"unknown word {unknown}")
    currency = str(words.get("currency", ""))
    if len(currency) != 3 or not currency.isupper():
        faults.add("/currency", "货币须为三位大写代码", "currency must be a three-letter code")
    terms = ServicingTerms(
        currency=currency,
        contract_rate=_rate(faults, "/contract_rate", words.get("contract_rate", "0")) or Decimal(0),
        waterfall=read_waterfall(faults, words.get("waterfall", "bank_cn")),
        penalty=_penalty(faults, words.get("penalty") or {}),
        grace_days=_count(faults, "/grace_days", words.get("grace_days", 0)),
        due_date_counts_as=_count(faults, "/due_date_counts_as", words.get("due_date_counts_as", 0), 1),
        pause_stops=frozenset(words.get("pause_stops") or ["delinquent_days"]),
        instalment_ageing=str(words.get("instalment_ageing", "without_grace")),
        buckets=read_buckets(faults, words["buckets"]) if words.get("buckets") else HOUSE_BUCKETS,
        cure=str(words.get("cure", "overdue_paid")),
        cure_days=_count(faults, "/cure_days", words.get("cure_days", 0)),
        cap_profile=str(words.get("cap_profile") or ""),
        rounding=RoundingMode(words.get("rounding", "half_up")),
    )
    if terms.pause_stops - {"delinquent_days", "past_due_days", "penalty"}:
        faults.add("/pause_stops", "暂停只能停 delinquent_days、past_due_days、penalty", "a pause stops days or penalty only")
    if terms.instalment_ageing not in {"without_grace", "with_grace"}:
        faults.add("/instalment_ageing", "须为 without_grace 或 with_grace", "must be without_grace or with_grace")
    if faults.found:
        return faults.found[0] if len(faults.found) == 1 else Refusal(refusals.TERMS_MANY, "", {}, tuple(faults.found))
    return terms


def _count(faults: _Faults, pointer: str, raw: Any, most: int = 3650) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= most:
        faults.add(pointer, f"须为 0 至 {most} 的整数", f"must be a whole number from 0 to {most}")
        return 0
    return raw


def _rate(faults: _Faults, pointer: str, raw: Any) -> Decimal | None:
    if raw is None:
        return None
    try:
        value = Decimal(str(raw)) if not isinstance(raw, float) else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0 or value > 1000 or value != value.quantize(Decimal("0.0001")):
        faults.add(
            pointer,
            "利率须为带引号的小数，0 至 1000，至多四位小数",
            "a rate is a quoted decimal from 0 to 1000 with at most 4 places",
        )
        return None
    return value


def _penalty(faults: _Faults, words: Mapping[str, Any]) -> Penalty:
    for unknown in sorted(set(words) - {"annual_rate", "contract_percent", "compound", "year_days", "after_grace"}):
        faults.add(f"/penalty/{unknown}", f"不认识的词 {unknown}", f"unknown word {unknown}")
    year_days = words.get("year_days", 360)
    if year_days not in (360, 365):
        faults.add("/penalty/year_days", "须为 360 或 365", "must be 360 or 365")
        year_days = 360
    return Penalty(
        _rate(faults, "/penalty/annual_rate", words.get("annual_rate")),
        _rate(faults, "/penalty/contract_percent", words.get("contract_percent")),
        bool(words.get("compound", False)),
        year_days,
        bool(words.get("after_grace", False)),
    )


def read_waterfall(faults: _Faults, raw: Any) -> Waterfall:
    """A named waterfall, or one written out."""
    if isinstance(raw, str):
        if raw not in WATERFALLS:
            faults.add("/waterfall", f"没有名为 {raw} 的冲账顺序", f"no waterfall is named {raw}")
        return WATERFALLS.get(raw, Waterfall())
    style = raw.get("style", "by_due_date")
    one = raw.get("order")
    orders: list[tuple[Component, ...]] = []
    for stage in ("past_due", "due", "in_advance"):
        try:
            orders.append(tuple(Component(c) for c in (raw.get(stage) or one or HOUSE_ORDER)))
        except ValueError as wrong:
            faults.add(f"/waterfall/{stage}", f"不认识的成分：{wrong}", f"unknown component: {wrong}")
            orders.append(HOUSE_ORDER)
    to = raw.get("in_advance_to") or "next_instalment"
    if style not in {s.value for s in Style} or to not in {s.value for s in InAdvance}:
        faults.add("/waterfall", f"不认识的方式 {style} / {to}", f"unknown style {style} / {to}")
        return Waterfall()
    return Waterfall(Style(style), *orders, InAdvance(to), bool(raw.get("charges_first", False)))


def read_buckets(faults: _Faults, raw: list[Any]) -> tuple[Bucket, ...]:
    """``"31-60"``, ``"241+"`` or ``{name, from, to}``; ascending and without overlap."""
    found: list[Bucket] = []
    for entry in raw:
        if isinstance(entry, Mapping):
            last = entry.get("to")
            found.append(Bucket(str(entry["name"]), int(entry["from"]), None if last is None else int(last)))
            continue
        text = str(entry)
        first, _, last_text = text.rstrip("+").partition("-")
        open_end = text.endswith("+")
        found.append(Bucket(text, int(first), None if open_end else int(last_text or first)))
    for earlier, later in pairwise(found):
        if earlier.last is None or earlier.last >= later.first:
            faults.add("/buckets", f"{earlier.name} 与 {later.name} 重叠", f"{earlier.name} and {later.name} overlap")
    return tuple(found)


def bucket_of(buckets: tuple[Bucket, ...], days: int) -> str | None:
    """Name of the bucket that holds ``days``; None below the first."""
    return next((b.name for b in buckets if b.holds(days)), None)
