"""Calculators outside mainland China, and general ones."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any

from dateutil.relativedelta import relativedelta

from arrears.kernel.refusals import Text
from arrears.statutes.interest_cn import YEAR_DAYS
from arrears.statutes.working import InputError, Working, cents, money


def _rvg(working: Working, claim: Decimal, table: dict[str, Any]) -> Decimal:
    """Full fee of section 13 RVG: every *started* step above the base adds the step's fee."""
    low, fee = Decimal(table["base"]["to"]), Decimal(table["base"]["fee"])
    for step in table["steps"]:
        top = Decimal(step["to"]) if "to" in step else None
        part = (claim if top is None else min(claim, top)) - low
        if part <= 0:
            break
        started = (part / Decimal(step["per"])).to_integral_value(ROUND_CEILING)
        fee += started * Decimal(step["fee"])
        working.step("每一级加收", "each started step", f"{started} × {step['fee']}", fee, "RVG § 13")
        if top is None:
            break
        low = top
    return fee


def de_collection_fee(working: Working) -> dict[str, Any]:
    """German collection cost before tax: table fee x factor, expenses 20 percent, at most 20 (VV 2300, 7002)."""
    claim, factor = working.amount("claim_amount"), working.amount("factor")
    table = working.figure("de.rvg.table")
    small = claim <= 50 and not working.inputs.get("disputed", False)
    full = Decimal(table["up_to_50"]) if small else _rvg(working, claim, table)
    fee = cents(max(full * factor, Decimal(table["minimum"])))
    working.step("费用", "fee", f"{full:f} × {factor:f}", fee, "VV 2300 RVG")
    expenses = min(cents(fee * Decimal(table["expenses_percent"]) / 100), Decimal(table["expenses_cap"]))
    working.step(
        "杂费", "expenses", f"{fee:f} × {table['expenses_percent']}% (max {table['expenses_cap']})", expenses, "VV 7002 RVG"
    )
    return {"amount": money(fee), "expenses": money(expenses), "total": money(fee + expenses)}


def _year(working: Working) -> int:
    name = str(working.inputs.get("day_count", "actual/365"))
    if name not in YEAR_DAYS:
        raise InputError("day_count", "input.unknown_day_count", Text(f"未知的计息基准：{name}", f"unknown day count: {name}"))
    return YEAR_DAYS[name]


def dunning_letter(working: Working) -> dict[str, Any]:
    """Interest for the days overdue plus the notice fee, beside the amount outstanding."""
    outstanding, days, year = working.amount("outstanding"), working.count("days_overdue", 0), _year(working)
    rate, fee = working.amount("annual_rate", "0"), working.amount("notice_fee", "0")
    interest = cents(outstanding * rate / 100 * days / year)
    working.step("逾期利息", "interest", f"{outstanding:f} × {rate:f}% × {days}/{year}", interest)
    return {"interest": money(interest), "dunning_amount": money(interest + fee), "total": money(outstanding + interest + fee)}


def broken_period_interest(working: Working) -> dict[str, Any]:
    """Interest of the odd days between disbursement and the start of the first whole month before the first due date."""
    principal, rate, year = working.amount("principal"), working.amount("annual_rate"), _year(working)
    disbursed, first_due = working.day("disbursed_on"), working.day("first_due")
    starts: date = first_due - relativedelta(months=1)
    odd = max((starts - disbursed).days, 0)
    regular_days = (first_due - max(starts, disbursed)).days
    broken = principal * rate / 100 * odd / year
    regular = principal * rate / 100 * regular_days / year
    working.step("零头天数利息", "interest of the odd days", f"{principal:f} × {rate:f}% × {odd}/{year}", broken)
    treatment = working.inputs.get("treatment", "add_to_first_instalment")
    joined = {"add_to_first_instalment": broken, "collect_at_disbursement": Decimal(0), "separate_instalment": Decimal(0)}
    if treatment not in joined:
        raise InputError(
            "treatment", "input.unknown_treatment", Text(f"未知的处理：{treatment}", f"unknown treatment: {treatment}")
        )
    return {"broken_period_interest": money(broken), "first_interest": money(regular + joined[treatment]), "odd_days": odd}
