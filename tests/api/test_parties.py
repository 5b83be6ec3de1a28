"""People over the API: what screens can do, with the same refusals, and never a clear identity field by accident."""

from __future__ import annotations

import pytest

from arrears.access.models import AccessLog, Approval
from arrears.kernel.scope import Role

PERSON = {
    "creditor": "bank",
    "reference": "C-1",
    "name": "王小明",
    "id_kind": "cn_resident_id",
    "id_number": "11010519491231002X",
}


@pytest.fixture
def person(operator):
    answer = operator.post("parties", PERSON)
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def customer_of(operator):
    return operator.get("customers").json()["data"][0]["id"]


def test_register_and_view_masked(operator, person):
    answer = operator.get(f"parties/{person}")
    body = answer.json()
    assert body["name_masked"] != "王小明"
    for clear in ("王小明", "11010519491231002X", "1949-12-31"):
        assert clear.encode() not in answer.content
    assert answer.content.decode().count("王") == 1
    whole = operator.get(f"customers/{customer_of(operator)}").json()
    assert whole["parties"] == [body]


def test_change_needs_the_tag_of_what_was_read(operator, person):
    path = f"parties/{person}"
    tag = operator.get(path)["ETag"]
    assert operator("PATCH", path, {"name": "王大明"}).json()["code"] == "precondition.missing"
    assert operator("PATCH", path, {"name": "王大明"}, **{"If-Match": '"x"'}).json()["code"] == "precondition.failed"
    assert operator("PATCH", path, {"name": "王大明"}, **{"If-Match": tag}).status_code == 200
    again = operator("PATCH", path, {"name": "王小"}, **{"If-Match": tag})
    assert (again.status_code, again.json()["code"]) == (412, "precondition.failed")
    assert operator("PATCH", path, {"name": None}, **{"If-Match": "*"}).status_code == 422
    assert operator("PATCH", path, {}, **{"If-Match": "*"}).json()["code"] == "party.nothing_changed"
    assert operator("PATCH", "parties/none", {}, **{"If-Match": "*"}).status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"creditor": "other"}, 404, "party.creditor_not_visible"),
        ({"reference": "C-1"}, 409, "party.reference_taken"),
        ({"id_number": "110105194912310021"}, 422, "id.checksum"),
        ({"id_number": "1.10105E+17"}, 422, "id.rounded_by_spreadsheet"),
        ({"born_on": "1950-01-01"}, 422, "party.birth_conflict"),
        ({"born_on": "1949-02-30"}, 422, "request.invalid"),
        ({"name": ""}, 422, "request.invalid"),
        ({"kind": "ghost"}, 422, "request.invalid"),
    ],
)
def test_refusals_of_register(operator, person, change, status, code):
    answer = operator.post("parties", PERSON | {"reference": "C-2"} | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert PERSON["id_number"].encode() not in answer.content


def test_contact_points_consents_and_restrictions(operator, person):
    point = operator.post(f"parties/{person}/contact-points", {"kind": "phone", "value": "13800138000", "provenance": "contract"})
    assert point.status_code == 201, point.content
    again = operator.post(f"parties/{person}/contact-points", {"kind": "phone", "value": "13800138000", "provenance": "host"})
    assert again.json()["code"] == "contact_point.taken"
    consent = {"channel": "sms", "purpose": "collect", "proof_kind": "form", "proof_reference": "F-7", "proof_sha256": "ab" * 32}
    assert operator.post(f"parties/{person}/consents", consent).status_code == 201
    assert (
        operator.post(f"parties/{person}/consents", consent | {"proof_reference": " "}).json()["code"] == "consent.proof_missing"
    )
    future = consent | {"effective_at": "2999-01-01T00:00:00+08:00"}
    assert operator.post(f"parties/{person}/consents", future).json()["code"] == "consent.in_future"
    assert operator.post(f"parties/{person}/consents", consent | {"effective_at": "2026-01-01T00:00:00"}).status_code == 422
    stop = operator.post(f"parties/{person}/restrictions", {"kind": "stop", "reason": "asked in writing", "channels": ["voice"]})
    assert stop.status_code == 201
    body = operator.get(f"parties/{person}").json()
    assert [p["value_masked"] for p in body["contact_points"]] != ["13800138000"]
    assert body["consents"][0]["event"] == "given"
    assert body["restrictions"][0]["channels"] == ["voice"]
    assert operator.post(f"restrictions/{stop.json()['id']}/lift", {"reason": "agreed"}).status_code == 200
    assert operator.get(f"parties/{person}").json()["restrictions"] == []


def test_lifting_a_guarded_restriction_waits_for_a_second_person(house, operator, person):
    made = operator.post(f"parties/{person}/restrictions", {"kind": "insolvency", "reason": "court notice"})
    answer = operator.post(f"restrictions/{made.json()['id']}/lift", {"reason": "closed"})
    assert answer.status_code == 202, answer.content
    assert answer["Location"] == f"/api/v1/approvals/{answer.json()['id']}"
    assert operator.get(answer["Location"]).json()["state"] == "open"
    assert Approval.objects.visible_to(_all()).count() == 1


def _all():
    from arrears.kernel.scope import SYSTEM_SCOPE

    return SYSTEM_SCOPE


def test_a_reveal_needs_a_role_of_the_desk(house, operator, person):
    ask = {"subject_kind": "party", "subject_id": person, "field": "id", "reason": "verification call"}
    assert house.key(Role.INTEGRATOR).post("reveals", ask).json()["code"] == "access.not_allowed"
    assert operator.get("access-log").json()["data"] == []


def test_a_desk_key_reveals_and_the_look_is_logged(house, operator, person):
    desk = house.key(Role.COLLECTOR)
    ask = {"subject_kind": "party", "subject_id": person, "field": "id", "reason": "verification call"}
    assert desk.post("reveals", ask).json() == {"value": PERSON["id_number"]}
    row = AccessLog.objects.visible_to(_all()).get()
    assert (row.fields, row.reason, row.via) == (["id"], "verification call", "api")
    assert operator.get("access-log").json()["data"][0]["subject_id"] == person


def test_search_and_matching(operator, person):
    found = operator.post("customers/search", {"text": "王小明"}).json()
    assert [h["why"] for h in found["data"]] == ["name"]
    assert found["has_more"] is False
    assert operator.post("customers/search", {"text": ""}).status_code == 422
    operator.post("parties", PERSON | {"reference": "C-9", "name": "王晓明"})
    found = operator.post("creditors/bank/find-matches").json()
    assert found["candidates"] == 1
    pair = operator.get("matches").json()["data"][0]
    assert operator.post(f"matches/{pair['id']}/decide", {"same": True}).status_code == 200
    assert operator.post(f"matches/{pair['id']}/decide", {"same": True}).json()["code"] == "match.decided"
    assert len(operator.get(f"customers/{customer_of(operator)}").json()["parties"]) == 2


def test_as_known_before_it_was_recorded(operator, person):
    path = f"customers/{customer_of(operator)}"
    assert operator.get(f"/api/v1/{path}?known_at=2020-01-01T00:00:00Z").status_code == 404
    assert operator.get(f"/api/v1/{path}?known_at=2020-01-01T00:00:00").json()["code"] == "request.invalid"
    assert operator.get(f"/api/v1/{path}?as_of=2026-02-30").json()["pointer"] == "?as_of"


def test_another_creditor_sees_nothing(house, operator, person):
    stranger = house.key(Role.OPERATOR, Role.COLLECTOR, creditor=house.other)
    assert stranger.get(f"parties/{person}").status_code == 404
    assert stranger.get("customers").json()["data"] == []
    assert stranger.post("customers/search", {"text": "王小明"}).json()["data"] == []
    ask = {"subject_kind": "party", "subject_id": person, "field": "id", "reason": "x"}
    assert stranger.post("reveals", ask).status_code == 404
