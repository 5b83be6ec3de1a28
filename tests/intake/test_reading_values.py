"""Cells into values: the column reader and the scalar reader give the same answer on anything; readers of files give the same table."""

from __future__ import annotations

import csv
import doctest
import io
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.intake import error_file, fields, parsing, profiles, vectors
from arrears.intake.kinds import KINDS
from arrears.intake.parsing import Wrong
from arrears.intake.reading import Limits, csv_file, header, jsonl_file, open_file, xlsx_file
from arrears.intake.reading.source import BLANKS
from arrears.kernel.money import to_major

digits = st.text("0123456789", min_size=1, max_size=8)
numbers = st.one_of(
    st.decimals(-(10**9), 10**9, places=2, allow_nan=False, allow_infinity=False).map(lambda d: format(d, "f")),
    st.decimals(-(10**6), 10**6, places=3, allow_nan=False, allow_infinity=False).map(lambda d: format(d, "f")),
    st.integers(-(10**6), 10**6).map(lambda n: f"{n:,}"),
    st.text("0123456789.,-+eE０１２． ￥()", max_size=9),
    st.just(""),
)
days = st.one_of(
    st.dates(date(1890, 1, 1), date(2230, 1, 1)).map(date.isoformat),
    st.dates(date(1950, 1, 1), date(2100, 1, 1)).map(lambda d: d.strftime("%Y/%m/%d")),
    st.dates(date(1950, 1, 1), date(2100, 1, 1)).map(lambda d: d.strftime("%Y%m%d")),
    st.tuples(st.integers(1990, 2030), st.integers(0, 14), st.integers(0, 33)).map(lambda t: f"{t[0]}-{t[1]:02d}-{t[2]:02d}"),
    st.text("0123456789-/年月日", max_size=10),
)


def same(read, cells, scalar):
    for given_text, value in zip(cells, read.values.to_list(), strict=True):
        text = given_text.strip(BLANKS)
        if not text:
            assert value is None
            continue
        answer = scalar(text)
        if isinstance(answer, Wrong):
            assert value is None
            assert read.wrong[text].code == answer.code
        else:
            assert value == answer


@settings(max_examples=150, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=20), st.sampled_from(["CNY", "JPY", "KWD"]), st.booleans())
def test_amounts_by_column_and_by_cell(cells, currency, scientific):
    read = vectors.amounts(pl.Series(cells, dtype=pl.String), currency, scientific=scientific)
    same(read, cells, lambda t: parsing.parse_amount(t, currency, scientific=scientific))


@settings(max_examples=150, deadline=None)
@given(st.lists(days, min_size=1, max_size=20))
def test_dates_by_column_and_by_cell(cells):
    same(vectors.dates(pl.Series(cells, dtype=pl.String)), cells, parsing.parse_date)


@settings(max_examples=100, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=20))
def test_integers_by_column_and_by_cell(cells):
    same(vectors.integers(pl.Series(cells, dtype=pl.String)), cells, parsing.parse_integer)


@given(st.integers(-(10**14), 10**14), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_an_amount_written_and_read_is_the_same(minor, currency):
    exact = to_major(minor, currency)
    assert parsing.parse_amount(str(exact), currency) == minor
    assert parsing.parse_amount(f"{exact:,}", currency) == minor
    assert isinstance(exact, Decimal)


cell = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\ufeff", exclude_categories=["Cs"]), max_size=6)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.lists(cell, min_size=3, max_size=3), min_size=1, max_size=30), st.sampled_from(["utf-8", "utf-16"]),
    st.sampled_from([",", ";", "\t"]), st.sampled_from([40, 90, 10_000]), st.sampled_from(["\n", "\r\n"]),
)  # fmt: skip
def test_a_table_written_as_csv_is_read_back_in_any_block_size(tmp_path_factory, rows, encoding, delimiter, block, newline):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_MINIMAL)
    writer.writerow(["甲", "乙", "丙"])
    writer.writerows(rows)
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    opened = open_file(path, {"encoding": encoding, "delimiter": delimiter}, Limits(block_bytes=block))
    read = [r[1:] for chunk in opened.source.chunks() for r in chunk.frame.iter_rows()]
    faults = [f for chunk in opened.source.chunks() for f in chunk.faults]
    assert faults == []
    kept = [tuple(r) for r in rows if any(c.strip(BLANKS) for c in r)]
    assert [tuple(c or "" for c in r) for r in read] == [tuple(c.replace("\r\n", "\n") for c in r) for r in kept]


def test_the_worked_examples_hold():
    for module in (parsing, fields, error_file, csv_file, header, jsonl_file, xlsx_file):
        failed, tried = doctest.testmod(module)
        assert tried
        assert not failed


@pytest.mark.parametrize(("kind", "columns"), [
    ("customers", ["客户编号", "姓名", "身份证号"]), ("payments", ["交易流水号", "合同号", "还款金额", "还款日期"]),
    ("positions", ["loan_id", "as_of", "balance", "dpd"]), ("agreements", ["合同号", "客户编号", "产品类型", "贷款金额", "利率"]),
])  # fmt: skip
def test_a_mapping_is_proposed_from_header_names(kind, columns):
    assert profiles.best_kind(columns).name == kind
    assert set(profiles.propose(columns, KINDS[kind])["outputs"][0]["columns"]) == set(columns)


@pytest.mark.parametrize(
    ("expression", "fine"),
    [
        ("a + b * 2", True), ("case when a > 1 then b else 0 end", True), ("least(a, greatest(b, 0))", True), ("coalesce(a, 0)", True),
        ("a / b", False), ("pg_sleep(1)", False), ("a + c", False), ("0.1 * a", False), ("(select 1)", False), ("a +", False),
        ("a; drop table x", False),
    ],
)  # fmt: skip
def test_expressions_are_exact_and_know_their_names(expression, fine):
    assert (profiles.why_not(expression, {"a", "b"}) is None) == fine
