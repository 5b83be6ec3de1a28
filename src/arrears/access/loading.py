"""Rooms register executors and followers beside their actions; this imports those files before one is looked up."""

from __future__ import annotations

import functools
import pkgutil
from importlib import import_module


@functools.cache
def import_actions() -> tuple[str, ...]:
    """Import every ``actions*`` module of every installed room, once. Returns their dotted names."""
    from arrears.house import rooms

    names = []
    for room in rooms.installed():
        package = import_module(room)
        for module in pkgutil.iter_modules(package.__path__):
            if module.name.startswith("actions"):
                names.append(f"{room}.{module.name}")
    for name in names:
        import_module(name)
    return tuple(names)
