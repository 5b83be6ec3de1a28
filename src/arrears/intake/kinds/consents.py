"""Consents given and withdrawn, with proof."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from arrears.intake.fields import Fault, Field, Kind
from arrears.parties import standing
from arrears.parties.actions_standing import PROOF_KINDS
from arrears.parties.refusals import CONSENT_FUTURE

from .common import CheckContext, flag, reversed_dates, t

KIND = Kind(
    name="consents",
    label=t("同意与撤回", "Consents"),
    meaning=t("一行一次同意或撤回，附证明。", "One consent or withdrawal a row, with its proof."),
    key=("party_reference", "event", "channel", "purpose", "effective_at"),
    on_conflict="keep",
    needs="party",
    undo=t("对本批次的每项同意登记撤回；撤回本身不能撤销。", "Each consent of the batch is withdrawn; a withdrawal cannot be undone."),
    fields=(
        Field("party_reference", "text", t("客户号", "Customer number"), True, longest=64, synonyms=("客户编号", "customer_id")),
        Field("event", "code", t("动作", "Given or withdrawn"), True, codes=("given", "withdrawn"), synonyms=("event",)),
        Field("channel", "code", t("渠道", "Channel"), True, codes=(*standing.CHANNELS, standing.ANY), synonyms=("channel",)),
        Field("purpose", "code", t("用途", "Purpose"), True, codes=(*standing.PURPOSES, standing.ANY), synonyms=("目的", "purpose")),
        Field("effective_at", "instant", t("生效时间", "Effective at"), True, synonyms=("同意时间", "effective_at", "date")),
        Field("until", "instant", t("截止时间", "Until"), synonyms=("until",)),
        Field("proof_kind", "code", t("证明类型", "Proof"), True, codes=PROOF_KINDS, synonyms=("proof_kind",)),
        Field("proof_reference", "text", t("证明编号", "Proof reference"), True, longest=200, synonyms=("proof_reference",)),
        Field("wording", "text", t("文本", "Wording"), longest=4000, synonyms=("wording",)),
    ),
)  # fmt: skip


def check(frame: pl.DataFrame, context: CheckContext) -> Iterable[Fault]:
    """No consent of the future; an end after the beginning."""
    yield from flag(frame, pl.col("effective_at") > context.now, CONSENT_FUTURE, "effective_at")
    yield from reversed_dates(frame, KIND, "effective_at", "until")
