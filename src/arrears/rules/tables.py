"""Decision tables: rows of conditions with outputs, and a hit policy that says which of the rows that hold give the answer.

A cell is the right-hand side of a condition on its input (``> 5``, ``between 1 and 3``, ``in ('a', 'b')``, ``>= 1 and < 5``,
``= other_input``). An input without a cell may be anything; a comparison with a missing value does not hold. Hit policies
follow the words of DMN 1.3, part 8.2.10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, Tokenizer, TokenType  # type: ignore[attr-defined]

from arrears.kernel.declare import Column
from arrears.kernel.refusals import Refusal, Text
from arrears.rules import refusals
from arrears.rules import terms as t
from arrears.rules.duckdb_sql import quoted
from arrears.rules.language import Condition, compile_condition
from arrears.rules.scalar import evaluator
from arrears.rules.vocabulary import Vocabulary, vocabulary


class HitPolicy(StrEnum):
    """Which of the rows that hold give the answer."""

    UNIQUE = "unique"
    ANY = "any"
    FIRST = "first"
    PRIORITY = "priority"
    RULE_ORDER = "rule_order"
    OUTPUT_ORDER = "output_order"
    COLLECT = "collect"


AGGREGATES = ("sum", "min", "max", "count")
INPUT_TYPES = ("text", "integer", "number", "date", "boolean")


@dataclass(frozen=True, slots=True)
class Output:
    """One output column. ``priority``: values from the most to the least important. ``default`` where no row holds."""

    name: str
    type: str = "text"
    priority: tuple[Any, ...] = ()
    default: Any = None


@dataclass(frozen=True, slots=True)
class Row:
    """One rule. ``number`` counts from 1, as the author sees it."""

    number: int
    condition: Condition
    then: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hit:
    """The answer and the numbers of the rows that gave it (empty: the defaults)."""

    answer: Any
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A compiled table. ``decide`` is pure and total: it answers a ``Hit`` or a refusal."""

    inputs: Vocabulary
    outputs: tuple[Output, ...]
    policy: HitPolicy
    aggregate: str
    rows: tuple[Row, ...]

    def decide(self, given: Mapping[str, Any]) -> Hit | Refusal:
        """Answer for one set of inputs (an absent input is missing).

        One output: the bare value; several: a mapping. ``rule_order``, ``output_order`` and ``collect`` without aggregate
        answer a list. Refusals: ``rules.several_hold`` (policy ``unique`` with two rows, ``any`` with rows that disagree).
        """
        hits = [row for row in self.rows if row.condition.holds(given)]
        numbers = tuple(row.number for row in hits)
        match self.policy:
            case HitPolicy.UNIQUE if len(hits) > 1:
                return refusals.SEVERAL_HOLD.at(policy=self.policy.value, rows=", ".join(map(str, numbers)))
            case HitPolicy.ANY if any(dict(h.then) != dict(hits[0].then) for h in hits):
                return refusals.SEVERAL_HOLD.at(policy=self.policy.value, rows=", ".join(map(str, numbers)))
            case HitPolicy.COLLECT if self.aggregate:
                return Hit(self._aggregated(hits), numbers)
            case HitPolicy.RULE_ORDER | HitPolicy.COLLECT:
                return Hit([self._shape(h.then) for h in hits], numbers) if hits else Hit(self._default(), ())
            case HitPolicy.OUTPUT_ORDER:
                ordered = sorted(hits, key=self._rank)
                return (
                    Hit([self._shape(h.then) for h in ordered], tuple(h.number for h in ordered))
                    if hits
                    else Hit(self._default(), ())
                )
        if not hits:
            return Hit(self._default(), ())
        chosen = min(hits, key=self._rank) if self.policy is HitPolicy.PRIORITY else hits[0]
        return Hit(self._shape(chosen.then), (chosen.number,) if self.policy is not HitPolicy.ANY else numbers)

    def _rank(self, row: Row) -> tuple[int, ...]:
        """Place by output priorities, first output first; ties keep the order of the rows."""
        ranks = [o.priority.index(row.then.get(o.name)) for o in self.outputs if o.priority]
        return (*ranks, row.number)

    def _shape(self, then: Mapping[str, Any]) -> Any:
        whole = {o.name: then.get(o.name, o.default) for o in self.outputs}
        return whole[self.outputs[0].name] if len(self.outputs) == 1 else whole

    def _default(self) -> Any:
        if all(o.default is None for o in self.outputs):
            return None
        return self._shape({})

    def _aggregated(self, hits: Sequence[Row]) -> Any:
        if self.aggregate == "count":
            return len(hits)
        if not hits:
            return self._default()
        values = [row.then[self.outputs[0].name] for row in hits]
        if self.aggregate == "sum":
            return sum(values)
        return min(values) if self.aggregate == "min" else max(values)


def table(raw: Mapping[str, Any]) -> DecisionTable | Refusal:
    """Compile a table from its YAML form: ``inputs``, ``outputs``, ``hit_policy``, ``aggregate``, ``rules``.

    Refusals: ``rules.table_wrong`` (unknown word, policy or type; a priority list that lacks a value; an aggregate over text),
    or the refusal of a cell with ``row N, column NAME`` as pointer.
    """
    try:
        policy = HitPolicy(raw.get("hit_policy", "unique"))
    except ValueError:
        return refusals.TABLE_WRONG.at("hit_policy", detail=f"hit_policy {raw.get('hit_policy')}")
    inputs, outputs = dict(raw.get("inputs", {})), _outputs(raw.get("outputs", {}))
    if wrong := [f"{n}: {k}" for n, k in inputs.items() if k not in INPUT_TYPES]:
        return refusals.TABLE_WRONG.at("inputs", detail=", ".join(wrong))
    words = vocabulary(Column(n, k, "", Text(n, n), Text(n, n), nullable=True) for n, k in inputs.items())
    aggregate = raw.get("aggregate", "")
    if (fault := _faulty_outputs(raw, policy, outputs, aggregate)) is not None:
        return fault
    rows: list[Row] = []
    for number, rule in enumerate(raw.get("rules", []), start=1):
        row = _row(number, rule, words, outputs)
        if isinstance(row, Refusal):
            return row
        rows.append(row)
    return DecisionTable(words, outputs, policy, aggregate, tuple(rows))


def _outputs(raw: Mapping[str, Any]) -> tuple[Output, ...]:
    found = []
    for name, told in raw.items():
        told = {"type": told} if isinstance(told, str) else told
        kind = told.get("type", "text")
        priority = tuple(_typed(v, kind) for v in told.get("priority", ()))
        found.append(Output(name, kind, priority, _typed(told.get("default"), kind)))
    return tuple(found)


def _typed(value: Any, kind: str) -> Any:
    if kind == "number" and isinstance(value, str):
        return Decimal(value)
    return value


def _faulty_outputs(raw: Mapping[str, Any], policy: HitPolicy, outputs: tuple[Output, ...], aggregate: str) -> Refusal | None:
    if not outputs:
        return refusals.TABLE_WRONG.at("outputs", detail="no output")
    if aggregate and (policy is not HitPolicy.COLLECT or aggregate not in AGGREGATES or len(outputs) != 1):
        return refusals.TABLE_WRONG.at(
            "aggregate", detail=f"aggregate {aggregate} of {len(outputs)} output(s), hit policy {policy.value}"
        )
    if aggregate in ("sum", "min", "max") and outputs[0].type not in ("number", "integer"):
        return refusals.TABLE_WRONG.at("aggregate", detail=f"{aggregate} of {outputs[0].type}")
    if policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER):
        ranked = [o for o in outputs if o.priority]
        if not ranked:
            return refusals.TABLE_WRONG.at("outputs", detail=f"hit policy {policy.value} needs a priority list")
        for output in ranked:
            for number, rule in enumerate(raw.get("rules", []), start=1):
                value = _typed(rule.get("then", {}).get(output.name), output.type)
                if value not in output.priority:
                    return refusals.TABLE_WRONG.at(
                        f"row {number}, column {output.name}", detail=f"{value} is not in the priority list"
                    )
    return None


def _row(number: int, rule: Mapping[str, Any], words: Vocabulary, outputs: tuple[Output, ...]) -> Row | Refusal:
    known = {o.name: o.type for o in outputs}
    then = rule.get("then", {})
    if strange := [n for n in then if n not in known]:
        return refusals.TABLE_WRONG.at(f"row {number}", detail=f"unknown output {', '.join(strange)}")
    parts: list[t.Term] = []
    texts: list[str] = []
    for name, cell in rule.get("when", {}).items():
        if name not in words.columns:
            return refusals.TABLE_WRONG.at(f"row {number}, column {name}", detail=f"unknown input {name}")
        made = cell_condition(name, str(cell), words)
        if isinstance(made, Refusal):
            return Refusal(
                made.kind,
                f"row {number}, column {name}" + (f": {made.pointer}" if made.pointer else ""),
                made.values,
                made.errors,
            )
        parts.append(made.term)
        texts.append(made.text)
    whole: t.Term = (
        t.Literal(True, t.Kind.BOOLEAN, "") if not parts else parts[0] if len(parts) == 1 else t.Junction("and", tuple(parts))
    )
    condition = Condition(" and ".join(f"({text})" for text in texts) or "true", whole, evaluator(whole))
    return Row(number, condition, {n: _typed(v, known[n]) for n, v in then.items()})


def cell_condition(name: str, cell: str, words: Vocabulary) -> Condition | Refusal:
    """The condition that a cell of column ``name`` stands for. Refusals as ``compile_condition``."""
    try:
        tokens = Tokenizer(dialect="duckdb").tokenize(cell)
    except SqlglotError as problem:
        return refusals.NOT_A_CONDITION.at("line 1, column 1", detail=str(problem).splitlines()[0])
    if not tokens:
        return refusals.NOT_A_CONDITION.at("line 1, column 1", detail="empty cell")
    text, start, depth, between = "", 0, 0, False
    parts: list[tuple[str, list[Token]]] = []
    run: list[Token] = []
    for token in tokens:
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        between = between or token.token_type is TokenType.BETWEEN
        if depth == 0 and token.token_type is TokenType.AND and between:
            between = False
        elif depth == 0 and token.token_type in (TokenType.AND, TokenType.OR):
            parts.append((cell[start : token.start], run))
            text += _part(name, *parts[-1]) + f" {token.text.lower()} "
            start, run = token.end + 1, []
            continue
        run.append(token)
    text += _part(name, cell[start:], run)
    return compile_condition(text, words, traps=False)


_STARTS = {
    TokenType.EQ, TokenType.NEQ, TokenType.LT, TokenType.LTE, TokenType.GT, TokenType.GTE,
    TokenType.BETWEEN, TokenType.IN, TokenType.NOT, TokenType.IS, TokenType.LIKE,
}  # fmt: skip


def _part(name: str, text: str, tokens: list[Token]) -> str:
    bare = not tokens or tokens[0].token_type not in _STARTS
    return f"{quoted(name)} {'= ' if bare else ''}{text.strip()}"
