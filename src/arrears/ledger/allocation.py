"""Where the money goes: a payment over dues by an explicit waterfall. Every cent is allocated or stated as unallocated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from arrears.kernel.money import share_out

from .events import Component
from .servicing import InAdvance, Style, Waterfall


@dataclass(frozen=True, slots=True)
class Segment:
    """Penalty or compound interest over days with one base and one rate: ``base x rate% x days / year_days``, exact."""

    start: date
    end: date
    days: int
    base_minor: int
    rate: Decimal
    year_days: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement on an instalment: positive raises what is open, negative lowers it (minor units)."""

    on: date
    kind: str  # scheduled | charged | accrued | paid | waived | moved | capped
    component: Component
    amount_minor: int
    event_id: int = 0
    segments: tuple[Segment, ...] = ()


@dataclass(slots=True)
class Due:
    """One obligation while history is replayed: what is open by component, and every movement that led there."""

    n: int
    due_on: date
    version: int = 0
    origin: str = "schedule"  # schedule | charge | chargeback | statement | accelerated | refund
    opens: dict[Component, int] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def open(self, component: Component) -> int:
        return self.opens.get(component, 0)

    @property
    def open_minor(self) -> int:
        return sum(self.opens.values())

    def book(self, entry: Entry) -> None:
        """Add a movement. Raises ``ValueError`` if the component would fall below zero: a fault of the caller."""
        rest = self.open(entry.component) + entry.amount_minor
        if rest < 0:
            raise ValueError(f"{entry.component} of instalment {self.n} would be {rest}")
        self.opens[entry.component] = rest
        self.entries.append(entry)

    def total(self, *kinds: str) -> dict[Component, int]:
        """Sum of movements of ``kinds`` by component."""
        found: dict[Component, int] = {}
        for entry in self.entries:
            if entry.kind in kinds:
                found[entry.component] = found.get(entry.component, 0) + entry.amount_minor
        return found


@dataclass(frozen=True, slots=True)
class Share:
    """Part of a payment: which instalment, which component, how much (minor units)."""

    n: int
    due_on: date
    component: Component
    amount_minor: int


@dataclass(slots=True)
class _Money:
    """A payment being used: when, of which event, what it has paid so far."""

    on: date
    event_id: int
    shares: list[Share] = field(default_factory=list)


def _stage(dues: Sequence[Due], order: tuple[Component, ...], style: Style, amount: int, money: _Money) -> int:
    """Use up to ``amount`` on ``dues`` in the given sequence; returns what is left."""
    if style is Style.BY_COMPONENT:
        pairs = ((due, component) for component in order for due in dues)
    else:
        pairs = ((due, component) for due in dues for component in order)
    for due, component in pairs:
        if amount <= 0:
            break
        part = min(amount, due.open(component))
        if part > 0:
            due.book(Entry(money.on, "paid", component, -part, money.event_id))
            money.shares.append(Share(due.n, due.due_on, component, part))
            amount -= part
    return amount


def allocate(
    dues: Sequence[Due], amount_minor: int, on: date, waterfall: Waterfall, event_id: int = 0
) -> tuple[list[Share], int]:
    """Pay ``amount_minor`` on day ``on``: past due, then due that day, then later ones. Returns shares and surplus."""
    money = _Money(on, event_id)
    ordered = sorted((d for d in dues if d.open_minor > 0), key=lambda d: (d.due_on, d.n))
    past = [d for d in ordered if d.due_on < on]
    same = [d for d in ordered if d.due_on == on]
    later = [d for d in ordered if d.due_on > on]
    rest = _stage(past, waterfall.completed(waterfall.past_due), waterfall.style, amount_minor, money)
    rest = _stage(same, waterfall.completed(waterfall.due), waterfall.style, rest, money)
    if waterfall.in_advance_to is not InAdvance.KEEP_AS_CREDIT:
        if waterfall.in_advance_to is InAdvance.LAST_INSTALMENT:
            later.reverse()
        rest = _stage(later, waterfall.completed(waterfall.in_advance), waterfall.style, rest, money)
    return money.shares, rest


def allocate_split(dues: Sequence[Due], split: dict[Component, int], on: date, event_id: int = 0) -> tuple[list[Share], int]:
    """Host-dictated split: each amount goes to its component, oldest instalment first. Returns shares and surplus."""
    money = _Money(on, event_id)
    rest = 0
    ordered = sorted(dues, key=lambda d: (d.due_on, d.n))
    for component, amount in split.items():
        rest += _stage(ordered, (component,), Style.BY_DUE_DATE, amount, money)
    return money.shares, rest


@dataclass(frozen=True, slots=True)
class Claim:
    """A creditor's claim in a distribution (amounts in minor units)."""

    id: str
    rank: str
    amount_minor: int


def distribute(
    claims: Sequence[Claim], ranks: Sequence[str], amount_minor: int, *, pro_rata: bool = True, rest_to_last: bool = False
) -> tuple[dict[str, int], int]:
    """Proceeds over ``claims`` rank by rank, inside a rank pro rata (civil procedure interpretation 508, 510) or in order.

    Cents that do not divide go by largest remainder, or all to the last where ``rest_to_last``. Returns parts and surplus.
    """
    parts = {claim.id: 0 for claim in claims}
    rest = amount_minor
    for rank in ranks:
        members = [c for c in claims if c.rank == rank and c.amount_minor > 0]
        whole = sum(c.amount_minor for c in members)
        if not members or rest <= 0:
            continue
        pot = min(rest, whole)
        if pot == whole:
            given = [c.amount_minor for c in members]
        elif not pro_rata:
            given = _in_order(members, pot)
        elif rest_to_last:
            given = [pot * c.amount_minor // whole for c in members]
            given[-1] += pot - sum(given)
        else:
            given = share_out(pot, [c.amount_minor for c in members])
        for claim, part in zip(members, given, strict=True):
            parts[claim.id] += part
        rest -= pot
    return parts, rest


def _in_order(members: Sequence[Claim], pot: int) -> list[int]:
    given = []
    for claim in members:
        part = min(pot, claim.amount_minor)
        given.append(part)
        pot -= part
    return given
