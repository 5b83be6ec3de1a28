"""Where the money goes: obligations with cells by component, and the waterfalls that settle them.

``allocate`` is the only place that decides the order. It returns what it took; the fold books it. ``by_rank`` shares the
proceeds of a sale among claims (民诉解释 508: costs, priority claims, ordinary claims in proportion).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from arrears.kernel.money import share_out

from .events import Component
from .servicing import INDEX, AdvanceTo, Style, Waterfall

WIDTH = len(INDEX)
PRINCIPAL = INDEX[Component.PRINCIPAL]


class Origin(StrEnum):
    """Where an obligation comes from."""

    SCHEDULE = "schedule"
    CHARGE = "charge"  # a charge after the last instalment, or one with a due date of its own
    CHARGEBACK = "chargeback"
    REFUND = "refund"
    ACCELERATION = "acceleration"
    STATEMENT = "statement"  # minimum payment of a card statement
    REVOLVING = "revolving"  # card balance that is not yet due (due_on is date.max)


class Obligation:
    """Working state of one obligation while a history is folded; leaves the fold only as ``InstalmentState``.

    ``left[i] = billed[i] - paid[i] - waived[i] - reduced[i] - moved[i]`` holds after every step; ``open`` is its sum.
    """

    __slots__ = (
        "accrued", "accrued_to", "billed", "booked", "charged", "due_on", "id", "left", "moved", "n", "numerator",
        "open", "origin", "paid", "reduced", "settled_on", "version", "waived",
    )  # fmt: skip

    def __init__(self, id: int, n: int, due_on: date, origin: Origin, version: int, billed: Sequence[int]) -> None:
        self.id, self.n, self.due_on, self.origin, self.version = id, n, due_on, origin, version
        self.billed, self.left = list(billed), list(billed)
        self.charged = [0] * WIDTH  # part of billed that came by an event of its own
        self.paid, self.waived, self.reduced = [0] * WIDTH, [0] * WIDTH, [0] * WIDTH
        self.moved, self.accrued = [0] * WIDTH, [0] * WIDTH
        self.open = sum(billed)
        self.numerator, self.booked = [0, 0], [0, 0]  # penalty, compound
        self.accrued_to: date = due_on
        self.settled_on: date | None = due_on if self.open == 0 else None

    def bill(self, index: int, amount_minor: int) -> None:
        self.billed[index] += amount_minor
        self.left[index] += amount_minor
        self.open += amount_minor
        if self.open:
            self.settled_on = None

    def take(self, column: list[int], index: int, amount_minor: int, on: date) -> None:
        """Book ``amount_minor`` out of the cell into ``column`` (paid, waived, reduced or moved of this obligation)."""
        column[index] += amount_minor
        self.left[index] -= amount_minor
        self.open -= amount_minor
        if self.open == 0:
            self.settled_on = on

    def give_back(self, column: list[int], index: int, amount_minor: int) -> None:
        column[index] -= amount_minor
        self.left[index] += amount_minor
        self.open += amount_minor
        self.settled_on = None


@dataclass(frozen=True, slots=True)
class Take:
    """So much of one cell is settled."""

    obligation: Obligation
    index: int
    amount_minor: int


Taken = dict[tuple[int, int], Take]


def _indices(order: Iterable[Component]) -> tuple[int, ...]:
    return tuple(INDEX[c] for c in order)


def _cells(stage: Sequence[Obligation], order: tuple[int, ...], style: Style) -> Iterator[tuple[Obligation, int]]:
    if style is Style.BY_COMPONENT:
        return ((o, i) for i in order for o in stage if o.left[i])
    return ((o, i) for o in stage for i in order if o.left[i])


def _fill(cells: Iterator[tuple[Obligation, int]], amount_minor: int, taken: Taken) -> int:
    """Fill cells in their order; a cell already touched in this payment offers only its rest. Returns what is left over."""
    for obligation, index in cells:
        if amount_minor == 0:
            break
        before = taken.get((obligation.id, index))
        had = before.amount_minor if before else 0
        part = min(amount_minor, obligation.left[index] - had)
        if part:
            taken[obligation.id, index] = Take(obligation, index, had + part)
            amount_minor -= part
    return amount_minor


def _reamortise(stage: list[Obligation], order: tuple[int, ...], amount_minor: int, taken: Taken) -> int:
    """Equal parts to every open future obligation, the rest of the division to the last; again until nothing fits."""
    open_ones = list(stage)
    while amount_minor and open_ones:
        part, rest = divmod(amount_minor, len(open_ones))
        returned, still_open = 0, []
        for place, obligation in enumerate(open_ones):
            offered = part + (rest if place == len(open_ones) - 1 else 0)
            over = _fill(((obligation, i) for i in order if obligation.left[i]), offered, taken)
            returned += over
            if over == 0:
                still_open.append(obligation)
        amount_minor, open_ones = returned, still_open
    return amount_minor


def allocate(obligations: Sequence[Obligation], amount_minor: int, waterfall: Waterfall, on: date) -> tuple[list[Take], int]:
    """Share ``amount_minor`` paid on ``on`` among ``obligations`` (sorted by due date). Returns what is taken, and the surplus.

    First those due before ``on``, then those due that day, then later ones; inside a stage by the waterfall's style.
    The takes and the surplus add up to ``amount_minor`` to the minor unit.
    """
    stages: tuple[list[Obligation], list[Obligation], list[Obligation]] = ([], [], [])
    for o in obligations:
        if o.open:
            stages[0 if o.due_on < on else 1 if o.due_on == on else 2].append(o)
    taken: Taken = {}
    rest = amount_minor
    for stage, order in ((stages[0], waterfall.past_due), (stages[1], waterfall.due)):
        if rest and stage:
            rest = _fill(_cells(stage, _indices(order), waterfall.style), rest, taken)
    ahead = stages[2]
    if rest and ahead and waterfall.in_advance_to is not AdvanceTo.HOLD:
        order_ahead = _indices(waterfall.in_advance)
        if waterfall.in_advance_to is AdvanceTo.REAMORTISE:
            rest = _reamortise(ahead, order_ahead, rest, taken)
        else:
            if waterfall.in_advance_to is AdvanceTo.LAST:
                ahead = ahead[::-1]
            rest = _fill(_cells(ahead, order_ahead, waterfall.style), rest, taken)
    return list(taken.values()), rest


def allocate_split(
    obligations: Sequence[Obligation], split: Mapping[Component, int], amount_minor: int
) -> tuple[list[Take], int]:
    """A split dictated by the host: each named component, oldest obligation first. Returns takes and what found no place."""
    taken: Taken = {}
    rest = amount_minor
    for component, wanted in split.items():
        index = INDEX[component]
        part = min(wanted, rest)
        rest -= part - _fill(((o, index) for o in obligations if o.left[index]), part, taken)
    return list(taken.values()), rest


def allocate_within(obligations: Sequence[Obligation], order: Iterable[Component], amount_minor: int) -> tuple[list[Take], int]:
    """Obligation by obligation as given, components in ``order``: money directed to one debt, or a waiver."""
    taken: Taken = {}
    indices = _indices(order)
    rest = _fill(((o, i) for o in obligations for i in indices if o.left[i]), amount_minor, taken)
    return list(taken.values()), rest


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim on the proceeds of a sale. ``due_on`` orders claims inside a rank where the policy says by date."""

    id: str
    rank: str
    amount_minor: int
    due_on: date | None = None


def by_rank(claims: Sequence[Claim], amount_minor: int, waterfall: Waterfall) -> tuple[dict[str, int], int]:
    """Distribute ``amount_minor`` to ``claims`` rank by rank; inside a rank pro rata (or by date). Returns shares and surplus.

    Ranks that the policy does not name come last, in the order of the claims. Minor units that do not divide go by
    largest remainder, or to the last claims of the rank; no claim gets more than it is owed.
    """
    shares = {c.id: 0 for c in claims}
    rest = amount_minor
    for rank in dict.fromkeys([*waterfall.ranks, *(c.rank for c in claims)]):
        members = [c for c in claims if c.rank == rank and c.amount_minor > 0]
        if not members or rest == 0:
            continue
        parts = _share_rank(members, min(rest, sum(c.amount_minor for c in members)), waterfall)
        for claim, part in zip(members, parts, strict=True):
            shares[claim.id] += part
        rest -= sum(parts)
    return shares, rest


def _share_rank(members: Sequence[Claim], pot: int, waterfall: Waterfall) -> list[int]:
    """``pot`` is at most the sum of the claims of the rank."""
    owed = [c.amount_minor for c in members]
    parts = [0] * len(members)
    if waterfall.within_rank == "by_date":
        for place in sorted(range(len(members)), key=lambda i: (members[i].due_on or date.max, i)):
            parts[place] = min(owed[place], pot)
            pot -= parts[place]
        return parts
    if waterfall.rounding_rest != "last":
        return share_out(pot, owed)
    parts = [pot * amount // sum(owed) for amount in owed]
    for place in reversed(range(len(parts))):
        parts[place] += min(pot - sum(parts), owed[place] - parts[place])
    return parts
