"""``arrears access``: people, roles, API keys, from the server's own shell."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import typer

from arrears.cli import conventions
from arrears.kernel.refusals import Refusal, Text

NAME = "access"
app = typer.Typer(no_args_is_help=True, help="Who may do what.")
user = typer.Typer(no_args_is_help=True, help="People and their roles.")
key = typer.Typer(no_args_is_help=True, help="API keys.")
app.add_typer(user, name="user")
app.add_typer(key, name="key")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def _say(text: Text, **values: Any) -> None:
    conventions.say(text.format(**values).in_language(conventions.language()))


def _find(username: str) -> Any:
    from arrears.access import refusals
    from arrears.access.models import User

    found = User.objects.filter(username=username).first()
    if found is None:
        conventions.refuse(refusals.NOT_FOUND.at(kind="user", id=username))
    return found


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


@user.command("add")
def user_add(
    username: str,
    name: Annotated[str, typer.Option(help="Name as colleagues know it.")],
    email: str = "",
    as_json: Json = False,
) -> None:
    """A new person. Prints a password once; it must be changed at the first sign-in."""
    from arrears.access import actions_users

    with conventions.unit_of_work():
        result = actions_users.create_user(conventions.system_actor(), username, name, email)
    if isinstance(result, Refusal):
        conventions.refuse(result, as_json=as_json)
    made, password = result
    conventions.put({"user": made.public_id, "username": made.username, "password": password})
    _say(Text("已建立 {u}，首次登录须改密码。", "{u} was made; the password must be changed at the first sign-in."), u=username)


@user.command("grant")
def user_grant(
    username: str,
    role: str,
    creditor: Annotated[str, typer.Option(help="Code of the creditor.")],
    portfolio: str = "",
    team: str = "",
    agency: str = "",
    valid_from: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    valid_until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
) -> None:
    """Give a role at a creditor, narrowed or not."""
    from arrears.access import actions_users

    person = _find(username)
    data = actions_users.GrantData(role, creditor, portfolio, team, agency, _day(valid_from), _day(valid_until))
    with conventions.unit_of_work():
        result = actions_users.grant(conventions.system_actor(), person.public_id, data)
    if isinstance(result, Refusal):
        conventions.refuse(result)
    _say(Text("已授予 {u} 角色 {r}（{c}）。", "{u} is {r} at {c}."), u=username, r=role, c=creditor)


@user.command("take")
def user_take(grant: int, reason: str = "") -> None:
    """Take a role away (numbers: `arrears access user list --json`)."""
    from arrears.access import actions_users

    with conventions.unit_of_work():
        result = actions_users.take(conventions.system_actor(), grant, reason)
    if isinstance(result, Refusal):
        conventions.refuse(result)
    _say(Text("已收回。", "Taken."))


@user.command("reset")
def user_reset(username: str, drop_second_factor: bool = False) -> None:
    """A new password for a person, printed once; also unlocks."""
    from arrears.access import actions_users

    person = _find(username)
    with conventions.unit_of_work():
        result = actions_users.reset_password(conventions.system_actor(), person.public_id, drop_second_factor=drop_second_factor)
    if isinstance(result, Refusal):
        conventions.refuse(result)
    conventions.put({"username": username, "password": result[1]})


@user.command("disable")
def user_disable(username: str, reason: str = "") -> None:
    """Keep a person out, at once."""
    _set_active(username, False, reason)


@user.command("enable")
def user_enable(username: str, reason: str = "") -> None:
    """Let a person in again."""
    _set_active(username, True, reason)


def _set_active(username: str, is_active: bool, reason: str) -> None:
    from arrears.access import actions_users

    person = _find(username)
    with conventions.unit_of_work():
        result = actions_users.set_active(conventions.system_actor(), person.public_id, is_active, reason)
    if isinstance(result, Refusal):
        conventions.refuse(result)
    _say(Text("完成。", "Done."))


@user.command("list")
def user_list(as_json: Json = False) -> None:
    """People and their roles."""
    from arrears.access.models import Grant, User

    grants: dict[int, list[dict[str, Any]]] = {}
    for row in Grant.objects.select_related("creditor", "portfolio", "team", "agency").order_by("id"):
        narrowing = {n: getattr(row, n).code for n in ("portfolio", "team", "agency") if getattr(row, n)}
        days = {n: getattr(row, n) for n in ("valid_from", "valid_until") if getattr(row, n)}
        one = {"grant": row.id, "role": row.role, "creditor": row.creditor.code} | narrowing | days
        grants.setdefault(row.user_id, []).append(one)
    people = [
        {
            "user": u.public_id,
            "username": u.username,
            "name": u.display_name,
            "active": u.is_active,
            "grants": grants.get(u.id, []),
        }
        for u in User.objects.order_by("username")
    ]
    if as_json:
        conventions.put(people)
        return
    for person in people:
        roles = ", ".join(f"{g['role']}@{g['creditor']}" for g in person["grants"])
        conventions.say(f"{person['username']:<20} {'' if person['active'] else '(-) '}{roles}")


@key.command("create")
def key_create(
    username: str,
    label: Annotated[str, typer.Option(help="What the key is for.")],
    act: Annotated[list[str] | None, typer.Option(help="An act or noun.*; may be repeated. None: read only.")] = None,
    days: Annotated[int, typer.Option(help="Days until it expires.")] = 90,
) -> None:
    """A new API key of a person. The token is printed this once; only a hash is kept."""
    from arrears.access import actions_account

    with conventions.unit_of_work():
        result = actions_account.create_key(conventions.system_actor(), label, act or [], days, username)
    if isinstance(result, Refusal):
        conventions.refuse(result)
    made, token = result
    conventions.put({"prefix": made.prefix, "token": token, "acts": made.acts, "expires_at": made.expires_at})


@key.command("revoke")
def key_revoke(prefix: str) -> None:
    """End a key at once."""
    from arrears.access import actions_account

    with conventions.unit_of_work():
        result = actions_account.revoke_key(conventions.system_actor(), prefix)
    if isinstance(result, Refusal):
        conventions.refuse(result)
    _say(Text("已撤销。", "Revoked."))


@key.command("list")
def key_list() -> None:
    """Keys with owner, acts, expiry and last use."""
    from arrears.access.models import ApiKey

    rows = ApiKey.objects.select_related("user").order_by("-created_at")
    conventions.put(
        [
            {
                "prefix": k.prefix, "label": k.label, "username": k.user.username, "acts": k.acts,
                "expires_at": k.expires_at, "last_used_at": k.last_used_at, "revoked_at": k.revoked_at,
            }
            for k in rows
        ]
    )  # fmt: skip
