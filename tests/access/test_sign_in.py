"""Signing in: what is counted, what is told, and what a code is worth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.access import actions_account, actions_sign_in, second_factor, throttle
from arrears.access.actions_sign_in import DOORKEEPER
from arrears.access.models import RecoveryCode, SignInThrottle, User
from arrears.access.queries import actor_of_user
from arrears.journal.models import Entry
from arrears.kernel import clock
from arrears.kernel.scope import Role

PASSWORD = "correct-horse-battery-9"

T0 = datetime(2026, 11, 23, 1, tzinfo=UTC)
LIMITS = st.builds(
    throttle.Limits,
    st.integers(0, 5),
    st.integers(1, 60).map(lambda s: timedelta(seconds=s)),
    st.integers(60, 3600).map(lambda s: timedelta(seconds=s)),
    st.just(timedelta(hours=24)),
)


@given(LIMITS, st.integers(1, 40))
def test_delay_grows_and_is_bounded(limits, failures):
    state, now, before = throttle.State(0, T0), T0, timedelta()
    for n in range(1, failures + 1):
        state = throttle.after_failure(state, now, limits)
        wait = timedelta(seconds=state.wait_seconds(now))
        assert (wait == timedelta()) == (n <= limits.free)
        assert before <= wait <= limits.longest
        now, before = now + wait, wait
        assert state.wait_seconds(now) == 0


def test_quiet_forgets():
    limits = throttle.USER
    state = throttle.State(9, T0)
    assert throttle.after_failure(state, T0 + limits.window + timedelta(seconds=1), limits) == throttle.State(
        1, T0 + limits.window + timedelta(seconds=1)
    )


def attempt(username, password=PASSWORD, address="203.0.113.7", at=None):
    return actions_sign_in.attempt_sign_in(DOORKEEPER, username, password, address, at)


@pytest.fixture
def wang(make_user, creditor):
    return make_user("wang", Role.COLLECTOR, at=creditor)


@pytest.fixture(autouse=True)
def fast_hashing(monkeypatch):
    """The shape of the flow is tested, not the slowness of the hash."""
    from django.contrib.auth import hashers

    monkeypatch.setattr(hashers.Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(hashers.Argon2PasswordHasher, "memory_cost", 1024)


def test_right_password(wang):
    outcome = attempt(" wang ")
    assert (outcome.user, outcome.refusal, outcome.needs_second_factor) == (wang, None, False)


def test_same_answer_for_wrong_unknown_and_inactive(wang, make_user):
    asleep = make_user("asleep")
    asleep.is_active = False
    asleep.save()
    refusals = [attempt(u, p).refusal for u, p in (("wang", "no"), ("nobody", PASSWORD), ("asleep", PASSWORD), ("", ""))]
    assert {r.code for r in refusals} == {"sign_in.refused"}
    assert len({r.sentence for r in refusals}) == 1


@pytest.mark.parametrize("username", ["wang", "nobody"])
def test_known_and_unknown_lock_alike(wang, username):
    codes = [attempt(username, "no", at=T0).refusal.code for _ in range(8)]
    assert codes == ["sign_in.refused"] * 5 + ["sign_in.wait"] * 3
    wait = attempt(username, "no", at=T0).refusal
    assert (wait.values["seconds"], wait.status) == (30, 429)
    assert attempt(username.upper(), "no", at=T0).refusal.code == "sign_in.wait"


def test_even_the_right_password_waits_and_then_clears(wang):
    for _ in range(5):
        attempt("wang", "no", at=T0)
    assert attempt("wang", at=T0 + timedelta(seconds=29)).user is None
    assert attempt("wang", at=T0 + timedelta(seconds=30)).user == wang
    assert attempt("wang", "no", at=T0 + timedelta(seconds=31)).refusal.code == "sign_in.refused"


def test_held_attempts_do_not_lengthen_the_lock(wang):
    for _ in range(50):
        attempt("wang", "no", at=T0)
    assert attempt("wang", at=T0 + timedelta(seconds=30)).user == wang


def test_an_address_that_guesses_many_names_is_held(wang):
    for n in range(50):
        attempt(f"guess{n}", "no", at=T0)
    assert attempt("wang", at=T0).refusal.code == "sign_in.wait"
    assert attempt("wang", address="198.51.100.1", at=T0).user == wang


def test_a_success_does_not_clear_the_address(wang):
    for n in range(49):
        attempt(f"guess{n}", "no", at=T0)
    attempt("wang", at=T0)
    attempt("guess", "no", at=T0)
    assert attempt("wang", at=T0).refusal.code == "sign_in.wait"


def test_nothing_typed_is_kept(wang):
    attempt("my-password-by-mistake", "no")
    text = str([(e.subject_id, e.payload) for e in Entry.objects.all()])
    assert "mistake" not in text
    assert all(b"mistake" not in bytes(row.key) for row in SignInThrottle.objects.all())


@pytest.fixture
def enrolled(wang):
    actor = actor_of_user(wang, "web")
    secret = actions_account.begin_totp(actor)
    before = pyotp.TOTP(secret).at(int(clock.now().timestamp()) - 30)
    codes = actions_account.confirm_totp(actor, before)
    assert len(codes) == 10
    return secret, codes


def code_of(secret, at):
    return pyotp.TOTP(secret).at(int(at.timestamp()))


def second(user, code, at=None):
    return actions_sign_in.check_second_factor(DOORKEEPER, user, code, "203.0.113.7", at)


def test_second_factor_is_asked_and_a_code_counts_once(wang, enrolled):
    secret, _ = enrolled
    assert attempt("wang").needs_second_factor
    now = clock.now()
    code = code_of(secret, now)
    assert second(wang, code, now).user == wang
    assert second(wang, code, now).refusal.code == "sign_in.second_factor"
    assert second(wang, code_of(secret, now + timedelta(seconds=90)), now).refusal is not None


def test_recovery_code_counts_once_however_it_is_typed(wang, enrolled):
    _, codes = enrolled
    assert second(wang, f" {codes[3].upper()} ").user == wang
    assert second(wang, codes[3]).refusal.code == "sign_in.second_factor"
    assert RecoveryCode.objects.filter(used_at=None).count() == 9
    assert all(codes[4].encode() not in bytes(r.code_hash) for r in RecoveryCode.objects.all())


def test_guessing_codes_locks(wang, enrolled):
    codes = [second(wang, "000000", T0).refusal.code for _ in range(6)]
    assert codes[-1] == "sign_in.wait"
    assert attempt("wang", at=T0).refusal.code == "sign_in.wait"


def test_a_right_password_alone_does_not_clear_code_failures(wang, enrolled):
    for _ in range(3):
        second(wang, "000000", T0)
        assert attempt("wang", at=T0).needs_second_factor
    for _ in range(2):
        second(wang, "000000", T0)
    assert attempt("wang", at=T0).refusal.code == "sign_in.wait"


def test_enrolment_states(wang):
    actor = actor_of_user(wang, "web")
    assert actions_account.confirm_totp(actor, "000000").code == "totp.state"
    assert actions_account.disable_totp(actor, PASSWORD).code == "totp.state"
    assert actions_account.renew_recovery_codes(actor, PASSWORD).code == "totp.state"
    secret = actions_account.begin_totp(actor)
    assert actions_account.confirm_totp(actor, "000000").code == "sign_in.second_factor"
    assert not attempt("wang").needs_second_factor
    wang.refresh_from_db()
    assert secret.encode() not in bytes(wang.totp_secret_sealed)
    assert second_factor.open_sealed(wang.totp_secret_sealed) == secret
    actions_account.confirm_totp(actor, code_of(secret, clock.now()))
    assert actions_account.begin_totp(actor).code == "totp.state"
    assert actions_account.disable_totp(actor, "no").code == "password.wrong"
    assert actions_account.renew_recovery_codes(actor, "no").code == "password.wrong"
    assert len(actions_account.renew_recovery_codes(actor, PASSWORD)) == 10
    actions_account.disable_totp(actor, PASSWORD)
    assert not attempt("wang").needs_second_factor
    assert not RecoveryCode.objects.exists()


def test_qr_is_an_svg_data_uri():
    assert second_factor.qr_data_uri(second_factor.uri(second_factor.new_secret(), "wang")).startswith("data:image/svg+xml")


@pytest.mark.parametrize(
    ("present", "wanted", "code"),
    [
        ("no", "another-long-phrase-7", "password.wrong"),
        (PASSWORD, "short", "password.weak"),
        (PASSWORD, "passwordpassword", None),
        (PASSWORD, "wang-and-something", "password.weak"),
        (PASSWORD, PASSWORD, "password.weak"),
        (PASSWORD, "password1234", "password.weak"),
        (PASSWORD, "another-long-phrase-7", None),
    ],
)
def test_change_password(wang, present, wanted, code):
    result = actions_account.change_password(actor_of_user(wang, "web"), present, wanted)
    if code is None:
        assert isinstance(result, User)
        assert result.check_password(wanted)
    else:
        assert result.code == code


def test_preferences(wang):
    actor = actor_of_user(wang, "web")
    actions_account.set_preferences(actor, language="en", theme="dark")
    wang.refresh_from_db()
    assert (wang.language, wang.theme) == ("en", "dark")
    assert actions_account.set_preferences(actor, theme="pink").code == "account.preference"
    assert actions_account.set_preferences(actor, language="fr").code == "account.preference"
