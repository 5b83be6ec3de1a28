"""Books over the API and from Python: built once, read whole, inside the caller's scope."""

from __future__ import annotations

import io
import json
from datetime import date

import polars as pl
import pytest

import arrears
from arrears import session
from arrears.kernel.scope import Role

DAY = "2026-03-31"


def money(text):
    return {"amount": text, "currency": "CNY"}


@pytest.fixture
def book(house, operator, monkeypatch, settings, tmp_path):
    settings.BOOK_DIR = tmp_path
    monkeypatch.setenv("ARREARS_BUSINESS_DATE", DAY)
    person = operator.post("parties", {"creditor": "bank", "reference": "C-1", "name": "王小明"}).json()["id"]
    made = operator.post(
        "agreements",
        {
            "reference": "L-1", "debtor_id": person, "portfolio": "retail", "product": "consumer_loan", "currency": "CNY",
            "opened_on": "2026-01-10",
        },
    )  # fmt: skip
    path = f"agreements/{made.json()['id']}"
    operator.post(f"{path}/disbursements", {"amount": money("1000.00"), "on": "2026-01-10"})
    rows = [{"n": 1, "due_on": "2026-02-10", "principal": "1000.00", "interest": "10.00"}]
    made = [operator.post(f"{path}/{name}", {"on": "2026-01-10", "rows": rows}) for name in ("schedule",)]
    assert made[0].status_code == 201, made[0].content
    built = [operator.post("books", {"date": day, "creditor": "bank"}) for day in ("2026-02-01", DAY)]
    assert [b.status_code for b in built] == [201, 201], built[1].content
    return built[1].json()


def test_build_and_read(operator, book):
    assert (book["rows"], book["overdue_customers"]) == (1, 1)
    assert operator.post("books", {"date": DAY, "creditor": "bank"}).json()["unchanged"] is True
    assert [d["date"] for d in operator.get("books").json()["data"]] == [DAY, "2026-02-01"]
    buckets = operator.get(f"books/{DAY}/overview").json()["buckets"]
    assert [(b["customers"], b["overdue"]) for b in buckets] == [(1, book["overdue"][0])]
    rolls = operator.get(f"/api/v1/books/roll-rates?from_date=2026-02-01&to_date={DAY}").json()["rolls"]
    assert [(r["from_bucket"], r["customers"], r["share_permille"]) for r in rolls] == [("", 1, 1000)]


def test_rows_as_lines_and_as_parquet(operator, book):
    answer = operator.get(f"/api/v1/books/{DAY}/rows")
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    parquet = operator.get(f"/api/v1/books/{DAY}/rows?format=parquet")
    frame = pl.read_parquet(io.BytesIO(parquet.content))
    assert frame.height == len(lines) == 1
    assert frame["overdue_minor"].to_list() == [lines[0]["overdue_minor"]]
    assert "王小明" not in str(lines)


def test_the_vocabulary_in_both_languages(operator):
    zh, en = (operator.get("books/columns", **{"Accept-Language": lang}).json()["data"] for lang in ("zh", "en"))
    assert [c["name"] for c in zh] == [c["name"] for c in en]
    assert zh[0]["label"] != en[0]["label"]


def test_refusals(house, operator, book):
    assert operator.get("books/2020-01-01/overview").json()["code"] == "book.none"
    assert operator.get("books/2020-01-01/rows").json()["code"] == "book.none"
    assert operator.post("books", {"date": DAY, "creditor": "other"}).json()["code"] == "book.creditor_unknown"
    stranger = house.key(Role.OPERATOR, creditor=house.other)
    assert stranger.get("books").json()["data"] == []
    assert stranger.get(f"books/{DAY}/rows").json()["code"] == "book.none"


def test_from_python(book, monkeypatch):
    monkeypatch.setattr(session, "_default", None)
    table = arrears.book(DAY)
    assert table.num_rows == 1
    assert arrears.book(date.fromisoformat(DAY)).equals(table)
    with pytest.raises(arrears.Refused) as caught:
        arrears.book("2020-01-01")
    assert caught.value.code == "book.none"
