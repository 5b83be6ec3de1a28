"""The same import over REST and on the command line."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from intake_files import CUSTOMERS, PAYMENTS
from typer.testing import CliRunner

from arrears.access.models import ApiKey, Grant, User
from arrears.access.queries import key_hash
from arrears.intake import commands, jobs
from arrears.kernel import clock
from arrears.kernel.scope import SYSTEM_SCOPE, Role
from arrears.ledger.models import Event
from arrears.parties.models import Party

pytestmark = pytest.mark.django_db
ROWS = "A,J1,还款,2026-02-10,100.00,,,,\nB,J1,还款,2026-13-10,50.00,,,,\n"


@pytest.fixture
def call(creditor):
    user = User.objects.create(username="machine", display_name="machine")
    Grant.objects.create(user=user, role=Role.INTEGRATOR, creditor=creditor)
    now = clock.now()
    ApiKey.objects.create(
        prefix="k1",
        secret_hash=key_hash("secret"),
        label="t",
        user=user,
        acts=["*"],
        created_at=now,
        expires_at=now + timedelta(days=1),
    )
    client = Client(headers={"Authorization": "Bearer ark_k1.secret"})

    def go(method, path, body=None, **options):
        if body is not None:
            options |= {"data": body, "content_type": "application/json"}
        return getattr(client, method)(f"/api/v1/{path}", **options)

    return go


def test_over_rest(book, call, tmp_path):
    def send(data, **fields):
        form = {"file": SimpleUploadedFile("p.csv", data.encode()), "creditor": "BANK-A", "profile": "core-payments", **fields}
        return call("post", "imports", **{"data": form})

    made = send(PAYMENTS + ROWS)
    assert made.status_code == 201, made.content
    batch = made.json()
    assert (batch["state"], batch["rows_good"], batch["rows_held"], batch["rules"]) == ("checked", 1, 1, {"date.invalid": 1})
    assert not list((tmp_path / "spool").glob("*.upload"))
    held = call("get", f"imports/{batch['id']}/held").json()["data"]
    assert [(f["column"], f["letter"], f["rule"]) for f in held[0]["faults"]] == [("记账日期", "D", "date.invalid")]
    still = call("post", f"imports/{batch['id']}/held/3/mend", {"cells": {"金额": "1.00"}}).json()
    assert still["state"] == "held"
    assert call("post", f"imports/{batch['id']}/held/3/mend", {"cells": {"记账日期": "2026-03-10"}}).json()["state"] == "mended"
    assert call("post", f"imports/{batch['id']}/commit", {}).status_code == 202
    jobs.commit_batch(batch=batch["id"])
    assert Event.objects.visible_to(SYSTEM_SCOPE).filter(kind="paid").count() == 2
    again = send(PAYMENTS + ROWS)
    assert (again.status_code, again.json()["already_loaded"]) == (200, True)
    asked = call("post", f"imports/{batch['id']}/undo", {"reason": "x"})
    assert (asked.status_code, asked.json()["state"]) == (202, "committed")  # an integrator may not undo alone
    assert call("get", "imports").json()["data"][0]["id"] == batch["id"]
    assert send("a\n1\n").json()["refusal"]["code"] == "header.missing"
    assert send("").json()["code"] == "file.empty"
    assert send(PAYMENTS + ROWS, profile="nothing").status_code == 404
    assert call("get", "imports/bat_x").status_code == 404
    assert {k["kind"] for k in call("get", "import-kinds").json()} >= {"customers", "payments"}
    words = {
        "id": "own",
        "outputs": [{"kind": "payments", "columns": {"n": "reference", "a": "agreement_reference", "d": "effective_on"}}],
    }
    assert call("post", "import-profiles", {"words": words}).json() == {"id": "own", "version": 1}
    assert "own" in {p["id"] for p in call("get", "import-profiles").json()}


@pytest.fixture
def shell():
    runner = CliRunner()

    def run(*words):
        return runner.invoke(commands.app, [str(w) for w in words])

    return run


def test_on_the_command_line(book, shell, tmp_path):
    path = book.path(PAYMENTS + ROWS)
    tried = shell(path, "--profile", "core-payments", "--creditor", "BANK-A", "--dry-run", "--json")
    assert tried.exit_code == 0, tried.output
    assert json.loads(tried.stdout)["state"] == "checked"
    done = json.loads(shell(path, "--profile", "core-payments", "--creditor", "BANK-A", "--commit", "--json").stdout)
    assert (done["state"], done["rows_good"]) == ("committed", 1)
    told = json.loads(shell("errors", done["id"], "--json").stdout)
    assert (told[0]["row"], told[0]["letter"], told[0]["rule"], told[0]["masked"]) == (3, "D", "date.invalid", "2026-13-10")
    out = tmp_path / "errors.csv"
    assert shell("errors", done["id"], "--out", out).exit_code == 0
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    assert shell("errors", done["id"], "--out", out, "--clear").exit_code == 3
    wrong = shell("mend", done["id"], "--row", 3, "--set", "记账日期=2026-14-10")
    assert wrong.exit_code == 3
    assert shell("mend", done["id"], "--row", 3, "--set", "记账日期=2026-03-10").exit_code == 0
    assert json.loads(shell("show", done["id"], "--json").stdout)["rows_held"] == 0
    again = shell(path, "-p", "core-payments", "-c", "BANK-A", "--commit")
    assert "nothing done" in again.output or "没有做任何事" in again.output
    assert shell("undo", done["id"], "--reason", "x").exit_code == 0
    assert shell("resume", done["id"]).exit_code == 6
    assert shell("show", "bat_none").exit_code == 4
    assert done["id"] in shell("list").output


def test_profiles_and_kinds_on_the_command_line(load, shell, tmp_path):
    assert "core-payments" in shell("profile", "list").output
    shown = tmp_path / "mine.yaml"
    shown.write_text(shell("profile", "show", "core-customers").stdout)
    assert shell("profile", "lint", shown).exit_code == 0
    assert shell("profile", "save", shown).exit_code == 0
    bad = tmp_path / "bad.yaml"
    bad.write_text("id: x\noutputs: []\n")
    assert shell("profile", "lint", bad).exit_code == 3
    proposed = shell("profile", "propose", load.path(CUSTOMERS + "K1,王,,,,\n"))
    assert "客户姓名: name" in proposed.stdout
    own = tmp_path / "own.yaml"
    own.write_text(proposed.stdout)
    file = load.path(CUSTOMERS + "K1,王明,person,,,\n")
    assert shell(file, "--profile", own, "--creditor", "BANK-A", "--commit").exit_code == 0
    assert Party.objects.visible_to(SYSTEM_SCOPE).count() == 1
    kinds = json.loads(shell("kinds", "--json").stdout)
    assert all(k["undo"]["zh"] and k["undo"]["en"] and k["fields"] for k in kinds)
    assert shell(file, "--profile", "nothing", "--creditor", "BANK-A").exit_code == 4
