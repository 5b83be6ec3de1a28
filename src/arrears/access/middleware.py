"""Gives every request its ``actor`` (or None), and keeps sessions honest: idle lock, absolute end, language of the person."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from arrears.access import queries


class ActorMiddleware:
    """Sets ``request.actor``: an ``Actor``, or None when signed out or locked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = queries.actor_of(request)  # type: ignore[attr-defined]
        return self.get_response(request)
