"""Callers of the API: two creditors that must not see each other, people of every role, keys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from arrears.access.models import ApiKey, Creditor, Grant, Portfolio, User
from arrears.access.queries import key_hash
from arrears.api.limits import LIMITS
from arrears.kernel import clock
from arrears.kernel.scope import Role


@dataclass
class Caller:
    """A client that speaks JSON with one key (or a session)."""

    client: Client
    header: str = ""

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        extra = {"Authorization": self.header} if self.header else {}
        content = {} if body is None else {"data": body if isinstance(body, bytes) else json.dumps(body)}
        kind = headers.pop("content_type", "application/json")
        return self.client.generic(
            method,
            path if path.startswith("/") else f"/api/v1/{path}",
            content_type=kind,
            headers={**extra, **headers},
            **content,
        )

    def get(self, path: str, **headers: str) -> Any:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("POST", path, {} if body is None else body, **headers)


@dataclass
class House:
    bank: Creditor
    other: Creditor
    portfolio: Portfolio

    def user(self, name: str, *roles: Role, creditor: Creditor | None = None) -> User:
        user = User.objects.create(username=name, display_name=name)
        user.set_unusable_password()
        user.save()
        for role in roles:
            Grant.objects.create(user=user, role=role, creditor=creditor or self.bank)
        return user

    def key(self, *roles: Role, creditor: Creditor | None = None, acts: tuple[str, ...] = ("*",), name: str = "") -> Caller:
        prefix = f"k{ApiKey.objects.count():07d}"
        user = self.user(name or f"owner-{prefix}", *roles, creditor=creditor)
        now = clock.now()
        ApiKey.objects.create(
            prefix=prefix,
            secret_hash=key_hash("secret"),
            label="test",
            user=user,
            acts=list(acts),
            created_at=now,
            expires_at=now + timedelta(days=1),
        )
        return Caller(Client(), f"Bearer ark_{prefix}.secret")


@pytest.fixture
def house(db):
    LIMITS._buckets.clear()
    bank = Creditor.objects.create(code="bank", name="示例银行", name_en="Example Bank")
    other = Creditor.objects.create(code="other", name="另一家", name_en="Other")
    return House(bank, other, Portfolio.objects.create(creditor=bank, code="retail", name="零售"))


@pytest.fixture
def operator(house):
    """A key that may do whatever an operator, integrator and lead may."""
    return house.key(Role.OPERATOR, Role.INTEGRATOR, Role.LEAD)
