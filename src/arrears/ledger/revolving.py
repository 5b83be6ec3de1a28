"""Revolving accounts (cards): the statement cycle and the minimum due.

Minimum due = the greater of a percentage of the balance and a floor, plus what is overdue, plus what is over the limit, plus the
parts the agreement calls due in full; never more than the closing balance. Every part is kept, so that the sum explains itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from arrears.kernel.calendars import add_months, last_of_month
from arrears.kernel.money import RoundingMode
from arrears.kernel.refusals import Refusal

from . import refusals_revolving as refusals


@dataclass(frozen=True, slots=True)
class RevolvingTerms:
    """Policy of a revolving account. Amounts are integer minor units, the percentage a decimal.

    ``statement_day`` 1-31 (a short month cuts on its last day); payment is due ``due_after_days`` later.
    ``percent_base`` is ``closing_balance`` or ``new_balance`` (without what is overdue, over the limit or due in full).
    """

    statement_day: int = 5
    due_after_days: int = 20
    minimum_percent: Decimal = Decimal(10)
    minimum_floor_minor: int = 0
    percent_base: str = "new_balance"
    interest_in_full: bool = True
    fees_in_full: bool = True
    plan_instalments_in_full: bool = True
    rounding: RoundingMode = RoundingMode.UP

    @classmethod
    def from_dict(cls, words: Mapping[str, Any]) -> RevolvingTerms | Refusal:
        """Read the JSON form (``minimum_percent`` as a decimal string). Refuses ``revolving.*``."""
        known = [f.name for f in fields(cls)]
        for word in words:
            if word not in known:
                return refusals.UNKNOWN_WORD.at(f"/{word}", word=word, known=", ".join(known))
        values = dict(words)
        try:
            if "minimum_percent" in values:
                values["minimum_percent"] = Decimal(str(values["minimum_percent"]))
            if "rounding" in values:
                values["rounding"] = RoundingMode(values["rounding"])
        except (InvalidOperation, ValueError):
            return refusals.BAD_POLICY.at("/minimum_percent", word="minimum_percent", value=words, low=0, high=100)
        return check(cls(**values))

    def to_dict(self) -> dict[str, Any]:
        return {
            f.name: str(getattr(self, f.name)) if f.name in ("minimum_percent", "rounding") else getattr(self, f.name)
            for f in fields(self)
        }


def check(terms: RevolvingTerms) -> RevolvingTerms | Refusal:
    """The terms themselves, or why they cannot be."""
    limits: tuple[tuple[str, Any, Any, Any], ...] = (
        ("statement_day", terms.statement_day, 1, 31),
        ("due_after_days", terms.due_after_days, 1, 90),
        ("minimum_percent", terms.minimum_percent, 0, 100),
        ("minimum_floor_minor", terms.minimum_floor_minor, 0, 10**12),
    )
    for word, value, low, high in limits:
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not low <= value <= high:
            return refusals.BAD_POLICY.at(f"/{word}", word=word, value=value, low=low, high=high)
    if terms.percent_base not in ("closing_balance", "new_balance"):
        return refusals.BAD_POLICY.at(
            "/percent_base", word="percent_base", value=terms.percent_base, low="closing_balance", high="new_balance"
        )
    return terms


@dataclass(frozen=True, slots=True)
class StatementFigures:
    """What a statement is cut from, in minor units. ``overdue_minor`` is the unpaid part of earlier minimum dues.

    ``interest_minor``, ``fee_minor`` and ``plan_instalment_minor`` are the new charges of this cycle inside the balance.
    """

    closing_balance_minor: int
    overdue_minor: int = 0
    credit_limit_minor: int | None = None
    interest_minor: int = 0
    fee_minor: int = 0
    plan_instalment_minor: int = 0


@dataclass(frozen=True, slots=True)
class MinimumDue:
    """Parts of a minimum due in minor units. ``total_minor`` is their sum, cut to the closing balance (``cut_minor``)."""

    share_minor: int
    floor_raised_minor: int
    overdue_minor: int
    over_limit_minor: int
    in_full_minor: int
    cut_minor: int

    @property
    def total_minor(self) -> int:
        parts = self.share_minor + self.floor_raised_minor + self.overdue_minor + self.over_limit_minor + self.in_full_minor
        return parts - self.cut_minor


def minimum_due(figures: StatementFigures, terms: RevolvingTerms) -> MinimumDue:
    """The minimum due of one statement. A credit or zero balance owes nothing."""
    balance = figures.closing_balance_minor
    if balance <= 0:
        return MinimumDue(0, 0, 0, 0, 0, 0)
    over_limit = max(balance - figures.credit_limit_minor, 0) if figures.credit_limit_minor is not None else 0
    in_full = (
        (figures.interest_minor if terms.interest_in_full else 0)
        + (figures.fee_minor if terms.fees_in_full else 0)
        + (figures.plan_instalment_minor if terms.plan_instalments_in_full else 0)
    )
    base = balance
    if terms.percent_base == "new_balance":
        base = max(balance - figures.overdue_minor - over_limit - in_full, 0)
    exact = Decimal(base) * terms.minimum_percent / 100
    share = int(exact.quantize(Decimal(1), rounding=terms.rounding.decimal_mode))
    raised = max(min(terms.minimum_floor_minor, base) - share, 0)
    whole = share + raised + figures.overdue_minor + over_limit + in_full
    return MinimumDue(share, raised, figures.overdue_minor, over_limit, in_full, max(whole - balance, 0))


@dataclass(frozen=True, slots=True)
class Cycle:
    """One statement cycle: bookings after the day before ``opens_on`` up to and with ``cut_on``; payment due ``due_on``."""

    opens_on: date
    cut_on: date
    due_on: date


def cut_day(terms: RevolvingTerms, year: int, month: int) -> date:
    """The statement day of a month; a month that lacks the day cuts on its last day."""
    first = date(year, month, 1)
    return first.replace(day=min(terms.statement_day, last_of_month(first).day))


def cycles(terms: RevolvingTerms, opened_on: date, until: date) -> Iterator[Cycle]:
    """Every cycle cut after ``opened_on`` and not after ``until``, oldest first."""
    opens, month = opened_on, opened_on.replace(day=1)
    while True:
        cut = cut_day(terms, month.year, month.month)
        if cut > until:
            return
        if cut >= opened_on:
            yield Cycle(opens, cut, cut + timedelta(days=terms.due_after_days))
            opens = cut + timedelta(days=1)
        month = add_months(month, 1)
