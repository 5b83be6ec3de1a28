"""Doubtful pairs on screen: decided with one click, undone with a reason, closed to others."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from arrears.access.models import Grant, User
from arrears.kernel.scope import Role
from arrears.parties import actions, actions_matching, actions_points
from arrears.parties.actions import PartyData
from arrears.parties.actions_points import PointData
from arrears.parties.models import CustomerMerge, MatchCandidate

pytestmark = pytest.mark.django_db

PAGE = "/customers/matches"


@pytest.fixture
def pair(operator, creditor):
    for reference in ("A", "B"):
        party = actions.register_party(operator, creditor.id, PartyData(reference, "王小明"))
        actions_points.add_contact_point(operator, party.public_id, PointData("phone", "13800138000", "contract"))
    actions_matching.find_matches(operator, creditor.id)
    return MatchCandidate.objects.visible_to(operator.scope).get()


@pytest.fixture
def browser(creditor):
    def go(role, at=creditor):
        user = User.objects.create(username=f"{role}{at.code}", display_name=role)
        Grant.objects.create(user=user, role=role, creditor=at)
        client = Client()
        client.force_login(user)
        return client

    return go


def test_review(browser, other_creditor, pair, operator):
    lead = browser(Role.LEAD)
    text = lead.get(PAGE).content.decode()
    assert "姓名与电话相同" in text
    assert "138****8000" in text
    assert "13800138000" not in text
    assert "王小明" not in text
    assert browser(Role.COLLECTOR).get(PAGE).status_code == 403
    stranger = browser(Role.LEAD, other_creditor)
    assert pair.public_id not in stranger.get(PAGE).content.decode()
    decide = reverse("parties:decide_match", args=[pair.public_id])
    assert stranger.post(decide, {"decision": "same"}).status_code == 404
    assert lead.post(decide, {"decision": "perhaps"}).status_code == 302
    assert lead.post(decide, {"decision": "same", "note": "同一人"}).status_code == 302
    assert lead.post(decide, {"decision": "same"}).status_code == 409
    merge = CustomerMerge.objects.visible_to(operator.scope).get()
    undo = reverse("parties:separate", args=[merge.public_id])
    assert lead.post(undo, {"reason": " "}).status_code == 422
    assert stranger.post(undo, {"reason": "x"}).status_code == 404
    assert lead.post(undo, {"reason": "父子"}).status_code == 302
    assert lead.get(undo).status_code == 405
