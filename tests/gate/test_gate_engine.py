"""Laws of the gate: default deny, strictest wins, nobody in a forbidden hour of any possible zone, caps never passed."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.gate import engine
from arrears.gate.facts import (
    Account,
    Attempt,
    Consent,
    Person,
    Request,
    Situation,
    Slot,
    Stop,
    request_from,
    situation_from,
    to_json,
)
from arrears.gate.packs import packs_for, shipped
from arrears.journal.canonical import canonical_bytes

CN = packs_for("CN", "bank", "credit_card")
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 23, 12, tzinfo=SHANGHAI)
DEBTOR = Situation(Person("debtor", ("Asia/Shanghai",)), CN)


def ask(situation=DEBTOR, at=NOON, channel="voice", **more):
    return engine.decide(situation, Request(at, channel, **{"number_provenance": "contract", **more}), shipped())


def history(*lines, number="", outcome="conversation"):
    return tuple(Attempt(at, "voice", outcome=outcome, number=number) for at in lines)


def test_a_debtor_may_be_called_at_noon_until_ten():
    decision = ask()
    assert decision.allowed
    assert decision.until == datetime(2026, 11, 23, 22, tzinfo=SHANGHAI)
    assert {kind for _, _, kind in decision.packs} == {"demo"}


@pytest.mark.parametrize(
    ("situation", "changes", "rule"),
    [
        (replace(DEBTOR, packs=()), {}, "unknown_pack"),
        (replace(DEBTOR, packs=("XX",)), {}, "unknown_pack"),
        (replace(DEBTOR, person=Person("debtor", ())), {}, "unknown_time_zone"),
        (replace(DEBTOR, person=Person("debtor", ("Mars/Olympus",))), {}, "unknown_time_zone"),
        (replace(DEBTOR, person=Person("debtor", ("Asia/Shanghai", "Nowhere"))), {}, "unknown_time_zone"),
        (replace(DEBTOR, person=Person("neighbour", ("Asia/Shanghai",))), {}, "unknown_role"),
        (DEBTOR, {"channel": "pigeon"}, "unknown_channel"),
        (DEBTOR, {"purpose": "shame"}, "unknown_purpose"),
        (DEBTOR, {"action": "seize"}, "unknown_action"),
        (DEBTOR, {"action": "place_with_agency"}, "no_permitting_rule"),
        (DEBTOR, {"number_provenance": ""}, "CN-P-05"),
        (DEBTOR, {"number_provenance": "bought"}, "CN-P-05"),
        (DEBTOR, {"channel": "visit", "crew": 1}, "CN-F-04"),
        (DEBTOR, {"channel": "visit"}, "CN-F-04"),
        (DEBTOR, {"at": datetime(2030, 1, 1, 12, tzinfo=SHANGHAI)}, "pack_expired"),
    ],
)
def test_unknown_means_no(situation, changes, rule):
    decision = ask(situation, **changes)
    assert not decision.allowed
    assert rule in decision.rules
    assert all(r.sentence.zh and r.sentence.en for r in decision.reasons)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("stop", "CN-S-01"), ("deceased", "CN-S-02"), ("minor", "CN-S-03"), ("insolvency", "CN-S-04"),
        ("moratorium", "CN-S-05"), ("represented", "CN-S-06"), ("dispute", "CN-S-07"),
    ],
)  # fmt: skip
def test_every_stop_stops_every_channel(kind, rule):
    stopped = replace(DEBTOR, stops=(Stop(kind, NOON - timedelta(days=1)),))
    for channel in ("voice", "sms", "letter", "email", "visit"):
        decision = ask(stopped, channel=channel, crew=2)
        assert rule in decision.rules
        assert decision.next_permitted is None
    assert ask(replace(DEBTOR, stops=(Stop(kind, NOON + timedelta(hours=1)),))).until == NOON + timedelta(hours=1)


def test_a_stop_that_ends_tells_when():
    stopped = replace(DEBTOR, stops=(Stop("moratorium", NOON - timedelta(days=1), NOON + timedelta(days=3)),))
    assert ask(stopped).next_permitted == NOON + timedelta(days=3)


def test_a_stop_of_one_channel_or_number_leaves_the_others():
    stopped = replace(DEBTOR, stops=(Stop("stop", NOON - timedelta(days=1), channels=("voice",)),))
    assert not ask(stopped).allowed
    assert ask(stopped, channel="letter").allowed
    numbered = replace(DEBTOR, stops=(Stop("stop", NOON - timedelta(days=1), number="N1"),))
    assert not ask(numbered, number="N1").allowed
    assert ask(numbered, number="N2").allowed


def test_an_attempt_under_way_counts_as_the_worst():
    settled = history(NOON - timedelta(hours=3), NOON - timedelta(hours=2))
    flying = (Attempt(NOON - timedelta(minutes=30), "voice", outcome="reserved"),)
    assert ask(replace(DEBTOR, history=settled)).allowed
    assert "CN-F-01" in ask(replace(DEBTOR, history=settled + flying)).rules


def test_rules_are_dated():
    late = datetime(2025, 2, 27, 23, tzinfo=SHANGHAI)
    assert ask(at=late).allowed  # the standard came into force on 2025-02-28
    assert ask(at=late + timedelta(days=1)).rules == ("CN-T-01",)


def test_consent_opens_only_its_own_hours():
    consent = Consent("C1", "off_hours", NOON - timedelta(days=9), from_time=time(22), until_time=time(23))
    agreed = replace(DEBTOR, consents=(consent,))
    at = datetime(2026, 11, 23, 22, 30, tzinfo=SHANGHAI)
    assert ask(agreed, at).until == datetime(2026, 11, 23, 23, tzinfo=SHANGHAI)
    assert not ask(replace(DEBTOR, consents=(replace(consent, withdrawn_at=NOON),)), at).allowed
    assert not ask(replace(DEBTOR, consents=(replace(consent, channel="sms"),)), at).allowed


def test_summer_time_at_midnight():
    """Cairo's clock jumps from 0 to 1 o'clock: the day still begins, and the cap of the day before is over."""
    day = date(2026, 4, 24)  # last Friday of April
    person = Person("debtor", ("Africa/Cairo",))
    before = datetime(2026, 4, 23, 20, tzinfo=ZoneInfo("Africa/Cairo"))
    busy = replace(DEBTOR, person=person, history=history(*(before - timedelta(hours=h) for h in (1, 2, 3))))
    decision = ask(busy, before)
    assert decision.rules == ("CN-F-01",)
    assert decision.next_permitted == datetime(day.year, day.month, day.day, 8, tzinfo=ZoneInfo("Africa/Cairo"))


def test_json_there_and_back():
    situation = replace(
        DEBTOR,
        accounts=(Account("A1", "A1", "credit_card", moratorium_from=date(2026, 1, 1)),),
        consents=(Consent("C1", "off_hours", NOON, from_time=time(22)),),
        stops=(Stop("stop", NOON, channels=("sms",)),),
        history=history(NOON - timedelta(hours=1)),
        person=Person("debtor", ("Asia/Shanghai",), inconvenient=(Slot(("mon",), time(9), time(10)),)),
    )
    request = Request(NOON, "voice", number="N1")
    again, asked = situation_from(to_json(situation)), request_from(to_json(request))
    assert canonical_bytes(to_json(again)) == canonical_bytes(to_json(situation))
    assert asked.at == request.at
    assert engine.decide(again, asked, shipped()) == engine.decide(situation, request, shipped())


zones = st.lists(
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"]),
    min_size=1, max_size=3, unique=True,
)  # fmt: skip
instants = st.integers(0, 400 * 24 * 60).map(lambda m: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=m))
attempts = st.lists(
    st.builds(
        Attempt,
        at=st.integers(0, 3 * 24 * 60).map(lambda m: NOON - timedelta(minutes=m)),
        channel=st.sampled_from(["voice", "ai_voice", "sms"]),
        direction=st.sampled_from(["outbound", "inbound"]),
        outcome=st.sampled_from(["conversation", "unanswered", "busy", "reserved", "unknown"]),
        number=st.sampled_from(["N1", "N2"]),
    ),
    max_size=14,
).map(tuple)


@settings(max_examples=150, deadline=None)
@given(zones=zones, at=instants, channel=st.sampled_from(["voice", "sms", "visit"]))
def test_never_in_a_forbidden_hour_of_any_possible_zone(zones, at, channel):
    situation = replace(DEBTOR, person=Person("debtor", tuple(zones)))
    decision = ask(situation, at, channel, crew=2)
    closed = any(not time(8) <= at.astimezone(ZoneInfo(z)).time() < time(22) for z in zones)
    assert decision.allowed is not closed
    if decision.next_permitted:
        assert ask(situation, decision.next_permitted, channel, crew=2).allowed
        assert not ask(situation, decision.next_permitted - timedelta(seconds=1), channel, crew=2).allowed
    if decision.until:
        assert not ask(situation, decision.until, channel, crew=2).allowed
        assert ask(situation, decision.until - timedelta(seconds=1), channel, crew=2).allowed


@settings(max_examples=150, deadline=None)
@given(past=attempts, number=st.sampled_from(["N1", "N2"]))
def test_no_cap_is_ever_passed(past, number):
    decision = ask(replace(DEBTOR, history=past), number=number)
    today = [
        a for a in past if a.at.astimezone(SHANGHAI).date() == NOON.date() and a.direction == "outbound" and a.channel != "sms"
    ]
    talks = sum(a.outcome in ("conversation", "reserved", "unknown") for a in today)
    rings = sum(a.outcome in ("unanswered", "reserved", "unknown") for a in today if a.number == number)
    if decision.allowed:
        assert talks < 3
        assert rings < 6
        assert len(today) < 10
    else:
        assert decision.reasons


@settings(max_examples=100, deadline=None)
@given(past=attempts, zones=zones, at=instants, dropped=st.sampled_from(CN))
def test_a_further_pack_never_permits_more(past, zones, at, dropped):
    whole = replace(DEBTOR, person=Person("debtor", tuple(zones)), history=past)
    part = replace(whole, packs=tuple(p for p in CN if p != dropped or p == "CN-BASE"))
    if ask(whole, at).allowed:
        assert ask(part, at).allowed
