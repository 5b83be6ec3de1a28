"""The ledger's columns of the book: what a customer owes in one currency, over all agreements, and how late the worst one is."""

from __future__ import annotations

import polars as pl

from arrears.kernel.declare import BookRequest, Column
from arrears.kernel.refusals import Text

from .servicing import BUCKETS_CN


def _money(name: str, zh: str, en: str, meaning_zh: str, meaning_en: str, *, nullable: bool = False) -> Column:
    return Column(name, "money_minor", "minor", Text(zh, en), Text(meaning_zh, meaning_en), nullable, "ledger")


def _plain(
    name: str, kind: str, unit: str, zh: str, en: str, meaning_zh: str, meaning_en: str, *, nullable: bool = False
) -> Column:
    return Column(name, kind, unit, Text(zh, en), Text(meaning_zh, meaning_en), nullable, "ledger")


COLUMNS = [
    _money("overdue_minor", "逾期合计", "Overdue amount", "已到期未还，全部成分", "Due and unpaid, all components"),
    _money("overdue_principal_minor", "逾期本金", "Overdue principal", "已到期未还的本金", "Principal due and unpaid"),
    _money("overdue_interest_minor", "逾期利息", "Overdue interest", "已到期未还的利息与复利", "Interest and compound interest due and unpaid"),
    _money("overdue_penalty_minor", "罚息", "Penalty interest", "计至业务日的未还罚息", "Unpaid penalty interest up to the business date"),
    _money("overdue_fee_minor", "逾期费用", "Overdue fees", "已到期未还的费用与实现债权费用", "Fees and costs due and unpaid"),
    _money("outstanding_minor", "未还合计", "Outstanding", "到期与未到期未还合计", "Everything unpaid, due or not"),
    _money("principal_outstanding_minor", "未还本金", "Outstanding principal", "到期与未到期本金", "Principal unpaid, due or not"),
    _plain("past_due_days", "integer", "days", "逾期天数", "Days past due", "最早未还应还日起的天数，暂停不停",
            "Days since the oldest unpaid due date; pauses do not stop it"),
    _plain("delinquent_days", "integer", "days", "计罚天数", "Delinquent days", "扣除宽限与暂停后的天数", "Days after grace and pauses"),
    _plain("bucket", "text", "", "账龄", "Bucket", "按计罚天数，M1 为 1 至 30 天；空为正常",
            "By delinquent days, M1 is 1 to 30; empty is current"),
    _plain("oldest_due_on", "date", "", "最早应还日", "Oldest due date", "最早的未还应还日；无逾期为空",
            "Oldest unpaid due date; NULL when nothing is overdue", nullable=True),
    _plain("agreements", "integer", "count", "借据数", "Agreements", "该币种未结清或在账借据", "Agreements of the currency in the book"),
    _plain("overdue_agreements", "integer", "count", "逾期借据数", "Overdue agreements", "有逾期的借据",
            "Agreements with an overdue amount"),
    _plain("worst_product", "text", "", "最差借据产品", "Product of the worst", "逾期最久的借据的产品",
            "Product of the agreement longest overdue"),
    _plain("products", "text", "", "产品", "Products", "全部产品，逗号分隔，升序", "All products, comma separated, ascending"),
    _plain("portfolio_ids", "text", "", "资产组合", "Portfolios", "所属资产组合内部编号，逗号分隔", "Keys of the portfolios, comma separated"),
    _plain("written_off", "boolean", "", "已核销", "Written off", "任一借据已核销", "Any agreement is written off"),
    _plain("months_on_book", "integer", "count", "账龄月数", "Months on book", "自首份借据签约的整月数",
            "Whole months since the first agreement was opened"),
    _plain("last_payment_on", "date", "", "最近还款日", "Last payment", "最近一次还款的日期；无还款为空",
            "Date of the newest payment; NULL without one", nullable=True),
    _money("last_payment_minor", "最近还款额", "Last payment amount", "最近一次还款的金额", "Amount of the newest payment", nullable=True),
    _money("paid_total_minor", "累计已还", "Paid in total", "登记的全部还款", "All payments recorded"),
    _plain("keeping", "text", "", "核算方式", "Kept by", "computed 本系统；host 主机；mixed 两者", "computed by us, host, or mixed"),
]  # fmt: skip


def bucket_expression(days: str = "delinquent_days") -> pl.Expr:
    """The house buckets of a column of days; empty text where nothing is late."""
    chain = pl.when(pl.col(days) <= 0).then(pl.lit(""))
    for bucket in BUCKETS_CN:
        if bucket.to_days is not None:
            chain = chain.when(pl.col(days) <= bucket.to_days).then(pl.lit(bucket.name))
    return chain.otherwise(pl.lit(BUCKETS_CN[-1].name))


def by_customer(agreements: pl.DataFrame, request: BookRequest) -> pl.DataFrame:
    """Agreements to customers: money adds up, lateness is that of the worst agreement (contagion inside a customer)."""
    worst = agreements.sort("delinquent_days", "past_due_days", "agreement_id", descending=[True, True, False])
    money = [c.name for c in COLUMNS if c.type == "money_minor" and c.name != "last_payment_minor"]
    newest = pl.col("last_payment_on").is_not_null() & (pl.col("last_payment_on") == pl.col("last_payment_on").max())
    grouped = worst.group_by("customer_id", "currency", maintain_order=True).agg(
        *(pl.col(n).sum() for n in money),
        pl.col("past_due_days").max(),
        pl.col("delinquent_days").max(),
        pl.col("oldest_due_on").min(),
        pl.len().cast(pl.Int64).alias("agreements"),
        (pl.col("overdue_minor") > 0).sum().cast(pl.Int64).alias("overdue_agreements"),
        pl.col("product").first().alias("worst_product"),
        pl.col("product").unique().sort().str.join(",").alias("products"),
        pl.col("portfolio_id").unique().sort().cast(pl.String).str.join(",").alias("portfolio_ids"),
        pl.col("written_off").any(),
        pl.col("opened_on").min(),
        pl.col("last_payment_on").max(),
        pl.col("last_payment_minor").filter(newest).sum(),
        pl.when(pl.col("keeping").n_unique() > 1)
        .then(pl.lit("mixed"))
        .otherwise(pl.col("keeping").first())
        .first()
        .alias("keeping"),
    )
    start, end = pl.col("opened_on"), pl.lit(request.as_of)
    months = (end.dt.year() - start.dt.year()) * 12 + end.dt.month() - start.dt.month() - (end.dt.day() < start.dt.day())
    return grouped.with_columns(
        bucket_expression().alias("bucket"),
        months.cast(pl.Int64).alias("months_on_book"),
        pl.when(pl.col("last_payment_on").is_null())
        .then(None)
        .otherwise(pl.col("last_payment_minor"))
        .alias("last_payment_minor"),
    ).drop("opened_on")


def provide(request: BookRequest) -> pl.DataFrame:
    """The columns above for every customer of the creditor with an agreement."""
    from .frames import positions_frame

    return by_customer(positions_frame(request.creditor_id, request.as_of, request.known_at), request)
