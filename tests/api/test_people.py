"""Administration over the API."""

from __future__ import annotations

from arrears.kernel.scope import Role


def test_a_person_from_nothing_to_a_role_and_out(house, operator):
    made = operator.post("users", {"username": "zhang", "display_name": "张三"})
    assert made.status_code == 201, made.content
    user = made.json()["id"]
    assert len(made.json()["password"]) >= 12
    assert operator.post("users", {"username": "zhang", "display_name": "x"}).json()["code"] == "user.taken"
    given = operator.post(f"users/{user}/grants", {"role": "collector", "creditor": "bank", "portfolio": "retail"})
    assert given.status_code == 201, given.content
    assert given.json()["portfolio"] == "retail"
    assert operator.get(f"users/{user}/grants").json()["data"] == [given.json()]
    bad = {"role": "collector", "creditor": "bank", "portfolio": "none"}
    assert operator.post(f"users/{user}/grants", bad).json()["code"] == "grant.narrowing"
    other = {"role": "collector", "creditor": "other"}
    assert operator.post(f"users/{user}/grants", other).json()["code"] == "access.creditor_not_visible"
    assert operator.post(f"users/{user}/grants", {"role": "king", "creditor": "bank"}).status_code == 422
    assert operator.post(f"users/{user}/deactivate").json()["is_active"] is False
    assert operator.post(f"users/{user}/activate").json()["is_active"] is True
    assert operator.post(f"grants/{given.json()['id']}/take").json()["role"] == "collector"
    assert operator.post(f"grants/{given.json()['id']}/take").status_code == 404


def test_only_administrators(house):
    lead = house.key(Role.LEAD)
    assert lead.post("users", {"username": "a", "display_name": "a"}).json()["code"] == "access.not_allowed"
    assert lead.get("users").json()["code"] == "access.not_allowed"


def test_keys_of_oneself(house, operator):
    from django.test import Client

    caller = type(operator)
    web = caller(Client())
    web.client.force_login(house.user("feeds", Role.INTEGRATOR))
    made = web.post("keys", {"label": "nightly", "acts": ["ledger.record_payment"], "days": 30})
    assert made.status_code == 201, made.content
    key = caller(Client(), f"Bearer {made.json()['token']}")
    assert key.get("me").json()["acts"] == ["ledger.record_payment"]
    listed = web.get("keys").json()["data"][0]
    assert listed["last_used_at"] is not None
    assert "token" not in listed
    assert web.post("keys", {"label": "x", "acts": ["user.create"], "days": 30}).json()["code"] == "access.not_allowed"
    assert web.post("keys", {"label": "x", "days": 3000}).json()["code"] == "api_key.lifetime"
    assert operator.post(f"keys/{listed['prefix']}/revoke").json()["code"] == "access.not_found"
    assert web.post(f"keys/{listed['prefix']}/revoke").status_code == 200
    assert key.get("me").json()["code"] == "api_key.invalid"
