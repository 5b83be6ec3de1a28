"""Problem documents (RFC 9457): every error of the API, in the language asked for, with a stable code and a trace id."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.db import DataError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import get_language
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from arrears.api import refusals
from arrears.kernel.refusals import Refusal

MEDIA_TYPE = "application/problem+json"
_MALFORMED = (
    SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent, MultiPartParserError, UnicodeError, DataError, OverflowError,
)  # fmt: skip
log = logging.getLogger("arrears.api")


class RefusedError(Exception):
    """Carries a refusal from a handler to the answer. Never leaves the api room."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def document(refusal: Refusal, request: HttpRequest, language: str | None = None) -> dict[str, Any]:
    """The refusal as the client sees it: ``as_problem`` with ``instance`` and ``trace_id``."""
    problem = refusal.as_problem(language or get_language() or "zh-hans")
    return problem | {"instance": request.path, "trace_id": getattr(request, "trace_id", "")}


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The refusal as a response. What the request had written is rolled back with it."""
    if connection.in_atomic_block:
        transaction.set_rollback(True)
    body = json.dumps(document(refusal, request), ensure_ascii=False, default=str)
    response = HttpResponse(body, status=refusal.status, content_type=MEDIA_TYPE)
    if refusal.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="arrears"'
    if "seconds" in refusal.values:
        response["Retry-After"] = str(refusal.values["seconds"])
    return response


def pointer_of(place: tuple[Any, ...]) -> str:
    """JSON Pointer of a validation error's place: ``("body", "data", "due_on")`` gives ``/due_on``; a query field ``?limit``.

    The handler's own name of the body is left out, because the client does not know it.
    """
    source, *rest = place
    if source in ("query", "path", "header", "cookie"):
        return {"query": "?", "path": "path ", "header": "header "}.get(str(source), "") + ".".join(str(p) for p in rest)
    steps = rest[1:] if source == "body" else rest
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def of_validation(errors: list[dict[str, Any]]) -> Refusal:
    """One refusal with every place that does not fit. What was sent is not repeated: it may be an identity field."""
    places = tuple(
        refusals.FIELD.at(pointer_of(tuple(e["loc"])), field=".".join(str(p) for p in e["loc"][-1:]), why=e["msg"])
        for e in errors
    )
    return Refusal(refusals.INVALID, places[0].pointer if places else "", {"count": len(places)}, places)


def of_exception(problem: Exception) -> Refusal:
    """The refusal that stands for an exception of the framework; anything unknown is a server error."""
    from django.conf import settings

    if isinstance(problem, RefusedError):
        return problem.refusal
    if isinstance(problem, AuthenticationError):
        return refusals.SIGN_IN_NEEDED.at()
    if isinstance(problem, ValidationError):
        return of_validation(problem.errors)
    if isinstance(problem, Http404):
        return refusals.NO_SUCH_PATH.at()
    if isinstance(problem, HttpError) and problem.status_code == 400:
        return refusals.NOT_JSON.at()
    if isinstance(problem, RequestDataTooBig):
        return refusals.TOO_LARGE.at(limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    if isinstance(problem, _MALFORMED):
        return refusals.BAD_REQUEST.at()
    return refusals.SERVER.at()


def install(api: NinjaAPI) -> None:
    """Let every exception inside a handler become a problem document."""

    def handle(request: HttpRequest, problem: Exception) -> HttpResponse:
        refusal = of_exception(problem)
        if refusal.status >= 500:
            log.error("request failed", exc_info=problem)
        return answer(request, refusal)

    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, handle)
