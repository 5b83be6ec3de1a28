"""The journal on screen: who may see it, what is shown, and a proof to take away."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from arrears.access.models import Creditor, Grant, User
from arrears.journal import actions, actions_seal, keys, proofs
from arrears.kernel import clock
from arrears.kernel.scope import SYSTEM_SCOPE, Actor, Role

pytestmark = pytest.mark.django_db

ACTOR = Actor(SYSTEM_SCOPE, "system", "test", "job")


@pytest.fixture
def browser(db):
    def go(role, creditor):
        user = User.objects.create(username=f"{role}-{creditor.code}", display_name=role)
        Grant.objects.create(user=user, role=role, creditor=creditor)
        client = Client()
        client.force_login(user)
        return client

    return go


def test_pages(browser):
    mine, theirs = (Creditor.objects.create(code=c, name=c) for c in "AB")
    first = actions.record(ACTOR, "payment.recorded", ("event", "lev_mine"), creditor_id=mine.id, payload={"n": "<b>1</b>"})
    actions.record(ACTOR, "payment.recorded", ("event", "lev_theirs"), creditor_id=theirs.id)
    actions_seal.seal(clock.now())
    late = actions.record(ACTOR, "payment.reversed", ("event", "lev_late"), creditor_id=mine.id)
    page = reverse("journal:entries")
    assert Client().get(page)["Location"] == "/sign-in?next=/audit/journal"
    assert browser(Role.COLLECTOR, mine).get(page).status_code == 403
    auditor = browser(Role.AUDITOR, mine)
    text = auditor.get(page).content.decode()
    assert "lev_mine" in text
    assert "lev_theirs" not in text
    assert "<b>1</b>" not in text
    assert "待封存" in text
    assert "lev_late" not in auditor.get(page, {"act": "payment.recorded"}).content.decode()
    assert "lev_late" in auditor.get(page, {"act": "payment.", "subject": "lev_late"}).content.decode()
    assert "没有记录" in auditor.get(page, {"actor": "nobody"}).content.decode()
    proof = auditor.get(reverse("journal:proof", args=[first.id]))
    assert "attachment" in proof["Content-Disposition"]
    assert proofs.check(json.loads(proof.content), keys.verifiers())
    assert auditor.get(reverse("journal:proof", args=[late.id])).status_code == 404
    assert browser(Role.AUDITOR, theirs).get(reverse("journal:proof", args=[first.id])).status_code == 404
    assert browser(Role.LEAD, mine).get(reverse("journal:proof", args=[first.id])).status_code == 403
    assert Client().get(reverse("journal:proof", args=[first.id])).status_code == 302
