"""The same condition as a Polars expression over the book. Twin of ``scalar``; equality is held by a property test."""

from __future__ import annotations

import functools
import operator

import polars as pl

from arrears.rules import scalar
from arrears.rules import terms as t
from arrears.rules.terms import Kind, Term, kind_of

_TYPES = {Kind.TEXT: pl.String, Kind.INTEGER: pl.Int64, Kind.DATE: pl.Date, Kind.BOOLEAN: pl.Boolean}


def expression(term: Term) -> pl.Expr:
    """The Polars expression of a term (NULL stays NULL; wrap in ``holds`` for a plain yes or no).

    Columns must have the vocabulary's types: String, Int64, Date, Datetime with time zone, Boolean.
    """
    match term:
        case t.Literal():
            return pl.lit(term.value, dtype=_TYPES.get(term.kind))
        case t.Name():
            return pl.col(term.name)
        case t.Not():
            return ~expression(term.term)
        case t.Junction():
            joined = operator.and_ if term.op == "and" else operator.or_
            return functools.reduce(joined, (expression(p) for p in term.terms))
        case t.Compare():
            return _compare(term.op, expression(term.left), expression(term.right))
        case t.Distinct():
            left, right = expression(term.left), expression(term.right)
            return left.eq_missing(right) if term.negated else left.ne_missing(right)
        case t.In():
            inner = expression(term.term)
            return functools.reduce(operator.or_, (inner == expression(o) for o in term.options))
        case t.IsNull():
            return expression(term.term).is_null()
        case t.Like():
            return expression(term.term).str.contains(scalar.pattern(term.pattern).replace("$", r"\z"))
        case t.Coalesce():
            return pl.coalesce([expression(p) for p in term.terms])
        case t.Absolute():
            return expression(term.term).abs()
        case t.Arithmetic():
            return _arithmetic(term)


def holds(term: Term) -> pl.Expr:
    """True where the condition holds, False where it does not or is unknown."""
    return expression(term).fill_null(value=False)


def _compare(op: str, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    match op:
        case "=":
            return left == right
        case "<>":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case _:
            return left >= right


def _arithmetic(term: t.Arithmetic) -> pl.Expr:
    left, right = expression(term.left), expression(term.right)
    if kind_of(term.left) is Kind.DATE:
        if term.kind is Kind.INTEGER:
            return (left - right).dt.total_days()
        span = pl.duration(days=right)
        return left + span if term.op == "+" else left - span
    if term.op == "+":
        return left + right
    return left - right if term.op == "-" else left * right
