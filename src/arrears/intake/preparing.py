"""Typed rows into rows ready for the base: identity fields sealed, masked and indexed, JSON made, figures named. Pure but for keys.

Every prepared frame keeps ``__row__``, the reference columns (an agreement of the same file gets its key only at the commit) and
the columns its bulk action takes.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import polars as pl

from arrears.intake import profiles
from arrears.intake.kinds import payments
from arrears.intake.kinds.common import AGREEMENT_ID, CUSTOMER_ID, OPENED_ON, PARTY_ID, CheckContext
from arrears.intake.mapping import ASSUMPTIONS
from arrears.intake.reading.source import ROW
from arrears.journal.canonical import sha256
from arrears.ledger.actions_bulk import FIGURES
from arrears.parties import identifiers, masking, sealing, standing
from arrears.parties.actions_points import PointData, index_kind, normal


def prepare(output: profiles.Output, frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    """The frame of one output, ready for its bulk action."""
    prepared: pl.DataFrame = _PREPARE[output.kind.name](output, frame, context)
    return prepared


def _column(frame: pl.DataFrame, name: str, kind: Any = pl.String) -> pl.Series:
    return frame[name] if name in frame.columns else pl.Series(name, [None] * frame.height, dtype=kind)


def _open_fields(output: profiles.Output, frame: pl.DataFrame, prefix: str) -> list[dict[str, Any]]:
    """``prefix.*`` columns as one mapping per row; those for measurement only stand apart under ``measurement_only``."""
    names = [c for c in frame.columns if c.startswith(f"{prefix}.")]
    apart = {c.target for e in output.entries for c in e.cells if c.measurement_only}
    rows = []
    for values in frame.select(names).iter_rows(named=True) if names else ({} for _ in range(frame.height)):
        plain = {k.partition(".")[2]: v for k, v in values.items() if v is not None and k not in apart}
        measured = {k.partition(".")[2]: v for k, v in values.items() if v is not None and k in apart}
        rows.append(plain | ({"measurement_only": measured} if measured else {}))
    return rows


def _json(rows: list[dict[str, Any]]) -> pl.Series:
    return pl.Series([json.dumps(r, ensure_ascii=False, sort_keys=True) for r in rows], dtype=pl.String)


def _sealed(texts: list[str | None]) -> pl.Series:
    present = [t for t in texts if t is not None]
    done = iter(sealing.seal_many(present))
    return pl.Series([next(done) if t is not None else None for t in texts], dtype=pl.Binary)


def _customers(output: profiles.Output, frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    names = [n.strip() for n in frame["name"]]
    kinds = _column(frame, "kind").fill_null("person").to_list()
    id_kinds = [
        k or ("cn_resident_id" if n else "") for k, n in zip(_column(frame, "id_kind"), _column(frame, "id_number"), strict=True)
    ]
    numbers = [_number(k, n) for k, n in zip(id_kinds, _column(frame, "id_number"), strict=True)]
    born = [_born(k, n, b) for k, n, b in zip(id_kinds, numbers, _column(frame, "born_on", pl.Date), strict=True)]
    born_texts = [b.isoformat() if b else None for b in born]
    return pl.DataFrame(
        {
            ROW: frame[ROW],
            "row": frame[ROW].cast(pl.Int64),
            "reference": frame["reference"],
            "customer_reference": _column(frame, "customer_reference"),
            "kind": kinds,
            "name_sealed": _sealed(list(names)),
            "name_masked": [masking.name(n) if k == "person" else masking.company(n) for n, k in zip(names, kinds, strict=True)],
            "name_index": pl.Series(sealing.index_many("name", names), dtype=pl.Binary),
            "name_initials": [identifiers.initials(n)[:40] for n in names],
            "id_kind": [k if n else "" for k, n in zip(id_kinds, numbers, strict=True)],
            "id_sealed": _sealed(numbers),
            "id_masked": [masking.identity(n) if n else "" for n in numbers],
            "id_index": pl.Series(
                [sealing.index("id", f"{k}:{n}") if n else None for k, n in zip(id_kinds, numbers, strict=True)], dtype=pl.Binary
            ),
            "born_sealed": _sealed(born_texts),
            "born_index": pl.Series([sealing.index("born", b) if b else None for b in born_texts], dtype=pl.Binary),
            "language": _column(frame, "language").fill_null("zh-hans"),
            "segment": _json(_open_fields(output, frame, "segment")),
            "is_minor": [
                k == "person" and b is not None and standing.is_minor(b, context.today) for k, b in zip(kinds, born, strict=True)
            ],
        }
    )


def _number(kind: str, text: str | None) -> str | None:
    if not text:
        return None
    found = identifiers.check_id(kind, text)
    return found if isinstance(found, str) else None


def _born(kind: str, number: str | None, stated: date | None) -> date | None:
    if kind == "cn_resident_id" and number:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    return stated


def _contact_points(output: profiles.Output, frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    read = [normal(PointData(kind=k, value=v, provenance="host")) for k, v in zip(frame["kind"], frame["value"], strict=True)]
    done = [r if isinstance(r, tuple) else (k, v, "", "") for r, k, v in zip(read, frame["kind"], frame["value"], strict=True)]
    stated = _column(frame, "time_zone").to_list()
    return pl.DataFrame(
        {
            ROW: frame[ROW],
            "party_reference": frame["party_reference"],
            PARTY_ID: _column(frame, PARTY_ID, pl.Int64),
            "kind": [d[0] for d in done],
            "value_sealed": _sealed([d[1] for d in done]),
            "value_masked": [masking.value(d[0], d[1])[:200] for d in done],
            "value_index": pl.Series([sealing.index(index_kind(d[0]), d[1]) for d in done], dtype=pl.Binary),
            "label": _column(frame, "label").fill_null(""),
            "provenance": _column(frame, "provenance").fill_null("host"),
            "valid_from": _column(frame, "valid_from", pl.Date),
            "valid_until": _column(frame, "valid_until", pl.Date),
            "time_zone": [s or d[2] for s, d in zip(stated, done, strict=True)],
            "time_zone_evidence": ["declared" if s else d[3] for s, d in zip(stated, done, strict=True)],
            "is_preferred": _column(frame, "is_preferred", pl.Boolean).fill_null(False),
        }
    )


def _agreements(output: profiles.Output, frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    built = context.caches.get("terms", {})
    attributes = _open_fields(output, frame, "attributes")
    opened, scheduled, contents = [], [], []
    for row, free in zip(frame.iter_rows(named=True), attributes, strict=True):
        made = built[row[ROW]]
        if row.get("credit_limit") is not None:
            free["credit_limit_minor"] = row["credit_limit"]
        facts = {k: v for k, v in row.items() if not k.startswith("__") and v is not None and "." not in k}
        content = sha256({"row": facts, "free": free, "terms": made.words}).hex()[:16]
        free["import_content"] = content
        opened.append(made.words)
        total = sum(r.principal_minor for r in made.rows)
        words = {"origin": "computed", "rows": len(made.rows), "principal_minor": total} if made.rows else None
        scheduled.append(json.dumps(words) if words else None)
        contents.append(content)
    return pl.DataFrame(
        {
            ROW: frame[ROW],
            "reference": frame["reference"],
            "party_reference": frame["party_reference"],
            PARTY_ID: _column(frame, PARTY_ID, pl.Int64),
            CUSTOMER_ID: _column(frame, CUSTOMER_ID, pl.Int64),
            "portfolio": frame["portfolio"],
            "product": frame["product"],
            "currency": frame["currency"],
            "opened_on": frame["opened_on"],
            "keeping": _column(frame, "keeping").fill_null("computed"),
            "secured_by": _column(frame, "secured_by").fill_null(""),
            "attributes": _json(attributes),
            "opened_data": _json(opened),
            "disbursed_on": _column(frame, "disbursed_on", pl.Date),
            "principal": _column(frame, "principal", pl.Int64),
            "schedule_data": pl.Series(scheduled, dtype=pl.String),
            "content_mark": contents,
            "revives": pl.Series([False] * frame.height, dtype=pl.Boolean),
        }
    )


def schedule_of(frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    """Computed schedule rows of prepared agreements: ``__row__ reference n due_on`` and parts."""
    built = context.caches.get("terms", {})
    rows: dict[str, list[Any]] = {
        k: [] for k in (ROW, "reference", "n", "due_on", "principal_minor", "interest_minor", "fee_minor")
    }
    for row, reference in frame.select(ROW, "reference").iter_rows():
        for one in built[row].rows:
            for name, value in ((ROW, row), ("reference", reference), ("n", one.n), ("due_on", one.due_on)):
                rows[name].append(value)
            for name in ("principal_minor", "interest_minor", "fee_minor"):
                rows[name].append(getattr(one, name))
    kinds = {ROW: pl.UInt32, "reference": pl.String, "due_on": pl.Date}
    return pl.DataFrame(rows, schema={k: kinds.get(k, pl.Int64) for k in rows})


def _roles(output: profiles.Output, frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    return frame.select(
        ROW, "agreement_reference", AGREEMENT_ID, "party_reference", PARTY_ID, "role",
        _column(frame, "guarantee_kind").fill_null("").alias("guarantee_kind"),
        *(_column(frame, c, pl.Date).alias(c) for c in ("guarantee_from", "guarantee_until", "valid_from", "valid_until")),
        _column(frame, "guarantee_cap", pl.Int64).alias("guarantee_cap_minor"),
    )  # fmt: skip


def _schedules(output: profiles.Output, frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    parts = ("principal", "interest", "fee", "penalty", "cost")
    return frame.select(
        ROW, "agreement_reference", AGREEMENT_ID, "n", "due_on", pl.col(OPENED_ON).alias("effective_on"), "__disbursed", "__currency",
        *(_column(frame, c, pl.Int64).fill_null(0).alias(f"{c}_minor") for c in parts),
    )  # fmt: skip


def _positions(output: profiles.Output, frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    columns = [pl.col(ROW), pl.col("agreement_reference"), pl.col(AGREEMENT_ID), pl.col("as_of")]
    for figure in FIGURES:
        kind = pl.Date if figure == "oldest_due_on" else pl.Int64
        columns.append(pl.lit(_column(frame, figure.removesuffix("_minor"), kind)).alias(figure))
    said = pl.col(ASSUMPTIONS) if ASSUMPTIONS in frame.columns else pl.lit("[]")
    return frame.select(*columns, said.alias("assumptions"))


def _payments(output: profiles.Output, frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    optional = {"amount": pl.Int64, "minimum_due": pl.Int64, "due_on": pl.Date, "until": pl.Date, "target_reference": pl.String}
    optional |= {"component": pl.String, "channel": pl.String, "reason": pl.String}
    frame = frame.with_columns([pl.lit(None, dtype=k).alias(n) for n, k in optional.items() if n not in frame.columns])
    cut = pl.col("event") == "statement_cut"
    data = _data_texts(frame)
    return frame.with_columns(data.alias("data")).select(
        ROW, "agreement_reference", AGREEMENT_ID, "reference", "event", "effective_on",
        pl.when(cut).then("minimum_due").when(pl.col("event").is_in(payments.WITH_AMOUNT)).then("amount").alias("amount_minor"),
        pl.col("component").fill_null("").alias("component"), "due_on", "until", "target_reference", "data",
    )  # fmt: skip


def _data_texts(frame: pl.DataFrame) -> pl.Series:
    """What only a kind of event has, as JSON; plain payments of one channel share one text."""
    splits = [c for c in payments.SPLITS if c in frame.columns and frame[c].null_count() < frame.height]
    parts = ["channel", "reason"]
    odd = pl.col("event").is_in(["statement_cut"])
    simple = not splits and not frame.select(odd.any()).item()
    if simple:
        distinct = frame.select(parts).unique()
        texts = [
            json.dumps({k: v for k, v in r.items() if v}, ensure_ascii=False, sort_keys=True)
            for r in distinct.iter_rows(named=True)
        ]
        return frame.join(
            distinct.with_columns(pl.Series("__d", texts)), on=parts, how="left", nulls_equal=True, maintain_order="left"
        )["__d"]
    out = []
    for row in frame.select([*parts, "event", "amount", "minimum_due", *splits]).iter_rows(named=True):
        data = {k: row[k] for k in parts if row[k]}
        split = {c.removeprefix("split_"): row[c] for c in splits if row[c] is not None}
        if split:
            data["split"] = split
        if row["event"] == "statement_cut":
            data |= {"closing_balance": row["amount"], "minimum_due": row["minimum_due"], "interest": 0, "fee": 0}
        out.append(json.dumps(data, ensure_ascii=False, sort_keys=True))
    return pl.Series(out, dtype=pl.String)


def _consents(output: profiles.Output, frame: pl.DataFrame, context: CheckContext) -> pl.DataFrame:
    return frame.select(
        ROW, "party_reference", PARTY_ID, "event", "channel", "purpose", "effective_at",
        _column(frame, "until", pl.Datetime("us", "UTC")).alias("until"), _column(frame, "wording").fill_null("").alias("wording"),
        "proof_kind", "proof_reference",
    )  # fmt: skip


_PREPARE = {
    "customers": _customers, "contact_points": _contact_points, "agreements": _agreements, "roles": _roles, "schedules": _schedules,
    "positions": _positions, "payments": _payments, "consents": _consents,
}  # fmt: skip
