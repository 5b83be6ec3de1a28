"""A condition as DuckDB itself runs it, everything in brackets: the independent oracle of the engines."""

from __future__ import annotations

from arrears.rules import terms as t
from arrears.rules.duckdb_sql import literal, text_of
from arrears.rules.terms import Kind, Term


def oracle_sql(term: Term) -> str:
    """``text_of`` for DuckDB itself, whose dates take 32-bit days only: run it on a table with the vocabulary's columns."""
    match term:
        case t.Arithmetic() if term.kind is Kind.DATE:
            return f"({oracle_sql(term.left)} {term.op} CAST({oracle_sql(term.right)} AS INTEGER))"
        case t.Arithmetic() | t.Compare():
            return f"({oracle_sql(term.left)} {term.op} {oracle_sql(term.right)})"
        case t.Distinct():
            word = "IS NOT DISTINCT FROM" if term.negated else "IS DISTINCT FROM"
            return f"({oracle_sql(term.left)} {word} {oracle_sql(term.right)})"
        case t.Not():
            return f"(NOT {oracle_sql(term.term)})"
        case t.Junction():
            return "(" + f" {term.op.upper()} ".join(oracle_sql(p) for p in term.terms) + ")"
        case t.In():
            return f"({oracle_sql(term.term)} IN ({', '.join(literal(o.value) for o in term.options)}))"
        case t.IsNull():
            return f"({oracle_sql(term.term)} IS NULL)"
        case t.Like():
            return f"({oracle_sql(term.term)} LIKE {literal(term.pattern)})"
        case t.Coalesce():
            return f"COALESCE({', '.join(oracle_sql(p) for p in term.terms)})"
        case t.Absolute():
            return f"ABS({oracle_sql(term.term)})"
        case _:
            return text_of(term)
