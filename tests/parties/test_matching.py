"""One customer across all loans: what is certain, what is doubtful, and the way back."""

from __future__ import annotations

import pytest

from arrears.journal.models import Entry
from arrears.parties import actions, actions_matching, actions_points, merging, queries
from arrears.parties.actions import PartyData
from arrears.parties.actions_points import PointData
from arrears.parties.models import CustomerMerge, MatchCandidate, Party

pytestmark = pytest.mark.django_db

ID = "11010519491231002X"
OTHER_ID = "130503196704010016"


@pytest.fixture
def make(operator, creditor):
    def build(reference, name="王小明", id_number="", born_on=None, phone="", at=creditor, actor=operator):
        kind = "cn_resident_id" if id_number else ""
        data = PartyData(reference, name, id_kind=kind, id_number=id_number, born_on=born_on, customer_reference=reference)
        party = actions.register_party(actor, at.id, data)
        if phone:
            actions_points.add_contact_point(actor, party.public_id, PointData("phone", phone, "contract"))
        return party

    return build


def customers(*parties):
    return [Party.objects.visible_to(actions_scope).get(id=p.id).customer_id for p in parties]


from arrears.kernel.scope import SYSTEM_SCOPE as actions_scope  # noqa: E402


def test_same_id_and_name_is_merged_and_can_be_separated(operator, creditor, make):
    a, b, c = make("A", id_number=ID), make("B", id_number=ID), make("C", id_number=ID)
    found = actions_matching.find_matches(operator, creditor.id)
    assert (found.merged, found.candidates) == (2, 0)
    assert len(set(customers(a, b, c))) == 1
    assert actions_matching.find_matches(operator, creditor.id).merged == 0
    merge = CustomerMerge.objects.visible_to(operator.scope).get(absorbed_id=b.customer_id)
    assert actions_matching.separate(operator, merge.public_id, "").code == "party.reason_missing"
    actions_matching.separate(operator, merge.public_id, "two brothers, one wrong number")
    assert customers(a, b, c) == [a.customer_id, b.customer_id, a.customer_id]
    assert actions_matching.separate(operator, merge.public_id, "x").code == "merge.undone"
    assert actions_matching.separate(operator, "mrg_x", "x").code == "party.not_found"
    assert actions_matching.find_matches(operator, creditor.id).merged == 0
    assert Entry.objects.filter(act="customer.merged").count() == 2
    assert Entry.objects.filter(act="customer.separated").count() == 1


@pytest.mark.parametrize(
    ("left", "right", "reasons"),
    [
        ({"phone": "13800138000"}, {"phone": "13800138000"}, ["name_and_phone"]),
        ({"born_on": "1980-01-02"}, {"born_on": "1980-01-02"}, ["name_and_birth_date"]),
        ({"id_number": ID}, {"id_number": ID, "name": "王晓明"}, ["same_id_other_name"]),
        ({"phone": "13800138000", "born_on": "1980-01-02"}, {"phone": "13800138000", "born_on": "1980-01-02"},
         ["name_and_birth_date", "name_and_phone"]),
        ({"phone": "13800138000"}, {"phone": "13800138000", "name": "李四"}, None),
        ({"phone": "13800138000", "id_number": ID}, {"phone": "13800138000", "id_number": OTHER_ID}, None),
        ({"phone": "13800138000", "id_number": ID}, {"phone": "13800138000"}, ["name_and_phone"]),
        ({}, {}, None),
    ],
)  # fmt: skip
def test_doubtful_pairs(operator, creditor, make, left, right, reasons):
    from datetime import date

    sides = []
    for reference, facts in (("A", left), ("B", right)):
        facts = dict(facts)
        if "born_on" in facts:
            facts["born_on"] = date.fromisoformat(facts["born_on"])
        sides.append(make(reference, **facts))
    found = actions_matching.find_matches(operator, creditor.id)
    pairs = list(MatchCandidate.objects.visible_to(operator.scope))
    assert found.candidates == len(pairs) == (0 if reasons is None else 1)
    assert found.merged == 0
    if reasons:
        assert pairs[0].reasons == reasons
        assert (pairs[0].left_id, pairs[0].right_id) == (sides[0].id, sides[1].id)
    assert actions_matching.find_matches(operator, creditor.id).candidates == 0


def test_decisions(operator, creditor, make):
    a, b = make("A", phone="13800138000"), make("B", phone="13800138000")
    c = make("C", name="李四", phone="13900139000")
    d = make("D", name="李四", phone="13900139000")
    actions_matching.find_matches(operator, creditor.id)
    by_left = {m.left_id: m for m in MatchCandidate.objects.visible_to(operator.scope)}
    actions_matching.decide_match(operator, by_left[a.id].public_id, True)
    actions_matching.decide_match(operator, by_left[c.id].public_id, False, "father and son")
    assert actions_matching.decide_match(operator, by_left[c.id].public_id, True).code == "match.decided"
    assert actions_matching.decide_match(operator, "mat_x", True).code == "party.not_found"
    assert len(set(customers(a, b))) == 1
    assert len(set(customers(c, d))) == 2
    assert queries.match_count(operator.scope) == 0
    assert [m.state for m in queries.matches(operator.scope, a.created_at.date(), a.created_at, "different")] == ["different"]


def test_large_groups_are_counted_not_paired(operator, creditor, make, monkeypatch):
    monkeypatch.setattr(actions_matching, "LARGEST_GROUP", 2)
    for n in range(3):
        make(f"A{n}", phone="13800138000")
    found = actions_matching.find_matches(operator, creditor.id)
    assert (found.candidates, found.left_out) == (0, 1)


def test_merge_refusals(operator, person, creditor, other_creditor, make):
    a = make("A")
    stranger = person("both", at=other_creditor)
    b = make("B", at=other_creditor, actor=stranger)
    both = person("both", at=creditor)
    merge = actions_matching.merge_customers
    a_id, b_id = a.customer.public_id, b.customer.public_id
    assert merge(operator, a_id, b_id, "x").code == "party.not_found"
    assert merge(operator, a_id, a_id, "x").code == "merge.same_customer"
    assert merge(both, a_id, b_id, "x").code == "merge.creditors_differ"
    assert merge(operator, a_id, make("C").customer.public_id, " ").code == "party.reason_missing"


def test_chained_merges_are_undone_in_order(operator, creditor, make, monkeypatch):
    calls = []
    merging.followers()  # all rooms have registered theirs
    monkeypatch.setattr(merging, "FOLLOWERS", {})
    merging.follow("loans", lambda actor, source, target, only: calls.append((source, target, only)) or [7])
    a, b, c = make("A"), make("B"), make("C")
    ids = {p.reference: p.customer.public_id for p in (a, b, c)}
    first = actions_matching.merge_customers(operator, ids["B"], ids["C"], "seen")
    second = actions_matching.merge_customers(operator, ids["A"], ids["B"], "seen")
    assert len(set(customers(a, b, c))) == 1
    view = queries.customer_view(operator.scope, ids["C"], a.created_at.date(), a.created_at)
    assert (view.public_id, len(view.parties)) == (ids["A"], 3)
    assert queries.also_known_as(operator.scope, a.customer_id) == {a.customer_id, b.customer_id, c.customer_id}
    assert queries.also_known_as(operator.scope, c.customer_id) == {c.customer_id}
    again = actions_matching.merge_customers
    assert again(operator, ids["C"], ids["A"], "circle").code == "merge.gone"
    assert again(operator, ids["A"], ids["C"], "twice").code == "merge.gone"
    late = actions.register_party(operator, creditor.id, PartyData("late", "王小明", customer_reference="C"))
    assert late.customer_id == a.customer_id
    assert actions_matching.separate(operator, first.public_id, "x").code == "merge.later_merge"
    actions_matching.separate(operator, second.public_id, "wrong")
    actions_matching.separate(operator, first.public_id, "wrong")
    assert customers(a, b, c) == [a.customer_id, b.customer_id, c.customer_id]
    assert calls[-1] == (b.customer_id, c.customer_id, [7])
    with pytest.raises(ValueError, match="registered already"):
        merging.follow("loans", lambda *_: [])
