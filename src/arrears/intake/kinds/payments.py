"""Payments and every other posting on an agreement: one immutable event a row."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from arrears.intake import refusals
from arrears.intake.fields import Fault, Field, Kind
from arrears.kernel.money import format_major

from .common import OPENED_ON, CheckContext, flag, future, labels, reversed_dates, t

#: Posting → (needs an amount, needs a component, names a former posting).
EVENTS = {
    "paid": (True, False, False), "refunded": (True, False, False), "charged": (True, True, False), "waived": (True, True, False),
    "reversed": (False, False, True), "charged_back": (True, False, True), "paused": (False, False, False),
    "resumed": (False, False, True), "drawn": (True, False, False), "statement_cut": (True, False, False),
    "written_off": (False, False, False), "accelerated": (False, False, False), "closed": (False, False, False),
}  # fmt: skip
COMPONENTS = ("principal", "interest", "fee", "penalty", "compound", "cost")
SPLITS = tuple(f"split_{c}" for c in COMPONENTS)
WITH_AMOUNT = [name for name, needs in EVENTS.items() if needs[0]]
WITH_COMPONENT = [name for name, needs in EVENTS.items() if needs[1]]
WITH_TARGET = [name for name, needs in EVENTS.items() if needs[2]]
_ACCOUNT = ("合同号", "loan_id", "agreement_id", "loan_no")

KIND = Kind(
    name="payments",
    label=t("还款流水", "Payments and postings"),
    meaning=t(
        "一行一笔流水：还款、冲正、收费、减免、暂停等。流水号在借据内唯一。",
        "One posting a row: payment, reversal, charge, waiver, pause and so on. The reference is unique within its agreement.",
    ),
    key=("agreement_reference", "reference"),
    on_conflict="refuse",
    control="amount",
    needs="agreement",
    undo=t(
        "每一笔都以一条冲正流水抵消；已有后来流水指向它们时拒绝并列出。",
        "Every posting is taken back by a reversal; where later postings refer to one, the undo is refused and lists them.",
    ),
    fields=(
        Field("reference", "text", t("流水号", "Reference"), True, longest=100, synonyms=("交易流水号", "payment_id", "reference", "txn_id")),
        Field("agreement_reference", "text", t("借据号", "Agreement number"), True, longest=64, synonyms=_ACCOUNT),
        Field("event", "code", t("交易类型", "Posting"), default="paid", codes=tuple(EVENTS), synonyms=("交易种类", "event", "type")),
        Field("effective_on", "date", t("记账日期", "Effective on"), True, not_future=True,
              synonyms=("还款日期", "交易日期", "date", "effective_on", "paid_on")),
        Field("amount", "amount", t("金额", "Amount"), unit="minor", synonyms=("还款金额", "交易金额", "amount")),
        Field("currency", "text", t("币种", "Currency"), longest=3, synonyms=("currency", "ccy")),
        Field("component", "code", t("科目", "Component"), codes=COMPONENTS, synonyms=("component",)),
        Field("due_on", "date", t("到期日期", "Due on"), synonyms=("due_on",)),
        Field("until", "date", t("截止日期", "Until"), synonyms=("until",)),
        Field("target_reference", "text", t("原流水号", "Original reference"), longest=100, synonyms=("原交易流水号", "target")),
        Field("minimum_due", "amount", t("最低还款额", "Minimum due"), unit="minor", at_least=0),
        Field("channel", "text", t("渠道", "Channel"), longest=40, synonyms=("还款渠道", "channel")),
        *(Field(name, "amount", t(f"分配{zh}", f"Split: {name[6:]}"), unit="minor", at_least=0) for name, zh in
          zip(SPLITS, ("本金", "利息", "费用", "罚息", "复利", "实现债权费用"), strict=True)),
        Field("reason", "text", t("事由", "Reason"), longest=200, synonyms=("备注", "摘要", "reason", "memo")),
    ),
)  # fmt: skip


def check(frame: pl.DataFrame, context: CheckContext) -> Iterable[Fault]:
    """Each posting by itself; targets and pauses are checked once the whole file is known."""
    yield from future(KIND, frame, context.today)
    event = pl.col("event")
    for name, which in (("amount", WITH_AMOUNT), ("component", WITH_COMPONENT), ("target_reference", WITH_TARGET)):
        one = KIND.field(name)
        if one is None:
            continue
        if name not in frame.columns:
            frame = frame.with_columns(pl.lit(None, dtype=pl.String if name != "amount" else pl.Int64).alias(name))
        yield from flag(frame, event.is_in(which) & pl.col(name).is_null(), refusals.FIELD_MISSING, name, labels(one))
    if "amount" in frame.columns:
        shown = {"label": "金额", "label_en": "Amount"}
        yield from flag(frame, event.is_in(WITH_AMOUNT) & (pl.col("amount") <= 0), refusals.AMOUNT_NOT_POSITIVE, "amount", shown)
    if "until" in frame.columns:
        until = {"label": "截止日期", "label_en": "Until"}
        yield from flag(frame, (event == "paused") & pl.col("until").is_null(), refusals.FIELD_MISSING, "until", until)
        yield from reversed_dates(frame, KIND, "effective_on", "until")
    if OPENED_ON in frame.columns:
        shown_date = {"opened_on": pl.col(OPENED_ON)}
        yield from flag(
            frame, pl.col("effective_on") < pl.col(OPENED_ON), refusals.BEFORE_DISBURSEMENT, "effective_on", shown_date
        )
    yield from _splits(frame)


def _splits(frame: pl.DataFrame) -> Iterable[Fault]:
    present = [c for c in SPLITS if c in frame.columns]
    if not present or "amount" not in frame.columns:
        return
    stated = pl.any_horizontal([pl.col(c).is_not_null() for c in present])
    total = pl.sum_horizontal([pl.col(c).fill_null(0) for c in present])
    for fault in flag(frame, stated & (total != pl.col("amount")), refusals.SPLIT_SUM, "amount", {"found": total}):
        cells = {"masked": fault.masked, "found": str(fault.values["found"])}
        shown = {k: format_major(int(v), "CNY") for k, v in cells.items()}
        yield Fault(fault.row, fault.code, field="amount", masked=shown["masked"], values={"found": shown["found"]})
