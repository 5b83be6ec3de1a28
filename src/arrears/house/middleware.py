"""Every request gets an id, shown in errors, sent back as a header and written to log and journal."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from arrears.house.logs import request_id
from arrears.kernel.ids import new_id

_GIVEN = re.compile(r"^[A-Za-z0-9_-]{8,60}$")


class RequestIdMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request.trace_id = given if _GIVEN.match(given) else new_id("req")  # type: ignore[attr-defined]
        token = request_id.set(request.trace_id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-Id"] = request.trace_id  # type: ignore[attr-defined]
        return response
