"""Permits on real PostgreSQL: reserve, use once, settle; every misuse refused; decisions stored and replayed bit for bit."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from arrears.gate import actions, queries
from arrears.gate.actions import Contact
from arrears.gate.models import Attempt, GateDecision, Permit
from arrears.journal.models import Entry
from arrears.kernel.scope import Scope
from arrears.parties import actions_standing

OPEN = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, as the fixture sets the clock
pytestmark = pytest.mark.django_db


def call(debtor, **more):
    party, mobile, _ = debtor
    return Contact(party.public_id, mobile.public_id, "voice", **more)


def spend(collector, debtor, permit, **changes):
    words = {"channel": "voice", "contact_point": debtor[1].public_id, "purpose": "collect", **changes}
    return actions.use(collector, permit.public_id, **words)


def test_reserve_use_settle(collector, debtor):
    permit = actions.request_permit(collector, call(debtor))
    assert isinstance(permit, Permit), permit
    assert permit.expires_at == OPEN + timedelta(minutes=10)
    used = spend(collector, debtor, permit)
    assert used.state == "used"
    settled = actions.settle(collector, permit.public_id, "conversation")
    assert settled.state == "settled"
    attempt = Attempt.objects.visible_to(collector.scope).get()
    assert (attempt.outcome, attempt.permit_id) == ("conversation", permit.id)
    acts = list(Entry.objects.filter(act__startswith="permit.").order_by("id").values_list("act", flat=True))
    assert acts == ["permit.reserved", "permit.used", "permit.settled"]


def test_counters_stop_the_fourth_conversation(collector, debtor, at):
    for n in range(3):
        at(OPEN + timedelta(minutes=20 * n))
        permit = actions.request_permit(collector, call(debtor))
        spend(collector, debtor, permit)
        actions.settle(collector, permit.public_id, "conversation")
    at(OPEN + timedelta(hours=2))
    refusal = actions.request_permit(collector, call(debtor))
    assert refusal.code == "gate.not_permitted"
    assert refusal.values["rules"] == ["CN-F-01"]
    assert refusal.values["next_permitted"] == "2026-11-24T00:00:00+00:00"
    assert GateDecision.objects.visible_to(collector.scope).filter(allowed=False).count() == 1


def test_a_reservation_counts_until_it_runs_out(collector, debtor, at):
    first = actions.request_permit(collector, call(debtor))
    assert "HOUSE-F-02" in actions.request_permit(collector, call(debtor)).values["rules"]
    at(first.expires_at)
    assert isinstance(actions.request_permit(collector, call(debtor)), Permit)


def test_released_permit_gives_its_place_back(collector, debtor):
    first = actions.request_permit(collector, call(debtor))
    assert actions.release(collector, first.public_id).state == "released"
    assert isinstance(actions.request_permit(collector, call(debtor)), Permit)
    assert actions.release(collector, first.public_id).code == "gate.permit_spent"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"channel": "sms"}, "gate.permit_foreign"),
        ({"purpose": "reminder"}, "gate.permit_foreign"),
        ({"contact_point": "cpt_other"}, "gate.permit_foreign"),
        ({"template_class": "dunning"}, "gate.permit_foreign"),
    ],
)
def test_a_foreign_permit_is_refused(collector, debtor, changes, code):
    permit = actions.request_permit(collector, call(debtor))
    assert spend(collector, debtor, permit, **changes).code == code
    assert spend(collector, debtor, permit).state == "used"


def test_used_expired_forged_unknown_permits_are_refused(collector, debtor, at):
    permit = actions.request_permit(collector, call(debtor))
    spend(collector, debtor, permit)
    assert spend(collector, debtor, permit).code == "gate.permit_spent"
    assert actions.settle(collector, permit.public_id, "shouted").code == "gate.outcome_unknown"
    at(OPEN + timedelta(minutes=30))
    actions.settle(collector, permit.public_id, "unanswered")
    late = actions.request_permit(collector, call(debtor))
    at(OPEN + timedelta(hours=3))
    assert spend(collector, debtor, late).code == "gate.permit_expired"
    assert actions.use(collector, "prm_none", channel="voice", contact_point="", purpose="collect").code == "gate.permit_unknown"
    assert actions.settle(collector, late.public_id, "conversation").code == "gate.permit_spent"


def test_forged_permit_is_refused(collector, debtor, monkeypatch):
    permit = actions.request_permit(collector, call(debtor))
    monkeypatch.setattr(actions, "signature_of", lambda p: b"x" * 32)
    assert spend(collector, debtor, permit).code == "gate.permit_forged"


def test_a_stop_that_comes_in_meanwhile_ends_the_permit(collector, debtor, at):
    permit = actions.request_permit(collector, call(debtor))
    at(OPEN + timedelta(minutes=1))
    stop = actions_standing.restrict(collector, debtor[0].public_id, actions_standing.RestrictionData("stop", reason="asked"))
    assert stop, stop
    refusal = spend(collector, debtor, permit)
    assert refusal.values["rules"] == ["CN-S-01"]


@pytest.mark.parametrize(
    ("contact", "code"),
    [
        (lambda d: Contact("pty_none", d[1].public_id, "voice"), "gate.unknown_person"),
        (lambda d: Contact(d[0].public_id, "cpt_none", "voice"), "gate.unknown_point"),
        (lambda d: Contact(d[0].public_id, d[1].public_id, "letter"), "gate.unknown_point"),
        (lambda d: Contact(d[0].public_id, d[1].public_id, "voice", agreement="A9"), "gate.unknown_person"),
    ],
)
def test_unknown_person_or_point(collector, debtor, contact, code):
    assert actions.request_permit(collector, contact(debtor)).code == code


def test_nobody_without_scope_gets_a_permit(collector, debtor):
    from dataclasses import replace

    stranger = replace(collector, scope=replace(collector.scope, creditor_ids=frozenset({0})))
    assert actions.request_permit(stranger, call(debtor)).code == "gate.unknown_person"
    assert queries.permit_strip(Scope(frozenset()), debtor[0].customer.public_id, OPEN) == []


def test_replay_gives_the_same_answer_bit_for_bit(collector, debtor, at):
    actions.request_permit(collector, call(debtor))
    at(OPEN + timedelta(hours=11))
    actions.request_permit(collector, call(debtor))
    rows = list(GateDecision.objects.visible_to(collector.scope).order_by("id"))
    assert [r.allowed for r in rows] == [True, False]
    for row in rows:
        replay = queries.replay(collector.scope, row.public_id)
        assert replay.same
        assert replay.answer == row.answer
    assert queries.replay(collector.scope, "dec_none").code == "gate.decision_unknown"


def test_the_database_holds_the_house_rules(collector, debtor):
    permit = actions.request_permit(collector, call(debtor))
    party = debtor[0]
    with pytest.raises(IntegrityError, match="no_contact_without_permit"), transaction.atomic():
        Attempt.objects.create(
            creditor=party.creditor, customer=party.customer, party=party, contacted_at=OPEN, recorded_at=OPEN, channel="voice",
            direction="outbound", purpose="collect", outcome="unanswered", actor_id="x",
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        GateDecision.objects.visible_to(collector.scope).update(allowed=False)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Permit.objects.visible_to(collector.scope).filter(id=permit.id).update(channel="sms")


def test_strip_shows_every_channel_with_reason_and_counters(collector, debtor):
    lines = {line.channel: line for line in queries.permit_strip(collector.scope, debtor[0].customer.public_id, OPEN)}
    assert lines["voice"].state == "allow"
    assert ("CN-F-01", 0, 3) in lines["voice"].used
    assert lines["email"].state == "none"
    night = {
        line.channel: line
        for line in queries.permit_strip(collector.scope, debtor[0].customer.public_id, OPEN + timedelta(hours=11))
    }
    assert (night["voice"].state, night["letter"].state) == ("wait", "allow")
    assert night["voice"].decision.reasons[0].clause


def test_reported_contacts_count(collector, debtor, at):
    for n in range(3):
        row = actions.report_contact(
            collector, debtor[0].public_id, channel="voice", direction="outbound", outcome="conversation",
            at=OPEN - timedelta(hours=n + 1), source="agency:X",
        )  # fmt: skip
        assert row, row
    assert actions.request_permit(collector, call(debtor)).values["rules"] == ["CN-F-01"]
    told = {"channel": "voice", "outcome": "conversation", "at": OPEN - timedelta(hours=1), "source": ""}
    assert actions.report_contact(collector, debtor[0].public_id, direction="outbound", **told).code == "gate.request_wrong"
    assert actions.report_contact(collector, "pty_none", direction="inbound", **told).code == "gate.unknown_person"


@pytest.mark.django_db(transaction=True)
def test_race_for_the_last_place(collector, debtor, at):
    """Many askers at once, six places on the number: never a seventh permit, whoever comes first."""
    for n in range(5):
        row = actions_report(collector, debtor, OPEN - timedelta(hours=n + 1))
        assert row, row
    got = []

    def ask():
        try:
            with transaction.atomic():
                got.append(actions.request_permit(collector, call(debtor, purpose="reply")))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert sum(isinstance(g, Permit) for g in got) == 1


def actions_report(collector, debtor, at):
    with transaction.atomic():
        return actions.report_contact(
            collector, debtor[0].public_id, channel="voice", direction="outbound", outcome="unanswered", at=at,
            source="dialler", contact_point=debtor[1].public_id,
        )  # fmt: skip
