"""Schedules of the host: all instalments of an agreement in one file are one version of its schedule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from arrears.intake import refusals
from arrears.intake.fields import Fault, Field, Kind
from arrears.intake.reading.source import ROW

from .common import DISBURSED, OPENED_ON, CheckContext, flag, t

KIND = Kind(
    name="schedules",
    label=t("还款计划", "Schedules"),
    meaning=t("一行一期；同一借据在一个文件中的各期组成一版还款计划。", "One instalment a row; those of an agreement in one file make one version."),
    key=("agreement_reference", "n"),
    on_conflict="append",
    control="principal",
    needs="agreement",
    undo=t("本批次的还款计划被冲正，之前的版本重新生效。", "The schedules of the batch are reversed; the version before is in force again."),
    fields=(
        Field("agreement_reference", "text", t("借据号", "Agreement number"), True, longest=64,
              synonyms=("合同号", "loan_id", "agreement_id", "loan_no")),
        Field("n", "integer", t("期次", "Instalment"), True, unit="count", at_least=1, synonyms=("期数", "n", "instalment_no")),
        Field("due_on", "date", t("应还日期", "Due on"), True, synonyms=("应还日", "到期日期", "due_date", "due_on")),
        Field("principal", "amount", t("应还本金", "Principal due"), True, unit="minor", at_least=0, synonyms=("本金", "principal")),
        Field("interest", "amount", t("应还利息", "Interest due"), unit="minor", at_least=0, synonyms=("利息", "interest")),
        Field("fee", "amount", t("应还费用", "Fee due"), unit="minor", at_least=0, synonyms=("费用", "fee")),
        Field("penalty", "amount", t("应还罚息", "Penalty due"), unit="minor", at_least=0, synonyms=("罚息", "penalty")),
        Field("cost", "amount", t("应还实现债权费用", "Cost due"), unit="minor", at_least=0),
    ),
)  # fmt: skip
PARTS = ("principal", "interest", "fee", "penalty", "cost")


def check(frame: pl.DataFrame, context: CheckContext) -> Iterable[Fault]:
    """Each instalment by itself: something must be due, and not before the agreement began."""
    total = pl.sum_horizontal([pl.col(c).fill_null(0) for c in PARTS if c in frame.columns])
    yield from flag(frame, total <= 0, refusals.INSTALMENT_NOT_POSITIVE, "principal")
    if OPENED_ON in frame.columns:
        shown = {"opened_on": pl.col(OPENED_ON)}
        yield from flag(frame, pl.col("due_on") < pl.col(OPENED_ON), refusals.BEFORE_DISBURSEMENT, "due_on", shown)


def check_groups(rows: pl.DataFrame) -> Iterator[Fault]:
    """Whole schedules, after the last row was read. ``rows``: ``__row__ agreement_reference n due_on principal __disbursed``."""
    ordered = rows.sort("agreement_reference", "n")
    late = (pl.col("due_on") <= pl.col("due_on").shift(1)) & (
        pl.col("agreement_reference") == pl.col("agreement_reference").shift(1)
    )
    for row, n in ordered.filter(late).select(ROW, "n").iter_rows():
        yield Fault(row, refusals.SCHEDULE_ORDER.code, field="due_on", values={"n": n})
    sums = rows.group_by("agreement_reference").agg(
        pl.col("principal").sum().alias("sum"), pl.col(DISBURSED).first(), pl.col(ROW).min(), pl.col("__currency").first()
    )
    for one in sums.filter(pl.col(DISBURSED).is_not_null() & (pl.col("sum") != pl.col(DISBURSED))).iter_rows(named=True):
        from arrears.kernel.money import format_major

        shown = {k: format_major(v, one["__currency"]) for k, v in (("found", one["sum"]), ("expected", one[DISBURSED]))}
        yield Fault(one[ROW], refusals.SCHEDULE_PRINCIPAL.code, field="principal", values=shown)
