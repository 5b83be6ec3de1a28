"""One's own account: preferences, password, second factor, sessions, API keys, the hat one wears."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from arrears.access import actions_account, actions_sign_in, labels, queries, rights, second_factor
from arrears.access.doors import signed_in
from arrears.access.models import Creditor, User
from arrears.access.pages import next_of
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the view is behind `signed_in`
    return request.user


@dataclass(frozen=True, slots=True)
class Said:
    """A refusal in the reader's language."""

    sentence: str
    fix: str
    pointer: str


def said(refusal: Refusal) -> Said:
    language = get_language() or "zh-hans"
    return Said(refusal.sentence.in_language(language), refusal.fix.in_language(language), refusal.pointer)


def _account(request: HttpRequest, refusal: Refusal | None = None, **more: object) -> HttpResponse:
    user, actor = _user(request), _actor(request)
    codes = dict(Creditor.objects.values_list("id", "code"))
    worn = request.session.get("hat", "")
    hats = queries.hats_of(user)
    context = {
        "person": user,
        "sessions": queries.sessions_of(user),
        "session_key": request.session.session_key,
        "keys": queries.keys_of(user),
        "may_keys": rights.may(actor, "api_key.create"),
        "my_hats": [
            {
                "key": hat.key,
                "roles": labels.role_names(hat.roles, get_language() or "zh-hans"),
                "creditors": sorted(codes.get(i, "?") for i in hat.creditor_ids),
                "is_narrowed": bool(hat.portfolio_ids or hat.team_ids or hat.agency_ids),
                "is_worn": hat.key == worn or (not any(h.key == worn for h in hats) and hat == hats[0]),
            }
            for hat in hats
        ],
        "refusal": said(refusal) if refusal is not None else None,
    } | more
    return render(request, "access/account.html", context, status=refusal.status if refusal is not None else 200)


@never_cache
@signed_in
def account(request: HttpRequest) -> HttpResponse:
    """Everything about oneself on one page."""
    return _account(request)


@require_POST
@signed_in
def preferences(request: HttpRequest) -> HttpResponse:
    """Language and theme; back to where one was."""
    chosen = {name: request.POST[name] for name in ("language", "theme") if name in request.POST}
    result = actions_account.set_preferences(_actor(request), **chosen)
    if isinstance(result, Refusal):
        return _account(request, result)
    return redirect(next_of(request))


@never_cache
@sensitive_post_parameters("present", "wanted", "repeated")
@signed_in
def password(request: HttpRequest) -> HttpResponse:
    """A new password; other sessions end."""
    if request.method != "POST":
        return render(request, "access/password.html", {"person": _user(request)})
    wanted = request.POST.get("wanted", "")
    same = wanted == request.POST.get("repeated", "")
    key = request.session.session_key or ""
    result = actions_account.change_password(_actor(request), request.POST.get("present", ""), wanted, key) if same else None
    if isinstance(result, User):
        update_session_auth_hash(request, result)
        actions_sign_in.keep_session(_user(request), key, request.session.session_key or "")
        return redirect("access:account")
    context = {"person": _user(request), "refusal": said(result) if result is not None else None, "differs": not same}
    return render(request, "access/password.html", context, status=422)


@never_cache
@sensitive_post_parameters()
@signed_in
def totp(request: HttpRequest) -> HttpResponse:
    """Turn the second factor on (secret, first code, recovery codes) or off."""
    user, actor, step = _user(request), _actor(request), request.POST.get("step", "")
    context: dict[str, object] = {"person": user}
    result: object = None
    if step == "begin":
        result = actions_account.begin_totp(actor)
    elif step == "confirm":
        result = actions_account.confirm_totp(actor, request.POST.get("code", "")[:40])
    elif step == "renew":
        result = actions_account.renew_recovery_codes(actor, request.POST.get("password", ""))
    elif step == "disable":
        result = actions_account.disable_totp(actor, request.POST.get("password", ""))
    user.refresh_from_db()
    if isinstance(result, Refusal):
        context["refusal"] = said(result)
    if isinstance(result, list):
        context["recovery_codes"] = result
    if user.totp_secret_sealed is not None and user.totp_confirmed_at is None and step in ("begin", "confirm"):
        secret = second_factor.open_sealed(user.totp_secret_sealed)
        context |= {"secret": secret, "qr": second_factor.qr_data_uri(second_factor.uri(secret, user.username))}
    status = result.status if isinstance(result, Refusal) else 200
    return render(request, "access/totp.html", context, status=status)


@require_POST
@signed_in
def end_session(request: HttpRequest, public_id: str) -> HttpResponse:
    """End one of one's sessions."""
    result = actions_sign_in.end_session(_actor(request), public_id)
    return _account(request, result) if isinstance(result, Refusal) else redirect("access:account")


@never_cache
@require_POST
@signed_in
def keys(request: HttpRequest) -> HttpResponse:
    """A new API key; its token is shown on this answer only."""
    acts = request.POST.get("acts", "").replace(",", " ").split()
    days = request.POST.get("days", "90")
    result = actions_account.create_key(_actor(request), request.POST.get("label", ""), acts, int(days) if days.isdigit() else 0)
    if isinstance(result, Refusal):
        return _account(request, result)
    return _account(request, token=result[1])


@require_POST
@signed_in
def revoke_key(request: HttpRequest, prefix: str) -> HttpResponse:
    """End a key."""
    result = actions_account.revoke_key(_actor(request), prefix)
    return _account(request, result) if isinstance(result, Refusal) else redirect("access:account")


@require_POST
@signed_in
def hat(request: HttpRequest) -> HttpResponse:
    """Put on another hat: what one sees and may do changes with it."""
    wanted = request.POST.get("hat", "")
    if any(h.key == wanted for h in queries.hats_of(_user(request))):
        request.session["hat"] = wanted
    return redirect(next_of(request))
