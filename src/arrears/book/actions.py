"""Building a book: derived from facts, so it can be dropped and made again at any time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from django.db import connection

from arrears.access.models import Creditor
from arrears.book import declaration, storage
from arrears.book.refusals import CREDITOR_UNKNOWN
from arrears.journal.actions import action, record
from arrears.kernel import clock
from arrears.kernel.declare import BookRequest
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor


@dataclass(frozen=True, slots=True)
class Built:
    """What building gave: rows, money by currency (minor units), and whether an up-to-date book was already there."""

    creditor: str
    as_of: date
    rows: int
    overdue_customers: int
    overdue_minor: dict[str, int]
    unchanged: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "creditor": self.creditor, "as_of": self.as_of, "rows": self.rows, "overdue_customers": self.overdue_customers,
            "overdue_minor": self.overdue_minor, "unchanged": self.unchanged,
        }  # fmt: skip


def _fingerprint(creditor: Creditor, as_of: date) -> str:
    """Of everything a book depends on: the newest fact of each table, the vocabulary, the day."""
    tables = (
        "ledger_event", "ledger_hostposition", "ledger_agreement", "parties_party", "parties_contactpoint", "parties_restriction",
        "parties_consentevent", "parties_customer",
    )  # fmt: skip
    words = [f"{c.name}:{c.type}" for c in declaration.columns()]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"select coalesce(max(id), 0), count(*) from {table} where creditor_id = %s", [creditor.pk])
            words.append(f"{table}:{cursor.fetchone()}")
        cursor.execute("select count(*) from parties_restriction where creditor_id = %s and lifted_at is not null", [creditor.pk])
        words.append(str(cursor.fetchone()))
        cursor.execute(
            "select coalesce(max(id), 0) from journal_entry where creditor_id = %s and act like 'party.%%'", [creditor.pk]
        )
        words.append(str(cursor.fetchone()))
    return hashlib.sha256("|".join([*words, as_of.isoformat()]).encode()).hexdigest()


@action("book.build")
def build(actor: Actor, as_of: date, creditor_code: str, *, force: bool = False) -> Built | Refusal:
    """Make the book of ``creditor_code`` for ``as_of`` (end of that day, as known now). Unchanged inputs build nothing anew."""
    rows = Creditor.objects.all() if actor.scope.everything else Creditor.objects.filter(pk__in=actor.scope.creditor_ids)
    creditor = rows.filter(code=creditor_code).first()
    if creditor is None:
        return CREDITOR_UNKNOWN.at("/creditor", code=creditor_code)
    print_ = _fingerprint(creditor, as_of)
    kept = storage.made(as_of, creditor.code)
    if kept is not None and kept["fingerprint"] == print_ and not force:
        built = Built(creditor.code, as_of, kept["rows"], kept["overdue_customers"], kept["overdue_minor"], True)
    else:
        frame = _frame(creditor, as_of)
        late = frame.filter(pl.col("overdue_minor") > 0)
        money = {c: int(m) for c, m in late.group_by("currency").agg(pl.col("overdue_minor").sum()).sort("currency").iter_rows()}
        built = Built(creditor.code, as_of, frame.height, late.height, money, False)
        facts = built.as_json() | {"as_of": as_of.isoformat(), "fingerprint": print_, "made_at": clock.now().isoformat()}
        storage.write(as_of, creditor.code, frame, facts)
    record(actor, "book.built", ("book", f"{creditor.code}:{as_of}"), creditor_id=creditor.pk, payload=built.as_json())
    return built


def _frame(creditor: Creditor, as_of: date) -> pl.DataFrame:
    request = BookRequest(creditor.pk, as_of, None)
    frame = declaration.fill(request)
    names = _customer_names(creditor.pk)
    frame = frame.join(names, on="customer_id", how="left").with_columns(
        pl.lit(as_of).alias("as_of"), pl.lit(creditor.code).alias("creditor")
    )
    return declaration.typed(frame).sort("customer_id", "currency")


def _customer_names(creditor_id: int) -> pl.DataFrame:
    from arrears.ledger.frames import rows_of

    sql = "select id, public_id from parties_customer where creditor_id = %s"
    return rows_of(sql, [creditor_id], {"customer_id": pl.Int64, "customer": pl.String})
