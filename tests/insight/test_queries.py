"""Rolls over several books: counts close, movers are worse than before, nothing of another creditor."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from django.conf import settings

from arrears.access.models import Creditor
from arrears.book import declaration, storage
from arrears.book import queries as book
from arrears.insight import queries as insight
from arrears.kernel.scope import Scope

pytestmark = pytest.mark.django_db

OLD, MID, NEW = date(2026, 9, 30), date(2026, 10, 31), date(2026, 11, 23)


def put(day: date, creditor: str, rows: list[tuple[str, str, int]]) -> None:
    """A book by hand: (customer, bucket, overdue amount)."""
    data = [
        {
            "as_of": day, "creditor": creditor, "customer": who, "customer_id": n, "currency": "CNY", "bucket": bucket,
            "overdue_minor": overdue, "outstanding_minor": overdue + 100, "past_due_days": 30 * book.BUCKETS.index(bucket),
            "portfolio_ids": "1",
        }
        for n, (who, bucket, overdue) in enumerate(rows)
    ]  # fmt: skip
    schema = declaration.schema()
    frame = pl.DataFrame(data, schema={k: schema[k] for k in data[0]})
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in frame.columns]
    storage.write(day, creditor, frame.with_columns(missing).select(list(schema)), {})


@pytest.fixture
def scope(tmp_path, monkeypatch) -> Scope:
    monkeypatch.setattr(settings, "BOOK_DIR", tmp_path)
    mine = Creditor.objects.create(code="QH", name="青禾银行")
    Creditor.objects.create(code="XX", name="别家")
    put(OLD, "QH", [("a", "", 0), ("b", "M1", 10), ("c", "M1", 10), ("d", "M2", 50)])
    put(MID, "QH", [("a", "M1", 20), ("b", "", 0), ("c", "M2", 40), ("d", "M2", 50)])
    put(NEW, "QH", [("a", "M2", 60), ("b", "", 0), ("c", "M3", 900)])
    put(MID, "XX", [("z", "M1", 1)])
    put(NEW, "XX", [("z", "M7+", 10**9)])
    return Scope(creditor_ids=frozenset({mine.pk}))


def test_splits_count_everyone_once(scope):
    table = insight.roll_table(scope, MID, NEW)
    assert insight.splits(table, "CNY") == [
        insight.Split("", 1, 0, 1, 0, 0),
        insight.Split("M1", 1, 0, 0, 1, 0),
        insight.Split("M2", 2, 0, 0, 1, 1),
    ]


def test_worst_movers_are_the_largest_growth_into_a_worse_bucket(scope):
    rows = insight.worst_movers(scope, MID, NEW, "CNY")
    assert [(r.customer, r.from_bucket, r.to_bucket, r.growth_minor) for r in rows] == [
        ("c", "M2", "M3", 860),
        ("a", "M1", "M2", 40),
    ]


def test_trend_goes_month_by_month(scope):
    ends = insight.month_ends(book.days(scope), NEW)
    assert ends == [OLD, MID, NEW]
    points = insight.trend(scope, ends, "CNY")
    assert [day for day, _ in points] == [MID, NEW]
    assert points[0][1] == {"": 1000, "M1": 500, "M2": 0, "M3": None}


def test_a_rebuilt_book_changes_the_answer(scope):
    before = insight.roll_table(scope, MID, NEW)
    put(NEW, "QH", [("a", "", 0), ("b", "", 0), ("c", "", 0), ("d", "", 0)])
    after = insight.roll_table(scope, MID, NEW)
    assert before != after
    assert sum(s.worse for s in insight.splits(after, "CNY")) == 0


def test_month_ends_take_the_last_book_of_each_month():
    days = [date(2026, 9, 15), date(2026, 9, 30), date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 23), date(2026, 12, 1)]
    assert insight.month_ends(days, date(2026, 11, 23)) == [date(2026, 9, 30), date(2026, 10, 31), date(2026, 11, 23)]
    assert insight.month_ends(days, date(2026, 11, 23), 2) == [date(2026, 10, 31), date(2026, 11, 23)]


def test_creditors_outside_the_scope_have_no_days(scope):
    assert book.days_of(scope, "XX") == []
    assert book.days_of(scope, "QH") == [OLD, MID, NEW]
