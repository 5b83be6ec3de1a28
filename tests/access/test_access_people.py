"""People, roles, keys: who may give what to whom."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from arrears.access import actions_account, actions_users, queries, rights
from arrears.access.actions_account import create_key, revoke_key
from arrears.access.actions_users import GrantData
from arrears.access.commands import app
from arrears.access.models import Agency, ApiKey, Grant, Portfolio, Team, User
from arrears.journal.models import Entry
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE, Actor, Role

pytestmark = pytest.mark.django_db

SYSTEM = Actor(SYSTEM_SCOPE, "system", "cli", "cli")


@pytest.fixture
def operator(actor):
    return actor("op", Role.OPERATOR)


def test_create_user(operator):
    user, password = actions_users.create_user(operator, "li", "李四")
    assert user.must_change_password
    assert user.check_password(password)
    assert queries.scope_of(user).creditor_ids == frozenset()
    for values, code in (
        (("li", "x"), "user.taken"), (("", "x"), "access.value_empty"), (("x", " "), "access.value_empty"),
        (("x", "x", "", "short"), "password.weak"),
    ):  # fmt: skip
        assert actions_users.create_user(operator, *values).code == code
    assert password not in str(list(Entry.objects.values_list("payload", flat=True)))


def test_grant_and_take(operator, actor, creditor, other_creditor):
    user, _ = actions_users.create_user(operator, "li", "李四")
    Portfolio.objects.create(creditor=creditor, code="P1", name="P1")
    Team.objects.create(creditor=other_creditor, code="T1", name="T1")
    give = actions_users.grant
    me = User.objects.get(public_id=operator.id)
    for public_id, data, code in (
        (user.public_id, GrantData("boss", "BANK-A"), "grant.role_unknown"),
        ("usr_x", GrantData("lead", "BANK-A"), "access.not_found"),
        (me.public_id, GrantData("lead", "BANK-A"), "grant.own"),
        (user.public_id, GrantData("lead", "BANK-B"), "access.creditor_not_visible"),
        (user.public_id, GrantData("lead", "BANK-A", team="T1"), "grant.narrowing"),
        (user.public_id, GrantData("lead", "BANK-A", agency="none"), "grant.narrowing"),
    ):
        assert give(operator, public_id, data).code == code
    row = give(operator, user.public_id, GrantData("collector", "BANK-A", portfolio="P1"))
    assert give(operator, user.public_id, GrantData("collector", "BANK-A", portfolio="P1")).id == row.id
    scope = queries.scope_of(user)
    assert (scope.creditor_ids, scope.portfolio_ids) == ({creditor.id}, {row.portfolio_id})
    assert actions_users.take(actor("b", Role.OPERATOR, at=other_creditor), row.id).code == "access.not_found"
    actions_users.take(operator, row.id, "left the team")
    assert queries.scope_of(user).creditor_ids == frozenset()
    assert give(actor("c", Role.LEAD), user.public_id, GrantData("lead", "BANK-A")).code == "access.not_allowed"


def test_nobody_grants_themselves_through_their_own_key(make_user, actor, creditor):
    operator = actor("op", Role.OPERATOR)
    _, token = create_key(operator, "k", ["grant.*", "user.*"], 30)
    key = queries.actor_of_key(f"Bearer {token}")
    assert actions_users.grant(key, operator.id, GrantData("compliance", "BANK-A")).code == "grant.own"
    assert actions_users.set_active(key, operator.id, False).code == "grant.own"


def test_an_administrator_reaches_only_people_of_own_creditors(operator, make_user, creditor, other_creditor):
    both = make_user("both", Role.LEAD, at=creditor)
    assert actions_users.set_active(operator, both.public_id, False, "leave").is_active is False
    assert queries.scope_of(User.objects.get(id=both.id)).creditor_ids == frozenset()
    actions_users.set_active(operator, both.public_id, True)
    make_user("both", Role.LEAD, at=other_creditor)
    assert actions_users.set_active(operator, both.public_id, False).code == "access.not_found"
    assert actions_users.reset_password(operator, both.public_id).code == "access.not_found"
    _, password = actions_users.reset_password(SYSTEM, both.public_id, drop_second_factor=True)
    assert User.objects.get(id=both.id).check_password(password)
    assert actions_users.set_active(operator, operator.id, False).code == "grant.own"
    assert actions_users.set_active(operator, "usr_x", False).code == "access.not_found"


def test_key_life(actor):
    integrator = actor("int", Role.INTEGRATOR)
    key, token = create_key(integrator, "core system", ["party.register", "import.*"], 30)
    assert token.split(".")[1] not in key.secret_hash
    used = queries.actor_of_key(f"Bearer {token}")
    assert (used.kind, used.id, used.via) == ("api_key", key.prefix, "api")
    assert rights.check(used, "party.register") is None
    assert rights.check(used, "import.commit") is None
    assert rights.check(used, "party.update").code == "access.key_not_scoped"
    assert rights.check(used, "grant.give").code == "access.not_allowed"
    actions_account.note_key_use(used)
    key.refresh_from_db()
    assert key.last_used_at is not None
    revoke_key(integrator, key.prefix)
    assert queries.actor_of_key(f"Bearer {token}").code == "api_key.invalid"
    assert revoke_key(integrator, key.prefix).code == "access.not_found"


@pytest.mark.parametrize(
    "spoil", ["", "Bearer", "Basic {t}", "Bearer {t}x", "Bearer ark_.{t}", "Bearer {t}\n", "bearer x.y", "Bearer ark_"]
)
def test_spoilt_keys(actor, spoil):
    _, token = create_key(actor("int", Role.INTEGRATOR), "k", [], 30)
    found = queries.actor_of_key(spoil.format(t=token))
    if spoil == "Bearer {t}\n":  # white space around a header's value means nothing
        assert not isinstance(found, Refusal)
    else:
        assert found.code == "api_key.invalid"


def test_expired_and_owner_gone(actor, make_user):
    _, token = create_key(actor("int", Role.INTEGRATOR), "k", [], 1)
    assert queries.actor_of_key(f"Bearer {token}", at=clock.now() + timedelta(days=1)).code == "api_key.invalid"
    User.objects.filter(username="int").update(is_active=False)
    assert queries.actor_of_key(f"Bearer {token}").code == "api_key.invalid"


@pytest.mark.parametrize(
    ("acts", "days", "code"),
    [
        ([], 0, "api_key.lifetime"),
        ([], 366, "api_key.lifetime"),
        (["nothing.known"], 30, "access.act_unknown"),
        (["grant.give"], 30, "access.not_allowed"),
    ],
)
def test_keys_refused(actor, acts, days, code):
    assert create_key(actor("int", Role.INTEGRATOR), "k", acts, days).code == code


def test_keys_of_others_stay_theirs(actor):
    key, _ = create_key(actor("int", Role.INTEGRATOR), "k", [], 30)
    assert revoke_key(actor("op", Role.OPERATOR), key.prefix).code == "access.not_found"
    assert create_key(actor("op", Role.OPERATOR), "k", [], 30, "int")[0].user.username == "op"
    revoke_key(SYSTEM, key.prefix)
    assert ApiKey.objects.get(prefix=key.prefix).revoked_at is not None


def run(*words, code=0):
    result = CliRunner().invoke(app, [str(w) for w in words])
    assert result.exit_code == code, result.output
    return result


def test_commands(creditor, monkeypatch):
    monkeypatch.setenv("ARREARS_LANGUAGE", "en")
    Agency.objects.create(code="AG", name="AG")
    made = json.loads(run("user", "add", "li", "--name", "李四").stdout)
    assert User.objects.get(username="li").check_password(made["password"])
    run("user", "add", "li", "--name", "x", code=6)
    run("user", "grant", "li", "agency", "--creditor", "BANK-A", "--agency", "AG", "--valid-until", "2099-12-31")
    run("user", "grant", "li", "boss", "--creditor", "BANK-A", code=3)
    run("user", "grant", "nobody", "lead", "--creditor", "BANK-A", code=4)
    [person] = json.loads(run("user", "list", "--json").stdout)
    assert person["grants"][0]["role"] == "agency"
    assert "agency@BANK-A" in run("user", "list").stderr
    run("user", "grant", "li", "integrator", "--creditor", "BANK-A")
    key = json.loads(run("key", "create", "li", "--label", "k", "--act", "party.register").stdout)
    assert not isinstance(queries.actor_of_key(f"Bearer {key['token']}"), Refusal)
    assert key["token"] not in run("key", "list").stdout
    run("key", "revoke", key["prefix"])
    run("key", "revoke", key["prefix"], code=4)
    run("user", "take", Grant.objects.first().id)
    run("user", "disable", "li")
    assert User.objects.get(username="li").is_active is False
    run("user", "enable", "li")
    assert json.loads(run("user", "reset", "li").stdout)["password"] != made["password"]
