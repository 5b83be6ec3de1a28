"""What every staff page needs: navigation of the caller's roles, the business date, the environment."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language

from arrears import __version__
from arrears.access import queries as access
from arrears.access.labels import role_names
from arrears.house import rooms
from arrears.kernel import clock
from arrears.kernel.declare import NavItem
from arrears.kernel.scope import Role


def _entries() -> list[NavItem]:
    found = [item for module in rooms.declared("nav") for item in module.NAV]
    return sorted(found, key=lambda item: (item.order, item.key))


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    actor = getattr(request, "actor", None)
    if actor is None:
        return []
    shown = []
    for item in _entries():
        if not (actor.scope.everything or item.roles & actor.scope.roles):
            continue
        try:
            url = reverse(item.url_name)
        except NoReverseMatch:
            continue
        here = request.path == url or request.path.startswith(url.rstrip("/") + "/")
        shown.append({"key": item.key, "label": item.label, "url": url, "icon": item.icon, "here": here})
    best = max((e for e in shown if e["here"]), key=lambda e: len(e["url"]), default=None)
    return [e | {"here": e is best} for e in shown]


def _demo(request: HttpRequest, signed_in: bool) -> dict[str, Any]:
    """On the sign-in page of a demo: who can be tried, and with which password."""
    if signed_in or settings.ENVIRONMENT != "demo" or not request.path.startswith("/sign-in"):
        return {}
    language = get_language() or "zh-hans"
    users = [(user, role_names({Role(g.role) for g in user.grants.all()}, language)) for user in access.demo_users()]
    return {"demo_users": users, "demo_password": settings.FIXTURE_PASSWORD, "demo_next": request.GET.get("next", "")}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of ``web/shell.html``."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {
        "nav": _navigation(request),
        "business_date": clock.today(),
        "environment": settings.ENVIRONMENT,
        "version": __version__,
        "trace_id": getattr(request, "trace_id", ""),
        "other_language": ("en", "English") if (get_language() or "zh").startswith("zh") else ("zh-hans", "中文"),
        "theme": getattr(user, "theme", "system") if signed_in else "system",
        "idle_seconds": settings.IDLE_LOCK_SECONDS if signed_in else 0,
        **_demo(request, signed_in),
        "hats": access.hats_of(user) if signed_in else [],  # type: ignore[arg-type]
    }
