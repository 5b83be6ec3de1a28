"""Agreements: a loan or card contract with its terms; the schedule is computed from them or comes with the host's positions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from arrears.intake import refusals, terms
from arrears.intake.fields import Fault, Field, Kind
from arrears.intake.reading.source import ROW
from arrears.kernel.refusals import Refusal

from .common import CheckContext, future, reversed_dates, t

PRODUCTS = ("consumer_loan", "cash_instalment", "credit_card", "small_business", "auto", "mortgage", "other")
REPAYMENTS = ("equal_instalments", "equal_principal", "interest_only", "bullet", "fixed_payment", "revolving", "host_schedule")

KIND = Kind(
    name="agreements",
    label=t("借据", "Agreements"),
    meaning=t(
        "一行一份借据。有还款方式和期数时由本系统计算还款计划；核算方式为主机时以日终余额为准。",
        "One contract a row. With a repayment method and a count the schedule is computed; kept by the host, positions are fed.",
    ),
    key=("reference",),
    on_conflict="refuse",
    control="principal",
    open_prefixes=("attributes",),
    needs="party",
    undo=t(
        "借据不能删除：其开立、放款和还款计划被冲正，借据标记为作废，不再出现；已有后来登记的会列出并拒绝撤销。",
        "An agreement is not deleted: its opening, disbursement and schedule are reversed and it is marked void; where later facts "
        "stand on it, the undo is refused and lists them.",
    ),
    fields=(
        Field("reference", "text", t("借据号", "Agreement number"), True, longest=64,
              synonyms=("合同号", "贷款编号", "loan_id", "agreement_id", "loan_no")),
        Field("party_reference", "text", t("客户号", "Customer number"), True, longest=64, synonyms=("客户编号", "customer_id", "cust_no")),
        Field("portfolio", "text", t("资产组合", "Portfolio"), True, longest=40, synonyms=("组合", "portfolio")),
        Field("product", "code", t("产品", "Product"), True, codes=PRODUCTS, synonyms=("产品类型", "product")),
        Field("currency", "text", t("币种", "Currency"), True, longest=3, synonyms=("currency", "ccy")),
        Field("opened_on", "date", t("签约日期", "Opened on"), True, not_future=True, synonyms=("合同日期", "open_date", "opened_on")),
        Field("disbursed_on", "date", t("放款日期", "Disbursed on"), not_future=True, synonyms=("发放日期", "disbursed_on", "disbursement_date")),
        Field("principal", "amount", t("放款本金", "Principal"), unit="minor", at_least=1, synonyms=("贷款金额", "本金", "principal", "loan_amount")),
        Field("annual_rate", "rate", t("年利率", "Annual rate"), unit="percent a year", synonyms=("利率", "annual_rate", "rate")),
        Field("penalty_rate", "rate", t("罚息年利率", "Penalty rate"), unit="percent a year", synonyms=("罚息率", "penalty_rate")),
        Field("repayment", "code", t("还款方式", "Repayment"), codes=REPAYMENTS, synonyms=("repayment", "amortization")),
        Field("instalment_count", "integer", t("期数", "Instalments"), unit="count", at_least=1, synonyms=("总期数", "term", "instalments")),
        Field("instalment_every", "text", t("还款周期", "Interval"), longest=20, synonyms=("every",)),
        Field("first_due_on", "date", t("首期应还日", "First due"), synonyms=("first_due", "首次还款日")),
        Field("maturity_on", "date", t("到期日", "Maturity"), synonyms=("maturity", "maturity_date")),
        Field("fixed_instalment", "amount", t("固定还款额", "Fixed instalment"), unit="minor", at_least=1),
        Field("day_count", "code", t("计息基础", "Day count"), codes=terms.DAY_COUNTS, synonyms=("day_count",)),
        Field("interest_accrual", "code", t("计息方式", "Accrual"), codes=("daily", "per_period")),
        Field("grace_days", "integer", t("宽限天数", "Days of grace"), unit="days", at_least=0),
        Field("secured_by", "text", t("担保方式", "Security"), longest=40, synonyms=("secured_by",)),
        Field("keeping", "code", t("核算方式", "Kept by"), default="computed", codes=("computed", "host", "both"), synonyms=("keeping",)),
        Field("credit_limit", "amount", t("授信额度", "Credit limit"), unit="minor", at_least=0, synonyms=("额度", "credit_limit")),
    ),
)  # fmt: skip


def check(frame: pl.DataFrame, context: CheckContext) -> Iterable[Fault]:
    """Dates in order; the terms are read and the schedule built, so that an impossible contract is refused here."""
    found = [
        *future(KIND, frame, context.today),
        *reversed_dates(frame, KIND, "disbursed_on", "first_due_on"),
        *reversed_dates(frame, KIND, "disbursed_on", "maturity_on"),
    ]
    yield from found
    yield from _terms(frame.filter(~pl.col(ROW).is_in([f.row for f in found])), context)


def _terms(frame: pl.DataFrame, context: CheckContext) -> Iterator[Fault]:
    built = context.caches.setdefault("terms", {})
    built.clear()
    for row in frame.iter_rows(named=True):
        answer = terms.of_row(row)
        if isinstance(answer, Refusal):
            if answer.code == refusals.FIELD_MISSING.code:
                yield Fault(row[ROW], answer.code, field=answer.pointer, values=dict(answer.values))
            else:
                said = answer.sentence
                yield Fault(
                    row[ROW], refusals.TERMS.code, field=_field_of(answer.pointer), values={"why": said.zh, "why_en": said.en}
                )
        else:
            built[row[ROW]] = answer


def _field_of(pointer: str) -> str:
    """The import field that a pointer into the terms' words stands for."""
    known = {
        "/instalments/count": "instalment_count", "/instalments/every": "instalment_every", "/instalments/first_due": "first_due_on",
        "/maturity": "maturity_on", "/principal": "principal", "/annual_rate": "annual_rate", "/disbursed_on": "disbursed_on",
        "/fixed_instalment": "fixed_instalment", "/day_count": "day_count", "/currency": "currency",
    }  # fmt: skip
    return known.get(pointer, "repayment")
