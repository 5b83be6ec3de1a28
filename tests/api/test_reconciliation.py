"""Host positions beside our own, over the API and from Python."""

from __future__ import annotations

import pytest

import arrears
from arrears.kernel.scope import Role

DAY = "2026-03-20"


def money(text):
    return {"amount": text, "currency": "CNY"}


@pytest.fixture
def loan(house, operator, monkeypatch):
    monkeypatch.setenv("ARREARS_BUSINESS_DATE", DAY)
    person = operator.post("parties", {"creditor": "bank", "reference": "C-1", "name": "王小明"}).json()["id"]
    made = operator.post(
        "agreements",
        {
            "reference": "L-1", "debtor_id": person, "portfolio": "retail", "product": "consumer_loan", "currency": "CNY",
            "opened_on": "2026-01-10", "keeping": "both",
        },
    )  # fmt: skip
    assert made.status_code == 201, made.content
    path = f"agreements/{made.json()['id']}"
    operator.post(f"{path}/disbursements", {"amount": money("1000.00"), "on": "2026-01-10"})
    rows = [{"n": 1, "due_on": "2026-03-10", "principal": "1000.00"}]
    assert operator.post(f"{path}/schedule", {"on": "2026-01-10", "rows": rows}).status_code == 201
    return path


def feed(operator, loan, **figures):
    answer = operator.post(f"{loan}/host-positions", {"as_of": DAY, **figures})
    assert answer.status_code == 201, answer.content


def test_equal_figures(operator, loan):
    feed(operator, loan, overdue=money("1000.00"), past_due_days=10)
    body = operator.get("reconciliation").json()
    assert (body["compared"], body["equal"], body["sums"]) == (1, 1, [])


def test_differences_in_their_own_units(house, operator, loan):
    feed(operator, loan, overdue=money("990.00"), past_due_days=9)
    body = operator.get("reconciliation").json()
    assert (body["compared"], body["equal"]) == (1, 0)
    assert {s["field"]: s["absolute"] for s in body["sums"]} == {"overdue": money("10.00"), "past_due_days": "1"}
    rows = operator.get("reconciliation/differences").json()["data"]
    assert {(r["field"], str(r["ours"]), str(r["host"])) for r in rows} == {
        ("overdue", str(money("1000.00")), str(money("990.00"))),
        ("past_due_days", "10", "9"),
    }
    stranger = house.key(Role.OPERATOR, creditor=house.other)
    assert stranger.get("reconciliation").json()["compared"] == 0
    assert arrears.open().ledger.reconciliation(DAY).compared == 1


def test_silent_hosts_are_counted(operator, loan):
    assert operator.get("reconciliation").json()["silent"] == 1
