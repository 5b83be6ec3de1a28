"""Which rooms are installed, floor by floor. A bank adds a room of its own through the entry point group ``arrears.rooms``."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from types import ModuleType

#: In import order: a room may import any room before it, never one after it.
ROOMS = (
    "journal", "access", "parties", "ledger",
    "rules", "statutes", "book", "gate", "diagnosis", "strategy",
    "cases", "worklist", "contact",
    "intake", "conformance", "insight", "web", "api", "cli",
)  # fmt: skip


def installed() -> list[str]:
    """Dotted names of all rooms: the house's own and those of installed packages."""
    own = [f"arrears.{room}" for room in ROOMS]
    return own + sorted(point.value for point in entry_points(group="arrears.rooms"))


def declared(module: str) -> list[ModuleType]:
    """The modules named ``module`` (``columns``, ``case_kinds``, ``nav``, ``urls``, ``api``, ``commands``) of every room."""
    names = [f"{room}.{module}" for room in installed()]
    return [import_module(name) for name in names if find_spec(name) is not None]
