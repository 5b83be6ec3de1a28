"""Signing in, the second factor, the idle lock, signing out."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from arrears.access import actions_sign_in
from arrears.access.actions_sign_in import DOORKEEPER, SignIn
from arrears.access.doors import is_script
from arrears.access.models import User
from arrears.kernel import clock

#: Seconds that a right password waits for its second factor.
SECOND_FACTOR_SECONDS = 300
_HOME = "/"


def address_of(request: HttpRequest) -> str:
    """The client's address: the peer's, or what the outermost of our own proxies (``TRUSTED_PROXIES``) saw. Others may lie."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    seen = [*(part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()), peer]
    return seen[-1 - settings.TRUSTED_PROXIES] if len(seen) > settings.TRUSTED_PROXIES else peer


def network_of(address: str) -> str:
    """The part of an address that is shown in the list of sessions: ``203.0.113.*``."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if parsed.version == 4:
        return address.rpartition(".")[0] + ".*"
    return ":".join(parsed.exploded.split(":")[:3]) + ":*"


def browser_of(agent: str) -> str:
    """Browser and system in two words; nothing finer is kept."""
    names = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    systems = (("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iOS"), ("Mac OS", "macOS"), ("Linux", "Linux"))
    browser = next((name for mark, name in names if mark in agent), "")
    system = next((name for mark, name in systems if mark in agent), "")
    return ", ".join(filter(None, (browser, system)))


def next_of(request: HttpRequest) -> str:
    """Where to go on: a path of this site, else the first page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return wanted if safe and wanted.startswith("/") else _HOME


def _form(request: HttpRequest, template: str, outcome: SignIn | None = None, **more: object) -> HttpResponse:
    refusal = outcome.refusal if outcome else None
    context = {"refusal": refusal, "next": next_of(request), **more}
    if refusal is not None:
        language = get_language() or "zh-hans"
        context |= {"sentence": refusal.sentence.in_language(language), "fix": refusal.fix.in_language(language)}
    response = render(request, template, context, status=refusal.status if refusal is not None else 200)
    if refusal is not None and "seconds" in refusal.values:
        response["Retry-After"] = str(refusal.values["seconds"])
    return response


@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """User name and password."""
    if request.method != "POST":
        if getattr(request, "actor", None) is not None:
            return redirect(next_of(request))
        return _form(request, "access/sign_in.html")
    outcome = actions_sign_in.attempt_sign_in(
        DOORKEEPER, request.POST.get("username", "")[:150], request.POST.get("password", "")[:1000], address_of(request)
    )
    if outcome.user is None:
        return _form(request, "access/sign_in.html", outcome)
    if outcome.needs_second_factor:
        request.session.cycle_key()
        request.session["half_signed_in"] = [outcome.user.public_id, int(clock.now().timestamp())]
        return _form(request, "access/second_factor.html")
    return _enter(request, outcome.user)


@never_cache
@require_POST
def second_factor_step(request: HttpRequest) -> HttpResponse:
    """The code after a right password."""
    public_id, since = request.session.get("half_signed_in", ["", 0])
    user = User.objects.filter(public_id=public_id).first()
    if user is None or clock.now().timestamp() - since > SECOND_FACTOR_SECONDS:
        request.session.pop("half_signed_in", None)
        return redirect("access:sign_in")
    outcome = actions_sign_in.check_second_factor(DOORKEEPER, user, request.POST.get("code", "")[:40], address_of(request))
    if outcome.user is None:
        return _form(request, "access/second_factor.html", outcome)
    return _enter(request, outcome.user)


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    onward = next_of(request)
    request.session.pop("half_signed_in", None)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")  # gives the session a new key
    now = int(clock.now().timestamp())
    request.session.update({"signed_in_at": now, "seen_at": now, "locked": False})
    agent = request.headers.get("User-Agent", "")
    key = request.session.session_key or ""
    actions_sign_in.start_session(DOORKEEPER, user, key, browser_of(agent), network_of(address_of(request)))
    return redirect("access:password" if user.must_change_password else onward)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session and forget what the browser cached of it."""
    if request.user.is_authenticated:
        actions_sign_in.note_sign_out(DOORKEEPER, request.user, request.session.session_key or "")
    logout(request)
    response = redirect("access:sign_in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@never_cache
@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Lock this session now (the page's idle timer, or the key for it). The page stays as it is."""
    if request.user.is_authenticated:
        request.session["locked"] = True
    return HttpResponse(status=204) if is_script(request) else redirect("access:locked")


@never_cache
@require_POST
@sensitive_post_parameters("password")
def unlock(request: HttpRequest) -> HttpResponse:
    """The password again, sent by the page under the lock: 204, or the reason as text with status 401 or 429."""
    user = request.user
    if not isinstance(user, User):
        return HttpResponse(status=401)
    outcome = actions_sign_in.unlock_screen(DOORKEEPER, user, request.POST.get("password", "")[:1000], address_of(request))
    if outcome.refusal is not None:
        text = outcome.refusal.sentence.in_language(get_language() or "zh-hans")
        return HttpResponse(text, status=outcome.refusal.status, content_type="text/plain; charset=utf-8")
    request.session["locked"] = False
    request.session["seen_at"] = int(clock.now().timestamp())
    return HttpResponse(status=204)


@never_cache
@sensitive_post_parameters("password")
def locked(request: HttpRequest) -> HttpResponse:
    """The lock as a page of its own, for a navigation while locked."""
    user = request.user
    if not isinstance(user, User):
        return redirect("access:sign_in")
    if request.method == "POST":
        answer = unlock(request)
        if answer.status_code == 204:
            return redirect(next_of(request))
        return _form(request, "access/locked.html", sentence=answer.content.decode())
    if not request.session.get("locked"):
        return redirect(next_of(request))
    return _form(request, "access/locked.html")
