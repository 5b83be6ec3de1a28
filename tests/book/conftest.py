"""Two creditors with loans in several states of lateness, made through the ordinary actions; books go to a folder of the test."""

from __future__ import annotations

from datetime import date

import pytest
from django.conf import settings

from arrears.access.models import Creditor, Portfolio
from arrears.kernel.scope import SYSTEM_SCOPE, Actor
from arrears.ledger import actions, actions_contract
from arrears.parties.actions import PartyData, register_party

OPENED = date(2025, 1, 15)
TERMS = {
    "currency": "CNY", "principal": "12000.00", "disbursed_on": "2025-01-15", "annual_rate": "12", "amortization": "equal_principal",
    "day_count": "30/360", "instalments": {"count": 12, "every": "1 month"}, "rounding": {"mode": "half_up", "places": 2},
}  # fmt: skip
PENALTY = {"penalty": {"annual_percent": "18", "day_count": "actual/360", "clause": "合同第 9 条"}}


@pytest.fixture
def actor() -> Actor:
    return Actor(scope=SYSTEM_SCOPE, kind="system", id="tests", via="job")


@pytest.fixture(autouse=True)
def book_dir(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "BOOK_DIR", tmp_path / "book")
    return tmp_path / "book"


@pytest.fixture
def portfolios(db) -> dict[str, Portfolio]:
    made = {}
    for code in ("QH", "BL"):
        creditor = Creditor.objects.create(code=code, name=code)
        made[code] = Portfolio.objects.create(creditor=creditor, code="P1", name="消费贷")
    return made


@pytest.fixture
def borrow(actor, portfolios):
    """``borrow("C1", paid=2)``: a customer with a disbursed loan of 12,000.00 whose first ``paid`` instalments were paid in time."""

    def make(reference: str, *, paid: int = 0, creditor: str = "QH", loans: int = 1, keeping: str = "computed"):
        portfolio = portfolios[creditor]
        party = register_party(actor, portfolio.creditor_id, PartyData(reference=reference, kind="person", name="王小明"))
        assert party, party
        for n in range(loans):
            data = actions_contract.AgreementData(
                f"{reference}-{n}", party.public_id, portfolio.pk, "consumer_loan", "CNY", OPENED, keeping=keeping, schedule=TERMS,
                servicing=PENALTY,
            )  # fmt: skip
            agreement = actions_contract.open_agreement(actor, data)
            assert agreement, agreement
            if keeping == "host":
                continue
            assert actions.disburse(actor, agreement.public_id, 1_200_000, OPENED, key="d")
            assert actions_contract.set_schedule(actor, agreement.public_id, OPENED, key="s")
            for month in range(paid):
                due, interest = date(2025, 2 + month, 15), 12_000 - 1_000 * month
                assert actions.record_payment(actor, agreement.public_id, 100_000 + interest, due, key=f"p{month}")
        return party.customer.public_id

    return make


@pytest.fixture
def bank(borrow) -> dict[str, str]:
    """Customers of QH: one pays, one is one behind, one three behind on two loans, one never paid; and one of another creditor."""
    return {
        "prompt": borrow("C1", paid=5), "behind": borrow("C2", paid=4), "late": borrow("C3", paid=2, loans=2),
        "never": borrow("C4"), "other": borrow("X1", creditor="BL"),
    }  # fmt: skip
