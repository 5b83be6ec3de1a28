"""Customers: one person or company as the host describes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from arrears.intake.fields import Fault, Field, Kind
from arrears.intake.reading.source import ROW
from arrears.kernel.refusals import Refusal
from arrears.parties import identifiers
from arrears.parties.refusals import BIRTH_CONFLICT, BIRTH_FUTURE, ID_ROUNDED

from .common import CheckContext, flag, t

KIND = Kind(
    name="customers",
    label=t("客户", "Customers"),
    meaning=t("一行一位客户（个人或企业）。", "One person or company a row."),
    key=("reference",),
    on_conflict="update",
    open_prefixes=("segment",),
    undo=t(
        "新建且无人引用的客户会被移除；更新过的恢复原内容；仍被引用的会列出并拒绝撤销。",
        "New customers that nothing refers to are removed, changed ones get their former content back; where something refers to one, "
        "the undo is refused and lists it.",
    ),
    fields=(
        Field("reference", "text", t("客户号", "Customer number"), True, longest=64, synonyms=("客户编号", "customer_id", "cust_no", "客户ID")),
        Field("name", "name", t("姓名", "Name"), True, longest=200, synonyms=("客户姓名", "客户名称", "姓名", "name", "customer_name")),
        Field("kind", "code", t("客户类型", "Person or company"), default="person", codes=("person", "company"), synonyms=("客户类别",)),
        Field("id_kind", "code", t("证件类型", "Identity kind"), codes=identifiers.ID_KINDS, synonyms=("证件种类", "id_type")),
        Field("id_number", "id_number", t("证件号码", "Identity number"), longest=60, rule="GB 11643-1999",
              synonyms=("证件号", "身份证号", "身份证号码", "id_no", "id_number")),
        Field("born_on", "date", t("出生日期", "Date of birth"), identity=True, synonyms=("生日", "birthday", "birth_date")),
        Field("language", "code", t("语言", "Language"), default="zh-hans", codes=("zh-hans", "en"), synonyms=("language",)),
        Field("customer_reference", "text", t("归并客户号", "Customer it belongs to"), longest=64),
    ),
)  # fmt: skip


def check(frame: pl.DataFrame, context: CheckContext) -> Iterable[Fault]:
    """Identity numbers one by one: region, birth date, check digit, rounding by spreadsheets; birth date against the number."""
    yield from flag(frame, pl.col("born_on") > context.today, BIRTH_FUTURE, "born_on") if "born_on" in frame.columns else ()
    if "id_number" not in frame.columns:
        return
    kinds = frame["id_kind"].to_list() if "id_kind" in frame.columns else [None] * frame.height
    born = frame["born_on"].to_list() if "born_on" in frame.columns else [None] * frame.height
    for row, number, kind, birthday in zip(frame[ROW], frame["id_number"], kinds, born, strict=True):
        if number is not None:
            yield from _identity(row, number, kind or "cn_resident_id", birthday)


def _identity(row: int, number: str, kind: str, birthday: object) -> Iterator[Fault]:
    found = identifiers.check_id(kind, number)
    if isinstance(found, Refusal):
        masked = str(found.values.get("masked", ""))
        values = {k: v for k, v in found.values.items() if k != "masked"}
        if found.kind is ID_ROUNDED:
            masked = number if identifiers.is_scientific(number) else masked
        yield Fault(row, found.code, field="id_number", masked=masked, values=values)
    elif kind == "cn_resident_id" and birthday is not None and str(birthday).replace("-", "") != found[6:14]:
        yield Fault(row, BIRTH_CONFLICT.code, field="born_on")
