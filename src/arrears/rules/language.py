"""From the text of a condition to its typed form: SQLGlot parses, we check types, units and NULL traps with line and column."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from arrears.kernel.refusals import Refusal, RefusalCode
from arrears.rules import nulls, refusals, scalar
from arrears.rules import terms as t
from arrears.rules.terms import Kind, Term, kind_of, unit_of
from arrears.rules.vocabulary import Vocabulary

#: Beyond these a 64-bit engine could overflow where Python would not: kept out, so that all engines agree.
INTEGER_LIMIT = 10**12
FACTOR_LIMIT = 10**6
DAYS_LIMIT = 36_600

_COMPARE: dict[type[exp.Expr], str] = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}
_FLIPPED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_UNKNOWN = t.Literal(None, Kind.BOOLEAN)


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition. ``holds`` answers for one row (a missing answer counts as "does not hold")."""

    text: str
    term: Term
    _run: scalar.Evaluator = field(repr=False, compare=False)

    def value(self, row: Mapping[str, Any]) -> t.Value:
        """The exact answer: True, False or None (NULL)."""
        answer: t.Value = self._run(row)
        return answer

    def holds(self, row: Mapping[str, Any]) -> bool:
        return self._run(row) is True

    @property
    def names(self) -> frozenset[str]:
        return t.names(self.term)


def compile_condition(text: str, words: Vocabulary, *, traps: bool = True) -> Condition | Refusal:
    """Parse and check a boolean condition.

    Refusals: ``rules.not_a_condition`` (does not parse), or ``rules.condition_wrong`` whose ``errors`` name each fault with
    line and column (unknown name, type, unit, NULL trap, construct outside the language). ``traps`` False leaves NULL traps
    unreported (decision tables, where "a comparison with a missing value does not hold" is the stated meaning).
    """
    compiled = compile_term(text, words)
    if isinstance(compiled, Refusal):
        return compiled
    term, places = compiled
    faults: list[Refusal] = []
    if kind_of(term) is not Kind.BOOLEAN:
        faults.append(
            refusals.WRONG_TYPE.at("line 1, column 1", text=text, found=_said(term), wanted="boolean", suggestion=f"{text} > 0")
        )
    elif traps:
        for trap in nulls.traps(term):
            place = places.get(id(trap.term), "line 1, column 1")
            faults.append(refusals.NULL_TRAP.at(place, name=trap.name, text=trap.text, suggestion=trap.suggestion))
    if faults:
        return Refusal(refusals.WRONG, "", {"count": len(faults)}, tuple(faults))
    return Condition(text, term, scalar.evaluator(term))


def compile_term(text: str, words: Vocabulary) -> tuple[Term, dict[int, str]] | Refusal:
    """Parse and check any expression. Answers the term and the place (line, column) of each of its parts by ``id``."""
    try:
        tree = sqlglot.parse_one(text, read="duckdb")
    except (SqlglotError, RecursionError) as problem:
        return _unreadable(problem)
    if tree is None or not isinstance(tree, exp.Expr):
        return refusals.NOT_A_CONDITION.at("line 1, column 1", detail="empty")
    checker = _Checker(text, words)
    term = checker.term(tree)
    if checker.faults:
        return Refusal(refusals.WRONG, "", {"count": len(checker.faults)}, tuple(checker.faults))
    return term, checker.places


def _unreadable(problem: Exception) -> Refusal:
    first = (getattr(problem, "errors", None) or [{}])[0]
    place = f"line {first.get('line') or 1}, column {first.get('col') or 1}"
    detail = first.get("description") or str(problem).splitlines()[0]
    return refusals.NOT_A_CONDITION.at(place, detail=re.sub(r"\x1b\[[0-9;]*m", "", detail).replace("{", "(").replace("}", ")"))


def _said(term: Term) -> str:
    unit = unit_of(term)
    return f"{kind_of(term)} ({unit})" if unit else str(kind_of(term))


class _Checker:
    """Walks one parsed tree. Collects every fault instead of stopping at the first."""

    def __init__(self, text: str, words: Vocabulary) -> None:
        self.text = text
        self.words = words
        self.faults: list[Refusal] = []
        self.places: dict[int, str] = {}
        self._keep: list[Term] = []  # ids in ``places`` stay valid while the terms live

    # ---------------------------------------------------------------- places and faults
    def _place(self, node: exp.Expr) -> str:
        starts = [n.meta["start"] for n in node.walk() if "start" in n.meta]
        start = min(starts, default=0)
        line = self.text.count("\n", 0, start) + 1
        return f"line {line}, column {start - (self.text.rfind(chr(10), 0, start) + 1) + 1}"

    def _fault(self, node: exp.Expr, kind: RefusalCode, **values: Any) -> Term:
        self.faults.append(kind.at(self._place(node), **values))
        return _UNKNOWN

    def _forbidden(self, node: exp.Expr, zh: str, en: str) -> Term:
        return self._fault(node, refusals.NOT_ALLOWED, what=node.sql(dialect="duckdb")[:80], fix_zh=zh, fix_en=en)

    def _broken(self, *parts: Term) -> bool:
        return any(p is _UNKNOWN for p in parts)

    # ---------------------------------------------------------------- the walk
    def term(self, node: exp.Expr) -> Term:
        made = self._term(node)
        if made is not _UNKNOWN:
            self.places.setdefault(id(made), self._place(node))
            self._keep.append(made)
        return made

    def _term(self, node: exp.Expr) -> Term:
        if type(node) in _COMPARE:
            return self._compare(node, _COMPARE[type(node)])
        if type(node) in _ARITHMETIC:
            return self._arithmetic(node, _ARITHMETIC[type(node)])
        handlers: dict[type[exp.Expr], Callable[[Any], Term]] = {
            exp.Paren: lambda n: self.term(n.this),
            exp.And: self._junction,
            exp.Or: self._junction,
            exp.Not: self._not,
            exp.Column: self._column,
            exp.Literal: self._literal,
            exp.Boolean: lambda n: t.Literal(bool(n.this), Kind.BOOLEAN, ""),
            exp.Neg: self._negative,
            exp.Cast: self._typed_literal,
            exp.Between: self._between,
            exp.In: self._in,
            exp.Is: self._is,
            exp.Like: self._like,
            exp.Coalesce: self._coalesce,
            exp.Abs: self._absolute,
            exp.NullSafeEQ: lambda n: self._distinct(n, True),
            exp.NullSafeNEQ: lambda n: self._distinct(n, False),
        }
        handler = handlers.get(type(node))
        if handler is not None:
            return handler(node)
        return self._refused(node)

    def _refused(self, node: exp.Expr) -> Term:
        if isinstance(node, exp.Div | exp.IntDiv | exp.Mod):
            return self._forbidden(
                node,
                "不做除法：把除数乘到另一边，例如 a * 100 >= b * 30",
                "no division: multiply the other side, as in a * 100 >= b * 30",
            )
        if isinstance(node, exp.Null):
            return self._forbidden(
                node, "判断空值请用 is null 或 is not null", "test for a missing value by is null or is not null"
            )
        if isinstance(node, exp.Case | exp.If):
            return self._forbidden(node, "分支请写成决策表", "write branches as a decision table")
        return self._forbidden(
            node,
            "可用：比较、and or not、between、in、is null、is distinct from、like、+ - *、coalesce、abs",
            "use comparison, and or not, between, in, is null, is distinct from, like, + - *, coalesce, abs",
        )

    # ---------------------------------------------------------------- leaves
    def _column(self, node: exp.Expr) -> Term:
        word = node.name
        if node.args.get("table") is not None:
            return self._forbidden(node, "不写表名，直接写词汇名", "no table names: write the word alone")
        found = self.words.name(word)
        if found is not None:
            return found
        near = difflib.get_close_matches(word, self.words.columns, n=3, cutoff=0.5)
        return self._fault(node, refusals.UNKNOWN_NAME, name=word, suggestion=", ".join(near) or "—")

    def _literal(self, node: exp.Expr) -> Term:
        if node.is_string:
            return t.Literal(str(node.this), Kind.TEXT, None)
        text = str(node.this)
        if re.fullmatch(r"[0-9]+", text):
            if int(text) > INTEGER_LIMIT:
                return self._fault(node, refusals.TOO_LARGE, text=text, limit=INTEGER_LIMIT, factor_limit=FACTOR_LIMIT)
            return t.Literal(int(text), Kind.INTEGER, None)
        if re.fullmatch(r"[0-9]*\.[0-9]+", text):
            return t.Literal(Decimal(text), Kind.NUMBER, None)
        return self._forbidden(node, "写成整数或小数", "write a whole or decimal number")

    def _negative(self, node: exp.Expr) -> Term:
        inner = self.term(node.this)
        if isinstance(inner, t.Literal) and isinstance(inner.value, int | Decimal) and not isinstance(inner.value, bool):
            return t.Literal(-inner.value, inner.kind, inner.unit)
        if self._broken(inner):
            return _UNKNOWN
        return self._forbidden(node, "负号只用于数字；请写 0 - x", "a minus sign stands before a number only; write 0 - x")

    def _typed_literal(self, node: exp.Expr) -> Term:
        inner, wanted = node.this, node.args["to"].sql(dialect="duckdb").upper()
        if isinstance(inner, exp.Literal) and inner.is_string:
            try:
                if wanted == "DATE":
                    return t.Literal(date.fromisoformat(str(inner.this)), Kind.DATE, "")
                if wanted.startswith("TIMESTAMP"):
                    instant = datetime.fromisoformat(str(inner.this))
                    if instant.tzinfo is not None:
                        return t.Literal(instant, Kind.INSTANT, "")
            except ValueError:
                pass
            sample = "date '2026-11-23'" if wanted == "DATE" else "timestamp '2026-11-23T08:00:00+08:00'"
            return self._fault(
                node, refusals.WRONG_TYPE, text=str(inner.this), found="text", wanted=wanted.lower(), suggestion=sample
            )
        return self._forbidden(node, "不做类型转换", "no casts")

    # ---------------------------------------------------------------- logic
    def _junction(self, node: exp.Expr) -> Term:
        kind = type(node)
        parts: list[Term] = []
        for side in node.flatten():
            made = self.term(side)
            if not self._broken(made) and kind_of(made) is not Kind.BOOLEAN:
                self._fault(
                    side,
                    refusals.WRONG_TYPE,
                    text=side.sql(dialect="duckdb"),
                    found=_said(made),
                    wanted="boolean",
                    suggestion=f"{side.sql(dialect='duckdb')} > 0",
                )
            parts.append(made)
        return _UNKNOWN if self._broken(*parts) else t.Junction("and" if kind is exp.And else "or", tuple(parts))

    def _not(self, node: exp.Expr) -> Term:
        inner = self.term(node.this)
        if self._broken(inner):
            return _UNKNOWN
        if kind_of(inner) is not Kind.BOOLEAN:
            return self._fault(
                node,
                refusals.WRONG_TYPE,
                text=node.this.sql(dialect="duckdb"),
                found=_said(inner),
                wanted="boolean",
                suggestion="is null / = / >",
            )
        return t.Not(inner)

    def _is(self, node: exp.Expr) -> Term:
        inner = self.term(node.this)
        other = node.expression
        if self._broken(inner):
            return _UNKNOWN
        if isinstance(other, exp.Null):
            return t.IsNull(inner)
        if isinstance(other, exp.Boolean):
            right = t.Literal(bool(other.this), Kind.BOOLEAN, "")
            return self._agree(node, inner, right) or t.Distinct(inner, right, True)
        return self._forbidden(node, "is 之后只写 null、true、false", "after is write null, true or false")

    # ---------------------------------------------------------------- comparisons
    def _compare(self, node: exp.Expr, op: str) -> Term:
        for side, other in ((node.this, node.expression), (node.expression, node.this)):
            if isinstance(side, exp.Null):
                negation = "is not null" if op == "<>" else "is null"
                return self._forbidden(node, f"写成 {other.sql()} {negation}", f"write {other.sql()} {negation}")
        left, right = self.term(node.this), self.term(node.expression)
        if self._broken(left, right):
            return _UNKNOWN
        if isinstance(left, t.Literal) and not isinstance(right, t.Literal):
            left, right, op = right, left, _FLIPPED[op]
        fault = self._agree(node, left, right)
        if fault is not None:
            return fault
        if kind_of(left) is Kind.BOOLEAN and op not in ("=", "<>"):
            return self._forbidden(node, "是非值只能用 = 或 <>", "true and false compare by = or <> only")
        return t.Compare(op, left, right)

    def _distinct(self, node: exp.Expr, negated: bool) -> Term:
        left, right = self.term(node.this), self.term(node.expression)
        if self._broken(left, right):
            return _UNKNOWN
        return self._agree(node, left, right) or t.Distinct(left, right, negated)

    def _between(self, node: exp.Expr) -> Term:
        subject, low, high = self.term(node.this), self.term(node.args["low"]), self.term(node.args["high"])
        if self._broken(subject, low, high):
            return _UNKNOWN
        fault = self._agree(node, subject, low) or self._agree(node, subject, high)
        if fault is not None:
            return fault
        return t.Junction("and", (t.Compare(">=", subject, low), t.Compare("<=", subject, high)))

    def _in(self, node: exp.Expr) -> Term:
        if node.args.get("query") is not None or not node.expressions:
            return self._forbidden(node, "in 之后写常量列表", "after in write a list of constants")
        subject = self.term(node.this)
        options: list[t.Literal] = []
        for item in node.expressions:
            made = self.term(item)
            if self._broken(made):
                continue
            if not isinstance(made, t.Literal):
                self._forbidden(item, "列表中只写常量", "constants only in the list")
            elif not self._broken(subject) and self._agree(item, subject, made) is None:
                options.append(made)
        if self._broken(subject) or len(options) != len(node.expressions):
            return _UNKNOWN
        return t.In(subject, tuple(options))

    def _like(self, node: exp.Expr) -> Term:
        subject, pattern = self.term(node.this), node.expression
        if self._broken(subject):
            return _UNKNOWN
        if not (isinstance(pattern, exp.Literal) and pattern.is_string):
            return self._forbidden(node, "like 之后写带引号的样式", "after like write a quoted pattern")
        if kind_of(subject) is not Kind.TEXT:
            return self._fault(
                node, refusals.WRONG_TYPE, text=node.this.sql(), found=_said(subject), wanted="text", suggestion="="
            )
        return t.Like(subject, str(pattern.this))

    # ---------------------------------------------------------------- values
    def _coalesce(self, node: exp.Expr) -> Term:
        parts = tuple(self.term(a) for a in (node.this, *node.expressions))
        if self._broken(*parts):
            return _UNKNOWN
        if len(parts) < 2:
            return self._forbidden(node, "coalesce 需要至少两个值", "coalesce needs two values or more")
        for part in parts[1:]:
            fault = self._agree(node, parts[0], part)
            if fault is not None:
                return fault
        return t.Coalesce(parts)

    def _absolute(self, node: exp.Expr) -> Term:
        inner = self.term(node.this)
        if self._broken(inner):
            return _UNKNOWN
        if kind_of(inner) is not Kind.INTEGER:
            return self._fault(
                node, refusals.WRONG_TYPE, text=node.this.sql(), found=_said(inner), wanted="integer", suggestion="—"
            )
        return t.Absolute(inner)

    def _arithmetic(self, node: exp.Expr, op: str) -> Term:
        left, right = self.term(node.this), self.term(node.expression)
        if self._broken(left, right):
            return _UNKNOWN
        kinds = (kind_of(left), kind_of(right))
        if Kind.DATE in kinds:
            return self._date_arithmetic(node, op, left, right)
        if kinds != (Kind.INTEGER, Kind.INTEGER):
            wrong = left if kinds[0] is not Kind.INTEGER else right
            return self._fault(
                node, refusals.WRONG_TYPE, text=node.sql(dialect="duckdb"), found=_said(wrong), wanted="integer", suggestion="—"
            )
        if op == "*":
            if not isinstance(left, t.Literal) and not isinstance(right, t.Literal):
                return self._forbidden(node, "只能乘以常数", "multiply by a constant only")
            made = t.Arithmetic("*", left, right, Kind.INTEGER, unit_of(left) or unit_of(right))
            if _factor(made) > FACTOR_LIMIT:
                return self._fault(node, refusals.TOO_LARGE, text=node.sql(), limit=INTEGER_LIMIT, factor_limit=FACTOR_LIMIT)
            return made
        fault = self._agree(node, left, right)
        unit = unit_of(left) if unit_of(left) is not None else unit_of(right)
        return fault or t.Arithmetic(op, left, right, Kind.INTEGER, unit)

    def _date_arithmetic(self, node: exp.Expr, op: str, left: Term, right: Term) -> Term:
        kinds = (kind_of(left), kind_of(right))
        if kinds == (Kind.DATE, Kind.DATE) and op == "-":
            return t.Arithmetic("-", left, right, Kind.INTEGER, "days")
        if kinds[0] is Kind.DATE and kinds[1] is Kind.INTEGER and op in "+-" and unit_of(right) in (None, "days"):
            if isinstance(right, t.Literal) and isinstance(right.value, int) and abs(right.value) > DAYS_LIMIT:
                return self._fault(node, refusals.TOO_LARGE, text=node.sql(), limit=DAYS_LIMIT, factor_limit=FACTOR_LIMIT)
            return t.Arithmetic(op, left, right, Kind.DATE, "")
        return self._forbidden(node, "日期只可：日期 - 日期，日期 ± 天数", "dates allow: date - date, date + days, date - days")

    # ---------------------------------------------------------------- agreement of two sides
    def _agree(self, node: exp.Expr, left: Term, right: Term) -> Term | None:
        """None where both sides are of one type and unit, else the fault."""
        kinds = {kind_of(left), kind_of(right)}
        if len(kinds) == 2 and kinds != {Kind.INTEGER, Kind.NUMBER}:
            return self._fault(
                node,
                refusals.WRONG_TYPE,
                text=_sql_of(right),
                found=_said(right),
                wanted=_said(left),
                suggestion=_suggest(left, right),
            )
        if kinds == {Kind.INTEGER, Kind.NUMBER}:
            whole, exact = (left, right) if kind_of(left) is Kind.INTEGER else (right, left)
            if not isinstance(whole, t.Literal):
                return self._fault(
                    node,
                    refusals.WRONG_TYPE,
                    text=_sql_of(exact),
                    found="number",
                    wanted=_said(whole),
                    suggestion=_suggest(whole, exact),
                )
        left_unit, right_unit = unit_of(left), unit_of(right)
        if left_unit is not None and right_unit is not None and left_unit != right_unit:
            return self._fault(
                node, refusals.WRONG_UNIT, left=_sql_of(left), right=_sql_of(right),
                left_unit=left_unit or "1", right_unit=right_unit or "1", suggestion=f"{_sql_of(left)} = <{left_unit or '1'}>",
            )  # fmt: skip
        return None


def _factor(term: Term) -> int:
    """Product of the constants a value is multiplied by."""
    match term:
        case t.Literal() if isinstance(term.value, int):
            return max(1, abs(term.value))
        case t.Arithmetic() if term.op == "*":
            return _factor(term.left) * _factor(term.right)
        case t.Name() | t.Literal():
            return 1
        case _:
            return max((_factor(c) for c in t.children(term)), default=1)


def _sql_of(term: Term) -> str:
    from arrears.rules.duckdb_sql import text_of

    return text_of(term)


def _suggest(left: Term, right: Term) -> str:
    value = right.value if isinstance(right, t.Literal) else None
    if kind_of(left) is Kind.DATE and isinstance(value, str):
        return f"date '{value}'"
    if kind_of(left) is Kind.INTEGER and isinstance(value, str) and value.isdigit():
        return value
    if isinstance(value, Decimal):
        if unit_of(left) == "minor":
            return f"{int(value * 100)}（分，minor units）"
        return str(int(value))
    if kind_of(left) is Kind.TEXT and value is not None:
        return f"'{value}'"
    return f"<{_said(left)}>"
