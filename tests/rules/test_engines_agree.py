"""One condition, three engines: Python row by row, Polars, and DuckDB as independent oracle, on random conditions and rows."""

from datetime import date

import duckdb
import polars as pl
import pytest
from duckdb_oracle import oracle_sql
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arrears.kernel.declare import Column
from arrears.kernel.refusals import Text
from arrears.rules import columnar, duckdb_sql
from arrears.rules.language import compile_condition
from arrears.rules.vocabulary import vocabulary

T = Text("", "")
SCHEMA = {
    "i": pl.Int64, "j": pl.Int64, "m": pl.Int64, "s": pl.String, "u": pl.String, "d": pl.Date, "e": pl.Date, "b": pl.Boolean,
}  # fmt: skip
WORDS = vocabulary(
    [
        Column("i", "integer", "days", T, T, nullable=True),
        Column("j", "integer", "days", T, T, nullable=True),
        Column("m", "money_minor", "minor", T, T, nullable=True),
        Column("s", "text", "", T, T, nullable=True),
        Column("u", "text", "", T, T, nullable=True),
        Column("d", "date", "", T, T, nullable=True),
        Column("e", "date", "", T, T, nullable=True),
        Column("b", "boolean", "", T, T, nullable=True),
    ]
)
TEXTS = ["", "a", "ab", "b", "王", "A%", "it's", "a_b", "\n"]
OPS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
whole = st.integers(-50, 50)
days = st.dates(date(2024, 2, 25), date(2024, 3, 5))
texts = st.sampled_from(TEXTS)


def quote(text):
    return "'" + text.replace("'", "''") + "'"


integers = st.recursive(
    st.one_of(st.sampled_from(["i", "j"]), whole.map(str)),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-"]), inner),
        st.builds("({} * {})".format, inner, st.integers(-9, 9)),
        st.builds("abs({})".format, inner),
        st.builds("coalesce({}, {})".format, st.sampled_from(["i", "j"]), inner),
        st.just("(d - e)"),
    ),
    max_leaves=4,
)
dates = st.one_of(
    st.sampled_from(["d", "e"]),
    days.map(lambda x: f"date '{x}'"),
    st.builds("(d + {})".format, whole),
    st.just("(e - coalesce(i, 3))"),
    st.just("coalesce(d, e)"),
)
strings = st.one_of(st.sampled_from(["s", "u"]), texts.map(quote), st.builds("coalesce(s, {})".format, texts.map(quote)))


def comparison(side):
    return st.builds("{} {} {}".format, side, OPS, side)


leaves = st.one_of(
    comparison(integers),
    comparison(dates),
    comparison(strings),
    st.builds("m {} {}".format, OPS, st.integers(0, 20)),
    st.just("b"),
    st.builds("b = {}".format, st.sampled_from(["true", "false"])),
    st.builds("{} is null".format, st.sampled_from(list(SCHEMA))),
    st.builds("{} is not null".format, st.sampled_from(list(SCHEMA))),
    st.builds("{} is distinct from {}".format, strings, strings),
    st.builds("{} is not distinct from {}".format, integers, integers),
    st.builds(
        "{} in ({})".format, st.sampled_from(["s", "u"]), st.lists(texts.map(quote), min_size=1, max_size=3).map(", ".join)
    ),
    st.builds("i not in ({})".format, st.lists(whole.map(str), min_size=1, max_size=3).map(", ".join)),
    st.builds("s like {}".format, st.sampled_from(["a%", "%b", "_", "%", "a_b", "A%", ""]).map(quote)),
    st.builds("j between {} and {}".format, whole, whole),
    st.builds("not (d between e and date '2024-03-01')".format),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
        st.builds("not ({})".format, inner),
        st.builds("({}) or ({}) and not ({})".format, inner, inner, inner),
    ),
    max_leaves=6,
)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "i": st.none() | whole,
            "j": st.none() | whole,
            "m": st.none() | st.integers(0, 20),
            "s": st.none() | texts,
            "u": st.none() | texts,
            "d": st.none() | days,
            "e": st.none() | days,
            "b": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture(scope="module")
def duck():
    connection = duckdb.connect()
    yield connection
    connection.close()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(text=conditions, data=rows)
def test_three_engines_give_one_answer(duck, text, data):
    condition = compile_condition(text, WORDS, traps=False)
    assert condition, (text, condition)
    frame = pl.DataFrame(data, schema=SCHEMA)
    one_by_one = [condition.value(row) for row in data]
    at_once = frame.select(columnar.expression(condition.term).alias("x"))["x"]
    if len(at_once) == 1:  # a condition without a column is one constant
        at_once = at_once.extend_constant(at_once[0], len(data) - 1)
    book = frame.to_arrow()
    duck.register("book", book)
    oracle = [r[0] for r in duck.execute(f"SELECT {oracle_sql(condition.term)} FROM book").fetchall()]
    assert one_by_one == oracle, text
    assert at_once.to_list() == oracle, text
    assert frame.select(columnar.holds(condition.term).alias("x"))["x"].to_list()[0] == condition.holds(data[0])


@settings(max_examples=150, deadline=None)
@given(text=conditions)
def test_own_text_reads_back_to_the_same_term(text):
    condition = compile_condition(text, WORDS, traps=False)
    again = compile_condition(duckdb_sql.text_of(condition.term), WORDS, traps=False)
    assert again, (text, again)
    assert again.term == condition.term or duckdb_sql.text_of(again.term) == duckdb_sql.text_of(condition.term)
