"""Caps on the price of a loan (interest, penalty, compound interest and fees together), by named profile.

The figures are dated parameters with clause, source and last-checked date (``data/caps.yaml``); none stands in code. The
fold turns the yearly rate into an amount on the principal day by day and shows what it takes off as lines of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files

from arrears.kernel.parameters import Dated, Parameter, ParameterError, load
from arrears.kernel.refusals import Text

from .servicing import CapTerms

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class CapProfile:
    """``rate``: parameter of the yearly percent; ``multiple``: parameter it is multiplied by, or empty."""

    id: str
    title: Text
    rate: str
    multiple: str = ""
    day_count: str = "actual/365"


PROFILES: dict[str, CapProfile] = {
    p.id: p
    for p in (
        CapProfile(
            "cn.private_lending_4xlpr",
            Text(
                "民间借贷利率上限：合同成立时一年期LPR的四倍",
                "private lending: four times the one-year LPR on the day of the contract",
            ),
            "cn.lpr_1y_percent",
            "cn.private_lending.lpr_multiple",
        ),
        CapProfile(
            "cn.financial_24",
            Text("金融借款各项费用合计上限", "loans of financial institutions: cap on all charges together"),
            "cn.financial_loan.charges_cap_percent",
        ),
    )
}


@cache
def parameters() -> dict[str, Parameter]:
    """The dated figures of the ledger's caps, by id."""
    return load(files(__package__).joinpath("data", "caps.yaml").read_text(encoding="utf-8"))


class UnknownCap(ValueError):
    """The profile does not exist or has no figure for the day. Unknown is never taken as "no cap": the position says so."""


@dataclass(frozen=True, slots=True)
class CapRate:
    """The cap of one agreement in percent a year, with the figures it rests on."""

    profile: str
    annual_percent: Decimal
    figures: tuple[Dated, ...]
    day_count: str

    @property
    def micro(self) -> int:
        return int(self.annual_percent * MICRO)

    @property
    def clause(self) -> str:
        return "；".join(dict.fromkeys(f.clause for f in self.figures))


@lru_cache(maxsize=4096)
def rate_for(terms: CapTerms) -> CapRate:
    """The cap for an agreement formed on ``terms.formed_on``. Raises ``UnknownCap``.

    ``cn.private_lending_4xlpr``: 4 times the one-year LPR when the contract was formed (民间借贷规定 25, text of 2020-12-29).
    ``cn.financial_24``: court policy 法发〔2017〕22号 2.
    """
    profile = PROFILES.get(terms.profile)
    if profile is None:
        raise UnknownCap(f"unknown cap profile {terms.profile!r}")
    try:
        rate = parameters()[profile.rate].on(terms.formed_on)
        multiple = parameters()[profile.multiple].on(terms.formed_on) if profile.multiple else None
    except ParameterError as error:
        raise UnknownCap(str(error)) from error
    if multiple is None:
        return CapRate(profile.id, Decimal(rate.value), (rate,), profile.day_count)
    return CapRate(profile.id, Decimal(rate.value) * Decimal(multiple.value), (multiple, rate), profile.day_count)
