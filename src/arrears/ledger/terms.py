"""What a contract says about its schedule: the words of ``ScheduleTerms`` and their reading from and writing to JSON.

Amounts here are the contract's own figures, exact ``Decimal`` in major units, because a contract may state an instalment finer
than a cent; what is owed (``schedule.minor_rows``) is integer minor units. Rates are percent a year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from arrears.kernel.calendars import MonthEnd, Step
from arrears.kernel.daycount import DayCount, LeapYearRule
from arrears.kernel.money import RoundingMode
from arrears.kernel.refusals import Refusal


class RateKind(StrEnum):
    NOMINAL = "nominal"  # interest of a period is rate x years
    EFFECTIVE = "effective"  # interest of a period is (1 + rate)^years - 1


class InterestMethod(StrEnum):
    DECLINING_BALANCE = "declining_balance"
    FLAT = "flat"  # on the original principal for the whole term
    COMPOUND_DAILY = "compound_daily"  # balance x ((1 + rate)^(days/365) - 1)
    NONE = "none"


class InterestAccrual(StrEnum):
    """Unstated (None) means: interest accrues by days, the level instalment comes from the annuity formula on whole periods."""

    DAILY = "daily"
    PER_PERIOD = "per_period"  # a whole period is one unit of a year (1/12, 1/52 …)


class Amortization(StrEnum):
    EQUAL_INSTALMENTS = "equal_instalments"
    EQUAL_PRINCIPAL = "equal_principal"
    FIXED_PRINCIPAL = "fixed_principal"
    FIXED_PAYMENT = "fixed_payment"
    BULLET = "bullet"


class Levelling(StrEnum):
    RELEVEL_ONCE = "relevel_once"
    LAST_INSTALMENT = "last_instalment"


class FinalStub(StrEnum):
    """Where the end is not on the grid: ``LONG`` merges the rest into the last whole step, ``SHORT`` adds a short last period."""

    LONG = "long"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class RoundingRule:
    """``places`` decimal places, or whole multiples of ``multiple_of`` (major units) where that is given."""

    mode: RoundingMode = RoundingMode.HALF_UP
    places: int = 2
    multiple_of: Decimal | None = None

    def apply(self, amount: Decimal) -> Decimal:
        if self.mode is RoundingMode.NONE:
            return amount
        if self.multiple_of is None:
            return amount.quantize(Decimal(1).scaleb(-self.places), rounding=self.mode.decimal_mode)
        units = (amount / self.multiple_of).quantize(Decimal(1), rounding=self.mode.decimal_mode)
        return (units * self.multiple_of).quantize(Decimal(1).scaleb(-self.places))


@dataclass(frozen=True, slots=True)
class Rounding:
    """``interest`` rounds interest and principal shares; ``instalment`` the level instalment and the down payment."""

    interest: RoundingRule = RoundingRule()
    instalment: RoundingRule = RoundingRule()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Due dates: every ``every`` from ``first_due`` (or from disbursement), ``count`` of them, or listed in ``due_dates``."""

    every: Step | None = None
    count: int | None = None
    first_due: date | None = None
    due_dates: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class RateReset:
    """From ``on`` (that day included) the rate is ``annual_rate`` percent a year."""

    on: date
    annual_rate: Decimal


@dataclass(frozen=True, slots=True)
class DownPayment:
    """Part of the principal due on ``due_on`` (disbursement where None), without interest."""

    percent: Decimal | None = None
    amount: Decimal | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Grace:
    """Counted in instalments from the first: no principal; interest put off; no interest accrued at all."""

    principal_instalments: int = 0
    interest_instalments: int = 0
    interest_free_instalments: int = 0


@dataclass(frozen=True, slots=True)
class ScheduleTerms:
    """Terms of a schedule. Every policy is named; nothing is guessed from the amounts.

    Amounts in major units, rates in percent a year. Read with ``from_dict``, which refuses unknown words and impossible
    terms; constructing one directly skips those checks (``terms_reading.check`` makes them).
    """

    currency: str
    principal: Decimal
    disbursed_on: date
    annual_rate: Decimal = Decimal(0)
    instalments: Rhythm = Rhythm()
    rate_kind: RateKind = RateKind.NOMINAL
    interest_method: InterestMethod = InterestMethod.DECLINING_BALANCE
    interest_accrual: InterestAccrual | None = None
    partial_periods_by_days: bool = False
    amortization: Amortization = Amortization.EQUAL_INSTALMENTS
    day_count: DayCount = DayCount.ACTUAL_365
    leap_year_rule: LeapYearRule = LeapYearRule.WHOLE_YEAR
    end_of_month: MonthEnd = MonthEnd.SAME_DAY
    final_stub: FinalStub | None = None  # None: long for steps of months, short for steps of days
    interest_dues: Rhythm | None = None
    maturity: date | None = None
    amortized_until: date | None = None
    fixed_instalment: Decimal | None = None
    fixed_principal: Decimal | None = None
    capitalise_until: date | None = None
    accrued_interest: Decimal = Decimal(0)
    rate_resets: tuple[RateReset, ...] = ()
    down_payment: DownPayment | None = None
    grace: Grace = field(default_factory=Grace)
    levelling: Levelling = Levelling.LAST_INSTALMENT
    rounding: Rounding = Rounding()

    @classmethod
    def from_dict(cls, words: Mapping[str, Any]) -> ScheduleTerms | Refusal:
        """Read the JSON or YAML form. Amounts and rates are decimal strings, dates ISO text (or dates).

        Refuses (``terms.*``) every unknown word or value and every impossible term; all reasons stand in ``errors``.
        """
        from .terms_reading import read

        return read(words)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, without what is at its default. ``from_dict(terms.to_dict()) == terms``."""
        from .terms_reading import write

        return write(self)
