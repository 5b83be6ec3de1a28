"""A creditor with teams and people, and customers in several states of lateness, made through the ordinary actions."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.conf import settings

from arrears.access.models import Creditor, Grant, Portfolio, Team, User
from arrears.kernel import clock
from arrears.kernel.scope import SYSTEM_SCOPE, Actor, Role
from arrears.ledger import actions, actions_contract
from arrears.parties import actions_points
from arrears.parties.actions import PartyData, register_party

TERMS = {
    "currency": "CNY", "principal": "12000.00", "disbursed_on": "2025-12-15", "annual_rate": "12", "amortization": "equal_principal",
    "day_count": "30/360", "instalments": {"count": 12, "every": "1 month"}, "rounding": {"mode": "half_up", "places": 2},
}  # fmt: skip
OPENED = date(2025, 12, 15)
PENALTY = {"penalty": {"annual_percent": "18", "day_count": "actual/360", "clause": "合同第 9 条"}}
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def actor() -> Actor:
    return Actor(scope=SYSTEM_SCOPE, kind="system", id="tests", via="job")


@pytest.fixture(autouse=True)
def book_dir(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "BOOK_DIR", tmp_path / "book")


@pytest.fixture
def at(monkeypatch):
    """Sets the present instant for every reader of the clock."""

    def set_clock(instant):
        monkeypatch.setattr(clock, "now", lambda: instant)

    set_clock(NOW)
    return set_clock


@pytest.fixture
def bank(db):
    """A creditor with teams early, late and legal, two collectors, a lead and a lawyer."""
    creditor = Creditor.objects.create(code="QH", name="青禾银行", name_en="Qinghe Bank", phone="4000000000")
    for code in ("early", "late", "legal"):
        Team.objects.create(creditor=creditor, code=code, name=code)
    for name, role in (("c1", Role.COLLECTOR), ("c2", Role.COLLECTOR), ("lead", Role.LEAD), ("law", Role.LEGAL)):
        user = User.objects.create(username=name, display_name=name, public_id=f"usr_{name}")
        Grant.objects.create(user=user, role=role, creditor=creditor)
    return creditor


@pytest.fixture
def borrow(actor, bank, at):
    """``borrow("C1", paid=9)``: a customer whose first ``paid`` of 12 monthly instalments (from 2026-01-15) were paid in time."""
    portfolio = Portfolio.objects.create(creditor=bank, code="P1", name="消费贷")

    def make(reference: str, *, paid: int = 9, product: str = "consumer_loan", phone: bool = True, address: bool = True):
        party = register_party(actor, bank.id, PartyData(reference=reference, kind="person", name="王小明"))
        assert party, party
        if phone:
            digits = f"138{int(reference[1:]):08d}"
            assert actions_points.add_contact_point(
                actor, party.public_id, actions_points.PointData("mobile", digits, "contract")
            )
        if address:
            where = actions_points.PointData("address", f"上海市青禾路 {reference[1:]} 号", "contract")
            assert actions_points.add_contact_point(actor, party.public_id, where)
        data = actions_contract.AgreementData(
            f"{reference}-1", party.public_id, portfolio.pk, product, "CNY", OPENED, schedule=TERMS, servicing=PENALTY
        )
        agreement = actions_contract.open_agreement(actor, data)
        assert agreement, agreement
        assert actions.disburse(actor, agreement.public_id, 1_200_000, OPENED, key="d")
        assert actions_contract.set_schedule(actor, agreement.public_id, OPENED, key="s")
        for n in range(paid):
            due = 100_000 + 12_000 - 1_000 * n
            assert actions.record_payment(actor, agreement.public_id, due, date(2026, n + 1, 15), key=f"p{n}")
        return party

    return make
