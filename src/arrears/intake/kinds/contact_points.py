"""Contact points: numbers and addresses of customers already known."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from arrears.intake.fields import Fault, Field, Kind
from arrears.intake.reading.source import ROW
from arrears.kernel.refusals import Refusal
from arrears.parties import masking
from arrears.parties.actions_points import KINDS, PROVENANCES, PointData, normal

from .common import CheckContext, reversed_dates, t

KIND = Kind(
    name="contact_points",
    label=t("联系方式", "Contact points"),
    meaning=t("一行一个号码或地址。", "One number or address a row."),
    key=("party_reference", "kind", "value"),
    on_conflict="keep",
    needs="party",
    undo=t("本批次新增的联系方式停用并注明批次。", "The points of the batch are closed, with the batch as reason."),
    fields=(
        Field("party_reference", "text", t("客户号", "Customer number"), True, longest=64, synonyms=("客户编号", "customer_id", "cust_no")),
        Field("kind", "code", t("类型", "Kind"), True, codes=(*KINDS, "phone"), synonyms=("联系方式类型", "type")),
        Field("value", "point", t("号码或地址", "Number or address"), True, longest=300,
              synonyms=("号码", "手机号", "电话", "phone", "mobile", "value")),
        Field("label", "code", t("用途", "Label"), codes=("home", "work", "registered"), synonyms=("label",)),
        Field("provenance", "code", t("来源", "Provenance"), default="host", codes=PROVENANCES, synonyms=("provenance",)),
        Field("valid_from", "date", t("有效期起", "Valid from"), synonyms=("valid_from",)),
        Field("valid_until", "date", t("有效期止", "Valid until"), synonyms=("valid_until",)),
        Field("is_preferred", "boolean", t("是否首选", "Preferred"), default="否", synonyms=("首选", "is_preferred")),
        Field("time_zone", "text", t("时区", "Time zone"), longest=60, synonyms=("time_zone",)),
    ),
)  # fmt: skip


def check(frame: pl.DataFrame, context: CheckContext) -> Iterable[Fault]:
    """Every number is read as a number of its kind; the sentence shows it masked."""
    yield from reversed_dates(frame, KIND, "valid_from", "valid_until")
    for row, kind, value in zip(frame[ROW], frame["kind"], frame["value"], strict=True):
        if kind is None or value is None:
            continue
        found = normal(PointData(kind=kind, value=value, provenance="host"))
        if isinstance(found, Refusal):
            masked = str(found.values.get("masked", "")) or masking.value(kind, value)
            values = {k: v for k, v in found.values.items() if k != "masked"}
            yield Fault(row, found.code, field="value", masked=masked, values=values)
