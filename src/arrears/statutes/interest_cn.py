"""Delayed-performance interest and the caps on rates and charges (mainland China)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from arrears.kernel.refusals import Text
from arrears.statutes.working import InputError, Working, as_day, cents, money

DOUBLED = "民事诉讼法 264；法释〔2014〕8号 1"
YEAR_DAYS = {"actual/365": 365, "actual/360": 360, "30/360": 360}


@dataclass(slots=True)
class _Debt:
    """The judgment debt while payments come in: what is left and what has run up, exact until the end."""

    principal: Decimal
    general: Decimal = Decimal(0)
    doubled: Decimal = Decimal(0)
    paid_principal: Decimal = Decimal(0)
    paid_general: Decimal = Decimal(0)
    paid_doubled: Decimal = Decimal(0)

    def pay(self, amount: Decimal) -> None:
        """Judgment debt first (its general interest, then principal), the doubled part last (2014 no. 8, art. 4)."""
        to_general = min(amount, cents(self.general - self.paid_general))
        to_principal = min(amount - to_general, self.principal)
        to_doubled = min(amount - to_general - to_principal, cents(self.doubled - self.paid_doubled))
        self.paid_general += to_general
        self.principal -= to_principal
        self.paid_principal += to_principal
        self.paid_doubled += to_doubled


def _payments(working: Working) -> list[tuple[date, Decimal]]:
    rows = working.inputs.get("payments") or []
    paid = [(as_day(r.get("date"), "payments"), Working(r, working.as_of).amount("amount")) for r in rows]
    if not paid:
        raise InputError("payments", "input.missing", Text("缺少付款", "payments are missing"))
    return sorted(paid)


def delayed_performance_interest(working: Working) -> dict[str, Any]:
    """Doubled interest 0.0175 percent a day on the unpaid judgment debt, beside general interest where granted.

    The day after the performance period is day 1 and the payment day counts. ``excluded_days`` (a stay the debtor did not
    ask for) lie before every payment.
    """
    ends, excluded = working.day("performance_ends"), working.count("excluded_days", 0)
    daily = Decimal(working.figure("cn.delayed_performance.daily_rate"))
    granted = working.inputs.get("general_interest")
    debt = _Debt(working.amount("base"))
    last, general_from = ends, as_day(granted["from"], "general_interest") if granted else ends
    for paid_on, amount in _payments(working):
        days = max((paid_on - last).days, 0)
        counted = max(days - excluded, 0)
        excluded = max(excluded - days, 0)
        part = debt.principal * daily * counted
        debt.doubled += part
        working.step(
            "加倍部分", "doubled part", f"{debt.principal:f} × {daily:f} × {counted} 天/days", part, DOUBLED
        )  # fmt: skip
        if granted:
            rate = Working(granted, working.as_of).amount("annual_rate")
            year = YEAR_DAYS.get(str(granted.get("day_count", "actual/365")), 365)
            run = max((paid_on - general_from).days, 0)
            interest = debt.principal * rate / 100 * run / year
            debt.general += interest
            working.step("一般利息", "general interest", f"{debt.principal:f} × {rate:f}% × {run} / {year}", interest)
            general_from = paid_on
        debt.pay(amount)
        last = max(paid_on, last)
    return _delayed_outputs(working, debt, max((last - ends).days - working.count("excluded_days", 0), 0), bool(granted))


def _delayed_outputs(working: Working, debt: _Debt, days: int, granted: bool) -> dict[str, Any]:
    outputs: dict[str, Any] = {"days": days, "amount": money(debt.doubled)}
    if granted:
        total = working.amount("base") + cents(debt.general) + cents(debt.doubled)
        outputs |= {
            "general_interest": money(debt.general),
            "doubled_part": money(debt.doubled),
            "total": money(total),
        }
    return outputs | {
        "paid_general_interest": money(debt.paid_general),
        "paid_principal": money(debt.paid_principal),
        "paid_doubled_part": money(debt.paid_doubled),
        "left_general_interest": money(debt.general - debt.paid_general),
        "left_principal": money(debt.principal),
        "left_doubled_part": money(cents(debt.doubled) - debt.paid_doubled),
    }


def private_lending_rate_cap(working: Working) -> dict[str, Any]:
    """Four times the one-year LPR at the forming of the contract; not for licensed lenders (art. 1(2) and the 2021 reply)."""
    lender = working.inputs.get("lender", "private")
    if lender != "private":
        working.step(
            "不适用于持牌机构", "does not apply to licensed lenders", "—", "review", "法释〔2020〕17号 1(2)；法释〔2020〕27号"
        )
        return {"cap_percent": None, "review": True}
    formed = working.day("formed_on")
    lpr = (
        working.amount("lpr_1y_percent")
        if "lpr_1y_percent" in working.inputs
        else Decimal(working.figure("cn.lpr_1y_percent", formed))
    )
    multiple = Decimal(working.figure("cn.private_lending.lpr_multiple", formed))
    working.step("四倍LPR", "four times the LPR", f"{lpr:f}% × {multiple:f}", lpr * multiple, "法释〔2020〕17号 25")
    return {"cap_percent": money(lpr * multiple)}


def financial_loan_charges_cap(working: Working) -> dict[str, Any]:
    """On the borrower's objection the part of all charges above the cap is reduced (court policy (2017) no. 22)."""
    cap = Decimal(working.figure("cn.financial_loan.charges_cap_percent"))
    principal, days = working.amount("principal"), working.count("days", 365)
    claimed = working.amount("claimed_percent")
    applied = min(claimed, cap) if working.inputs.get("borrower_objects", True) else claimed
    amount = principal * applied / 100 * days / 365
    working.step(
        "可主张的各项费用合计",
        "charges that can be claimed",
        f"{principal:f} × {applied:f}% × {days}/365",
        amount,
        "法发〔2017〕22号 2",
    )
    outputs: dict[str, Any] = {"amount": money(amount), "cap_percent": money(cap)}
    if working.inputs.get("lender", "licensed") != "licensed":
        outputs["review"] = True
    return outputs


def overdue_rate_range(working: Working) -> dict[str, Any]:
    """Overdue rate: contract rate plus 30 to 50 percent; misuse of the loan: plus 50 to 100 percent."""
    contract = working.amount("contract_percent")
    kinds = working.figure("cn.overdue_rate.markup")
    kind = working.inputs.get("overdue_kind", "late")
    if kind not in kinds:
        raise InputError("overdue_kind", "input.unknown_kind", Text(f"未知的逾期类型：{kind}", f"unknown kind: {kind}"))
    low = contract * (100 + Decimal(kinds[kind]["minimum"])) / 100
    high = contract * (100 + Decimal(kinds[kind]["maximum"])) / 100
    working.step(
        "罚息利率幅度", "range of the overdue rate", f"{contract:f}% × …", f"{money(low)} – {money(high)}", "银发〔2003〕251号 3"
    )
    outputs: dict[str, Any] = {"minimum_percent": money(low), "maximum_percent": money(high)}
    if "proposed_percent" in working.inputs:
        proposed = working.amount("proposed_percent")
        outputs["review"] = not low <= proposed <= high
    return outputs


def card_charges_cap(working: Working) -> dict[str, Any]:
    """Interest and fees of an overdue card are not claimed beyond the principal; the text was seen in draft: review."""
    principal, accrued = working.amount("principal"), working.amount("accrued_interest_and_fees")
    amount = min(principal, accrued)
    working.step(
        "不超过本金", "at most the principal", f"min({accrued:f}, {principal:f})", amount, "银保监规〔2022〕13号（待核）"
    )
    return {"amount": money(amount), "review": accrued > principal}
