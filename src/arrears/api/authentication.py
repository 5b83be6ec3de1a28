"""Who is asking: an API key, or the signed-in person with a CSRF token."""

from __future__ import annotations

import dataclasses

from django.http import HttpRequest
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from arrears.access import queries
from arrears.api import refusals
from arrears.api.problems import RefusedError
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ApiKey(AuthBase):
    """``Authorization: Bearer ark_<prefix>.<secret>``."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_bearerFormat = "ark_<prefix>.<secret>"  # noqa: N815
    openapi_description = "An API key, made by `arrears keys create` or on the page of keys."

    def __call__(self, request: HttpRequest) -> Actor | None:
        known: Actor | None
        if (known := getattr(request, "api_actor", None)) is not None:
            return known  # found a moment ago, before the rate limit
        header = request.headers.get("Authorization")
        if not header:
            return None
        actor = queries.actor_of_key(header, request_id=getattr(request, "trace_id", ""))
        if isinstance(actor, Refusal):
            raise RefusedError(actor)
        return actor


class Session(AuthBase):
    """The session cookie of a signed-in person; unsafe methods need ``X-CSRFToken`` too."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "sessionid"
    openapi_description = "The session of a signed-in person. POST, PATCH and DELETE also need the header X-CSRFToken."

    def __call__(self, request: HttpRequest) -> Actor | None:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            return None
        if request.method not in SAFE_METHODS and check_csrf(request) is not None:
            raise RefusedError(refusals.CSRF.at())
        return dataclasses.replace(actor, via="api")


DOORS = (ApiKey(), Session())


def authenticate(request: HttpRequest) -> Actor:
    """The actor of ``request``, found once and kept on it. Raises ``RefusedError`` (401, 403)."""
    known: Actor | None = getattr(request, "api_actor", None)
    if known is not None:
        return known
    for door in DOORS:
        actor = door(request)
        if actor is not None:
            request.api_actor = request.actor = actor  # type: ignore[attr-defined]
            return actor
    raise RefusedError(refusals.SIGN_IN_NEEDED.at())
