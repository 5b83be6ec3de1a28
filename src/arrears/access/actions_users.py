"""What administrators do: people and their roles. Every act within the administrator's own creditors."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from arrears.access import queries, refusals
from arrears.access.actions_account import clear_totp, password_problem
from arrears.access.actions_sign_in import end_sessions, forget_failures
from arrears.access.models import Agency, Creditor, Grant, Portfolio, Team, User, UserSession
from arrears.journal.actions import action, record
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor, Role


@action("user.create")
def create_user(
    actor: Actor, username: str, display_name: str, email: str = "", password: str = "", is_demo: bool = False
) -> tuple[User, str] | Refusal:
    """A new person without any role. Gives the password to hand over; a generated one must be changed at the first sign-in.

    Refusals: ``user.taken``, ``access.value_empty``, ``password.weak``.
    """
    username = username.strip()
    if not username or not display_name.strip():
        return refusals.VALUE_EMPTY.at(field="username" if not username else "display_name")
    if User.objects.filter(username=username).exists():
        return refusals.USER_TAKEN.at(username=username)
    user = User(username=username, display_name=display_name.strip(), email=email.strip(), is_demo=is_demo)
    if password:
        weak = password_problem(password, user)
        if weak is not None:
            return weak
    else:
        password, user.must_change_password = secrets.token_urlsafe(12), True
    user.set_password(password)
    user.save()
    record(actor, "user.created", ("user", user.public_id), creditor_id=None)
    return user, password


def _reachable(actor: Actor, public_id: str) -> User | Refusal:
    """A person whose every role is at the administrator's creditors, or who has none yet."""
    user = User.objects.select_for_update().filter(public_id=public_id).first()
    if user is None:
        return refusals.NOT_FOUND.at(kind="user", id=public_id)
    if not actor.scope.everything:
        theirs = set(Grant.objects.filter(user=user).values_list("creditor_id", flat=True))
        if theirs - actor.scope.creditor_ids:  # someone who works elsewhere too is not this administrator's to change
            return refusals.NOT_FOUND.at(kind="user", id=public_id)
    return user


def _is_self(actor: Actor, user: User) -> bool:
    """Whether ``user`` answers for ``actor``, by sign-in or by API key."""
    behind = queries.user_behind(actor)
    return behind is not None and behind.id == user.id


@action("user.set_active")
def set_active(actor: Actor, public_id: str, is_active: bool, reason: str = "") -> User | Refusal:
    """Let a person in or keep them out; keeping out ends their sessions at once.

    Refusals: ``access.not_found``, ``grant.own``.
    """
    user = _reachable(actor, public_id)
    if isinstance(user, Refusal):
        return user
    if _is_self(actor, user):
        return refusals.GRANT_OWN.at()
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    if not is_active:
        end_sessions(UserSession.objects.filter(user=user, ended_at=None).values_list("session_key", flat=True))
    act = "user.activated" if is_active else "user.deactivated"
    record(actor, act, ("user", user.public_id), creditor_id=None, payload={"reason": reason})
    return user


@action("user.reset_password")
def reset_password(actor: Actor, public_id: str, *, drop_second_factor: bool = False) -> tuple[User, str] | Refusal:
    """A new password to hand over, to be changed at the next sign-in; locks and sessions end. Refusal: ``access.not_found``."""
    user = _reachable(actor, public_id)
    if isinstance(user, Refusal):
        return user
    password = secrets.token_urlsafe(12)
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    if drop_second_factor:
        clear_totp(user)
    forget_failures(user.username)
    end_sessions(UserSession.objects.filter(user=user, ended_at=None).values_list("session_key", flat=True))
    payload = {"second_factor_dropped": drop_second_factor}
    record(actor, "user.password_reset", ("user", user.public_id), creditor_id=None, payload=payload)
    return user, password


@dataclass(frozen=True, slots=True)
class GrantData:
    """One role at one creditor, narrowed or not. Codes, not numbers; dates both included."""

    role: str
    creditor: str
    portfolio: str = ""
    team: str = ""
    agency: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


@action("grant.give")
def grant(actor: Actor, user_public_id: str, data: GrantData) -> Grant | Refusal:
    """Give a role. Nobody gives a role to themselves or at a creditor they do not administer.

    Refusals: ``access.not_found``, ``grant.own``, ``grant.role_unknown``, ``access.creditor_not_visible``, ``grant.narrowing``.
    """
    if data.role not in set(Role):
        return refusals.ROLE_UNKNOWN.at("role", role=data.role, allowed=", ".join(Role))
    user = User.objects.filter(public_id=user_public_id).first()
    if user is None:
        return refusals.NOT_FOUND.at(kind="user", id=user_public_id)
    if _is_self(actor, user):
        return refusals.GRANT_OWN.at()
    creditor = queries.creditors(actor.scope).filter(code=data.creditor).first()
    if creditor is None:
        return refusals.CREDITOR_NOT_VISIBLE.at("creditor")
    narrowing = _narrowing(creditor, data)
    if isinstance(narrowing, Refusal):
        return narrowing
    row, _ = Grant.objects.get_or_create(
        user=user, role=data.role, creditor=creditor, valid_from=data.valid_from, valid_until=data.valid_until, **narrowing
    )
    payload = {"role": row.role, "portfolio": data.portfolio, "team": data.team, "agency": data.agency,
               "valid_from": data.valid_from, "valid_until": data.valid_until}  # fmt: skip
    record(actor, "grant.given", ("user", user.public_id), creditor_id=creditor.id, payload=payload)
    return row


def _narrowing(creditor: Creditor, data: GrantData) -> dict[str, Any] | Refusal:
    found: dict[str, Any] = {"portfolio": None, "team": None, "agency": None}
    if data.portfolio:
        found["portfolio"] = Portfolio.objects.filter(creditor=creditor, code=data.portfolio).first()
    if data.team:
        found["team"] = Team.objects.filter(creditor=creditor, code=data.team).first()
    if data.agency:
        found["agency"] = Agency.objects.filter(code=data.agency).first()
    for what, code in (("portfolio", data.portfolio), ("team", data.team), ("agency", data.agency)):
        if code and found[what] is None:
            return refusals.GRANT_NARROWING.at(what, what=what)
    return found


@action("grant.take")
def take(actor: Actor, grant_id: int, reason: str = "") -> Grant | Refusal:
    """Take a role away, at once. Refusal: ``access.not_found``."""
    rows = Grant.objects.select_related("user").filter(id=grant_id)
    if not actor.scope.everything:
        rows = rows.filter(creditor_id__in=actor.scope.creditor_ids)
    row = rows.first()
    if row is None:
        return refusals.NOT_FOUND.at(kind="grant", id=str(grant_id))
    payload = {"role": row.role, "reason": reason}
    record(actor, "grant.taken", ("user", row.user.public_id), creditor_id=row.creditor_id, payload=payload)
    row.delete()
    return row
