"""What people do to their own account: preferences, password, second factor, API keys."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from arrears.access import queries, refusals, second_factor
from arrears.access.actions_sign_in import end_sessions
from arrears.access.models import ApiKey, RecoveryCode, User, UserSession
from arrears.journal.actions import action, record
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor

LANGUAGES = ("", "zh-hans", "en")
THEMES = ("system", "light", "dark")
KEY_DAYS = 365


def _self(actor: Actor) -> User | Refusal:
    user = User.objects.select_for_update().filter(public_id=actor.id).first() if actor.kind == "person" else None
    return user or refusals.APPROVAL_PERSON.at()


@action("account.set_preferences")
def set_preferences(actor: Actor, language: str | None = None, theme: str | None = None) -> User | Refusal:
    """Language (``zh-hans``, ``en``, empty: the browser's) and theme (``system light dark``). None leaves as it is."""
    user = _self(actor)
    if isinstance(user, Refusal):
        return user
    for field, value, allowed in (("language", language, LANGUAGES), ("theme", theme, THEMES)):
        if value is not None and value not in allowed:
            return refusals.PREFERENCE.at(field, value=value, allowed=", ".join(a or '""' for a in allowed))
        if value is not None:
            setattr(user, field, value)
    user.save(update_fields=["language", "theme"])
    payload = {"language": user.language, "theme": user.theme}
    record(actor, "account.preferences_set", ("user", user.public_id), creditor_id=None, payload=payload)
    return user


@action("account.change_password")
def change_password(actor: Actor, present: str, wanted: str, keep_session_key: str = "") -> User | Refusal:
    """Change one's password; every other session ends. Refusals: ``password.wrong``, ``password.weak``."""
    user = _self(actor)
    if isinstance(user, Refusal):
        return user
    if not check_password(present, user.password):
        return refusals.PASSWORD_WRONG.at("present")
    if (weak := password_problem(wanted, user)) is not None:
        return weak
    if check_password(wanted, user.password):
        return refusals.PASSWORD_WEAK.at("wanted", why="=")
    user.set_password(wanted)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    others = UserSession.objects.filter(user=user, ended_at=None).exclude(session_key=keep_session_key)
    end_sessions(others.values_list("session_key", flat=True))
    record(actor, "account.password_changed", ("user", user.public_id), creditor_id=None)
    return user


def password_problem(password: str, user: User) -> Refusal | None:
    """Why ``password`` is too weak for ``user``, or None."""
    try:
        validate_password(password, user)
    except ValidationError as problem:
        return refusals.PASSWORD_WEAK.at("wanted", why=" ".join(problem.messages))
    if user.username.casefold() in password.casefold():
        return refusals.PASSWORD_WEAK.at("wanted", why=user.username)
    return None


@action("account.begin_totp")
def begin_totp(actor: Actor) -> str | Refusal:
    """Start enrolling a second factor; gives the secret, which counts after its first code. Refusal: ``totp.state``."""
    user = _self(actor)
    if isinstance(user, Refusal):
        return user
    if user.totp_confirmed_at is not None:
        return refusals.TOTP_STATE.at()
    secret = second_factor.new_secret()
    user.totp_secret_sealed = second_factor.seal(secret)
    user.totp_last_step = 0
    user.save(update_fields=["totp_secret_sealed", "totp_last_step"])
    record(actor, "account.totp_begun", ("user", user.public_id), creditor_id=None)
    return secret


@action("account.confirm_totp")
def confirm_totp(actor: Actor, code: str) -> list[str] | Refusal:
    """The first right code turns the second factor on; gives ten recovery codes, shown this once.

    Refusals: ``totp.state``, ``sign_in.second_factor``.
    """
    user = _self(actor)
    if isinstance(user, Refusal):
        return user
    if user.totp_confirmed_at is not None or user.totp_secret_sealed is None:
        return refusals.TOTP_STATE.at()
    now = clock.now()
    step = second_factor.matching_step(second_factor.open_sealed(user.totp_secret_sealed), code, now, user.totp_last_step)
    if step is None:
        return refusals.SECOND_FACTOR.at("code")
    user.totp_confirmed_at, user.totp_last_step = now, step
    user.save(update_fields=["totp_confirmed_at", "totp_last_step"])
    record(actor, "account.totp_confirmed", ("user", user.public_id), creditor_id=None)
    return _fresh_codes(user)


def _fresh_codes(user: User) -> list[str]:
    codes = second_factor.new_recovery_codes()
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        [RecoveryCode(user=user, code_hash=second_factor.recovery_hash(user.public_id, code)) for code in codes]
    )
    return codes


def _self_with_totp(actor: Actor, password: str) -> User | Refusal:
    user = _self(actor)
    if isinstance(user, Refusal):
        return user
    if user.totp_confirmed_at is None:
        return refusals.TOTP_STATE.at()
    return user if check_password(password, user.password) else refusals.PASSWORD_WRONG.at("password")


@action("account.renew_recovery_codes")
def renew_recovery_codes(actor: Actor, password: str) -> list[str] | Refusal:
    """Ten new recovery codes; the old ones stop counting. Refusals: ``totp.state``, ``password.wrong``."""
    user = _self_with_totp(actor, password)
    if isinstance(user, Refusal):
        return user
    record(actor, "account.recovery_codes_renewed", ("user", user.public_id), creditor_id=None)
    return _fresh_codes(user)


@action("account.disable_totp")
def disable_totp(actor: Actor, password: str) -> User | Refusal:
    """Turn the second factor off. Refusals: ``totp.state``, ``password.wrong``."""
    user = _self_with_totp(actor, password)
    if isinstance(user, Refusal):
        return user
    clear_totp(user)
    record(actor, "account.totp_disabled", ("user", user.public_id), creditor_id=None)
    return user


def clear_totp(user: User) -> None:
    """Forget the second factor. Part of an action."""
    user.totp_secret_sealed, user.totp_confirmed_at = None, None
    user.save(update_fields=["totp_secret_sealed", "totp_confirmed_at"])
    RecoveryCode.objects.filter(user=user).delete()


@action("api_key.create")
def create_key(actor: Actor, label: str, acts: list[str], days: int, username: str = "") -> tuple[ApiKey, str] | Refusal:
    """A new key of oneself, or of ``username`` from the server's shell. Gives the token, shown this once; only a hash is kept.

    ``acts`` are acts or ``noun.*``; empty: the key reads only. Refusals: ``api_key.lifetime``, ``access.not_found``,
    ``access.act_unknown``, ``access.not_allowed`` (an act its owner may not do).
    """
    if username and actor.scope.everything:
        user = User.objects.filter(username=username).first()
    else:
        user = queries.user_behind(actor) if actor.kind == "person" else None
    if user is None:
        return refusals.NOT_FOUND.at(kind="user", id=username or actor.id)
    if not 1 <= days <= KEY_DAYS:
        return refusals.KEY_LIFETIME.at("days", limit=KEY_DAYS)
    if (beyond := _beyond(user, acts)) is not None:
        return beyond
    now = clock.now()
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        prefix=prefix,
        secret_hash=queries.key_hash(secret),
        label=label.strip()[:100],
        user=user,
        acts=sorted(set(acts)),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    payload = {"owner": user.public_id, "acts": key.acts, "expires_at": key.expires_at}
    record(actor, "api_key.created", ("api_key", prefix), creditor_id=None, payload=payload)
    return key, f"ark_{prefix}.{secret}"


def _beyond(user: User, acts: list[str]) -> Refusal | None:
    from arrears.access import rights

    roles = frozenset(role for hat in queries.hats_of(user) for role in hat.roles)
    for act in acts:
        known = rights.roles_for(act)
        if not known:
            return refusals.ACT_UNKNOWN.at("acts", act=act)
        if not roles & known:
            return refusals.NOT_ALLOWED.at("acts", act=act, roles=", ".join(sorted(known)))
    return None


@action("api_key.revoke")
def revoke_key(actor: Actor, prefix: str) -> ApiKey | Refusal:
    """End a key at once: one's own, or any from the server's shell. Refusal: ``access.not_found``."""
    rows = ApiKey.objects.select_for_update().filter(prefix=prefix, revoked_at=None)
    if not actor.scope.everything:
        rows = rows.filter(user__public_id=actor.id)
    key = rows.first()
    if key is None:
        return refusals.NOT_FOUND.at(kind="api_key", id=prefix)
    key.revoked_at = clock.now()
    key.save(update_fields=["revoked_at"])
    record(actor, "api_key.revoked", ("api_key", prefix), creditor_id=None)
    return key


def note_key_use(actor: Actor) -> None:
    """Keep ``last_used_at``, at most once a minute. Upkeep of a display, no act of its own."""
    now = clock.now()
    rows = ApiKey.objects.filter(prefix=actor.id)
    rows.exclude(last_used_at__gt=now - timedelta(minutes=1)).update(last_used_at=now)
