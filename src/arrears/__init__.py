"""Arrears runs the recovery of overdue loans, from the first missed instalment to the last enforcement measure.

In a notebook::

    import arrears

    house = arrears.open()                         # the product in this process, its database started where needed
    house.parties.search("王小明")                  # every room's reads and acts, by the names of the screens and the API
    house.ledger.position("agr_...", as_of="2026-11-23")
    arrears.book("2026-11-23")                     # the book of a day as an Arrow table

Nothing is imported or started before the first use.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

#: Names that come from ``arrears.session`` at their first use.
_LAZY = frozenset({"Refused", "Rows", "Session", "connect", "open"})


class _BookRoom(ModuleType):
    """The room ``arrears.book``, which is also the verb: ``arrears.book("2026-11-23")``."""

    def __call__(self, on: Any, **options: Any) -> Any:
        return import_module("arrears.session").book(on, **options)


class _Package(ModuleType):
    def __setattr__(self, name: str, value: Any) -> None:
        if name == "book" and isinstance(value, ModuleType):
            value.__class__ = _BookRoom
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name in _LAZY:
            return getattr(import_module("arrears.session"), name)
        if name == "book":
            return import_module("arrears.book")
        if name in ("position", "statement"):
            return getattr(import_module("arrears.session"), name)
        raise AttributeError(f"module 'arrears' has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_LAZY, "book", "position", "statement"})


sys.modules[__name__].__class__ = _Package
