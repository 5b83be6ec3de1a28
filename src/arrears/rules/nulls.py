"""NULL traps: places where a missing value makes a row drop out although the author thinks it is "not equal".

A plain comparison that fails on a missing value is no trap (``score > 5`` reads the same to everybody). A *negation* is:
``product <> 'card'``, ``product not in (...)``, ``not (...)`` over a word that may be missing. It is no trap once the
condition itself says what a missing value means: ``x is not null and x <> 'a'``, ``x is null or x <> 'a'``,
``coalesce(x, '') <> 'a'``, ``x is distinct from 'a'``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from arrears.rules import terms as t
from arrears.rules.duckdb_sql import text_of
from arrears.rules.terms import Term


@dataclass(frozen=True, slots=True)
class Trap:
    """A negation over a word that may be missing."""

    term: Term
    name: str
    text: str
    suggestion: str


def traps(term: Term) -> Iterator[Trap]:
    """Every trap of a condition, left to right."""
    yield from _walk(term, frozenset(), False)


def _walk(term: Term, safe: frozenset[str], negated: bool) -> Iterator[Trap]:
    match term:
        case t.Junction():
            guards = {part: _guards(part, term.op == "and") for part in term.terms}
            for part in term.terms:
                others = frozenset().union(*(g for other, g in guards.items() if other is not part))
                yield from _walk(part, safe | others, negated)
        case t.Not():
            yield from _walk(term.term, safe, not negated)
        case t.Compare():
            turned = (term.op == "<>") != negated if term.op in ("=", "<>") else negated
            if turned:
                yield from _trap(term, safe, negated)
        case t.In() | t.Like():
            if negated:
                yield from _trap(term, safe, negated)
        case t.Name():
            if negated:
                yield from _trap(term, safe, negated)
        case _:
            return


def _guards(part: Term, present: bool) -> frozenset[str]:
    """Names that ``part`` proves present: ``x is not null`` beside "and", ``x is null`` beside "or"."""
    match part:
        case t.Not() if isinstance(part.term, t.IsNull) and present:
            return t.names(part.term) if isinstance(part.term.term, t.Name) else frozenset()
        case t.IsNull() if not present and isinstance(part.term, t.Name):
            return frozenset({part.term.name})
        case t.Junction() if (part.op == "and") == present:
            return frozenset().union(*(_guards(p, present) for p in part.terms))
        case _:
            return frozenset()


def _nullable_names(term: Term, safe: frozenset[str]) -> Iterator[str]:
    match term:
        case t.Name():
            if term.nullable and term.name not in safe:
                yield term.name
        case t.Coalesce():
            if t.may_be_null(term, safe):
                for part in term.terms:
                    yield from _nullable_names(part, safe)
        case _:
            for part in t.children(term):
                yield from _nullable_names(part, safe)


def _trap(term: Term, safe: frozenset[str], negated: bool) -> Iterator[Trap]:
    name = next(_nullable_names(term, safe), None)
    if name is None:
        return
    text = f"not ({text_of(term)})" if negated else text_of(term)
    if isinstance(term, t.Compare) and term.op == "<>" and not negated:
        suggestion = f"{text_of(term.left)} is distinct from {text_of(term.right)}"
    else:
        suggestion = f"{name} is null or {text}"
    yield Trap(term, name, text, suggestion)
