"""Court, preservation, enforcement, bankruptcy and arbitration fees of mainland China (State Council Order 481)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from arrears.kernel.refusals import Text
from arrears.statutes.working import InputError, Working, cents, money, tiered

ACCEPTANCE = "诉讼费用交纳办法 13(1)"


def _scale_fee(working: Working, amount: Decimal) -> Decimal:
    return tiered(working, amount, working.figure("cn.acceptance_fee.scale"), ACCEPTANCE)


def _claim(working: Working) -> Decimal:
    """The sum in dispute: the appealed amount on appeal (art. 17), else all property claims added (interpretation 201)."""
    if working.inputs.get("instance") == "appeal" and "appealed_amount" in working.inputs:
        return working.amount("appealed_amount")
    if "claim_amounts" in working.inputs:
        parts = [Working({"part": p}, working.as_of).amount("part") for p in working.inputs["claim_amounts"]]
        total = sum(parts, Decimal(0))
        working.step(
            "多项财产请求合并计算",
            "several property claims are added",
            " + ".join(f"{p:f}" for p in parts),
            total,
            "民诉解释 201",
        )
        return total
    return working.amount("claim_amount")


def acceptance_fee(working: Working) -> dict[str, Any]:
    """Case acceptance fee; halved once however many grounds there are (arts 15, 16, 18; interpretation 206)."""
    fee = _scale_fee(working, _claim(working))
    grounds = working.inputs.get("halved_by") or []
    known = working.figure("cn.acceptance_fee.halving")
    for ground in grounds:
        if ground not in known:
            raise InputError(
                "halved_by",
                "input.unknown_ground",
                Text(f"未知的减半事由：{ground}", f"unknown ground for half the fee: {ground}"),
            )
    if grounds:
        fee = fee / 2
        working.step("减半（只减一次）", "halved, once only", "÷ 2", fee, "诉讼费用交纳办法 15、16、18；民诉解释 206")
    outputs: dict[str, Any] = {"amount": money(fee)}
    if "earlier_payment_order_fee" in working.inputs:
        outputs["claimable_in_suit"] = money(working.amount("earlier_payment_order_fee"))
    return outputs


def acceptance_fee_top_up(working: Working) -> dict[str, Any]:
    """What is still to be paid when the procedure or the claim changes (arts 21, 195 and 199 of the interpretation)."""
    full, paid = cents(_scale_fee(working, working.amount("claim_amount"))), working.amount("paid")
    reason = working.inputs.get("reason")
    if reason not in {"simplified_to_ordinary", "claim_increased", "payment_order_converted"}:
        raise InputError("reason", "input.unknown_reason", Text(f"未知的补交原因：{reason}", f"unknown reason: {reason}"))
    due = max(full - paid, Decimal(0))
    working.step("应补交", "to top up", f"{full:f} − {paid:f}", due)
    outputs: dict[str, Any] = {"amount": money(due)}
    if reason == "simplified_to_ordinary":
        outputs["due_within_days"] = working.figure("cn.acceptance_fee.top_up_days")
    return outputs


def payment_order_fee(working: Working) -> dict[str, Any]:
    """One third of the acceptance fee (art. 14(3))."""
    fee = _scale_fee(working, working.amount("claim_amount")) / working.figure("cn.payment_order_fee.divisor")
    working.step("支付令为受理费的三分之一", "one third of the acceptance fee", "÷ 3", fee, "诉讼费用交纳办法 14(3)")
    return {"amount": money(fee)}


def enforcement_fee(working: Working) -> dict[str, Any]:
    """Borne by the person enforced against, collected after enforcement (arts 14(1), 20, 38)."""
    amount = working.amount("execution_amount")
    return {"amount": money(tiered(working, amount, working.figure("cn.enforcement_fee.scale"), "诉讼费用交纳办法 14(1)"))}


def preservation_fee(working: Working) -> dict[str, Any]:
    amount = working.amount("preserved_amount")
    return {"amount": money(tiered(working, amount, working.figure("cn.preservation_fee.scale"), "诉讼费用交纳办法 14(2)"))}


def bankruptcy_fee(working: Working) -> dict[str, Any]:
    """Half of the acceptance scale on the whole estate, capped (art. 14(6))."""
    rule = working.figure("cn.bankruptcy_fee")
    fee = _scale_fee(working, working.amount("estate_amount")) / rule["divisor"]
    capped = min(fee, Decimal(rule["cap"]))
    working.step("减半并不超过上限", "half, at most the cap", f"min({fee:f}, {rule['cap']})", capped, "诉讼费用交纳办法 14(6)")
    return {"amount": money(capped)}


def arbitration_fee_range(working: Working) -> dict[str, Any]:
    """Lowest and highest fee a commission may set; each sets its own inside this range."""
    scale = working.figure("cn.arbitration_fee.scale")
    amount = working.amount("claim_amount")
    low, high = (tiered(working, amount, scale[end], "仲裁收费办法") for end in ("minimum", "maximum"))
    return {"minimum": money(low), "maximum": money(high)}


def small_claims_track(working: Working) -> dict[str, Any]:
    """Civil Procedure Law 165: up to half the province's average wage mandatory, up to twice by agreement."""
    multiples = working.figure("cn.small_claims.multiples")
    claim, wage = working.amount("claim_amount"), working.amount("average_wage")
    mandatory, agreed = wage * Decimal(multiples["mandatory"]), wage * Decimal(multiples["by_agreement"])
    track = "mandatory" if claim <= mandatory else "by_agreement" if claim <= agreed else "no"
    working.step("小额诉讼界限", "small claims limits", f"{mandatory:f} / {agreed:f}", track, "民事诉讼法 165")
    return {"track": track}
