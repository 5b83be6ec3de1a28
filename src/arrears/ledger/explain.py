"""Sentences for the steps of a derivation, in the two house languages. Pure text; amounts stand in the line."""

from __future__ import annotations

from decimal import Decimal

from arrears.kernel.money import format_major
from arrears.kernel.refusals import Text

from .events import Component
from .position import TraceEntry

COMPONENT_NAMES: dict[Component, Text] = {
    Component.PRINCIPAL: Text("本金", "principal"),
    Component.INTEREST: Text("利息", "interest"),
    Component.FEE: Text("费用", "fee"),
    Component.PENALTY: Text("罚息", "penalty interest"),
    Component.COMPOUND: Text("复利", "compound interest"),
    Component.COST: Text("实现债权的费用", "cost of recovery"),
}

_SENTENCES: dict[str, Text] = {
    "billed": Text("第{n}期应还{zh}", "instalment {n}: {en} due"),
    "charged": Text("第{n}期计收{zh}", "instalment {n}: {en} charged"),
    "drawn": Text("用款{zh}", "{en} drawn"),
    "statement": Text("账单最低还款额：{zh}", "minimum payment of the statement: {en}"),
    "accelerated": Text("宣布提前到期：{zh}", "called due early: {en}"),
    "restructured": Text("重组后第{n}期应还{zh}", "restructured schedule, instalment {n}: {en} due"),
    "charged_back": Text("付款被退回，{zh}重新应还", "payment charged back: {en} owed again"),
    "refunded": Text("已退款，{zh}重新应还", "money refunded: {en} owed again"),
    "accrued": Text(
        "第{n}期{zh}：基数 {base}，年利率 {rate}%，{days} 天", "instalment {n}: {en} on {base} at {rate}% a year, {days} days"
    ),
    "paid": Text("还款抵第{n}期{zh}", "payment to {en} of instalment {n}"),
    "credit_applied": Text("溢缴款抵第{n}期{zh}", "credit from an earlier payment to {en} of instalment {n}"),
    "waived": Text("减免第{n}期{zh}", "waiver of {en} of instalment {n}"),
    "reduced": Text(
        "第{n}期{zh}超过年化 {rate}% 上限，不予主张", "{en} of instalment {n} above the cap of {rate}% a year, not claimed"
    ),
    "moved": Text("第{n}期{zh}转入后续应还", "{en} of instalment {n} carried into a later obligation"),
}

#: What could not be applied as recorded, or what changed without changing an amount. Codes stand in ``TraceEntry.detail``.
NOTES: dict[str, Text] = {
    "split_exceeds_open": Text("指定的分配超过未还金额，余款按顺序抵充", "the split exceeds what is open: the rest by the waterfall"),
    "chargeback_without_payment": Text("被退回的付款不计入，退回不生效", "the payment does not count: nothing to take back"),
    "out_of_credit": Text("先从溢缴款中扣除", "taken out of credit first"),
    "waiver_exceeds_open": Text("减免金额超过未还金额，超出部分未使用", "more was waived than is open; the excess is unused"),
    "restructured_without_rows": Text("重组未附新的还款计划", "the restructuring has no new schedule"),
    "minimum_exceeds_balance": Text("最低还款额超过余额", "the minimum payment exceeds the balance"),
    "closing_balance_below_ours": Text("账单余额低于本系统余额", "the statement's closing balance is below ours"),
    "written_off": Text("已核销，债权仍然存在", "written off in the books; the debt stays owed"),
    "transferred": Text("债权已转让", "the claim was transferred"),
    "closed_with_open_amounts": Text("结清时仍有未还金额", "closed while amounts were open"),
}  # fmt: skip


def rate_text(percent: Decimal | None) -> str:
    """A rate without needless zeros: ``18``, ``6.525``."""
    if percent is None:
        return ""
    text = f"{percent:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def sentence(entry: TraceEntry, currency: str) -> Text:
    """What one step of the derivation did."""
    if entry.kind == "note":
        return NOTES.get(entry.detail, Text(entry.detail, entry.detail))
    name = COMPONENT_NAMES[entry.component] if entry.component else Text("", "")
    return _SENTENCES[entry.kind].format(
        n=entry.n, zh=name.zh, en=name.en, base=format_major(entry.base_minor, currency),
        rate=rate_text(entry.annual_percent), days=entry.days,
    )  # fmt: skip
