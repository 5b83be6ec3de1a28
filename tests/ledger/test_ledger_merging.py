"""Agreements go with their customer through a merge and back."""

from __future__ import annotations

from datetime import date

import pytest

from arrears.access.models import Creditor, Portfolio
from arrears.kernel import clock
from arrears.kernel.scope import SYSTEM_SCOPE, Actor
from arrears.ledger.models import Agreement
from arrears.parties import actions, actions_matching
from arrears.parties.actions import PartyData

pytestmark = pytest.mark.django_db

SYSTEM = Actor(SYSTEM_SCOPE, "system", "test", "job")


def test_merge_and_separate_move_exactly_the_same_agreements():
    creditor = Creditor.objects.create(code="A", name="A")
    portfolio = Portfolio.objects.create(creditor=creditor, code="P", name="P")

    def agreement(reference, customer):
        return Agreement.objects.create(
            creditor=creditor, portfolio=portfolio, customer=customer, reference=reference, product="other", currency="CNY",
            opened_on=date(2026, 1, 1), created_at=clock.now(),
        )  # fmt: skip

    one, two = (actions.register_party(SYSTEM, creditor.id, PartyData(r, "王小明")).customer for r in ("1", "2"))
    agreement("L1", one), agreement("L2", two)
    merge = actions_matching.merge_customers(SYSTEM, one.public_id, two.public_id, "same person")
    agreement("L3", one)

    def owners():
        return dict(Agreement.objects.visible_to(SYSTEM_SCOPE).values_list("reference", "customer_id"))

    assert owners() == {"L1": one.id, "L2": one.id, "L3": one.id}
    actions_matching.separate(SYSTEM, merge.public_id, "two people")
    assert owners() == {"L1": one.id, "L2": two.id, "L3": one.id}
