"""Decision tables: hit policies, cells, and bad tables."""

from datetime import date

import pytest

from arrears.kernel.declare import UnsupportedCase
from arrears.kernel.refusals import Refusal
from arrears.rules import tables
from arrears.rules.case_kinds import run_decision_table

BASE = {
    "inputs": {"days": "integer", "risk": "text", "paid": "boolean", "since": "date", "limit": "integer"},
    "outputs": {"step": {"type": "text", "priority": ["legal", "call", "sms"]}},
    "rules": [
        {"when": {"days": ">= 90"}, "then": {"step": "legal"}},
        {"when": {"days": "between 31 and 120", "risk": "in ('high', 'medium')"}, "then": {"step": "call"}},
        {"when": {"paid": "= false", "days": "> limit"}, "then": {"step": "sms"}},
    ],
}


def made(**changes):
    table = tables.table({**BASE, **changes})
    assert not isinstance(table, Refusal), table
    return table


GIVEN = {"days": 100, "risk": "high", "paid": False, "limit": 10}


@pytest.mark.parametrize(
    ("policy", "answer"),
    [
        ("first", "legal"),
        ("priority", "legal"),
        ("rule_order", ["legal", "call", "sms"]),
        ("output_order", ["legal", "call", "sms"]),
        ("collect", ["legal", "call", "sms"]),
    ],
)
def test_policies(policy, answer):
    assert made(hit_policy=policy).decide(GIVEN).answer == answer


def test_unique_and_any_refuse_what_is_ambiguous():
    for policy in ("unique", "any"):
        refusal = made(hit_policy=policy).decide(GIVEN)
        assert refusal.code == "rules.several_hold"
        assert refusal.values["rows"] == "1, 2, 3"
    assert made(hit_policy="unique").decide({**GIVEN, "days": 20}).answer == "sms"


def test_missing_value_does_not_hold_and_default_answers():
    table = made(outputs={"step": {"type": "text", "default": "wait"}}, hit_policy="first")
    hit = table.decide({"risk": "high"})
    assert (hit.answer, hit.rows) == ("wait", ())


def test_aggregates_are_exact():
    raw = {
        "inputs": {"n": "number"},
        "outputs": {"fee": {"type": "number"}},
        "hit_policy": "collect",
        "rules": [{"when": {"n": "> 0"}, "then": {"fee": "0.10"}}, {"when": {"n": "> 1"}, "then": {"fee": "0.20"}}],
    }
    for aggregate, expected in (("sum", "0.30"), ("min", "0.10"), ("max", "0.20"), ("count", 2)):
        case = {**raw, "aggregate": aggregate, "checks": [{"given": {"n": 2}, "expect": expected}]}
        assert run_decision_table(case) == {"checks": [{"expect": expected}]}


@pytest.mark.parametrize(
    ("cell", "given", "holds"),
    [
        (">= 1 and < 5", 4, True),
        (">= 1 and < 5", 5, False),
        ("< 1 or > 5", 6, True),
        ("between 1 and 3 and <> 2", 2, False),
        ("between 1 and 3 or between 7 and 9", 8, True),
        ("not in (1, 2)", 3, True),
        ("7", 7, True),
        ("limit", 10, True),
        ("is null", None, True),
        ("<> 3", None, False),
    ],
)
def test_cells(cell, given, holds):
    table = made(rules=[{"when": {"days": cell}, "then": {"step": "call"}}], hit_policy="first")
    assert (table.decide({"days": given, "limit": 10}).answer == "call") is holds


def test_date_cell():
    table = made(rules=[{"when": {"since": "> date '2016-10-01'"}, "then": {"step": "call"}}], hit_policy="unique")
    assert table.decide({"since": date(2016, 10, 2)}).answer == "call"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"hit_policy": "best"}, "hit_policy"),
        ({"inputs": {"days": "money"}}, "inputs"),
        ({"outputs": {}}, "outputs"),
        ({"aggregate": "sum", "hit_policy": "first"}, "aggregate"),
        ({"aggregate": "sum", "hit_policy": "collect"}, "aggregate"),
        ({"outputs": {"step": "text"}, "hit_policy": "priority"}, "outputs"),
        ({"outputs": {"step": {"priority": ["legal"]}}, "hit_policy": "priority"}, "row 2, column step"),
        ({"rules": [{"when": {"days": "> 'x'"}, "then": {"step": "call"}}]}, "row 1, column days"),
        ({"rules": [{"when": {"days": "> "}, "then": {"step": "call"}}]}, "row 1, column days: line 1, column 6"),
        ({"rules": [{"when": {"dais": "> 1"}, "then": {"step": "call"}}]}, "row 1, column dais"),
        ({"rules": [{"when": {"days": ""}, "then": {"step": "call"}}]}, "row 1, column days: line 1, column 1"),
        ({"rules": [{"when": {"days": "'"}, "then": {"step": "call"}}]}, "row 1, column days: line 1, column 1"),
        ({"rules": [{"when": {}, "then": {"stop": "call"}}]}, "row 1"),
    ],
)
def test_bad_tables_name_row_and_column(changes, pointer):
    refusal = tables.table({**BASE, **changes})
    assert isinstance(refusal, Refusal)
    assert refusal.pointer == pointer


def test_bad_table_case_is_unsupported():
    with pytest.raises(UnsupportedCase, match="hit_policy"):
        run_decision_table({**BASE, "hit_policy": "best", "checks": []})
