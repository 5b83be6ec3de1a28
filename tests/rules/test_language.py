"""Conditions: what is read, what is refused and where, and where NULL bites."""

from datetime import UTC, date, datetime

import pytest

from arrears.kernel.declare import Column
from arrears.kernel.refusals import Refusal, Text
from arrears.rules import scalar
from arrears.rules.language import compile_condition
from arrears.rules.vocabulary import vocabulary

T = Text("", "")
WORDS = vocabulary(
    [
        Column("past_due_days", "integer", "days", T, T),
        Column("loans", "integer", "count", T, T),
        Column("product", "text", "", T, T),
        Column("region", "text", "", T, T, nullable=True),
        Column("overdue_minor", "money_minor", "minor", T, T),
        Column("due_on", "date", "", T, T, nullable=True),
        Column("opened_on", "date", "", T, T),
        Column("is_new", "boolean", "", T, T),
        Column("seen_at", "instant", "", T, T, nullable=True),
    ]
)
ROW = {
    "past_due_days": 35, "loans": 2, "product": "card", "region": None, "overdue_minor": 120_000,
    "due_on": date(2026, 10, 20), "opened_on": date(2024, 1, 31), "is_new": False, "seen_at": datetime(2026, 11, 1, tzinfo=UTC),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("past_due_days between 31 and 60", True),
        ("not is_new and product = 'card'", True),
        ("30 < past_due_days", True),
        ("region = 'north'", None),
        ("region is null", True),
        ("region is distinct from 'north'", True),
        ("region is not distinct from 'north'", False),
        ("region = 'north' or loans = 2", True),
        ("region = 'north' and loans = 3", False),
        ("coalesce(region, 'none') in ('none', 'south')", True),
        ("product like 'c_r%'", True),
        ("product like 'c_'", False),
        ("due_on + 15 >= date '2026-11-04'", True),
        ("due_on - opened_on > 900", True),
        ("overdue_minor * 100 >= 12000000", True),
        ("abs(past_due_days - 40) = 5", True),
        ("is_new is false", True),
        ("seen_at < timestamp '2026-11-01T08:00:01+08:00'", True),
        ("past_due_days > -1", True),
        ("loans <> 2", False),
    ],
)
def test_answers(text, value):
    condition = compile_condition(text, WORDS)
    assert condition, condition
    assert condition.value(ROW) is value
    assert condition.holds(ROW) is (value is True)


@pytest.mark.parametrize(
    ("text", "code", "pointer", "fix"),
    [
        ("pastdue_days > 3", "rules.unknown_name", "line 1, column 1", "past_due_days"),
        ("is_new and\n  regon = 'x'", "rules.unknown_name", "line 2, column 3", "region"),
        ("past_due_days > '3'", "rules.wrong_type", "line 1, column 1", "Write: 3"),
        ("due_on > '2026-01-01'", "rules.wrong_type", "line 1, column 1", "date '2026-01-01'"),
        ("opened_on > date '2026-02-30'", "rules.wrong_type", "line 1, column 18", "date '2026-11-23'"),
        ("overdue_minor > 100.50", "rules.wrong_type", "line 1, column 1", "10050"),
        ("overdue_minor > past_due_days", "rules.wrong_unit", "line 1, column 1", "minor"),
        ("loans + past_due_days > 3", "rules.wrong_unit", "line 1, column 1", "count"),
        ("past_due_days", "rules.wrong_type", "line 1, column 1", "past_due_days > 0"),
        ("past_due_days and is_new", "rules.wrong_type", "line 1, column 1", "past_due_days > 0"),
        ("overdue_minor / 100 > 3", "rules.not_allowed", "line 1, column 1", "multiply"),
        ("overdue_minor * loans > 3", "rules.not_allowed", "line 1, column 1", "constant"),
        ("overdue_minor * 1000 * 10000 > 3", "rules.number_too_large", "line 1, column 1", "1000000"),
        ("overdue_minor > 9999999999999", "rules.number_too_large", "line 1, column 17", "whole numbers"),
        ("region = null", "rules.not_allowed", "line 1, column 1", "region is null"),
        ("region <> null", "rules.not_allowed", "line 1, column 1", "region is not null"),
        ("product in (region)", "rules.not_allowed", "line 1, column 13", "constants"),
        ("product in (select 1)", "rules.not_allowed", "line 1, column 1", "constants"),
        ("lower(product) = 'x'", "rules.not_allowed", "line 1, column 1", "comparison"),
        ("case when is_new then true else false end", "rules.not_allowed", "line 1, column 11", "decision table"),
        ("is_new > true", "rules.not_allowed", "line 1, column 1", "= or <>"),
        ("book.product = 'x'", "rules.not_allowed", "line 1, column 1", "table"),
        ("opened_on * 2 > due_on", "rules.not_allowed", "line 1, column 1", "date"),
        ("product like region", "rules.not_allowed", "line 1, column 1", "quoted"),
        ("loans like 'x'", "rules.wrong_type", "line 1, column 1", "="),
        ("region <> 'north'", "rules.null_trap", "line 1, column 1", "region is distinct from 'north'"),
        ("is_new or\n region not in ('a', 'b')", "rules.null_trap", "line 2, column 2", "region is null or"),
        ("not (is_new or due_on > opened_on)", "rules.null_trap", "line 1, column 16", "due_on is null or"),
        ("not (region like 'a%')", "rules.null_trap", "line 1, column 6", "region is null or"),
    ],
)
def test_faults_name_place_and_fix(text, code, pointer, fix):
    refusal = compile_condition(text, WORDS)
    assert isinstance(refusal, Refusal)
    assert [e.code for e in refusal.errors] == [code]
    assert refusal.errors[0].pointer == pointer
    assert fix.lower() in refusal.errors[0].fix.en.lower()
    assert refusal.errors[0].sentence.zh


@pytest.mark.parametrize("text", ["past_due_days >", "", "a = = b", "is_new; is_new", "((is_new)", "'open"])
def test_unreadable_text_is_refused(text):
    refusal = compile_condition(text, WORDS)
    assert isinstance(refusal, Refusal)
    assert refusal.code in ("rules.not_a_condition", "rules.condition_wrong")


def test_every_fault_is_told_at_once():
    refusal = compile_condition("pastdue > 3 and overdue_minor > 1.5 and region <> 'x'", WORDS)
    assert [e.code for e in refusal.errors] == ["rules.unknown_name", "rules.wrong_type"]


@pytest.mark.parametrize(
    "text",
    [
        "region is not null and region <> 'north'",
        "region is null or region <> 'north'",
        "coalesce(region, '') <> 'north'",
        "region is distinct from 'north'",
        "not (region is null or region = 'north')",
        "is_new or (region is not null and not (region = 'a' or region = 'b'))",
        "region = 'north'",
        "not is_new",
    ],
)
def test_guarded_conditions_are_no_traps(text):
    assert compile_condition(text, WORDS)


def test_trace_shows_every_part():
    condition = compile_condition("past_due_days > 30 and region = 'north'", WORDS)
    steps = scalar.trace(condition.term, ROW)
    assert [(s.text, s.value) for s in steps if s.depth == 1] == [("past_due_days > 30", True), ("region = 'north'", None)]


def test_vocabulary_refuses_doubles_and_changes_version():
    with pytest.raises(ValueError, match="twice"):
        vocabulary([Column("a", "text", "", T, T), Column("a", "text", "", T, T)])
    one = vocabulary([Column("a", "text", "", T, T)]).version
    assert one != vocabulary([Column("a", "text", "", T, T, nullable=True)]).version
