"""Everything that is declared in code and explained elsewhere: refusal codes of every room, the OpenAPI document."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

from arrears.house import rooms
from arrears.kernel.refusals import RefusalCode, all_codes


def codes() -> dict[str, RefusalCode]:
    """Every refusal code of every installed room, by code. Modules named ``refusals`` and ``refusals_*`` are read first."""
    for room in rooms.installed():
        for module in pkgutil.iter_modules(import_module(room).__path__):
            if module.name == "refusals" or module.name.startswith("refusals_"):
                import_module(f"{room}.{module.name}")
    return dict(sorted(all_codes().items()))


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document of all installed rooms as plain data."""
    import json

    from django.core.serializers.json import DjangoJSONEncoder

    from arrears.api import site

    plain: dict[str, Any] = json.loads(json.dumps(dict(site.api().get_openapi_schema()), cls=DjangoJSONEncoder))
    return plain
