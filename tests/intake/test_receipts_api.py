"""Statements and receipts over REST: the same acts and the same refusals."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from arrears.access.models import ApiKey, Grant, User
from arrears.access.queries import key_hash
from arrears.kernel import clock
from arrears.kernel.scope import Role

pytestmark = pytest.mark.django_db
CSV = "date,amount,payer,payer account,description,account,balance\n2026-03-15,1000.00,王小明,6217,还款,62220200,1000.00\n"


@pytest.fixture
def call(creditor):
    user = User.objects.create(username="machine", display_name="machine")
    Grant.objects.create(user=user, role=Role.INTEGRATOR, creditor=creditor)
    now = clock.now()
    ApiKey.objects.create(
        prefix="k1", secret_hash=key_hash("secret"), label="t", user=user, acts=["*"], created_at=now,
        expires_at=now + timedelta(days=1),
    )  # fmt: skip
    client = Client(headers={"Authorization": "Bearer ark_k1.secret"})

    def go(method, path, body=None, **options):
        send = getattr(client, method)
        if body is not None:
            options |= {"data": body, "content_type": "application/json"}
        return send(f"/api/v1/{path}", **options)

    return go


def upload(call, data, **fields):
    return call(
        "post", "bank-statements", **{"data": {"file": SimpleUploadedFile("s.csv", data), "creditor": "BANK-A", **fields}}
    )


def test_the_whole_way(call, borrow):
    borrow("HT20260001")
    tried = upload(call, CSV.encode(), dry_run="true")
    assert tried.status_code == 201, tried.content
    assert tried.json()["dry_run"] is True
    assert call("get", "receipts").json()["data"] == []
    made = upload(call, CSV.encode()).json()
    assert (made["entry_count"], made["open_count"]) == (1, 1)
    assert made["totals"][0]["money_in"] == {"amount": "1000.00", "currency": "CNY"}
    (waiting,) = call("get", "receipts").json()["data"]
    assert waiting["payer_name_masked"] != "王小明"
    assert waiting["proposals"][0]["evidence"] == ["payer_name", "amount_of_instalment", "near_due_date"]
    path = f"receipts/{waiting['id']}"
    wrong = call(
        "post", f"{path}/split", {"parts": [{"agreement": "HT20260001", "amount": {"amount": "1.00", "currency": "CNY"}}]}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "receipt.split_sum")
    (posted,) = call("post", f"{path}/assign", {"agreement": "HT20260001"}).json()
    assert posted["amount"] == {"amount": "1000.00", "currency": "CNY"}
    assert call("get", path).json()["state"] == "posted"
    assert call("post", f"{path}/undo", {"reason": "错"}).json()["state"] == "open"
    assert call("post", f"{path}/reveal", {"reason": "核对"}).json()["payer_name"] == "王小明"
    assert call("get", "bank-statements").json()["data"][0]["balance_check"] == "agrees"


def test_refusals_are_problems(call):
    assert upload(call, b"what").json()["code"] == "statement.not_recognised"
    missing = call("get", "receipts/ben_none")
    assert (missing.status_code, missing.json()["code"]) == (404, "statement.not_found")
