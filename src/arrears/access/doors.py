"""Decorators of staff pages: signed in, and with which roles. Scripts get a status they can act on, people a page.

A locked session answers 423 to htmx and other scripts, so that the page stays as it is under the lock; a signed-out one 401 with
the address to sign in at. Both keep the path to come back to.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from arrears.access import rights
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor, Role

View = Callable[..., HttpResponse]


def is_script(request: HttpRequest) -> bool:
    """Whether htmx or a fetch asks, not a person's navigation."""
    marks = ("HX-Request", "X-Requested-With")
    return any(mark in request.headers for mark in marks) or request.headers.get("Sec-Fetch-Dest", "document") == "empty"


def signed_in(view: View) -> View:
    """The view gets a request whose ``actor`` is set."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        if getattr(request, "actor", None) is not None:
            return view(request, *args, **values)
        locked = bool(request.session.get("locked")) and request.user.is_authenticated
        target = f"{reverse('access:locked' if locked else 'access:sign_in')}?{urlencode({'next': request.get_full_path()})}"
        if is_script(request):
            return HttpResponse(status=423) if locked else HttpResponse(status=401, headers={"HX-Redirect": target})
        return redirect(target)

    return guarded


def needs(*roles: Role, act: str = "") -> Callable[[View], View]:
    """Signed in, with one of ``roles``, or with a role that may do ``act``. Else the page of refusal with status 403."""

    def wrap(view: View) -> View:
        @signed_in
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
            actor: Actor = request.actor  # type: ignore[attr-defined]
            allowed = frozenset(roles) or rights.roles_for(act)
            if not actor.scope.may(*allowed):
                return refused(request, _not_allowed(act or view.__name__, allowed))
            return view(request, *args, **values)

        return guarded

    return wrap


def _not_allowed(act: str, roles: frozenset[Role]) -> Refusal:
    from arrears.access import refusals

    return refusals.NOT_ALLOWED.at(act=act, roles=", ".join(sorted(roles)))


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A page that says what was refused, why and how to go on, with the refusal's own status."""
    return render(request, "access/refused.html", {"refusal": refusal}, status=refusal.status)
