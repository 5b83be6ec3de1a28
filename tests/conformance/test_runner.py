"""The runner of golden cases: reading, merging, comparing, counting. The kinds here are stand-ins with known answers."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from arrears.conformance import comparing, decisions, loading, running
from arrears.kernel.declare import UnsupportedCase

HEAD = """
defaults:
  kind: fee
  source: {project: Own, licence: own work}
  confidence: checked
  tolerance: {money: "0.01"}
cases:
"""


def write(tmp_path: Path, text: str, name: str = "cases.yaml") -> Path:
    path = tmp_path / "folder" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def fee(number: str, amount: str, extra: str = "") -> str:
    return f"""
  - id: own/{number}
    title: one
    source: {{ref: memo}}
    calculator: own.fee
    inputs: {{amount: "{amount}"}}
    expect: {{amount: "175.00"}}
    {extra}
"""


def answer(case):
    if case["inputs"]["amount"] == "odd":
        raise UnsupportedCase("odd amounts")
    if case["inputs"]["amount"] == "bug":
        raise ZeroDivisionError("bug")
    return {"amount": Decimal(case["inputs"]["amount"]), "more": "unasked"}


KINDS = {"fee": answer}


def outcomes(path, kinds=KINDS, kind=None):
    return [(r.case.id, r.outcome) for r in running.run([path], kinds, kind).results]


def test_defaults_merge_map_by_map_and_the_case_wins(tmp_path):
    path = write(tmp_path, HEAD + fee("1", "175.01") + fee("2", "175.01", 'tolerance: {other: "1"}') + fee("3", "174.98"))
    cases = list(loading.load(path))
    assert cases[0].content["source"] == {"project": "Own", "licence": "own work", "ref": "memo"}
    assert cases[1].content["tolerance"] == {"money": "0.01", "other": "1"}
    assert [c.line for c in cases] == [9, 17, 25]
    assert outcomes(path) == [("own/1", "passed"), ("own/2", "passed"), ("own/3", "failed")]


def test_several_documents_and_bare_cases(tmp_path):
    bare = HEAD + fee("1", "175")
    second = """
---
id: own/9
kind: fee
title: bare
source: {project: Other, ref: x, licence: own work}
confidence: checked
calculator: own.fee
inputs: {amount: "175.00"}
expect: {amount: "175.00"}
"""
    report = running.run([write(tmp_path, bare + second)], KINDS)
    assert [(line["source"], line["passed"]) for line in report.summary()] == [("Other", 1), ("Own", 1)]


def test_unknown_kinds_are_not_run_and_never_passed(tmp_path):
    path = write(tmp_path, HEAD + fee("1", "175"))
    assert outcomes(path, kinds={}) == [("own/1", "not_run")]
    assert outcomes(path, kind="schedule") == []


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (fee("1", "odd"), "not supported: odd amounts"),
        (fee("1", "bug"), "ZeroDivisionError"),
        (fee("1", "1") + fee("1", "1"), "already used"),
        (fee("1", "175").replace("calculator", "calculatr"), "malformed"),
        (fee("1", "175").replace("title: one", ""), "'title' is a required property"),
        (fee("1", "175").replace("title: one", "title: one\n    title: two"), "stands twice"),
        (fee("1", "175").replace("expect: {", "expect: {{"), "not YAML"),
        ("  - just text\n", "a case must be a map"),
    ],
)
def test_faults_are_failures_that_say_why(tmp_path, case, reason):
    report = running.run([write(tmp_path, HEAD + case)], KINDS)
    failed = report.of("failed")
    assert reason in failed[-1].reason
    assert failed[-1].case.file.endswith("cases.yaml")
    assert failed[-1].case.line > 0


def test_unreadable_files_are_failures(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    empty = tmp_path / "empty.yaml"
    empty.write_text("# nothing")
    results = running.run([path, empty, tmp_path / "absent.yaml"], KINDS).results
    assert [r.outcome for r in results] == ["failed"] * 3
    assert "cannot be read" in results[0].reason
    assert "holds no cases" in results[1].reason


def test_differs_needs_our_answer_at_that_place(tmp_path):
    ours = 'differs: [{at: amount, published: "175.00", ours: "170.00", reason: we round down}]'
    path = write(tmp_path, HEAD + fee("1", "170.00", ours) + fee("2", "171.00", ours) + fee("3", "175.00", ours))
    assert outcomes(path) == [("own/1", "different"), ("own/2", "failed"), ("own/3", "passed")]
    report = running.run([path], KINDS)
    assert report.of("different")[0].reason == "we round down"


def test_summary_and_failures_as_json(tmp_path):
    document = running.run([write(tmp_path, HEAD + fee("1", "175") + fee("2", "9"))], KINDS).as_json()
    assert document["summary"] == [{"kind": "fee", "source": "Own", "passed": 1, "failed": 1, "different": 0, "not_run": 0}]
    (failure,) = document["failures"]
    assert failure["id"] == "own/2"
    assert failure["differences"] == [{"at": "amount", "expected": "175.00", "produced": "9"}]
    assert json.dumps(document)


NONE = comparing.Tolerance.of(None)


@pytest.mark.parametrize(
    ("expected", "produced", "places"),
    [
        ({"a": "1.00"}, {"a": Decimal("1")}, []),
        ({"a": "1.00"}, {"a": Decimal("1.01")}, ["a"]),
        ({"a": None}, {"a": None}, []),
        ({"a": None}, {"a": Decimal(0)}, ["a"]),
        ({"a": 0}, {"a": None}, ["a"]),
        ({"a": True}, {"a": 1}, ["a"]),
        ({"a": "2024-01-01"}, {}, ["a"]),
        ([{"due": "2024-01-01", "x": "1"}], [{"due": "2024-01-01", "x": 1, "y": 2}], []),
        ([{"x": "1"}, {"x": "2"}], [{"x": 2}, {"x": 1}], ["[1].x", "[2].x"]),
        ([{"x": "1"}], [{"x": 1}, {"x": 2}], ["[2]"]),
        ([{"x": "1"}, {"x": "2"}], [{"x": 1}], ["[2]"]),
        ([{"n": 2, "x": "5"}], [{"n": 1, "x": 1}, {"n": 2, "x": 5}], []),
        ([{"n": 7, "x": "5"}], [{"n": 1, "x": 5}], ["[7]"]),
        ([{"id": "p2", "x": "5"}], [{"id": "p1", "x": 1}, {"id": "p2", "x": 5}], []),
        ({"rules": ["A"]}, {"rules": ["B", "A"]}, []),
        ({"rules": ["A", "C"]}, {"rules": ["A"]}, ["rules[2]"]),
        ({"notices": [{"i": "x"}, {"i": "y"}]}, {"notices": [{"i": "y"}, {"i": "x"}]}, []),
        ({"notices": []}, {"notices": [{"i": "y"}]}, ["notices"]),
        ({"rows": [{"due": "a", "balance": "0"}]}, {"rows": [{"due": "a", "balance": 0}, {"due": "b"}]}, ["rows[2]"]),
        ({"rows": [{"due": "a", "balance": "5"}]}, {"rows": [{"due": "a", "balance": 5}, {"due": "b", "balance": 0}]}, []),
        ({"at": "2026-04-07T12:00:00Z"}, {"at": "2026-04-07T08:00:00-04:00"}, []),
        ({"a": {"b": "1"}}, {"a": "text"}, ["a"]),
    ],
)  # fmt: skip
def test_comparing(expected, produced, places):
    assert [d.at for d in comparing.differences(expected, produced, NONE)] == places


def test_tolerance_by_field_and_for_money():
    tolerance = comparing.Tolerance.of({"money": "0.01", "balance": "0.05"})
    assert not comparing.differences({"balance": "1.00", "interest": "1.00"}, {"balance": "1.05", "interest": "1.01"}, tolerance)
    assert [d.at for d in comparing.differences({"interest": "1.00"}, {"interest": "1.02"}, tolerance)] == ["interest"]


def schedule_case(balances):
    rows = [{"due": f"2024-0{i + 1}-01", "principal": "50.00", "balance": b} for i, b in enumerate(balances)]
    return {"id": "x/1", "kind": "schedule", "terms": {"principal": "100.00"}, "expect": {"rows": rows}}


def test_the_balance_rule_covers_only_contradictions_within_their_bound():
    off = comparing.Difference("rows[1].balance", "50.03", Decimal("50.00"))
    far = comparing.Difference("rows[1].balance", "50.03", Decimal("49.00"))
    other = comparing.Difference("rows[1].interest", "1.00", Decimal("2.00"))
    assert decisions.reason(schedule_case(["50.03", "0.00"]), [off])
    assert not decisions.reason(schedule_case(["50.03", "0.00"]), [far])
    assert not decisions.reason(schedule_case(["50.03", "0.00"]), [off, other])
    assert not decisions.reason(schedule_case(["50.00", "0.00"]), [off])


def test_the_command_needs_no_database_and_exits_by_result(tmp_path):
    good = Path(__file__).parents[1] / "golden" / "fineract" / "schedules.yaml"
    bad = write(tmp_path, HEAD + fee("1", "175") + "  - {id: 1}\n")
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"ARREARS_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "arrears.cli.main", "cases", "run", "--json"]
    done = [subprocess.run([*command, str(p)], capture_output=True, text=True, env=environment, check=False) for p in (good, bad)]
    assert [d.returncode for d in done] == [0, 1]
    assert json.loads(done[0].stdout)["summary"][0]["passed"] == 66
    assert not (tmp_path / "home").exists()
