"""What a room's ``api.py`` gives to the one REST door, and how. Pure declarations; the api room does the rest.

A handler takes ``request`` (its ``request.actor`` is set) and typed parameters, calls one action or query, and returns

* a schema object or mapping: answered as 200 with a strong ``ETag`` on reads,
* a ``Refusal``: answered as problem document with the refusal's status, and nothing changes,
* a ``Listing``: answered as a page ``{data, next_cursor, has_more}``; declare ``response=Page[Item]``,
* an ``Answer``: another status or a ``Location``; declare ``response={201: Item}`` or ``{202: ...}``.

Money is ``Amount`` in and out, ids are public ids, dates are ISO, instants carry an offset.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .money import Money, parse_minor

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Page(BaseModel, Generic[T]):
    """One page of a list. ``next_cursor`` is opaque; pass it as ``cursor`` to go on."""

    data: list[T]
    next_cursor: str | None = None
    has_more: bool = False


class Amount(BaseModel):
    """Money on the wire: a decimal string in major units, and an ISO 4217 code."""

    model_config = ConfigDict(frozen=True)

    amount: str = Field(
        pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,3})?$", examples=["12480.35"], description="Decimal text in major units, never a float"
    )
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["CNY"], description="ISO 4217 code")

    @model_validator(mode="after")
    def _exact(self) -> Amount:
        if parse_minor(self.amount, self.currency) is None:
            raise ValueError(f"finer than the minor unit of {self.currency}")
        return self

    @property
    def minor(self) -> int:
        """Integer minor units: exact, because what is finer was refused when it came in."""
        found = parse_minor(self.amount, self.currency)
        assert found is not None  # checked above
        return found


def amount(amount_minor: int | None, currency: str) -> Amount | None:
    """``Amount`` of integer minor units; None stays None."""
    return None if amount_minor is None else Amount(**Money(amount_minor, currency).as_json())


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows to be paged. ``rows`` is a query set (``order`` names its columns, ``-`` descending, the last one unique and none
    nullable) or a sequence in a stable order (``order`` empty). ``shape`` turns a row into the item that is answered.
    ``shape_all`` instead turns the whole page at once, where items need one common look-up.
    """

    rows: Any
    order: tuple[str, ...] = ()
    shape: Callable[[Any], Any] | None = None
    shape_all: Callable[[list[Any]], list[Any]] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A result with a status other than 200, or with the address of what was made.

    ``version`` goes into the entity tag of a read whose masked fields can change without showing it.
    """

    body: Any = None
    status: int = 201
    location: str = ""
    version: str = ""


def guarded_by(read: Callable[..., Any]) -> Callable[[F], F]:
    """Mark a PATCH, PUT or DELETE handler: ``If-Match`` is required (428) and must equal the ETag of ``read`` (412).

    ``read`` is the handler of the same resource's GET; it gets the same path parameters.
    """

    def mark(function: F) -> F:
        function.guarded_by = read  # type: ignore[attr-defined]
        return function

    return mark
