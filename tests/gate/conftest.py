from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import transaction

from arrears.access.models import Creditor, Grant, Portfolio, User
from arrears.access.queries import actor_of_user
from arrears.kernel import clock
from arrears.kernel.scope import Role
from arrears.ledger.models import Agreement
from arrears.parties import actions, actions_points

OPEN = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


@pytest.fixture
def at(monkeypatch):
    """Sets the present instant for every reader of the clock."""

    def set_clock(instant):
        monkeypatch.setattr(clock, "now", lambda: instant)

    set_clock(OPEN)
    return set_clock


@pytest.fixture
def creditor(db):
    return Creditor.objects.create(code="BANK-A", name="甲银行")


@pytest.fixture
def collector(creditor):
    user = User.objects.create(username="c1", display_name="催收员")
    for role in (Role.COLLECTOR, Role.OPERATOR, Role.COMPLIANCE):
        Grant.objects.create(user=user, role=role, creditor=creditor)
    return actor_of_user(user, "web")


@pytest.fixture
def debtor(creditor, collector, at):
    """A debtor with one card, a mobile number and an address: (party, mobile, address)."""
    with transaction.atomic():
        return _debtor(creditor, collector)


def _debtor(creditor, collector):
    party = actions.register_party(collector, creditor.id, actions.PartyData("C1", "王小明"))
    assert party, party
    mobile = actions_points.add_contact_point(
        collector, party.public_id, actions_points.PointData("mobile", "13812345678", provenance="contract")
    )
    address = actions_points.add_contact_point(
        collector, party.public_id, actions_points.PointData("address", "上海市某路 1 号", provenance="contract")
    )
    assert mobile, mobile
    assert address, address
    portfolio = Portfolio.objects.create(creditor=creditor, code="CARD", name="信用卡")
    Agreement.objects.create(
        creditor=creditor, portfolio=portfolio, customer=party.customer, reference="A1", product="credit_card", currency="CNY",
        opened_on=date(2024, 1, 1), created_at=OPEN,
    )  # fmt: skip
    return party, mobile, address
