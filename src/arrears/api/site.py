"""The one API object: every installed room's ``api.router`` under ``/api/v1``, inside the same surroundings."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.operation import Operation
from ninja.parser import Parser as NinjaParser
from ninja.renderers import JSONRenderer

from arrears import __version__
from arrears.api import answers, openapi, problems, refusals
from arrears.api.authentication import DOORS
from arrears.house import rooms

ROOT = "/api/v1/"
DESCRIPTION = """Everything the staff screens can do, a program can do here, with the same names and the same refusals.

Money is `{"amount": "12480.35", "currency": "CNY"}`. Ids are opaque. Dates are `YYYY-MM-DD`, instants RFC 3339 with an offset.
Errors are `application/problem+json` (RFC 9457); `code` is stable, `title` and `detail` follow `Accept-Language` (zh, en).
Every POST takes an `Idempotency-Key`. Lists come in pages: pass `next_cursor` back as `cursor`.
"""


class Parser(NinjaParser):
    """JSON bodies without what no database takes: the character NUL and halves of a surrogate pair."""

    def parse_body(self, request: HttpRequest) -> Any:
        body = super().parse_body(request)
        text = json.dumps(body, ensure_ascii=False)
        if "\\u0000" in text or any("\ud800" <= c <= "\udfff" for c in text):
            raise problems.RefusedError(refusals.BAD_REQUEST.at())
        return body


class Renderer(JSONRenderer):
    """JSON in UTF-8, Chinese as it is written."""

    json_dumps_params = {"ensure_ascii": False, "separators": (",", ":")}


class Door(NinjaAPI):
    """The framework's API with our problem documents, operation names and OpenAPI document."""

    def set_default_exception_handlers(self) -> None:
        problems.install(self)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """``ledger.record_payment``: room and verb, the names that the command line and Python use too."""
        room = re.sub(r"^.*?([a-z_]+)\.api(_[a-z]+)?$", r"\1", operation.view_func.__module__)
        return f"{room}.{operation.view_func.__name__}"

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> Any:
        return openapi.completed(openapi.Document(self, path_prefix or ROOT))

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        patterns = super()._get_urls()
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                exempt = getattr(pattern.callback, "csrf_exempt", False)
                pattern.callback = answers.outermost(pattern.callback)
                pattern.callback.csrf_exempt = exempt  # type: ignore[attr-defined]
        return patterns


@functools.cache
def api() -> NinjaAPI:
    """The composed API. Built once, when the addresses are."""
    door = Door(
        title="Arrears",
        version="v1",
        description=DESCRIPTION,
        auth=list(DOORS),
        docs_url=None,
        urls_namespace="api",
        parser=Parser(),
        renderer=Renderer(),
    )
    door.add_decorator(answers.inside, mode="operation")
    door.add_decorator(answers.around, mode="view")
    for module in rooms.declared("api"):
        if hasattr(module, "router"):
            door.add_router(module.PREFIX, module.router)
    return door


@csrf_exempt
def unknown(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Nothing is at this address of the API."""
    return problems.answer(request, refusals.NO_SUCH_PATH.at())


__all__ = ["DESCRIPTION", "Door", "__version__", "api", "unknown"]
