"""A creditor, a debtor and an agreement, made through the ordinary actions."""

from __future__ import annotations

from datetime import date

import pytest

from arrears.access.models import Creditor, Portfolio
from arrears.kernel.scope import SYSTEM_SCOPE, Actor
from arrears.ledger import actions, actions_contract
from arrears.parties.actions import PartyData, register_party


@pytest.fixture
def actor() -> Actor:
    return Actor(scope=SYSTEM_SCOPE, kind="system", id="tests", via="job")


@pytest.fixture
def creditor(db) -> Creditor:
    return Creditor.objects.create(code="QH", name="青禾银行")


@pytest.fixture
def portfolio(creditor) -> Portfolio:
    return Portfolio.objects.create(creditor=creditor, code="P1", name="消费贷")


@pytest.fixture
def party(actor, creditor):
    made = register_party(actor, creditor.pk, PartyData(reference="C1", kind="person", name="王小明"))
    assert made, made
    return made


SCHEDULE = {
    "currency": "CNY", "principal": "12000.00", "disbursed_on": "2025-01-15", "annual_rate": "12", "amortization": "equal_principal",
    "day_count": "30/360", "instalments": {"count": 12, "every": "1 month"}, "rounding": {"mode": "half_up", "places": 2},
}  # fmt: skip
PENALTY = {"penalty": {"annual_percent": "18", "day_count": "actual/360", "clause": "合同第 9 条"}}


@pytest.fixture
def open_loan(actor, portfolio, party):
    """Opens, disburses and schedules a loan of 12,000.00: twelve instalments of 1,000.00 principal, from 2025-02-15."""

    def make(reference: str = "L1", *, disburse: bool = True, schedule: bool = True, servicing: dict | None = None):
        data = actions_contract.AgreementData(
            reference=reference, debtor=party.public_id, portfolio_id=portfolio.pk, product="consumer_loan", currency="CNY",
            opened_on=date(2025, 1, 15), schedule=SCHEDULE, servicing=PENALTY if servicing is None else servicing,
        )  # fmt: skip
        agreement = actions_contract.open_agreement(actor, data)
        assert agreement, agreement
        if disburse:
            assert actions.disburse(actor, agreement.public_id, 1_200_000, date(2025, 1, 15), key="d")
        if schedule:
            assert actions_contract.set_schedule(actor, agreement.public_id, date(2025, 1, 15), key="s")
        return agreement

    return make
