"""Gives every request its ``actor``, and keeps sessions honest: absolute end, idle lock, new passwords, the person's language."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from arrears.access import queries
from arrears.access.actions_sign_in import touch_session
from arrears.access.models import User
from arrears.kernel import clock

#: A page that polls by itself sends this header, so that polling does not keep an empty chair signed in.
BACKGROUND_HEADER = "X-Arrears-Background"
SEEN_SECONDS = 60
ABSOLUTE_SECONDS = 12 * 3600

#: Paths that work while a new password is due.
_ALWAYS = ("/static/", "/sign-out", "/sign-in", "/locked", "/account/password", "/account/preferences", "/jsi18n")


class ActorMiddleware:
    """Sets ``request.actor``: an ``Actor``, or None when signed out or locked (``request.session["locked"]``)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            _keep_honest(request)
        request.actor = queries.actor_of(request)  # type: ignore[attr-defined]
        user = request.user
        if isinstance(user, User):
            if user.language:
                translation.activate(user.language)
                request.LANGUAGE_CODE = user.language  # type: ignore[attr-defined]
            if user.must_change_password and not request.path.startswith(_ALWAYS):
                if request.method == "GET" and "HX-Request" not in request.headers and not request.path.startswith("/api/"):
                    return redirect("access:password")
                return HttpResponseForbidden(headers={"HX-Redirect": reverse("access:password")})
        return self.get_response(request)


def _keep_honest(request: HttpRequest) -> None:
    now = clock.now()
    stamp, session = int(now.timestamp()), request.session
    if stamp - session.get("signed_in_at", stamp) > ABSOLUTE_SECONDS:
        logout(request)
        return
    seen_at = session.get("seen_at", 0)
    if session.get("locked"):
        return
    if seen_at and stamp - seen_at > settings.IDLE_LOCK_SECONDS:
        session["locked"] = True
    elif stamp - seen_at >= SEEN_SECONDS and BACKGROUND_HEADER not in request.headers:
        session["seen_at"] = stamp
        touch_session(session.session_key or "", now)
