"""New, unchanged or changed: prepared rows against what the base holds under their keys."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from arrears.intake import queries
from arrears.intake.kinds.common import AGREEMENT_ID, PARTY_ID, CheckContext
from arrears.intake.reading.source import ROW
from arrears.ledger.actions_bulk import FIGURES

NEW, UNCHANGED, CHANGED = "new", "unchanged", "changed"
STATUS, DIFFERS = "__status", "__differs"


def compare(kind: str, frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    """``frame`` with ``__status`` and, where changed, the names of the columns that differ in ``__differs``."""
    if frame.is_empty():
        return frame.with_columns(pl.lit(NEW).alias(STATUS), pl.lit("").alias(DIFFERS))
    return _COMPARE[kind](frame, context)


def _new(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.lit(NEW).alias(STATUS), pl.lit("").alias(DIFFERS))


def _against(
    frame: pl.DataFrame, known: pl.DataFrame, keys: list[str], content: list[str], shown: dict[str, str]
) -> pl.DataFrame:
    """Join ``known`` on ``keys`` and compare ``content``; ``shown`` names columns for the reader."""
    if known.is_empty():
        return _new(frame)
    marked = known.select(*keys, *(pl.col(c).alias(f"was_{c}") for c in content)).with_columns(pl.lit(True).alias("__there"))
    joined = frame.join(marked, on=keys, how="left", maintain_order="left", coalesce=True)
    differs = [
        pl.when(pl.col(c).ne_missing(pl.col(f"was_{c}"))).then(pl.lit(shown.get(c, c))).otherwise(pl.lit(None, dtype=pl.String))
        for c in content
    ]
    names = pl.concat_str(differs, separator=", ", ignore_nulls=True) if differs else pl.lit("")
    status = (
        pl.when(pl.col("__there").is_null())
        .then(pl.lit(NEW))
        .when(pl.col(DIFFERS) == "")
        .then(pl.lit(UNCHANGED))
        .otherwise(pl.lit(CHANGED))
    )
    done = joined.with_columns(names.fill_null("").alias(DIFFERS)).with_columns(status.alias(STATUS))
    return done.drop([f"was_{c}" for c in content], "__there")


def _ids(frame: pl.DataFrame, column: str) -> list[int]:
    return frame[column].drop_nulls().unique().to_list()


def _customers(frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    known = queries.known_parties(context.scope, context.creditor_id, frame["reference"].to_list())
    if known.is_empty():
        return _new(frame)
    hexed = [(pl.lit("\\x") + pl.col(c).bin.encode("hex")).alias(f"h_{c}") for c in ("name_index", "id_index", "born_index")]
    marks = frame.with_columns(hexed)
    known = known.rename({c: f"h_{c}" for c in ("name_index", "id_index", "born_index")})
    plain = pl.col("segment").map_elements(_sorted_json, return_dtype=pl.String)
    known = known.with_columns(plain.alias("segment"), pl.col("id_kind").fill_null(""))
    content = ["kind", "h_name_index", "id_kind", "h_id_index", "h_born_index", "language", "segment"]
    shown = {"h_name_index": "name", "h_id_index": "id_number", "h_born_index": "born_on"}
    return _against(marks, known, ["reference"], content, shown).drop("h_name_index", "h_id_index", "h_born_index")


def _sorted_json(text: str) -> str:
    import json

    return json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True)


def _points(frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    known = queries.known_points(context.scope, _ids(frame, PARTY_ID)).with_columns(pl.lit(1).alias("x")).unique()
    marked = frame.with_columns((pl.lit("\\x") + pl.col("value_index").bin.encode("hex")).alias("h"))
    done = _against(marked, known.rename({"value_index": "h"}), [PARTY_ID, "kind", "h"], [], {})
    return done.drop("h")


def _agreements(frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    known = queries.known_agreements(context.scope, context.creditor_id, frame["reference"].to_list())
    if known.is_empty():
        return _new(frame)
    void = known.filter(pl.col("void"))["reference"].to_list()
    known = known.filter(~pl.col("void")).rename({"content": "content_mark"})
    frame = frame.with_columns(pl.col("reference").is_in(void).alias("revives"))
    return _against(frame, known, ["reference"], ["content_mark"], {"content_mark": "terms"})


def _roles(frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    known = queries.known_roles(context.scope, _ids(frame, AGREEMENT_ID)).unique()
    return _against(frame, known, [AGREEMENT_ID, PARTY_ID, "role"], [], {})


def _positions(frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    if "has_positions" not in context.caches:
        context.caches["has_positions"] = queries.has_positions(context.scope, context.creditor_id)
    if not context.caches["has_positions"]:
        return _new(frame)
    known = queries.known_positions(context.scope, frame)
    figures = [f for f in FIGURES if f in frame.columns]
    # a position without any figure says that nothing is known (an import that was undone)
    known = known.filter(pl.any_horizontal([pl.col(f).is_not_null() for f in FIGURES])) if known.height else known
    return _against(frame, known, [AGREEMENT_ID, "as_of"], figures, {})


def _payments(frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    known = queries.events_by_key(context.scope, frame[AGREEMENT_ID].to_list(), frame["reference"].to_list())
    if known.is_empty():
        return _new(frame)
    gone = queries.reversed_ids(context.scope, known["event_id"].to_list())
    del gone  # a reversed posting keeps its key: the same number again is the same posting
    known = known.with_columns(pl.col("component").fill_null(""))
    return _against(
        frame, known, [AGREEMENT_ID, "reference"], ["event", "effective_on", "amount_minor", "component", "due_on", "until"],
        {"amount_minor": "amount"},
    )  # fmt: skip


def _consents(frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    known = queries.known_consents(context.scope, _ids(frame, PARTY_ID)).unique()
    return _against(frame, known, [PARTY_ID, "event", "channel", "purpose", "effective_at"], [], {})


def _schedules(frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    return _new(frame)  # whole schedules are compared once the file is read


_COMPARE: dict[str, Callable[[pl.DataFrame, CheckContext], pl.DataFrame]] = {
    "customers": _customers, "contact_points": _points, "agreements": _agreements, "roles": _roles, "positions": _positions,
    "payments": _payments, "consents": _consents, "schedules": _schedules,
}  # fmt: skip
__all__ = ["CHANGED", "DIFFERS", "NEW", "ROW", "STATUS", "UNCHANGED", "compare"]
