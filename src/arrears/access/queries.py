"""Reads of the access room: who is asking, what they may see, what waits for a decision."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from arrears.access import hats, refusals, rights
from arrears.access.models import (
    AccessLog,
    ApiKey,
    Approval,
    AuthorityLimit,
    AuthorityUse,
    Creditor,
    Grant,
    Portfolio,
    User,
    UserSession,
)
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor, Role, Scope

#: Earlier acts on the same subject count towards a limit this long.
AUTHORITY_WINDOW_DAYS = 30
NOBODY = Scope(creditor_ids=frozenset())


def hats_of(user: User, on: date | None = None) -> list[hats.Hat]:
    """The hats ``user`` may wear on ``on`` (default: the civil day now), widest first."""
    facts = [
        hats.GrantFact(Role(g.role), g.creditor_id, g.portfolio_id, g.team_id, g.agency_id, g.valid_from, g.valid_until)
        for g in Grant.objects.filter(user=user)
    ]
    return hats.hats_of(facts, on or clock.now().astimezone(clock.HOME_ZONE).date())


def scope_of(user: User, on: date | None = None, hat: str = "") -> Scope:
    """What ``user`` may see on ``on``, wearing the hat with key ``hat`` (default: the widest). Inactive: nothing."""
    if not user.is_active:
        return NOBODY
    worn = hats_of(user, on)
    chosen = next((h for h in worn if h.key == hat), worn[0] if worn else None)
    return chosen.scope if chosen else NOBODY


def actor_of_user(user: User, via: str, *, hat: str = "", request_id: str = "") -> Actor:
    """The actor that ``user`` is, through door ``via``."""
    return Actor(scope_of(user, hat=hat), "person", user.public_id, via, request_id)


def actor_of(request: HttpRequest) -> Actor | None:
    """Who asks on the web: the signed-in user in the session's hat. None when signed out, locked or halfway signed in."""
    user = request.user
    if not user.is_authenticated or request.session.get("locked"):
        return None
    assert isinstance(user, User)  # AUTH_USER_MODEL
    hat = request.session.get("hat", "")
    return actor_of_user(user, "web", hat=hat, request_id=getattr(request, "trace_id", ""))


def key_hash(secret: str) -> str:
    """Form in which an API secret is kept. The secret has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def actor_of_key(header: str, *, at: datetime | None = None, request_id: str = "") -> Actor | Refusal:
    """The actor behind ``Authorization: Bearer ark_<prefix>.<secret>``. Refusal ``api_key.invalid`` tells nothing more.

    Writes nothing; ``actions.note_key_use`` keeps ``last_used_at``.
    """
    at = at or clock.now()
    word, _, token = header.strip().partition(" ")
    prefix, _, secret = token.strip().removeprefix("ark_").partition(".")
    key = ApiKey.objects.select_related("user").filter(prefix=prefix).first() if word.lower() == "bearer" and prefix else None
    right = hmac.compare_digest(key_hash(secret), key.secret_hash if key else key_hash(""))
    if key is None or not right or key.revoked_at is not None or key.expires_at <= at or not key.user.is_active:
        return refusals.KEY_INVALID.at()
    labels = {"acts": " ".join(key.acts), "user": key.user.public_id}
    return Actor(scope_of(key.user), "api_key", key.prefix, "api", request_id, labels)


def user_behind(actor: Actor) -> User | None:
    """The person who answers for ``actor``: the user, or the owner of the API key. None for the product's own jobs."""
    if actor.kind == "person":
        return User.objects.filter(public_id=actor.id).first()
    if actor.kind == "api_key":
        key = ApiKey.objects.select_related("user").filter(prefix=actor.id).first()
        return key.user if key else None
    return None


def creditors(scope: Scope) -> QuerySet[Creditor]:
    """Creditors within ``scope``, by code."""
    rows = Creditor.objects.order_by("code")
    return rows if scope.everything else rows.filter(id__in=scope.creditor_ids)


def creditor(scope: Scope, code: str) -> Creditor | None:
    """The creditor with ``code``, where ``scope`` reaches it."""
    return creditors(scope).filter(code=code).first()


def portfolios(scope: Scope) -> QuerySet[Portfolio]:
    """Portfolios within ``scope``: of its creditors, and only the named ones where it is narrowed to portfolios."""
    rows = Portfolio.objects.select_related("creditor").order_by("creditor__code", "code")
    if scope.everything:
        return rows
    rows = rows.filter(creditor_id__in=scope.creditor_ids)
    return rows.filter(id__in=scope.portfolio_ids) if scope.portfolio_ids else rows


def readable(actor: Actor, what: str, *roles: Role) -> Refusal | None:
    """None when one of ``roles`` is worn, else ``access.not_allowed`` for reading ``what`` (a list that is not for everyone)."""
    return None if actor.scope.may(*roles) else refusals.NOT_ALLOWED.at(act=what, roles=", ".join(sorted(roles)))


@dataclass(frozen=True, slots=True)
class Limit:
    """Up to what one may act alone, and decide for others. Same unit as the act."""

    alone_up_to: int
    decide_up_to: int


def limit_of(roles: frozenset[Role], act: str, unit: str, creditor_id: int) -> Limit:
    """The widest limit that ``roles`` give at a creditor. Where nothing is set for the act, nobody acts alone: (0, 0)."""
    own = {
        (row.act, row.unit, row.role): (row.alone_up_to, row.decide_up_to)
        for row in AuthorityLimit.objects.filter(creditor_id=creditor_id, act=act, unit__in=[unit, "*"])
    }
    table = own or {(a, u, str(r)): v for (a, u, r), v in rights.DEFAULT_LIMITS.items() if a == act and u in (unit, "*")}
    found = [table.get((act, unit, str(r))) or table.get((act, "*", str(r)), (0, 0)) for r in roles]
    return Limit(max((a for a, _ in found), default=0), max((d for _, d in found), default=0))


def used_lately(creditor_id: int, act: str, unit: str, subject: tuple[str, str], at: datetime) -> int:
    """Sum of the same act on the same subject within the window before ``at``."""
    rows = AuthorityUse.objects.visible_to(Scope(frozenset({creditor_id}))).filter(
        act=act, unit=unit, subject_kind=subject[0], subject_id=subject[1], at__gt=at - timedelta(days=AUTHORITY_WINDOW_DAYS)
    )
    return sum(rows.values_list("amount", flat=True))


def approvals(scope: Scope, state: str = "open") -> QuerySet[Approval]:
    """Requests of ``scope``, oldest first (they wait longest)."""
    rows: QuerySet[Approval] = Approval.objects.visible_to(scope).select_related("requested_by", "decided_by", "creditor")
    return rows.filter(state=state).order_by("requested_at", "id")


def approval(scope: Scope, public_id: str) -> Approval | None:
    row: Approval | None = approvals_all(scope).filter(public_id=public_id).first()
    return row


def approvals_all(scope: Scope) -> QuerySet[Any]:
    return Approval.objects.visible_to(scope).select_related("requested_by", "decided_by", "creditor")


def access_log(scope: Scope, *, subject_id: str = "", viewer_id: str = "", before_id: int | None = None) -> QuerySet[AccessLog]:
    """Who looked at what, newest first. ``before_id`` pages on."""
    rows: QuerySet[AccessLog] = AccessLog.objects.visible_to(scope).select_related("creditor").order_by("-id")
    if subject_id:
        rows = rows.filter(subject_id=subject_id)
    if viewer_id:
        rows = rows.filter(viewer_id=viewer_id)
    return rows.filter(id__lt=before_id) if before_id else rows


def users(scope: Scope) -> QuerySet[User]:
    """People with a grant at a creditor of ``scope`` (all of them for the product itself), by user name."""
    rows = User.objects.order_by("username")
    return rows if scope.everything else rows.filter(grants__creditor_id__in=scope.creditor_ids).distinct()


def grants(scope: Scope, user_public_id: str = "") -> QuerySet[Grant]:
    """Grants at creditors of ``scope``, of one person or of all."""
    rows = Grant.objects.select_related("user", "creditor", "portfolio", "team", "agency").order_by("id")
    rows = rows if scope.everything else rows.filter(creditor_id__in=scope.creditor_ids)
    return rows.filter(user__public_id=user_public_id) if user_public_id else rows


def display_names(public_ids: set[str]) -> dict[str, str]:
    """Names of users for lists that hold their public ids."""
    return dict(User.objects.filter(public_id__in=public_ids).values_list("public_id", "display_name"))


def sessions_of(user: User) -> QuerySet[UserSession]:
    return UserSession.objects.filter(user=user, ended_at=None).order_by("-seen_at")


def keys_of(user: User) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(user=user).order_by("-created_at")


def demo_users() -> QuerySet[User]:
    """Active users made for trying the product out; none where no demo was loaded."""
    return User.objects.filter(is_demo=True, is_active=True).prefetch_related("grants").order_by("id")
