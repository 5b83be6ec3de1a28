"""Positions: what the host says is owed on a date."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from arrears.intake import refusals
from arrears.intake.fields import Fault, Field, Kind

from .common import OPENED_ON, CheckContext, flag, future, t

KIND = Kind(
    name="positions",
    label=t("日终余额", "Positions"),
    meaning=t("一行是一份借据在一天的余额与逾期，由主机给出。", "What the host says is owed under one agreement on one day."),
    key=("agreement_reference", "as_of"),
    on_conflict="append",
    control="overdue",
    needs="agreement",
    undo=t(
        "补记之前的余额（没有则记为空），旧数据仍可按当时所知查询。",
        "The former position is recorded again (or an empty one); what was known stays visible as known then.",
    ),
    fields=(
        Field("agreement_reference", "text", t("借据号", "Agreement number"), True, longest=64,
              synonyms=("合同号", "loan_id", "agreement_id", "loan_no")),
        Field("as_of", "date", t("数据日期", "As of"), True, not_future=True, synonyms=("日期", "as_of", "date", "snapshot_date")),
        Field("currency", "text", t("币种", "Currency"), longest=3, synonyms=("currency", "ccy")),
        Field("balance", "amount", t("贷款余额", "Balance"), unit="minor", synonyms=("余额", "balance")),
        Field("principal", "amount", t("剩余本金", "Principal"), unit="minor", at_least=0, synonyms=("principal", "outstanding_principal")),
        Field("overdue", "amount", t("逾期金额", "Overdue"), unit="minor", at_least=0, synonyms=("逾期总额", "overdue", "overdue_amount")),
        Field("overdue_principal", "amount", t("逾期本金", "Overdue principal"), unit="minor", at_least=0, synonyms=("overdue_principal",)),
        Field("overdue_interest", "amount", t("逾期利息", "Overdue interest"), unit="minor", at_least=0, synonyms=("overdue_interest",)),
        Field("overdue_penalty", "amount", t("逾期罚息", "Overdue penalty"), unit="minor", at_least=0, synonyms=("overdue_penalty",)),
        Field("overdue_fee", "amount", t("逾期费用", "Overdue fees"), unit="minor", at_least=0, synonyms=("overdue_fee",)),
        Field("past_due_days", "integer", t("逾期天数", "Days past due"), unit="days", at_least=0,
              synonyms=("dpd", "past_due_days", "days_past_due")),
        Field("oldest_due_on", "date", t("最早逾期日", "Oldest due date"), synonyms=("oldest_due_on",)),
        Field("minimum_due", "amount", t("最低还款额", "Minimum due"), unit="minor", at_least=0, synonyms=("minimum_due", "min_due")),
    ),
)  # fmt: skip


def check(frame: pl.DataFrame, context: CheckContext) -> Iterable[Fault]:
    """Not in the future, not before the agreement began."""
    yield from future(KIND, frame, context.today)
    if OPENED_ON in frame.columns:
        shown = {"opened_on": pl.col(OPENED_ON)}
        yield from flag(frame, pl.col("as_of") < pl.col(OPENED_ON), refusals.BEFORE_DISBURSEMENT, "as_of", shown)
