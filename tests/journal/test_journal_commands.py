"""``arrears journal`` at the terminal: exit codes, JSON, and proofs that travel."""

from __future__ import annotations

import json

import pytest
from django.db import connection, transaction
from typer.testing import CliRunner

from arrears.journal import actions
from arrears.journal.commands import app
from arrears.kernel.scope import SYSTEM_SCOPE, Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids(monkeypatch):
    monkeypatch.setenv("ARREARS_LANGUAGE", "en")
    actor = Actor(SYSTEM_SCOPE, "system", "test", "job")
    with transaction.atomic():
        yield [actions.record(actor, "thing.done", ("thing", f"t{n}"), creditor_id=None).id for n in range(5)]
        transaction.set_rollback(True)


def run(*words, code=0):
    result = CliRunner().invoke(app, [str(w) for w in words])
    assert result.exit_code == code, result.output
    return result


def tamper(statement):
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("set local session_replication_role = origin")


def test_seal_verify_and_the_exact_entry(ids):
    assert json.loads(run("seal", "--json").stdout) == {"sealed": 5, "size": 5}
    assert json.loads(run("verify", "--json").stdout)["whole"] is True
    tamper(f"update journal_entry set act = 'thing.undone' where id = {ids[3]}")
    result = run("verify", "--json", code=1)
    assert json.loads(result.stdout)["faults"] == [
        {"kind": "content", "at": str(ids[3]), "sentence": f"entry {ids[3]} was edited"}
    ]
    assert f"entry {ids[3]} was edited" in result.stderr


def test_show(ids):
    rows = json.loads(run("show", "--json", "--act", "thing.").stdout)
    assert [r["entry"] for r in rows] == ids[::-1]
    assert "thing.done" in run("show", "--subject", "t3").stderr


def test_proof_and_witness_travel(ids, tmp_path):
    run("seal")
    run("export", "--out", tmp_path)
    assert len((tmp_path / "entries.jsonl").read_text().splitlines()) == 5
    assert (tmp_path / "public-key.txt").read_text().strip() == run("key").stdout.strip()
    key = ("--public-key", tmp_path / "public-key.txt")
    run("verify", *key, "--witness", tmp_path / "checkpoint.txt")
    document = run("proof", ids[2]).stdout
    (tmp_path / "proof.json").write_text(document)
    run("check-proof", tmp_path / "proof.json", *key)
    (tmp_path / "forged.json").write_text(document.replace("thing.done", "thing.undone"))
    run("check-proof", tmp_path / "forged.json", *key, code=1)
    run("check-proof", tmp_path / "none.json", *key, code=1)
    run("proof", 10**9, code=4)
    (tmp_path / "other.txt").write_text("no key")
    run("verify", "--public-key", tmp_path / "other.txt", code=3)
    run("verify", "--witness", tmp_path / "proof.json", code=3)
    assert json.loads(run("export").stdout.splitlines()[0])["entry"] == ids[0]
