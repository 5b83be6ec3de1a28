"""Roles: who stands how in an agreement beside its debtor."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from arrears.intake import refusals
from arrears.intake.fields import Fault, Field, Kind

from .common import CheckContext, flag, labels, reversed_dates, t

KIND = Kind(
    name="roles",
    label=t("相关人", "Roles"),
    meaning=t("一行是一人在一份借据中的角色。", "How one person stands in one agreement."),
    key=("agreement_reference", "party_reference", "role"),
    on_conflict="keep",
    needs="agreement party",
    undo=t("本批次的角色以批次日期终止。", "The roles of the batch end on the day they began."),
    fields=(
        Field("agreement_reference", "text", t("借据号", "Agreement number"), True, longest=64, synonyms=("合同号", "loan_id", "agreement_id")),
        Field("party_reference", "text", t("相关人客户号", "Customer number"), True, longest=64, synonyms=("客户号", "customer_id", "party_id")),
        Field("role", "code", t("角色", "Role"), True,
              codes=("debtor", "co_debtor", "guarantor", "heir", "representative", "contact_person"), synonyms=("role",)),
        Field("guarantee_kind", "code", t("保证方式", "Kind of guarantee"), codes=("general", "joint_and_several")),
        Field("guarantee_from", "date", t("保证期间起", "Guarantee from")),
        Field("guarantee_until", "date", t("保证期间止", "Guarantee until")),
        Field("guarantee_cap", "amount", t("保证上限", "Guarantee cap"), unit="minor", at_least=1),
        Field("valid_from", "date", t("起始日", "Valid from")),
        Field("valid_until", "date", t("终止日", "Valid until")),
    ),
)  # fmt: skip


def check(frame: pl.DataFrame, context: CheckContext) -> Iterable[Fault]:
    """A guarantor needs the kind of guarantee: it decides who may be asked, and in which order."""
    one = KIND.field("guarantee_kind")
    if one is not None:
        if "guarantee_kind" not in frame.columns:
            frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias("guarantee_kind"))
        missing = (pl.col("role") == "guarantor") & pl.col("guarantee_kind").is_null()
        yield from flag(frame, missing, refusals.FIELD_MISSING, "guarantee_kind", labels(one))
    yield from reversed_dates(frame, KIND, "guarantee_from", "guarantee_until")
    yield from reversed_dates(frame, KIND, "valid_from", "valid_until")
