"""The book: the same facts give the same book, its money is that of the ledger, its columns are the declared ones."""

from __future__ import annotations

import json
import threading
from datetime import date

import polars as pl
import pytest

from arrears.access.models import Creditor
from arrears.book import actions, declaration, queries, storage
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE, Actor, Role, Scope
from arrears.ledger import actions as ledger
from arrears.ledger import columnar, frames
from arrears.ledger import queries as owed
from arrears.ledger.models import Agreement

pytestmark = pytest.mark.django_db
JUNE, JULY = date(2025, 6, 30), date(2025, 7, 31)


def by_itself(_rows, _events, *_rest):
    raise AssertionError("an ordinary loan was folded by itself")


def frame(day=JUNE, creditor="QH", scope=SYSTEM_SCOPE) -> pl.DataFrame:
    return queries.read(scope, day, creditor).collect()


def one(customer: str, day=JUNE) -> dict[str, object]:
    rows = frame(day).filter(pl.col("customer") == customer)
    assert rows.height == 1
    return rows.row(0, named=True)


@pytest.mark.parametrize("swept", [True, False])
def test_money_of_the_book_is_that_of_the_ledger(swept, actor, bank, monkeypatch):
    """Every sum of the book equals the sum of the one-by-one positions: the columnar fold changes no cent.

    Ordinary loans are swept, none is folded by itself: that would be right too, and many times slower.
    """
    monkeypatch.setattr(frames, "SWEEP", 1 if swept else 1000)
    if swept:
        monkeypatch.setattr(columnar, "_scalar", by_itself)
    built = actions.build(actor, JUNE, "QH")
    assert built, built
    book = frame()
    chosen = list(owed.agreements(SYSTEM_SCOPE).filter(creditor__code="QH"))
    positions = [found.position for found in owed.positions(SYSTEM_SCOPE, chosen, JUNE)]
    assert len(positions) == 5
    assert book["overdue_minor"].sum() == sum(p.overdue_minor for p in positions) > 0
    assert book["outstanding_minor"].sum() == sum(p.outstanding_minor for p in positions)
    assert book["principal_outstanding_minor"].sum() == sum(p.principal_outstanding_minor for p in positions)
    parts = ["overdue_principal_minor", "overdue_interest_minor", "overdue_penalty_minor", "overdue_fee_minor"]
    assert book.select(pl.sum_horizontal(parts)).to_series().to_list() == book["overdue_minor"].to_list()
    assert built.overdue_minor == {"CNY": book["overdue_minor"].sum()}
    assert (built.rows, built.overdue_customers) == (4, 3)


def test_a_customer_is_as_late_as_the_worst_agreement(actor, bank, borrow):
    assert actions.build(actor, JUNE, "QH")
    prompt, behind, late, never = (one(bank[name]) for name in ("prompt", "behind", "late", "never"))
    assert (prompt["overdue_minor"], prompt["bucket"], prompt["oldest_due_on"]) == (0, "", None)
    assert (behind["oldest_due_on"], behind["past_due_days"], behind["bucket"]) == (date(2025, 6, 15), 15, "M1")
    assert (late["agreements"], late["overdue_agreements"], late["past_due_days"]) == (2, 2, 76)
    assert late["bucket"] == "M3"
    assert (never["last_payment_on"], never["last_payment_minor"], never["paid_total_minor"]) == (None, None, 0)
    assert (behind["last_payment_on"], behind["last_payment_minor"]) == (date(2025, 5, 15), 109_000)
    assert prompt["paid_total_minor"] == 5 * 100_000 + 12_000 + 11_000 + 10_000 + 9_000 + 8_000
    assert prompt["months_on_book"] == 5


def test_columns_are_the_declared_ones(actor, bank):
    """Names, order and types as declared; no NULL where the declaration allows none."""
    assert actions.build(actor, JUNE, "QH")
    book = frame()
    assert dict(book.schema) == declaration.schema()
    assert book.columns == [c.name for c in declaration.columns()]
    assert {c.name: book[c.name].null_count() for c in declaration.columns() if not c.nullable} == {
        c.name: 0 for c in declaration.columns() if not c.nullable
    }
    assert {v["name"] for v in queries.vocabulary()} == set(book.columns)


def test_built_twice_is_unchanged_until_a_fact_comes(actor, bank):
    first = actions.build(actor, JUNE, "QH")
    made = storage.folder(JUNE, "QH") / "part-0.parquet"
    bytes_before, node = made.read_bytes(), made.stat().st_ino
    again = actions.build(actor, JUNE, "QH")
    assert not first.unchanged
    assert again.unchanged
    assert again.overdue_minor == first.overdue_minor
    assert made.stat().st_ino == node
    forced = actions.build(actor, JUNE, "QH", force=True)
    assert not forced.unchanged
    assert made.read_bytes() == bytes_before
    loan = Agreement.objects.unscoped("test").get(reference="C4-0")
    assert ledger.record_payment(actor, loan.public_id, 50_000, date(2025, 6, 20))
    fresh = actions.build(actor, JUNE, "QH")
    assert not fresh.unchanged
    assert fresh.overdue_minor["CNY"] < first.overdue_minor["CNY"]


def test_a_fact_of_another_creditor_does_not_stale_the_book(actor, bank):
    assert actions.build(actor, JUNE, "QH")
    loan = Agreement.objects.unscoped("test").get(reference="X1-0")
    assert ledger.record_payment(actor, loan.public_id, 50_000, date(2025, 6, 20))
    assert actions.build(actor, JUNE, "QH").unchanged


def test_the_day_before_is_built_from_what_counted_then(actor, bank):
    """A payment of July does not show in June's book even when June is built later."""
    before = actions.build(actor, JUNE, "QH")
    loan = Agreement.objects.unscoped("test").get(reference="C4-0")
    assert ledger.record_payment(actor, loan.public_id, 50_000, date(2025, 7, 20))
    after = actions.build(actor, JUNE, "QH")
    assert not after.unchanged
    assert after.overdue_minor == before.overdue_minor


def test_host_kept_agreements_take_the_hosts_word(actor, portfolios, borrow):
    customer = borrow("H1", keeping="host")
    loan = Agreement.objects.unscoped("test").get(reference="H1-0")
    assert actions.build(actor, JUNE, "QH").rows == 0  # the host has said nothing yet
    figures = {"balance_minor": 900_000, "overdue_minor": 70_000, "overdue_principal_minor": 70_000, "past_due_days": 40}
    assert ledger.feed_host_position(actor, loan.public_id, date(2025, 6, 1), figures)
    assert actions.build(actor, JUNE, "QH").rows == 1
    row = one(customer)
    assert (row["overdue_minor"], row["outstanding_minor"], row["bucket"], row["keeping"]) == (70_000, 900_000, "M2", "host")


def test_a_book_replaces_the_former_one_whole(actor, bank, book_dir, monkeypatch):
    """A build that breaks leaves the former book as it was; afterwards no scrap of either lies about."""
    assert actions.build(actor, JUNE, "QH")
    former = frame()

    def broken(*_args, **_kwargs):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(pl.DataFrame, "write_parquet", broken)
        with pytest.raises(OSError, match="disk full"):
            actions.build(actor, JUNE, "QH", force=True)
        with pytest.raises(OSError, match="disk full"):
            actions.build(actor, JULY, "QH")
    assert frame().equals(former)
    assert actions.build(actor, JUNE, "QH").unchanged
    assert queries.days(SYSTEM_SCOPE) == [JUNE]
    assert actions.build(actor, JUNE, "QH", force=True)
    assert sorted(p.name for p in storage.folder(JUNE, "QH").iterdir()) == ["made.json", "part-0.parquet"]


def test_a_reader_never_sees_half_a_book_or_none(actor, bank):
    """Read over and over while the book is written over and over: every answer is whole."""
    assert actions.build(actor, JUNE, "QH")
    former, facts = frame(), storage.made(JUNE, "QH")
    stop, wrong, reads = threading.Event(), [], []

    def read():
        while not stop.is_set() or len(reads) < 20:
            found = pl.read_parquet(storage.parts(JUNE, ["QH"])) if storage.parts(JUNE, ["QH"]) else None
            reads.append(1)
            if found is None or not found.equals(former):
                wrong.append(found)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(60):
        storage.write(JUNE, "QH", former, facts)
    stop.set()
    reader.join()
    assert wrong == []


def test_what_a_book_was_made_from_is_written_beside_it(actor, bank):
    assert actions.build(actor, JUNE, "QH")
    facts = json.loads((storage.folder(JUNE, "QH") / "made.json").read_text())
    assert (facts["creditor"], facts["as_of"], facts["rows"]) == ("QH", "2025-06-30", 4)
    assert len(facts["fingerprint"]) == 64


def test_overview_adds_up_to_the_book(actor, bank):
    assert actions.build(actor, JUNE, "QH")
    told = queries.overview(SYSTEM_SCOPE, JUNE)
    book = frame()
    assert told.currencies() == ["CNY"]
    assert sum(r.customers for r in told.rows) == book.height
    assert sum(r.overdue_minor for r in told.rows) == book["overdue_minor"].sum()
    assert [r.bucket for r in told.of("CNY")] == [b for b in queries.BUCKETS if b in set(book["bucket"])]


def test_roll_rates_add_up_to_their_base(actor, bank):
    """Every customer of a bucket goes somewhere: the cells of a row sum to the bucket at the start, money too."""
    for day in (JUNE, JULY):
        assert actions.build(actor, day, "QH")
    table = queries.roll_rates(SYSTEM_SCOPE, JUNE, JULY, "QH")
    start = frame().group_by("bucket").agg(pl.len(), pl.col("outstanding_minor").sum())
    for bucket, customers, money in start.iter_rows():
        rows = [r for r in table.rows if r.from_bucket == bucket]
        assert table.base("CNY", bucket) == sum(r.customers for r in rows) == customers
        assert sum(r.outstanding_minor for r in rows) == money
    moved = table.cell("CNY", "M1", "M2")
    assert moved is not None
    assert moved.customers == 1
    assert table.cell("CNY", "M2", "M1") is None


def test_who_is_gone_counts_as_gone(actor, bank):
    for day in (JUNE, JULY):
        assert actions.build(actor, day, "QH")
    rest = frame(JULY).filter(pl.col("customer") != bank["never"])
    storage.write(JULY, "QH", rest, storage.made(JULY, "QH"))
    table = queries.roll_rates(SYSTEM_SCOPE, JUNE, JULY)
    assert table.cell("CNY", one(bank["never"])["bucket"], "gone").customers == 1


@pytest.mark.parametrize("ask", [lambda s, d: queries.overview(s, d), lambda s, d: queries.roll_rates(s, d, d)])
def test_a_day_without_a_book_is_refused(ask, portfolios):
    answer = ask(SYSTEM_SCOPE, date(2020, 1, 1))
    assert isinstance(answer, Refusal)
    assert answer.code == "book.none"


def test_an_unknown_creditor_is_refused(actor, portfolios):
    answer = actions.build(actor, JUNE, "NONE")
    assert isinstance(answer, Refusal)
    assert answer.code == "book.creditor_unknown"


def test_nobody_reads_or_builds_beyond_their_scope(actor, bank):
    for code in ("QH", "BL"):
        assert actions.build(actor, JUNE, code)
    mine = Creditor.objects.get(code="BL").pk
    scope = Scope(frozenset({mine}), frozenset({Role.OPERATOR, Role.ANALYST}))
    assert frame(creditor="", scope=scope)["creditor"].unique().to_list() == ["BL"]
    assert frame(creditor="QH", scope=scope).is_empty()
    assert queries.days(Scope(frozenset())) == []
    outsider = Actor(scope, "person", "usr_1", "web")
    assert not actions.build(outsider, JUNE, "QH")
    assert actions.build(outsider, JUNE, "BL")


def test_a_portfolio_narrows_what_is_read(actor, bank, portfolios):
    assert actions.build(actor, JUNE, "QH")
    creditor, mine = portfolios["QH"].creditor_id, portfolios["QH"].pk
    assert frame(scope=Scope(frozenset({creditor}), portfolio_ids=frozenset({mine}))).height == 4
    assert frame(scope=Scope(frozenset({creditor}), portfolio_ids=frozenset({mine + 10_000}))).is_empty()


def test_no_identity_in_a_book(actor, bank):
    assert actions.build(actor, JUNE, "QH")
    raw = (storage.folder(JUNE, "QH") / "part-0.parquet").read_bytes() + (storage.folder(JUNE, "QH") / "made.json").read_bytes()
    assert "王小明".encode() not in raw
