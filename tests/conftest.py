"""Creditors and people that the tests of several rooms start from. A room's own conftest may make them otherwise."""

from __future__ import annotations

import pytest

from arrears.access.models import Creditor, Grant, User
from arrears.access.queries import actor_of_user
from arrears.kernel.scope import Role


@pytest.fixture
def creditor(db):
    return Creditor.objects.create(code="BANK-A", name="甲银行")


@pytest.fixture
def other_creditor(db):
    return Creditor.objects.create(code="BANK-B", name="乙银行")


@pytest.fixture
def person(db):
    """Makes a user with roles at a creditor and gives the actor."""

    def make(username, *roles, at):
        user, _ = User.objects.get_or_create(username=username, defaults={"display_name": username})
        for role in roles or (Role.OPERATOR,):
            Grant.objects.create(user=user, role=role, creditor=at)
        return actor_of_user(user, "web")

    return make
