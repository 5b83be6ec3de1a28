"""Contagion: one late loan makes a customer late. A pure function over the positions of one customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exposure:
    """One loan of a customer. ``days`` is the counter that spreads (past due or delinquent), ``overdue_minor`` what is overdue."""

    agreement: str
    days: int
    overdue_minor: int


def spread(loans: Iterable[Exposure], *, from_days: int = 1, ignore_below_minor: int = 0) -> dict[str, int]:
    """Days of each loan after contagion: the worst counter of the customer lifts all loans.

    Only counters of at least ``from_days`` spread (in India the whole customer follows one loan at 91 days), and only of loans
    with at least ``ignore_below_minor`` overdue (small remainders do not make a customer late). All loans must be in one
    currency; compare amounts before calling where they are not.
    """
    known = list(loans)
    sources = [x.days for x in known if x.days >= from_days and x.overdue_minor >= ignore_below_minor]
    worst = max(sources, default=0)
    return {x.agreement: max(x.days, worst) for x in known}
