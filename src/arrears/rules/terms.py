"""The typed form of a condition: small, frozen, engine-free. Every value may be NULL; logic is three-valued as in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

Value = bool | int | str | date | datetime | Decimal | None


class Kind(StrEnum):
    """Type of a term. Money is an ``integer`` of unit ``minor``; ``number`` (exact decimal) occurs in decision tables only."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    INSTANT = "instant"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant. ``unit`` None: takes the unit of what it is compared with."""

    value: Value
    kind: Kind
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """A word of the vocabulary."""

    name: str
    kind: Kind
    unit: str | None
    nullable: bool


@dataclass(frozen=True, slots=True)
class Not:
    term: Term


@dataclass(frozen=True, slots=True)
class Junction:
    """``and`` or ``or`` of two or more boolean terms."""

    op: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """``op`` is one of ``= <> < <= > >=``; a missing side makes the answer NULL."""

    op: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Distinct:
    """``is distinct from`` (``negated``: ``is not distinct from``): compares NULL as a value, never answers NULL."""

    left: Term
    right: Term
    negated: bool = False


@dataclass(frozen=True, slots=True)
class In:
    """Membership in a list of constants (never NULL ones)."""

    term: Term
    options: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    term: Term


@dataclass(frozen=True, slots=True)
class Like:
    """SQL pattern with ``%`` and ``_``; no escape character."""

    term: Term
    pattern: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``+ - *``. Dates: date - date = whole days; date +/- days = date. ``*`` only by a constant."""

    op: str
    left: Term
    right: Term
    kind: Kind
    unit: str | None


@dataclass(frozen=True, slots=True)
class Coalesce:
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Absolute:
    term: Term


Term = Literal | Name | Not | Junction | Compare | Distinct | In | IsNull | Like | Arithmetic | Coalesce | Absolute


def kind_of(term: Term) -> Kind:
    """The type of a term's value."""
    match term:
        case Literal() | Name() | Arithmetic():
            return term.kind
        case Coalesce():
            return kind_of(term.terms[0])
        case Absolute():
            return kind_of(term.term)
        case _:
            return Kind.BOOLEAN


def unit_of(term: Term) -> str | None:
    """The unit of a term's value; None where it takes any (a constant)."""
    match term:
        case Literal() | Name() | Arithmetic():
            return term.unit
        case Coalesce():
            return next((u for u in map(unit_of, term.terms) if u is not None), None)
        case Absolute():
            return unit_of(term.term)
        case _:
            return ""


def children(term: Term) -> tuple[Term, ...]:
    """Direct parts, left to right."""
    match term:
        case Not() | IsNull() | Like() | Absolute():
            return (term.term,)
        case In():
            return (term.term, *term.options)
        case Junction() | Coalesce():
            return term.terms
        case Compare() | Distinct() | Arithmetic():
            return (term.left, term.right)
        case _:
            return ()


def names(term: Term) -> frozenset[str]:
    """Every word of the vocabulary that the term reads."""
    found = {term.name} if isinstance(term, Name) else set()
    for child in children(term):
        found |= names(child)
    return frozenset(found)


def may_be_null(term: Term, safe: frozenset[str] = frozenset()) -> bool:
    """Whether the value can be NULL when the names in ``safe`` are known to be present."""
    match term:
        case Name():
            return term.nullable and term.name not in safe
        case Literal():
            return term.value is None
        case IsNull() | Distinct():
            return False
        case Coalesce():
            return all(may_be_null(t, safe) for t in term.terms)
        case _:
            return any(may_be_null(t, safe) for t in children(term))
