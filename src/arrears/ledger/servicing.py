"""How one agreement is serviced: waterfall, penalty interest, grace, pauses, buckets, cure, cap, rounding.

``ServicingTerms`` is plain data: it is stored with the agreement (``from_dict`` / ``to_dict``, JSON-ready) and travels
with every fold, so the same facts under the same terms give the same answer for ever. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any

from arrears.kernel.money import RoundingMode

from .events import Component

#: Every component in the order of the cells inside an obligation. The index of a component is its place here.
COMPONENTS: tuple[Component, ...] = tuple(Component)
INDEX: dict[Component, int] = {c: i for i, c in enumerate(COMPONENTS)}

#: Components that are a price for the loan and so fall under a rate cap (costs of realising the claim do not).
CHARGES: tuple[Component, ...] = (Component.PENALTY, Component.COMPOUND, Component.FEE, Component.INTEREST)


class Style(StrEnum):
    """``by_due_date``: instalment by instalment, oldest first. ``by_component``: component by component inside a stage."""

    BY_DUE_DATE = "by_due_date"
    BY_COMPONENT = "by_component"
    BY_RANK = "by_rank"


class AdvanceTo(StrEnum):
    """Where money goes that exceeds what is due. ``hold`` keeps it as credit until something falls due."""

    NEXT = "next_instalment"
    LAST = "last_instalment"
    REAMORTISE = "reamortise"
    HOLD = "hold"


class Replay(StrEnum):
    """``charges_first``: history is replayed with every known charge there from the start."""

    AS_DATED = "as_dated"
    CHARGES_FIRST = "charges_first"


class Stop(StrEnum):
    """What a pause stops: the two day counters and the two daily accruals."""

    DELINQUENT_DAYS = "delinquent_days"
    PAST_DUE_DAYS = "past_due_days"
    PENALTY = "penalty"
    COMPOUND = "compound"


class Cure(StrEnum):
    """``oldest_unpaid``: days count from the oldest unpaid due. ``all_arrears``: from the first missed due on, until nothing
    is overdue any more."""

    OLDEST_UNPAID = "oldest_unpaid"
    ALL_ARREARS = "all_arrears"


def full_order(order: Iterable[str | Component]) -> tuple[Component, ...]:
    """``order`` completed to all components, so that no part of a debt is out of reach of a payment.

    Interest on interest follows interest where it is not named; whatever else is missing comes last.
    """
    named = [Component(c) for c in order]
    if Component.COMPOUND not in named and Component.INTEREST in named:
        named.insert(named.index(Component.INTEREST) + 1, Component.COMPOUND)
    rest = [
        c for c in (Component.COST, Component.FEE, Component.COMPOUND, Component.PENALTY, Component.INTEREST) if c not in named
    ]
    if Component.PRINCIPAL not in named:
        rest.append(Component.PRINCIPAL)
    return (*dict.fromkeys(named), *rest)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Order in which a payment settles a debt. Each stage (past due, due that day, in advance) has its own order."""

    style: Style = Style.BY_DUE_DATE
    past_due: tuple[Component, ...] = full_order(("cost", "fee", "interest", "compound", "penalty", "principal"))
    due: tuple[Component, ...] = full_order(("cost", "fee", "interest", "compound", "penalty", "principal"))
    in_advance: tuple[Component, ...] = full_order(("cost", "fee", "interest", "compound", "penalty", "principal"))
    in_advance_to: AdvanceTo = AdvanceTo.NEXT
    ranks: tuple[str, ...] = ()
    within_rank: str = "pro_rata"  # pro_rata | by_date
    rounding_rest: str = "largest_remainder"  # largest_remainder | last
    name: str = ""
    clause: str = ""

    @property
    def uniform(self) -> bool:
        """One order for every stage: the order in which cells are filled does not depend on the day."""
        return self.past_due == self.due == self.in_advance

    @classmethod
    def of(
        cls, style: str, order: Iterable[str], in_advance_to: str = "next_instalment", name: str = "", clause: str = ""
    ) -> Waterfall:
        full = full_order(order)
        return cls(Style(style), full, full, full, AdvanceTo(in_advance_to), name=name, clause=clause)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | str) -> Waterfall:
        """A named waterfall (``"cn.civil_code_561"``), or ``style`` with ``order`` or the three stages.

        Raises ``ValueError`` on an unknown name, style, component or destination.
        """
        if isinstance(data, str):
            if data not in NAMED_WATERFALLS:
                raise ValueError(f"unknown waterfall {data!r}; known: {', '.join(NAMED_WATERFALLS)}")
            return NAMED_WATERFALLS[data]
        usual = data.get("order") or data.get("past_due") or cls().past_due
        return cls(
            style=Style(data.get("style", "by_due_date")),
            past_due=full_order(data.get("past_due") or usual),
            due=full_order(data.get("due") or usual),
            in_advance=full_order(data.get("in_advance") or usual),
            in_advance_to=AdvanceTo(data.get("in_advance_to", "next_instalment")),
            ranks=tuple(data.get("ranks", ())),
            within_rank=str(data.get("within_rank", "pro_rata")),
            rounding_rest=str(data.get("rounding_rest", "largest_remainder")),
            name=str(data.get("name", "")),
            clause=str(data.get("clause", "")),
        )

    def to_dict(self) -> dict[str, Any]:
        plain: dict[str, Any] = {
            "style": self.style.value,
            "past_due": [c.value for c in self.past_due],
            "due": [c.value for c in self.due],
            "in_advance": [c.value for c in self.in_advance],
            "in_advance_to": self.in_advance_to.value,
            "name": self.name,
            "clause": self.clause,
        }
        if self.style is Style.BY_RANK:
            plain |= {"ranks": list(self.ranks), "within_rank": self.within_rank, "rounding_rest": self.rounding_rest}
        return plain


#: Explicit, named orders. ``cn.civil_code_561``: cost of realising the claim, interest (with penalty and compound), principal.
NAMED_WATERFALLS: dict[str, Waterfall] = {
    w.name: w
    for w in (
        Waterfall.of(
            "by_component", ("cost", "fee", "interest", "compound", "penalty", "principal"),
            name="cn.civil_code_561", clause="民法典 561",
        ),
        Waterfall.of(
            "by_due_date", ("cost", "fee", "interest", "compound", "penalty", "principal"),
            name="cn.instalment_561", clause="民法典 560, 561",
        ),
        Waterfall.of("by_component", ("principal", "cost", "interest", "compound", "penalty", "fee"), name="cn.principal_first"),
        Waterfall.of("by_due_date", ("penalty", "fee", "interest", "principal"), name="penalty_fee_interest_principal"),
        Waterfall.of("by_due_date", ("penalty", "fee", "principal", "interest"), name="penalty_fee_principal_interest"),
        Waterfall.of("by_due_date", ("penalty", "interest", "principal", "fee"), name="penalty_interest_principal_fee"),
        Waterfall.of("by_due_date", ("interest", "principal", "penalty", "fee"), name="interest_principal_penalty_fee"),
        Waterfall.of("by_due_date", ("principal", "interest", "fee", "penalty"), name="principal_interest_fee_penalty"),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DatedRate:
    """``annual_percent`` applies from ``from_on`` (included) until the next rate."""

    from_on: date
    annual_percent: Decimal


@dataclass(frozen=True, slots=True)
class PenaltyPolicy:
    """Interest for late payment (罚息) and interest on unpaid interest (复利).

    ``annual_percent`` is a fixed rate; else ``contract_multiple`` times the contract rate of the day (1.5 = contract rate
    plus 50 percent; the usual range in China is 1.3 to 1.5, 银发〔2003〕251号). ``base``: components of an overdue
    instalment that carry penalty interest. ``compound_base``: components that carry compound interest at the same rate;
    empty means none. Days run from the due date (``from_grace_end``: from the end of grace) to the day of payment; the day
    of payment is not counted twice: days = payment date minus due date.
    """

    annual_percent: Decimal | None = None
    contract_multiple: Decimal | None = None
    contract_rates: tuple[DatedRate, ...] = ()
    base: tuple[Component, ...] = (Component.PRINCIPAL,)
    compound_base: tuple[Component, ...] = ()
    day_count: str = "actual/360"  # actual/360 | actual/365 | actual/actual
    from_grace_end: bool = False
    clause: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> PenaltyPolicy | None:
        """``None`` for no penalty. Raises ``ValueError`` without a rate, or on an unknown day count or component."""
        if not data:
            return None
        fixed, multiple = data.get("annual_percent"), data.get("contract_multiple")
        if (fixed is None) == (multiple is None):
            raise ValueError("penalty: exactly one of annual_percent and contract_multiple is needed")
        day_count = str(data.get("day_count", "actual/360"))
        if day_count not in DAY_COUNTS:
            raise ValueError(f"penalty.day_count: {day_count!r} is not one of {', '.join(DAY_COUNTS)}")
        rates = tuple(
            sorted(
                (DatedRate(_day(r["from_on"]), Decimal(str(r["annual_percent"]))) for r in data.get("contract_rates", ())),
                key=lambda r: r.from_on,
            )
        )
        base = tuple(Component(c) for c in data.get("base", ("principal",)))
        compound_base = tuple(Component(c) for c in data.get("compound_base", ()))
        grown = {Component.PENALTY, Component.COMPOUND}.intersection((*base, *compound_base))
        if grown:  # what grows by the day as its own base would make the sum depend on how often one looks
            raise ValueError(f"penalty.base and penalty.compound_base cannot hold {', '.join(sorted(grown))}")
        if multiple is not None and not rates:
            raise ValueError("penalty.contract_rates: needed where contract_multiple is given")
        return cls(
            annual_percent=None if fixed is None else Decimal(str(fixed)),
            contract_multiple=None if multiple is None else Decimal(str(multiple)),
            contract_rates=rates,
            base=base,
            compound_base=compound_base,
            day_count=day_count,
            from_grace_end=bool(data.get("from_grace_end", False)),
            clause=str(data.get("clause", "")),
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "annual_percent": None if self.annual_percent is None else str(self.annual_percent),
            "contract_multiple": None if self.contract_multiple is None else str(self.contract_multiple),
            "contract_rates": [
                {"from_on": r.from_on.isoformat(), "annual_percent": str(r.annual_percent)} for r in self.contract_rates
            ],
            "base": [c.value for c in self.base],
            "compound_base": [c.value for c in self.compound_base],
            "day_count": self.day_count,
            "from_grace_end": self.from_grace_end,
            "clause": self.clause,
        }


DAY_COUNTS = ("actual/360", "actual/365", "actual/actual")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A range of days late, both ends included; ``to_days`` None is open-ended."""

    name: str
    from_days: int
    to_days: int | None = None

    @classmethod
    def parse(cls, data: str | Mapping[str, Any]) -> Bucket:
        """``"31-60"``, ``"241+"`` or ``{name, from, to}``. Raises ``ValueError`` on anything else."""
        if not isinstance(data, str):
            to = data.get("to")
            return cls(str(data["name"]), int(data["from"]), None if to is None else int(to))
        if data.endswith("+"):
            return cls(data, int(data[:-1]))
        low, dash, high = data.partition("-")
        return cls(data, int(low), int(high) if dash else int(low))

    def holds(self, days: int) -> bool:
        return self.from_days <= days and (self.to_days is None or days <= self.to_days)


def buckets_of(data: Iterable[str | Mapping[str, Any]]) -> tuple[Bucket, ...]:
    """Buckets from data; refuses (``ValueError``) empty or overlapping ranges. Gaps are allowed: no bucket there."""
    buckets = tuple(sorted((Bucket.parse(b) for b in data), key=lambda b: b.from_days))
    for one, two in pairwise(buckets):
        if one.to_days is None or one.to_days >= two.from_days:
            raise ValueError(f"buckets {one.name!r} and {two.name!r} overlap")
    return buckets


#: House default (data of an installation may differ): M1 is 1 to 30 days, M7+ from 181 days.
BUCKETS_CN = buckets_of(
    [*({"name": f"M{m}", "from": 30 * m - 29, "to": 30 * m} for m in range(1, 7)), {"name": "M7+", "from": 181}]
)


@dataclass(frozen=True, slots=True)
class CureRule:
    """When a customer is well again. Overdue money not above ``tolerance_minor`` starts no counter (容差)."""

    kind: Cure = Cure.OLDEST_UNPAID
    tolerance_minor: int = 0


@dataclass(frozen=True, slots=True)
class CapTerms:
    """The rate cap this agreement stands under: a profile of ``caps.PROFILES`` and the day it was formed on."""

    profile: str
    formed_on: date


@dataclass(frozen=True, slots=True)
class ServicingTerms:
    """Everything the fold needs beside the facts. Frozen; days are civil days; money is minor units of ``currency``."""

    currency: str = "CNY"
    waterfall: Waterfall = field(default_factory=lambda: NAMED_WATERFALLS["cn.instalment_561"])
    replay: Replay = Replay.AS_DATED
    penalty: PenaltyPolicy | None = None
    grace_days: int = 0
    due_date_counts_as: int = 0
    pause_stops: frozenset[Stop] = frozenset({Stop.DELINQUENT_DAYS})
    instalment_ageing: str = "without_grace"  # without_grace | with_grace
    buckets: tuple[Bucket, ...] = BUCKETS_CN
    cure: CureRule = CureRule()
    cap: CapTerms | None = None
    rounding: RoundingMode = RoundingMode.HALF_UP

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ServicingTerms:
        """Terms from JSON or YAML data; keys not named here are ignored (schedule terms stand in the same mapping).

        Raises ``ValueError`` naming the key on a value that is not understood.
        """
        rounding = data.get("rounding", "half_up")
        mode = rounding.get("mode", "half_up") if isinstance(rounding, Mapping) else rounding
        counts_as = int(data.get("due_date_counts_as", 0))
        if counts_as not in (0, 1):
            raise ValueError(f"due_date_counts_as: {counts_as} is neither 0 nor 1")
        grace_days = int(data.get("grace_days", 0))
        if grace_days < 0:
            raise ValueError(f"grace_days: {grace_days} is negative")
        ageing = str(data.get("instalment_ageing", "without_grace"))
        if ageing not in ("without_grace", "with_grace"):
            raise ValueError(f"instalment_ageing: {ageing!r} is neither without_grace nor with_grace")
        cure, cap, buckets = data.get("cure") or {}, data.get("cap"), data.get("buckets")
        return cls(
            currency=str(data.get("currency", "CNY")),
            waterfall=Waterfall.from_dict(data.get("waterfall") or "cn.instalment_561"),
            replay=Replay(data.get("replay", "as_dated")),
            penalty=PenaltyPolicy.from_dict(data.get("penalty")),
            grace_days=grace_days,
            due_date_counts_as=counts_as,
            pause_stops=frozenset(Stop(s) for s in data.get("pause_stops", (Stop.DELINQUENT_DAYS,))),
            instalment_ageing=ageing,
            buckets=BUCKETS_CN if buckets is None else buckets_of(buckets),
            cure=CureRule(Cure(cure.get("kind", "oldest_unpaid")), int(cure.get("tolerance_minor", 0))),
            cap=CapTerms(str(cap["profile"]), _day(cap["formed_on"])) if cap else None,
            rounding=RoundingMode(mode if mode != "none" else "half_even"),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form; ``from_dict(to_dict(t)) == t``."""
        return {
            "currency": self.currency,
            "waterfall": self.waterfall.to_dict(),
            "replay": self.replay.value,
            "penalty": self.penalty.to_dict() if self.penalty else None,
            "grace_days": self.grace_days,
            "due_date_counts_as": self.due_date_counts_as,
            "pause_stops": sorted(s.value for s in self.pause_stops),
            "instalment_ageing": self.instalment_ageing,
            "buckets": [
                {"name": b.name, "from": b.from_days, **({} if b.to_days is None else {"to": b.to_days})} for b in self.buckets
            ],
            "cure": {"kind": self.cure.kind.value, "tolerance_minor": self.cure.tolerance_minor},
            "cap": {"profile": self.cap.profile, "formed_on": self.cap.formed_on.isoformat()} if self.cap else None,
            "rounding": self.rounding.value,
        }


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
