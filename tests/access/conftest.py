from __future__ import annotations

import pytest

from arrears.access import approvals
from arrears.access.loading import import_actions
from arrears.access.models import Grant, User
from arrears.access.queries import actor_of_user
from arrears.kernel.scope import Role

PASSWORD = "correct-horse-battery-9"


@pytest.fixture(scope="session")
def password_hash():
    """One real hash for all, since making one is slow on purpose."""
    user = User()
    user.set_password(PASSWORD)
    return user.password


@pytest.fixture
def make_user(db, password_hash):
    def make(username, *roles, at=None):
        defaults = {"display_name": username.title(), "password": password_hash}
        user, _ = User.objects.get_or_create(username=username, defaults=defaults)
        for role in roles:
            Grant.objects.create(user=user, role=role, creditor=at)
        return user

    return make


@pytest.fixture
def actor(make_user, creditor):
    def make(username, *roles, at=None):
        return actor_of_user(make_user(username, *(roles or (Role.OPERATOR,)), at=at or creditor), "web")

    return make


@pytest.fixture
def executors(monkeypatch):
    """A registry of one's own, after all rooms have registered theirs."""
    import_actions()
    registry = {}
    monkeypatch.setattr(approvals, "_EXECUTORS", registry)
    return registry
