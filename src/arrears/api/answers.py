"""What surrounds every handler: identity, rate, idempotency and entity tags outside; refusals and pages inside."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from ninja.responses import Status
from pydantic import BaseModel

from arrears.access.actions_account import note_key_use
from arrears.api import cursors, idempotency, problems, refusals
from arrears.api.authentication import SAFE_METHODS, authenticate
from arrears.api.health import COUNTS
from arrears.api.limits import LIMITS
from arrears.kernel.door import Answer, Listing
from arrears.kernel.refusals import Refusal

View = Callable[..., Any]


class _Encoder(DjangoJSONEncoder):
    def default(self, value: Any) -> Any:
        return value.model_dump(mode="json") if isinstance(value, BaseModel) else super().default(value)


def etag_of(value: Any) -> str:
    """Strong entity tag of a representation: equal content and version give an equal tag."""
    if isinstance(value, Answer):
        return '"' + hashlib.sha256(f"{etag_of(value.body)}{value.version}".encode()).hexdigest()[:32] + '"'
    text = (
        value.model_dump_json()
        if isinstance(value, BaseModel)
        else json.dumps(value, cls=_Encoder, sort_keys=True, ensure_ascii=False)
    )
    return '"' + hashlib.sha256(text.encode()).hexdigest()[:32] + '"'


def _unguarded(request: HttpRequest, function: View, path: dict[str, Any]) -> Refusal | None:
    """Why a guarded change must not go on: no ``If-Match``, or it does not fit the present state."""
    read = getattr(function, "guarded_by", None)
    if read is None:
        return None
    given = request.headers.get("If-Match")
    if not given:
        return refusals.MATCH_MISSING.at("If-Match")
    present = read(request, **path)
    if isinstance(present, Refusal):
        return present
    tags = {tag.strip() for tag in given.split(",")}
    return None if "*" in tags or etag_of(present) in tags else refusals.MATCH_FAILED.at("If-Match")


def inside(function: View) -> View:
    """Operation decorator: what a handler may return (``kernel.door``) becomes what the framework renders."""

    @functools.wraps(function)
    def run(request: HttpRequest, *args: Any, **values: Any) -> Any:
        path = {
            k: v for k, v in values.items() if k in (request.resolver_match.captured_kwargs if request.resolver_match else {})
        }
        if (problem := _unguarded(request, function, path)) is not None:
            raise problems.RefusedError(problem)
        result = function(request, *args, **values)
        if isinstance(result, Listing):
            result = cursors.page(request, result)
            request.is_page = True  # type: ignore[attr-defined]
        if isinstance(result, Refusal):
            raise problems.RefusedError(result)
        if isinstance(result, dict) and result.get("next_cursor") is not None:
            query = request.GET.copy()
            query["cursor"] = result["next_cursor"]
            request.next_page = f"{request.path}?{query.urlencode()}"  # type: ignore[attr-defined]
        if isinstance(result, Answer):
            if request.method == "GET":
                request.etag = etag_of(result)  # type: ignore[attr-defined]
            request.made_at = result.location  # type: ignore[attr-defined]
            return Status(result.status, result.body)
        if request.method == "GET" and isinstance(result, BaseModel | dict) and not hasattr(request, "is_page"):
            request.etag = etag_of(result)  # type: ignore[attr-defined]
        return result

    return run


def around(run: View) -> View:
    """View decorator: identity, rate limit, idempotency, tags and headers around one operation."""

    @functools.wraps(run)
    def view(request: HttpRequest, *args: Any, **path: Any) -> HttpResponse:
        try:
            actor = authenticate(request)
        except problems.RefusedError as problem:
            return problems.answer(request, problem.refusal)
        wait, left = LIMITS.take(f"{actor.kind}:{actor.id}")
        if wait:
            response = problems.answer(request, refusals.RATE.at(seconds=wait))
        elif request.method == "POST":
            response = idempotency.once(request, actor, lambda: _placed(request, run(request, *args, **path)))
        else:
            response = _placed(request, run(request, *args, **path))
        if actor.kind == "api_key" and response.status_code < 400:
            note_key_use(actor)  # last, so that a long request does not hold the key's row
        response["RateLimit-Limit"] = str(LIMITS.per_minute)
        response["RateLimit-Remaining"] = str(left)
        return _dressed(request, response)

    return view


def _placed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The address of what was made; part of the answer that an idempotency key keeps."""
    if location := getattr(request, "made_at", ""):
        response["Location"] = location
    return response


def _dressed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-cache"
    if following := getattr(request, "next_page", ""):
        response["Link"] = f'<{following}>; rel="next"'
    tag = getattr(request, "etag", "")
    if tag and response.status_code == 200:
        response["ETag"] = tag
        if tag in {t.strip().removeprefix("W/") for t in request.headers.get("If-None-Match", "").split(",")}:
            fresh = HttpResponse(status=304)
            for name in ("ETag", "Cache-Control", "RateLimit-Limit", "RateLimit-Remaining"):
                fresh[name] = response[name]
            return fresh
    return response


def outermost(view: View) -> View:
    """Around one address: unknown methods and errors of the framework become problem documents, and all is counted."""

    @functools.wraps(view)
    def run(request: HttpRequest, *args: Any, **path: Any) -> HttpResponse:
        try:
            if "\x00" in request.path or any("\x00" in part for pair in request.GET.items() for part in pair):
                raise problems.RefusedError(refusals.BAD_REQUEST.at())
            response: HttpResponse = view(request, *args, **path)
            if request.method not in SAFE_METHODS and response.status_code < 400 and connection.in_atomic_block:
                connection.check_constraints()
        except Exception as problem:
            refusal = problems.of_exception(problem)
            if refusal.status >= 500:
                problems.log.error("request failed", exc_info=problem)
            response = problems.answer(request, refusal)
        if isinstance(response, HttpResponseNotAllowed):
            allowed = response["Allow"]
            response = problems.answer(request, refusals.METHOD.at(method=request.method))
            response["Allow"] = allowed
        COUNTS.note("api", request.method or "", response.status_code)
        return response

    return run
