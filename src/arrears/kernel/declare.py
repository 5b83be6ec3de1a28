"""Forms of declarations. Rooms declare, the composition root collects (DESIGN idea 7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .refusals import Text


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the book, and so one word of the condition language.

    ``type`` is one of ``text integer money_minor date instant boolean``; ``unit`` is ``days``, ``minor``, ``count``
    or empty. ``nullable`` says whether NULL may occur: the condition language reports NULL traps from it.
    """

    name: str
    type: str
    unit: str
    label: Text
    meaning: Text
    nullable: bool = False
    room: str = ""


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the staff navigation. ``roles`` may see it; ``url_name`` is a Django URL name; order is ascending."""

    key: str
    label: Text
    url_name: str
    icon: str
    roles: frozenset[str]
    order: int = 100


@dataclass(frozen=True, slots=True)
class CaseKind:
    """A kind of golden case that a room can run (``arrears cases run``).

    ``run(case)`` takes the merged case mapping and returns the produced answer in the shape of ``case['expect']``
    (only keys it knows); the conformance room compares. Raise ``UnsupportedCase`` for words not implemented.
    """

    kind: str
    run: Callable[[dict[str, Any]], Any]


class UnsupportedCase(Exception):
    """The case uses a word that the product does not know: reported as failed, never as passed."""


@dataclass(frozen=True, slots=True)
class BookRequest:
    """Whose book, of which day, as known when. A room's ``columns.provide(request)`` answers with a Polars frame.

    The frame has one row per (``customer_id``, ``currency``) and the columns that the room declares; rows of other rooms join by
    that key. A frame without ``currency`` joins by customer alone.
    """

    creditor_id: int
    as_of: date
    known_at: datetime | None = None
