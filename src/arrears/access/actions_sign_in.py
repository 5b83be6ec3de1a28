"""Signing in and out: password, second factor, sessions. Failures are counted in the database, by user name and by address."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.models import Session

from arrears.access import refusals, second_factor, throttle
from arrears.access.models import RecoveryCode, SignInThrottle, User, UserSession
from arrears.access.queries import user_behind
from arrears.journal.actions import action, record
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE, Actor

#: Before anyone is signed in the product itself acts.
DOORKEEPER = Actor(SYSTEM_SCOPE, "system", "sign_in", "web")


@dataclass(frozen=True, slots=True)
class SignIn:
    """Outcome of an attempt. It is no ``Refusal`` itself, since the failure that was counted must stay."""

    user: User | None = None
    refusal: Refusal | None = None
    needs_second_factor: bool = False


def _key(kind: str, text: str) -> bytes:
    secret = settings.SECRET_OF("identity_index").encode()
    return hmac.digest(secret, f"sign-in\x00{kind}\x00{text}".encode(), hashlib.sha256)


def _gates(username: str, address: str, now: datetime) -> list[tuple[SignInThrottle, throttle.Limits]]:
    """The counters of this user name and address, locked until the transaction ends (in one order: no deadlock)."""
    wanted = {
        _key("user", username.strip().casefold()): throttle.USER,
        _key("address", address): throttle.ADDRESS,
    }
    SignInThrottle.objects.bulk_create(
        [SignInThrottle(key=key, window_from=now) for key in sorted(wanted)], ignore_conflicts=True
    )
    rows = SignInThrottle.objects.select_for_update().filter(key__in=list(wanted)).order_by("key")
    return [(row, wanted[bytes(row.key)]) for row in rows]


def _state(row: SignInThrottle) -> throttle.State:
    return throttle.State(row.failed_count, row.window_from, row.locked_until)


def _fail(gates: list[tuple[SignInThrottle, throttle.Limits]], now: datetime) -> None:
    for row, limits in gates:
        state = throttle.after_failure(_state(row), now, limits)
        row.failed_count, row.window_from, row.locked_until = state.failed_count, state.window_from, state.locked_until
        row.save()


def _wait(gates: list[tuple[SignInThrottle, throttle.Limits]], now: datetime) -> int:
    return max((_state(row).wait_seconds(now) for row, _ in gates), default=0)


def _forget_user(gates: list[tuple[SignInThrottle, throttle.Limits]], now: datetime) -> None:
    """A success clears the user's counter, never the address's: else one good account would cover for guessing others."""
    for row, limits in gates:
        if limits is throttle.USER:
            row.failed_count, row.locked_until, row.window_from = 0, None, now
            row.save()


def forget_failures(username: str) -> None:
    """Unlock a user name. Part of an action."""
    SignInThrottle.objects.filter(key=_key("user", username.strip().casefold())).delete()


def forget_old_failures(now: datetime) -> int:
    """Drop counters whose window is over and whose lock has ended. Upkeep; they would count from one again anyway."""
    longest = max(throttle.USER.window, throttle.ADDRESS.window)
    old = SignInThrottle.objects.filter(window_from__lt=now - longest).exclude(locked_until__gt=now)
    return old.delete()[0]


@action("account.attempt_sign_in")
def attempt_sign_in(actor: Actor, username: str, password: str, address: str, at: datetime | None = None) -> SignIn:
    """Check a password. The same sentence and the same work for a wrong password, an unknown and an inactive user.

    Refusals inside the outcome: ``sign_in.refused``, ``sign_in.wait``. Nothing typed is written anywhere.
    """
    now = at or clock.now()
    gates = _gates(username, address, now)
    if wait := _wait(gates, now):
        record(actor, "sign_in.held", ("sign_in", "held"), creditor_id=None)
        return SignIn(refusal=refusals.SIGN_IN_WAIT.at(seconds=wait))
    user = User.objects.filter(username=username.strip()).first()
    if user is None:
        make_password(password)  # the same work as a real comparison
        right = False
    else:
        right = check_password(password, user.password) and user.is_active
    if user is None or not right:
        _fail(gates, now)
        subject = ("user", user.public_id if user else "unknown")
        record(actor, "sign_in.failed", subject, creditor_id=None)
        return SignIn(refusal=refusals.SIGN_IN.at())
    if user.totp_confirmed_at is not None:
        record(actor, "sign_in.password_right", ("user", user.public_id), creditor_id=None)
        return SignIn(user, needs_second_factor=True)  # the counter is cleared by the second factor only
    _forget_user(gates, now)
    record(actor, "sign_in.succeeded", ("user", user.public_id), creditor_id=None)
    return SignIn(user)


@action("account.check_second_factor")
def check_second_factor(actor: Actor, user: User, code: str, address: str, at: datetime | None = None) -> SignIn:
    """Check a time-based or recovery code after a right password.

    Refusals inside the outcome: ``sign_in.second_factor``, ``sign_in.wait``.
    """
    now = at or clock.now()
    gates = _gates(user.username, address, now)
    if wait := _wait(gates, now):
        record(actor, "sign_in.held", ("user", user.public_id), creditor_id=None)
        return SignIn(refusal=refusals.SIGN_IN_WAIT.at(seconds=wait))
    user = User.objects.select_for_update().get(id=user.id)
    if not user.is_active or not _spend_code(user, code, now):
        _fail(gates, now)
        record(actor, "sign_in.second_factor_failed", ("user", user.public_id), creditor_id=None)
        return SignIn(refusal=refusals.SECOND_FACTOR.at())
    _forget_user(gates, now)
    record(actor, "sign_in.succeeded", ("user", user.public_id), creditor_id=None, payload={"second_factor": True})
    return SignIn(user)


def _spend_code(user: User, code: str, now: datetime) -> bool:
    if user.totp_secret_sealed is None or user.totp_confirmed_at is None:
        return False
    step = second_factor.matching_step(second_factor.open_sealed(user.totp_secret_sealed), code, now, user.totp_last_step)
    if step is not None:
        user.totp_last_step = step
        user.save(update_fields=["totp_last_step"])
        return True
    codes = RecoveryCode.objects.filter(user=user, code_hash=second_factor.recovery_hash(user.public_id, code), used_at=None)
    return codes.update(used_at=now) == 1


@action("account.unlock_screen")
def unlock_screen(actor: Actor, user: User, password: str, address: str, at: datetime | None = None) -> SignIn:
    """The person comes back to a locked screen: the password again, counted like a sign-in."""
    now = at or clock.now()
    gates = _gates(user.username, address, now)
    if wait := _wait(gates, now):
        record(actor, "sign_in.held", ("user", user.public_id), creditor_id=None)
        return SignIn(refusal=refusals.SIGN_IN_WAIT.at(seconds=wait))
    if not (check_password(password, user.password) and user.is_active):
        _fail(gates, now)
        record(actor, "sign_in.failed", ("user", user.public_id), creditor_id=None, payload={"screen": "locked"})
        return SignIn(refusal=refusals.SIGN_IN.at())
    _forget_user(gates, now)
    record(actor, "screen.unlocked", ("user", user.public_id), creditor_id=None)
    return SignIn(user)


@action("account.start_session")
def start_session(actor: Actor, user: User, session_key: str, browser: str, address: str) -> UserSession:
    """Note a new signed-in browser. ``browser`` is coarse (Firefox, Linux), ``address`` the network part only."""
    now = clock.now()
    UserSession.objects.filter(session_key=session_key).delete()
    row = UserSession.objects.create(
        user=user, session_key=session_key, started_at=now, seen_at=now, browser=browser[:60], address=address[:45]
    )
    record(actor, "session.started", ("user", user.public_id), creditor_id=None, payload={"session": row.public_id})
    return row


def touch_session(session_key: str, at: datetime) -> None:
    """The session was used. Upkeep of a display, no act of its own."""
    UserSession.objects.filter(session_key=session_key, seen_at__lt=at - timedelta(seconds=60)).update(seen_at=at)


@action("account.end_session")
def end_session(actor: Actor, public_id: str) -> UserSession | Refusal:
    """End one of one's own sessions, at once, from wherever. Refusal: ``access.not_found``."""
    user = user_behind(actor)
    row = UserSession.objects.filter(public_id=public_id, user=user, ended_at=None).first() if user else None
    if row is None:
        return refusals.NOT_FOUND.at(kind="session", id=public_id)
    end_sessions(UserSession.objects.filter(id=row.id).values_list("session_key", flat=True))
    record(actor, "session.ended", ("user", row.user.public_id), creditor_id=None, payload={"session": row.public_id})
    return row


@action("account.sign_out")
def note_sign_out(actor: Actor, user: User, session_key: str) -> None:
    """The person leaves; the session's row says when."""
    UserSession.objects.filter(session_key=session_key, ended_at=None).update(ended_at=clock.now())
    record(actor, "session.signed_out", ("user", user.public_id), creditor_id=None)


def keep_session(user: User, former_key: str, session_key: str) -> None:
    """A new password gave the session a new key: its row goes on. Upkeep of a display, no act of its own."""
    UserSession.objects.filter(user=user, session_key=former_key).update(session_key=session_key)


def end_sessions(session_keys: object) -> None:
    """Drop sessions so that their cookies open nothing. Part of an action."""
    keys = list(session_keys)  # type: ignore[call-overload]
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys, ended_at=None).update(ended_at=clock.now())
