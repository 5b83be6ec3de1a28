"""Kinds of golden cases that the ledger runs. Each group of kinds has a module of its own; this one collects them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from arrears.kernel.declare import CaseKind

_MODULES = ("cases_schedule", "cases_servicing")

KINDS: list[CaseKind] = [
    kind
    for name in _MODULES
    if find_spec(f"{__package__}.{name}") is not None
    for kind in import_module(f"{__package__}.{name}").KINDS
]
