"""Acts on people: one row per refusal, and what each act leaves behind."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from arrears.access import actions as access_actions
from arrears.access.models import AccessLog, Approval
from arrears.journal.models import Entry
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE, Role
from arrears.parties import actions, actions_points, actions_standing, queries
from arrears.parties.actions import PartyData
from arrears.parties.actions_points import PointData
from arrears.parties.actions_standing import Proof, RepresentativeData, RestrictionData
from arrears.parties.models import Customer, PartyVersion, Restriction

pytestmark = pytest.mark.django_db

ID = "11010519491231002X"
PROOF = Proof("form", "F-1")
DAY = date(2026, 11, 23)


def register(actor, creditor, **changes):
    facts = {"reference": "P1", "name": "王小明", "id_kind": "cn_resident_id", "id_number": ID} | changes
    return actions.register_party(actor, creditor.id, PartyData(**facts))


@pytest.fixture
def party(operator, creditor):
    return register(operator, creditor)


def view(scope, party, known_at=None):
    return queries.customer_view(scope, party.customer.public_id, DAY, clock.now(), known_at)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reference": " "}, "party.value_empty"),
        ({"name": ""}, "party.value_empty"),
        ({"kind": "ghost"}, "party.value_unknown"),
        ({"id_kind": "tax"}, "id.kind"),
        ({"id_number": "1.10105E+17"}, "id.rounded_by_spreadsheet"),
        ({"id_number": "110105194912310021"}, "id.checksum"),
        ({"id_kind": "cn_uscc"}, "uscc.checksum"),
        ({"id_kind": "other", "id_number": ""}, "party.value_empty"),
        ({"born_on": date(1950, 1, 1)}, "party.birth_conflict"),
        ({"id_kind": "", "id_number": "", "born_on": date(2999, 1, 1)}, "party.birth_future"),
    ],
)
def test_register_refused_and_nothing_left(operator, creditor, changes, code):
    entries = Entry.objects.count()
    refused = register(operator, creditor, **changes)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    assert Entry.objects.count() == entries
    assert not Customer.objects.visible_to(SYSTEM_SCOPE).exists()


def test_register_seals_masks_and_journals_without_identity(operator, creditor, party):
    assert party.name_masked == "王*明"
    assert party.id_masked == "110105********002X"
    entry = Entry.objects.get(act="party.registered")
    assert entry.customer_id == party.customer_id
    text = str(entry.payload)
    assert "王小明" not in text
    assert ID not in text
    for row in (party.name_sealed, party.id_sealed):
        assert "王小明".encode() not in bytes(row)
        assert ID.encode() not in bytes(row)


def test_register_twice_and_beyond_the_wall(operator, creditor, other_creditor, party):
    assert register(operator, creditor).code == "party.reference_taken"
    assert register(operator, other_creditor).code == "party.creditor_not_visible"


def test_same_person_becomes_one_customer(operator, creditor, party):
    again = register(operator, creditor, reference="P2")
    namesake = register(operator, creditor, reference="P3", id_kind="", id_number="")
    assert again.customer_id == party.customer_id
    assert namesake.customer_id != party.customer_id


def test_update_keeps_the_former_version(operator, creditor, party):
    before = clock.now()
    assert actions.update_party(operator, party.public_id, {"name": "王小明"}).code == "party.nothing_changed"
    assert actions.update_party(operator, party.public_id, {"rating": 1}).code == "party.value_unknown"
    assert actions.update_party(operator, "pty_none", {"name": "x"}).code == "party.not_found"
    changed = actions.update_party(operator, party.public_id, {"name": "王大明", "language": "en"}, source="letter 7")
    assert changed.name_masked == "王*明"
    assert actions.reveal(operator, ("party", party.public_id), "name") == "王大明"
    version = PartyVersion.objects.visible_to(operator.scope).get()
    assert version.language == "zh-hans"
    assert view(operator.scope, party, before).parties[0].language == "zh-hans"
    assert view(operator.scope, party).parties[0].language == "en"
    assert Entry.objects.get(act="party.updated").payload["fields"] == ["language", "name"]


def test_a_minor_is_stopped_until_the_eighteenth_birthday(operator, creditor):
    today = clock.now().date()
    born = date(today.year - 10, 6, 15)
    child = register(operator, creditor, id_kind="", id_number="", born_on=born)
    stop = Restriction.objects.visible_to(operator.scope).get(party=child)
    assert stop.kind == "minor"
    assert stop.effective_until == datetime(born.year + 18, 6, 14, 16, tzinfo=UTC)  # midnight in Shanghai
    assert [r.kind for r in view(operator.scope, child).parties[0].restrictions] == ["minor"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"kind": "fax"}, "party.value_unknown"),
        ({"provenance": "guess"}, "party.value_unknown"),
        ({"value": " "}, "party.value_empty"),
        ({"value": "123"}, "phone.shape"),
        ({"value": "1.38E+10"}, "phone.rounded_by_spreadsheet"),
        ({"kind": "email", "value": "nobody"}, "email.shape"),
        ({"time_zone": "Mars/Base"}, "contact_point.time_zone"),
        ({"valid_from": DAY, "valid_until": DAY - timedelta(1)}, "party.dates_reversed"),
    ],
)
def test_contact_point_refused(operator, party, data, code):
    facts = {"kind": "phone", "value": "13800138000", "provenance": "contract"} | data
    assert actions_points.add_contact_point(operator, party.public_id, PointData(**facts)).code == code


def test_contact_point_life(operator, party):
    add = actions_points.add_contact_point
    point = add(operator, party.public_id, PointData("phone", "138 0013 8000", "contract", is_preferred=True))
    assert (point.kind, point.value_masked, point.time_zone, point.time_zone_evidence) == (
        "mobile", "138****8000", "Asia/Shanghai", "area_code",
    )  # fmt: skip
    assert add(operator, party.public_id, PointData("mobile", "+8613800138000", "agency")).code == "contact_point.taken"
    second = add(operator, party.public_id, PointData("phone", "13900139000", "debtor", is_preferred=True))
    point.refresh_from_db()
    assert (point.is_preferred, second.is_preferred) == (False, True)
    record = actions_points.record_right_party
    unproven = clock.now()
    assert record(operator, point.public_id, "maybe").code == "party.value_unknown"
    record(operator, point.public_id, "confirmed", at=clock.now() - timedelta(days=2))
    record(operator, point.public_id, "unreachable")
    point.refresh_from_db()
    assert point.right_party == "confirmed"
    open_before = clock.now()
    assert actions_points.close_contact_point(operator, point.public_id, " ").code == "party.reason_missing"
    actions_points.close_contact_point(operator, point.public_id, "number given up")
    assert actions_points.close_contact_point(operator, point.public_id, "again").code == "contact_point.closed"
    assert record(operator, point.public_id, "wrong").code == "contact_point.closed"
    now_view = {p.public_id: p for p in view(operator.scope, party).parties[0].points}
    then_view = {p.public_id: p for p in view(operator.scope, party, open_before).parties[0].points}
    assert (now_view[point.public_id].is_open, then_view[point.public_id].is_open) == (False, True)
    first_view = {p.public_id: p for p in view(operator.scope, party, unproven).parties[0].points}
    assert (first_view[point.public_id].right_party, then_view[point.public_id].right_party) == ("unknown", "confirmed")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"channel": "fax"}, "party.value_unknown"),
        ({"purpose": "fun"}, "party.value_unknown"),
        ({"proof": Proof("rumour", "x")}, "party.value_unknown"),
        ({"proof": Proof("form", " ")}, "consent.proof_missing"),
        ({"effective_at": datetime(2999, 1, 1, tzinfo=UTC)}, "consent.in_future"),
        ({"until": datetime(2000, 1, 1, tzinfo=UTC)}, "party.dates_reversed"),
    ],
)
def test_consent_refused(operator, party, changes, code):
    facts = {"channel": "sms", "purpose": "collect", "proof": PROOF} | changes
    assert actions_standing.give_consent(operator, party.public_id, **facts).code == code


def test_withdrawal_counts_at_once(operator, party):
    actions_standing.give_consent(operator, party.public_id, "any", "any", PROOF)
    now = clock.now()
    assert view(operator.scope, party).parties[0].consents_to("sms", "off_hours", now)
    actions_standing.withdraw_consent(operator, party.public_id, "sms", "any", PROOF)
    now = clock.now()
    seen = view(operator.scope, party).parties[0]
    assert (seen.consents_to("sms", "off_hours", now), seen.consents_to("voice", "off_hours", now)) == (False, True)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (RestrictionData("sad", "x"), "party.value_unknown"),
        (RestrictionData("stop", " "), "party.reason_missing"),
        (RestrictionData("stop", "x", scope="agreement"), "restriction.target"),
        (RestrictionData("stop", "x", scope="contact_point", contact_point_public_id="cpt_x"), "restriction.target"),
        (RestrictionData("stop", "x", channels=("fax",)), "party.value_unknown"),
        (RestrictionData("stop", "x", effective_until=datetime(2000, 1, 1, tzinfo=UTC)), "party.dates_reversed"),
    ],
)
def test_restrict_refused(operator, party, data, code):
    assert actions_standing.restrict(operator, party.public_id, data).code == code


def test_lifting_ends_now_and_once(operator, party):
    stop = actions_standing.restrict(operator, party.public_id, RestrictionData("stop", "asked to stop"))
    held = clock.now()
    assert actions_standing.lift_restriction(operator, stop.public_id, "").code == "party.reason_missing"
    actions_standing.lift_restriction(operator, stop.public_id, "asked to go on")
    assert actions_standing.lift_restriction(operator, stop.public_id, "x").code == "restriction.over"
    assert view(operator.scope, party).parties[0].restrictions == ()
    assert [r.kind for r in view(operator.scope, party, held).parties[0].restrictions] == ["stop"]


def test_lifting_a_guarded_stop_waits_for_a_second_person(person, creditor, party):
    lead, compliance = person("lead", Role.LEAD, at=creditor), person("comp", Role.COMPLIANCE, at=creditor)
    stop = actions_standing.restrict(lead, party.public_id, RestrictionData("insolvency", "court notice"))
    asked = actions_standing.lift_restriction(lead, stop.public_id, "case closed by the court")
    assert isinstance(asked, Approval)
    stop.refresh_from_db()
    assert stop.lifted_at is None
    assert access_actions.decide(lead, asked.public_id, True).code == "approval.own_request"
    done = access_actions.decide(compliance, asked.public_id, True, "seen the order")
    assert done.approval.state == "executed"
    stop.refresh_from_db()
    assert stop.lifted_reason == "case closed by the court"


def test_vulnerability_note_is_sealed(operator, party):
    row = actions_standing.note_vulnerability(operator, party.public_id, "illness", "in hospital")
    assert actions_standing.note_vulnerability(operator, party.public_id, "mood").code == "party.value_unknown"
    assert view(operator.scope, party).parties[0].vulnerabilities[0].has_note
    assert actions_standing.end_vulnerability(operator, row.public_id, " ").code == "party.reason_missing"
    actions_standing.end_vulnerability(operator, row.public_id, "recovered")
    assert actions_standing.end_vulnerability(operator, row.public_id, "x").code == "restriction.over"
    assert view(operator.scope, party).parties[0].vulnerabilities == ()
    assert "hospital" not in "".join(str(e.payload) for e in Entry.objects.all())


def test_representative(operator, creditor, party):
    lawyer = register(operator, creditor, reference="L1", name="李律师", id_kind="", id_number="")
    appoint = actions_standing.appoint_representative
    data = RepresentativeData("lawyer", date(2026, 1, 1), date(2100, 12, 31))
    assert appoint(operator, party.public_id, party.public_id, data).code == "representation.self"
    assert appoint(operator, party.public_id, "pty_x", data).code == "party.not_found"
    assert appoint(operator, party.public_id, lawyer.public_id, RepresentativeData("friend", DAY)).code == "party.value_unknown"
    reversed_days = RepresentativeData("lawyer", DAY, DAY - timedelta(1))
    assert appoint(operator, party.public_id, lawyer.public_id, reversed_days).code == "party.dates_reversed"
    appoint(operator, party.public_id, lawyer.public_id, data)
    seen = view(operator.scope, party).parties[0]
    assert [r.kind for r in seen.restrictions] == ["represented"]
    assert seen.representations[0].name_masked == "李*师"


def test_reveal_leaves_exactly_one_line(operator, person, creditor, party):
    with_right = person("col", Role.COLLECTOR, at=creditor)
    assert actions.reveal(with_right, ("party", party.public_id), "id", "identity check") == ID
    line = AccessLog.objects.visible_to(operator.scope).get()
    assert (line.viewer_id, line.fields, line.reason) == (with_right.id, ["id"], "identity check")
    assert Entry.objects.filter(act="party.revealed").count() == 1
    for actor, subject, field, code in (
        (with_right, ("party", party.public_id), "salary", "party.value_unknown"),
        (with_right, ("party", "pty_x"), "id", "party.not_found"),
        (person("ana", Role.ANALYST, at=creditor), ("party", party.public_id), "id", "access.not_allowed"),
    ):
        assert actions.reveal(actor, subject, field).code == code
    assert AccessLog.objects.visible_to(operator.scope).count() == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("王小明", "name"), ("wxm", "initials"), ("WX", "initials"), ("P1", "number"), (ID, "id"), (ID.lower(), "id"),
        ("13800138000", "phone"), ("+86 138 0013 8000", "phone"), ("8000", "phone_tail"), ("002x", "id_tail"),
    ],
)  # fmt: skip
def test_search(operator, person, other_creditor, party, text, why):
    actions_points.add_contact_point(operator, party.public_id, PointData("phone", "13800138000", "contract"))
    [hit] = queries.search(operator.scope, text)
    assert (hit.why, hit.customer_public_id, hit.name_masked) == (why, party.customer.public_id, "王*明")
    assert queries.search(person("b", at=other_creditor).scope, text) == []


@pytest.mark.parametrize("text", ["", " ", "王小", "9999", "李", "x" * 500])
def test_search_without_a_hit(operator, party, text):
    assert queries.search(operator.scope, text) == []


def test_customer_view_needs_a_fixed_number_of_statements(operator, creditor, party, django_assert_num_queries):
    for n in range(5):
        register(operator, creditor, reference=f"Q{n}")
    with django_assert_num_queries(8):
        assert len(view(operator.scope, party).parties) == 6


def test_nothing_before_it_was_known(operator, person, other_creditor, party):
    assert view(operator.scope, party, party.created_at - timedelta(seconds=1)) is None
    assert view(person("b", at=other_creditor).scope, party) is None
