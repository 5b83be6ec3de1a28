"""REST: people and their roles, for administrators."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Router

from arrears.access import actions_account, actions_users, queries, refusals
from arrears.access.schemas import GrantIn, GrantOut, KeyIn, KeyMade, KeyOut, UserIn, UserMade, UserOut, done
from arrears.kernel.door import Answer, Listing, Page
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Role

router = Router(tags=["access"])
WATCHERS = (Role.AUDITOR, Role.COMPLIANCE, Role.OPERATOR)


@router.get("/users", response=Page[UserOut])
def list_users(request: HttpRequest) -> Any:
    """People with a role at a creditor within reach."""
    if (refusal := queries.readable(request.actor, "user.read", *WATCHERS)) is not None:
        return refusal
    return Listing(queries.users(request.actor.scope), ("username",), UserOut.of)


@router.post("/users", response={201: UserMade})
def create_user(request: HttpRequest, data: UserIn) -> Any:
    """A new person without any role. Answers the password to hand over; it must be changed at the first sign-in."""
    found = actions_users.create_user(request.actor, data.username, data.display_name, data.email)
    if isinstance(found, Refusal):
        return found
    user, password = found
    return Answer(UserMade(id=user.public_id, username=user.username, password=password), 201)


@router.get("/users/{user_id}/grants", response=Page[GrantOut])
def list_grants(request: HttpRequest, user_id: str) -> Any:
    """Roles of one person at creditors within reach."""
    if (refusal := queries.readable(request.actor, "user.read", *WATCHERS)) is not None:
        return refusal
    if not queries.users(request.actor.scope).filter(public_id=user_id).exists():
        return refusals.NOT_FOUND.at(kind="user", id=user_id)
    return Listing(queries.grants(request.actor.scope, user_id), ("id",), GrantOut.of)


@router.post("/users/{user_id}/grants", response={201: GrantOut})
def give_grant(request: HttpRequest, user_id: str, data: GrantIn) -> Any:
    """Give a role at a creditor, narrowed or not. Nobody gives one to themselves."""
    made = actions_users.grant(request.actor, user_id, actions_users.GrantData(**data.model_dump()))
    return done(made, GrantOut.of, 201)


@router.post("/grants/{grant_id}/take", response=GrantOut)
def take_grant(request: HttpRequest, grant_id: Annotated[int, Path(ge=1, le=2**63 - 1)]) -> Any:
    """Take a role away, at once."""
    row = queries.grants(request.actor.scope).filter(id=grant_id).first()
    shown = GrantOut.of(row) if row else None
    return done(actions_users.take(request.actor, grant_id), lambda _: shown)


@router.post("/users/{user_id}/deactivate", response=UserOut)
def deactivate_user(request: HttpRequest, user_id: str) -> Any:
    """Keep a person out; their sessions end at once."""
    return done(actions_users.set_active(request.actor, user_id, False), UserOut.of)


@router.post("/users/{user_id}/activate", response=UserOut)
def activate_user(request: HttpRequest, user_id: str) -> Any:
    """Let a person in again."""
    return done(actions_users.set_active(request.actor, user_id, True), UserOut.of)


@router.get("/keys", response=Page[KeyOut])
def list_keys(request: HttpRequest) -> Any:
    """One's own API keys, the newest first. Secrets are not kept."""
    user = queries.user_behind(request.actor)
    rows = queries.keys_of(user).select_related("user") if user else []
    return Listing(rows, ("-created_at", "-id") if user else (), KeyOut.of)


@router.post("/keys", response={201: KeyMade})
def create_key(request: HttpRequest, data: KeyIn) -> Any:
    """A new key of the signed-in person, with acts that the person may do. The token is shown this once."""
    made = actions_account.create_key(request.actor, data.label, data.acts, data.days)
    if isinstance(made, Refusal):
        return made
    key, token = made
    return Answer(KeyMade(token=token, **KeyOut.of(key).model_dump()), 201)


@router.post("/keys/{prefix}/revoke", response=KeyOut)
def revoke_key(request: HttpRequest, prefix: str) -> Any:
    """End one's own key at once."""
    return done(actions_account.revoke_key(request.actor, prefix), KeyOut.of)
