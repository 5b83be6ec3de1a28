"""Caps on the total of interest, penalty, compound interest and fees, by named profile. Figures are dated data with clauses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

from arrears.kernel.parameters import Dated, Parameter, load

#: profile -> (parameter of the rate, parameter of its multiple or "", whether the day of forming counts)
PROFILES: dict[str, tuple[str, str, bool]] = {
    "cn.financial_24": ("cn.financial_loan.charges_cap_percent", "", False),
    "cn.private_lending_4xlpr": ("cn.lpr_1y_percent", "cn.private_lending.lpr_multiple", True),
}


@cache
def parameters() -> dict[str, Parameter]:
    return load(files(__package__).joinpath("data", "caps.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class CapRate:
    """The cap in percent a year, with the figures it rests on."""

    profile: str
    percent: Decimal
    figures: tuple[Dated, ...]

    @property
    def clause(self) -> str:
        return "；".join(dict.fromkeys(f.clause for f in self.figures))


def cap_rate(profile: str, formed_on: date, as_of: date) -> CapRate:
    """The rate of ``profile``. Raises ``KeyError`` for an unknown profile, ``ParameterError`` where no figure is in force."""
    rate_name, multiple_name, by_forming = PROFILES[profile]
    on = formed_on if by_forming else as_of
    rate = parameters()[rate_name].on(on)
    if not multiple_name:
        return CapRate(profile, Decimal(rate.value), (rate,))
    multiple = parameters()[multiple_name].on(on)
    return CapRate(profile, Decimal(rate.value) * Decimal(multiple.value), (multiple, rate))
