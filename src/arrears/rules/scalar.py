"""The answer of a condition for one row, in Python. Three-valued logic: None is NULL."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from arrears.rules import terms as t
from arrears.rules.terms import Kind, Term, kind_of

Evaluator = Callable[[Mapping[str, Any]], Any]

_OPS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


def pattern(like: str) -> str:
    """A LIKE pattern as a regular expression that must match the whole text."""
    body = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in like)
    return f"(?s)^{body}$"


def evaluator(term: Term) -> Evaluator:
    """Compile a term to a function of one row (a mapping by name; an absent name is NULL)."""
    match term:
        case t.Literal():
            constant = term.value
            return lambda row: constant
        case t.Name():
            name = term.name
            return lambda row: row.get(name)
        case t.Not():
            inner = evaluator(term.term)
            return lambda row: None if (v := inner(row)) is None else not v
        case t.Junction():
            return _junction(term)
        case t.Compare() | t.Arithmetic():
            return _binary(term)
        case t.Distinct():
            left, right, negated = evaluator(term.left), evaluator(term.right), term.negated
            return lambda row: (left(row) == right(row)) is negated
        case t.In():
            inner, options = evaluator(term.term), frozenset(o.value for o in term.options)
            return lambda row: None if (v := inner(row)) is None else v in options
        case t.IsNull():
            inner = evaluator(term.term)
            return lambda row: inner(row) is None
        case t.Like():
            inner, regex = evaluator(term.term), re.compile(pattern(term.pattern).replace("$", r"\Z"))
            return lambda row: None if (v := inner(row)) is None else regex.match(v) is not None
        case t.Coalesce():
            parts = [evaluator(p) for p in term.terms]
            return lambda row: next((v for p in parts if (v := p(row)) is not None), None)
        case t.Absolute():
            inner = evaluator(term.term)
            return lambda row: None if (v := inner(row)) is None else abs(v)


def _junction(term: t.Junction) -> Evaluator:
    parts = [evaluator(p) for p in term.terms]
    decisive = term.op == "or"  # one True settles an "or", one False an "and"

    def run(row: Mapping[str, Any]) -> bool | None:
        unknown = False
        for part in parts:
            value = part(row)
            if value is decisive:
                return bool(decisive)
            unknown = unknown or value is None
        return None if unknown else not decisive

    return run


def _binary(term: t.Compare | t.Arithmetic) -> Evaluator:
    left, right, op = evaluator(term.left), evaluator(term.right), _OPS[term.op]
    if isinstance(term, t.Arithmetic) and kind_of(term.left) is Kind.DATE:
        op = _days_between if term.kind is Kind.INTEGER else (_later if term.op == "+" else _earlier)

    def run(row: Mapping[str, Any]) -> Any:
        a = left(row)
        if a is None:
            return None
        b = right(row)
        return None if b is None else op(a, b)

    return run


def _days_between(a: date, b: date) -> int:
    return (a - b).days


def _later(day: date, days: int) -> date:
    return day + timedelta(days=days)


def _earlier(day: date, days: int) -> date:
    return day - timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a trace: the part, what it came to, and how deep it stands."""

    text: str
    value: t.Value
    depth: int


def trace(term: Term, row: Mapping[str, Any], depth: int = 0) -> tuple[Step, ...]:
    """How the answer came about: every part that is no constant, with its value, outermost first."""
    from arrears.rules.duckdb_sql import text_of

    if isinstance(term, t.Literal):
        return ()
    steps = [Step(text_of(term), evaluator(term)(row), depth)]
    for part in t.children(term):
        steps.extend(trace(part, row, depth + 1))
    return tuple(steps)
