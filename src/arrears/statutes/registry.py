"""Names of all calculators, clocks and classification schemes, and the one way to run a calculator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from arrears.kernel.refusals import Refusal, Text
from arrears.statutes import fees_cn, fees_other, interest_cn
from arrears.statutes.refusals import INPUT_WRONG, UNKNOWN_CALCULATOR
from arrears.statutes.working import Answer, InputError, Working


@dataclass(frozen=True, slots=True)
class Calculator:
    """A named calculation. ``inputs`` are the words it reads; unknown words are refused, so a typing slip is never ignored."""

    name: str
    title: Text
    inputs: frozenset[str]
    run: Callable[[Working], dict[str, Any]]


def _calculator(name: str, zh: str, en: str, inputs: str, run: Callable[[Working], dict[str, Any]]) -> Calculator:
    return Calculator(name, Text(zh, en), frozenset(inputs.split()) | {"currency"}, run)


CALCULATORS = {
    c.name: c
    for c in (
        _calculator(
            "cn.acceptance_fee", "案件受理费", "case acceptance fee",
            "claim_amount claim_amounts halved_by instance appealed_amount earlier_payment_order_fee", fees_cn.acceptance_fee,
        ),
        _calculator(
            "cn.acceptance_fee_top_up", "补交受理费", "acceptance fee to top up", "claim_amount paid reason",
            fees_cn.acceptance_fee_top_up,
        ),
        _calculator("cn.payment_order_fee", "支付令申请费", "payment order fee", "claim_amount", fees_cn.payment_order_fee),
        _calculator("cn.enforcement_fee", "申请执行费", "enforcement fee", "execution_amount", fees_cn.enforcement_fee),
        _calculator("cn.preservation_fee", "保全申请费", "preservation fee", "preserved_amount", fees_cn.preservation_fee),
        _calculator("cn.bankruptcy_fee", "破产申请费", "bankruptcy fee", "estate_amount", fees_cn.bankruptcy_fee),
        _calculator(
            "cn.arbitration_fee_range", "仲裁费幅度", "arbitration fee range", "claim_amount",
            fees_cn.arbitration_fee_range,
        ),
        _calculator(
            "cn.small_claims_track", "小额诉讼", "small claims track", "claim_amount average_wage",
            fees_cn.small_claims_track,
        ),
        _calculator(
            "cn.delayed_performance_interest", "迟延履行利息", "delayed-performance interest",
            "base performance_ends payments excluded_days general_interest", interest_cn.delayed_performance_interest,
        ),
        _calculator(
            "cn.private_lending_rate_cap", "民间借贷利率上限", "private lending cap", "formed_on lpr_1y_percent lender",
            interest_cn.private_lending_rate_cap,
        ),
        _calculator(
            "cn.financial_loan_charges_cap", "金融借款费用上限", "cap on charges of financial loans",
            "lender principal days claimed_percent borrower_objects", interest_cn.financial_loan_charges_cap,
        ),
        _calculator(
            "cn.overdue_rate_range", "罚息利率幅度", "range of the overdue rate",
            "contract_percent overdue_kind proposed_percent", interest_cn.overdue_rate_range,
        ),
        _calculator(
            "cn.card_charges_cap", "信用卡息费上限", "cap on card charges", "principal accrued_interest_and_fees",
            interest_cn.card_charges_cap,
        ),
        _calculator(
            "de.collection_fee", "德国催收费用", "German collection cost", "claim_amount factor disputed",
            fees_other.de_collection_fee,
        ),
        _calculator(
            "generic.dunning_letter", "催告函金额", "dunning letter", "outstanding days_overdue notice_fee annual_rate day_count",
            fees_other.dunning_letter,
        ),
        _calculator(
            "generic.broken_period_interest", "零头期间利息", "broken period interest",
            "principal annual_rate disbursed_on first_due instalments day_count treatment", fees_other.broken_period_interest,
        ),
    )
}  # fmt: skip


def calculate(name: str, inputs: Mapping[str, Any], as_of: date) -> Answer | Refusal:
    """Run calculator ``name`` with the rules of ``as_of``. Refuses an unknown calculator or word, or an input it cannot read."""
    calculator = CALCULATORS.get(name)
    if calculator is None:
        return UNKNOWN_CALCULATOR.at("/calculator", name=name, known=", ".join(sorted(CALCULATORS)))
    unknown = sorted(set(inputs) - calculator.inputs)
    if unknown:
        return INPUT_WRONG.at(f"/inputs/{unknown[0]}", zh=f"不认识的输入 {unknown[0]}", en=f"unknown input {unknown[0]}")
    working = Working(inputs, as_of)
    try:
        outputs = calculator.run(working)
    except InputError as wrong:
        return INPUT_WRONG.at(f"/inputs/{wrong.name}", zh=wrong.text.zh, en=wrong.text.en)
    return Answer(outputs, tuple(working.steps), working.used)
