"""Consents and restrictions against a plain re-telling of the rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from arrears.parties.standing import ConsentFact, RestrictionFact, consents_to, restrictions_at

T0 = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = st.integers(0, 6).map(lambda h: T0 + timedelta(hours=h))


@st.composite
def consent_facts(draw):
    facts = []
    for n in range(draw(st.integers(0, 6))):
        at = draw(HOURS)
        event = draw(st.sampled_from(["given", "withdrawn"]))
        facts.append(
            ConsentFact(
                n,
                event,
                draw(st.sampled_from(["sms", "voice", "any"])),
                draw(st.sampled_from(["collect", "off_hours", "any"])),
                at,
                max(at, draw(HOURS)),
                at + timedelta(hours=draw(st.integers(1, 5))) if event == "given" and draw(st.booleans()) else None,
            )
        )
    return facts


def naive(facts, channel, purpose, at, known_at):
    state = False
    for f in sorted(facts, key=lambda f: (f.effective_at, f.event == "withdrawn", f.recorded_at, f.id)):
        if f.recorded_at > known_at or f.effective_at > at:
            continue
        if f.channel not in (channel, "any") or f.purpose not in (purpose, "any"):
            continue
        state = f.event == "given" and not (f.until and f.until <= at)
    return state


@given(consent_facts(), st.sampled_from(["sms", "voice"]), st.sampled_from(["collect", "off_hours"]), HOURS, HOURS)
def test_consent_is_the_last_word(facts, channel, purpose, at, known_at):
    assert consents_to(facts, channel, purpose, at, known_at) == naive(facts, channel, purpose, at, known_at)


@given(consent_facts(), HOURS)
def test_a_withdrawal_of_everything_leaves_nothing(facts, at):
    last = ConsentFact(99, "withdrawn", "any", "any", at, at)
    for channel in ("sms", "voice"):
        assert not consents_to([*facts, last], channel, "collect", at)


@given(consent_facts(), HOURS, HOURS)
def test_what_was_known_then_never_changes(facts, at, known_at):
    later = [f for f in facts if f.recorded_at <= known_at]
    assert consents_to(facts, "sms", "collect", at, known_at) == consents_to(later, "sms", "collect", at)


def test_silence_is_no_consent():
    assert not consents_to([], "sms", "collect", T0)


def restriction(**changes):
    return RestrictionFact(
        **({"public_id": "r", "kind": "stop", "scope": "party", "effective_from": T0, "recorded_at": T0} | changes)
    )


def test_restriction_bounds():
    hour = timedelta(hours=1)
    one = restriction(effective_until=T0 + hour)
    assert [bool(restrictions_at([one], T0 + d)) for d in (-hour, 0 * hour, hour / 2, hour)] == [False, True, True, False]
    lifted = restriction(lifted_at=T0 + hour)
    assert lifted.holds(T0)
    assert not lifted.holds(T0 + hour)
    assert lifted.holds(T0 + 2 * hour, known_at=T0 + hour / 2)
    assert not restriction(recorded_at=T0 + hour).holds(T0 + 2 * hour, known_at=T0)


def test_restriction_touches():
    assert restriction().touches("sms")
    assert not restriction(channels=frozenset({"voice"})).touches("sms")
    agreement = restriction(scope="agreement", agreement_reference="L1")
    assert agreement.touches("sms", agreement_reference="L1")
    assert not agreement.touches("sms", agreement_reference="L2")
    point = restriction(scope="contact_point", contact_point_id=7)
    assert point.touches("sms", contact_point_id=7)
    assert not point.touches("sms", contact_point_id=8)
