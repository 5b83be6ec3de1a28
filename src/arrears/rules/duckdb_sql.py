"""The same condition as DuckDB SQL, written from our own typed form: for reading, for traces, and for queries on the book.

Only text is built here; the product itself does not need DuckDB.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from arrears.rules import terms as t
from arrears.rules.terms import Term


def literal(value: t.Value) -> str:
    """A typed SQL constant."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | Decimal():
            return str(value)
        case datetime():
            return f"TIMESTAMPTZ '{value.isoformat()}'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case _:
            return "'" + value.replace("'", "''") + "'"


def quoted(name: str) -> str:
    return name if name.isidentifier() and name.isascii() and name.islower() else '"' + name.replace('"', '""') + '"'


def text_of(term: Term) -> str:
    """The SQL text of a term, fully bracketed where it matters."""
    match term:
        case t.Literal():
            return literal(term.value)
        case t.Name():
            return quoted(term.name)
        case t.Not():
            return f"NOT ({text_of(term.term)})"
        case t.Junction():
            return f" {term.op.upper()} ".join(f"({text_of(p)})" for p in term.terms)
        case t.Compare():
            return f"{_operand(term.left)} {term.op} {_operand(term.right)}"
        case t.Distinct():
            word = "IS NOT DISTINCT FROM" if term.negated else "IS DISTINCT FROM"
            return f"{_operand(term.left)} {word} {_operand(term.right)}"
        case t.In():
            return f"{_operand(term.term)} IN ({', '.join(literal(o.value) for o in term.options)})"
        case t.IsNull():
            return f"{_operand(term.term)} IS NULL"
        case t.Like():
            return f"{_operand(term.term)} LIKE {literal(term.pattern)}"
        case t.Coalesce():
            return f"COALESCE({', '.join(text_of(p) for p in term.terms)})"
        case t.Absolute():
            return f"ABS({text_of(term.term)})"
        case t.Arithmetic():
            return _arithmetic(term)


def _operand(term: Term) -> str:
    atom = isinstance(term, t.Literal | t.Name | t.Coalesce | t.Absolute)
    return text_of(term) if atom else f"({text_of(term)})"


def _arithmetic(term: t.Arithmetic) -> str:
    left, right = _operand(term.left), _operand(term.right)
    return f"{left} {term.op} {right}"
