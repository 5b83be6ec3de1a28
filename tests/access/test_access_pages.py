"""The pages of the access room, through the whole middleware."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from arrears.access import approvals as registry
from arrears.access import middleware
from arrears.access.actions import require_authority
from arrears.access.models import AccessLog, User, UserSession
from arrears.access.pages import address_of, browser_of, network_of
from arrears.access.queries import actor_of_user
from arrears.journal.models import Entry
from arrears.kernel import clock
from arrears.kernel.scope import SYSTEM_SCOPE, Role

pytestmark = pytest.mark.django_db

PASSWORD = "correct-horse-battery-9"


@pytest.fixture
def browser(make_user, creditor):
    """Signs a user in and gives the client."""

    def go(username, *roles, at=None, **headers):
        make_user(username, *roles, at=at or creditor)
        client = Client(enforce_csrf_checks=False, headers=headers)
        answer = client.post(reverse("access:sign_in"), {"username": username, "password": PASSWORD})
        assert answer.status_code == 302, answer.content
        return client

    return go


def get(client, name, *args, **more):
    return client.get(reverse(f"access:{name}", args=args), **more)


def post(client, name, data=None, *args, **more):
    return client.post(reverse(f"access:{name}", args=args), data or {}, **more)


def test_sign_in_page_and_form(make_user, creditor):
    make_user("wang", Role.LEAD, at=creditor)
    client = Client()
    assert get(client, "sign_in").status_code == 200
    wrong = post(client, "sign_in", {"username": "wang", "password": "no", "next": "/approvals"})
    assert wrong.status_code == 401
    assert "用户名或密码不正确" in wrong.content.decode()
    assert PASSWORD not in wrong.content.decode()
    right = post(client, "sign_in", {"username": "wang", "password": PASSWORD, "next": "/approvals"})
    assert (right.status_code, right["Location"]) == (302, "/approvals")
    assert "no-store" in wrong["Cache-Control"]
    assert UserSession.objects.get().user.username == "wang"
    assert get(client, "sign_in").status_code == 302


def test_the_form_needs_its_token(make_user):
    client = Client(enforce_csrf_checks=True)
    assert post(client, "sign_in", {"username": "wang", "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil", "evil"])
def test_no_open_redirect(make_user, creditor, target):
    make_user("wang", Role.LEAD, at=creditor)
    answer = post(Client(), "sign_in", {"username": "wang", "password": PASSWORD, "next": target})
    assert answer["Location"] == "/"


def test_the_session_gets_a_new_key(make_user, creditor):
    make_user("wang", Role.LEAD, at=creditor)
    client = Client()
    session = client.session
    session["planted"] = "1"
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    post(client, "sign_in", {"username": "wang", "password": PASSWORD})
    assert client.cookies["sessionid"].value != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_waiting_says_how_long(make_user):
    client = Client()
    for _ in range(5):
        post(client, "sign_in", {"username": "x", "password": "no"})
    answer = post(client, "sign_in", {"username": "x", "password": "no"})
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 30


def test_signed_out_requests(make_user):
    client = Client()
    page = get(client, "account")
    assert (page.status_code, page["Location"]) == (302, "/sign-in?next=%2Faccount")
    script = get(client, "account", headers={"HX-Request": "true"})
    assert (script.status_code, script["HX-Redirect"]) == (401, "/sign-in?next=%2Faccount")


def test_second_factor_step(browser):
    client = browser("wang", Role.LEAD)
    page = post(client, "totp", {"step": "begin"})
    secret = page.context["secret"]
    assert "data:image/svg+xml" in page.content.decode()
    assert post(client, "totp", {"step": "confirm", "code": "000000"}).status_code == 401
    step = int(clock.now().timestamp()) // 30
    shown = post(client, "totp", {"step": "confirm", "code": pyotp.TOTP(secret).at(step * 30)})
    codes = shown.context["recovery_codes"]
    assert len(codes) == 10
    fresh = Client()
    asked = post(fresh, "sign_in", {"username": "wang", "password": PASSWORD, "next": "/account"})
    assert asked.status_code == 200
    assert get(fresh, "account").status_code == 302
    assert post(fresh, "second_factor", {"code": "000000", "next": "/account"}).status_code == 401
    entered = post(fresh, "second_factor", {"code": codes[0], "next": "/account"})
    assert entered["Location"] == "/account"
    assert get(fresh, "account").status_code == 200
    assert post(Client(), "second_factor", {"code": codes[1]})["Location"] == "/sign-in"
    off = post(client, "totp", {"step": "disable", "password": PASSWORD})
    assert off.status_code == 200
    assert User.objects.get(username="wang").totp_confirmed_at is None


def test_a_half_signed_in_session_runs_out(make_user, monkeypatch):
    user = make_user("wang")
    client = Client()
    session = client.session
    session["half_signed_in"] = [user.public_id, int(clock.now().timestamp()) - 301]
    session.save()
    client.cookies["sessionid"] = session.session_key
    assert post(client, "second_factor", {"code": "1"})["Location"] == "/sign-in"


def aged(client, **changes):
    """Let time pass for a session."""
    session = client.session
    for name, seconds in changes.items():
        session[name] = int(clock.now().timestamp()) - seconds
    session.save()


def test_idle_lock_keeps_the_page(browser, settings):
    client = browser("wang", Role.LEAD)
    aged(client, seen_at=settings.IDLE_LOCK_SECONDS + 1)
    script = get(client, "account", headers={"HX-Request": "true"})
    assert script.status_code == 423
    page = get(client, "account")
    assert page["Location"] == "/locked?next=%2Faccount"
    assert client.get(page["Location"]).status_code == 200
    wrong = post(client, "unlock", {"password": "no"})
    assert wrong.status_code == 401
    assert "密码" in wrong.content.decode()
    assert get(client, "account").status_code == 302
    assert post(client, "unlock", {"password": PASSWORD}).status_code == 204
    assert get(client, "account").status_code == 200


def test_lock_by_hand_and_unlock_by_page(browser):
    client = browser("wang", Role.LEAD)
    assert post(client, "lock", headers={"X-Requested-With": "fetch"}).status_code == 204
    assert post(client, "lock")["Location"] == "/locked"
    assert get(client, "account").status_code == 302
    assert post(client, "locked", {"password": "no", "next": "/account"}).status_code == 200
    assert post(client, "locked", {"password": PASSWORD, "next": "/account"})["Location"] == "/account"
    assert get(client, "account").status_code == 200
    assert get(client, "locked")["Location"] == "/"


def test_guessing_at_the_lock_is_held(browser):
    client = browser("wang", Role.LEAD)
    post(client, "lock")
    codes = [post(client, "unlock", {"password": "no"}).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    assert post(client, "unlock", {"password": PASSWORD}).status_code == 429


def test_polling_does_not_keep_the_chair_warm(browser, settings):
    client = browser("wang", Role.LEAD)
    aged(client, seen_at=settings.IDLE_LOCK_SECONDS - 5)
    before = client.session["seen_at"]
    get(client, "account", headers={middleware.BACKGROUND_HEADER: "1"})
    assert client.session["seen_at"] == before
    get(client, "account")
    assert client.session["seen_at"] > before


def test_absolute_end(browser):
    client = browser("wang", Role.LEAD)
    aged(client, signed_in_at=middleware.ABSOLUTE_SECONDS + 1)
    assert get(client, "account")["Location"].startswith("/sign-in")
    assert "_auth_user_id" not in client.session


def test_sign_out(browser):
    client = browser("wang", Role.LEAD)
    assert get(client, "sign_out").status_code == 405
    answer = post(client, "sign_out")
    assert answer["Location"] == "/sign-in"
    assert "storage" in answer["Clear-Site-Data"]
    assert get(client, "account").status_code == 302
    assert UserSession.objects.get().ended_at is not None


def test_sessions_are_listed_and_ended_from_afar(browser):
    mine, other = browser("wang", Role.LEAD), browser("wang")
    page = get(mine, "account")
    assert len(page.context["sessions"]) == 2
    row = UserSession.objects.exclude(session_key=mine.session.session_key).get()
    stranger = browser("zhao", Role.LEAD)
    assert post(stranger, "end_session", {}, row.public_id).status_code == 404
    assert post(mine, "end_session", {}, row.public_id).status_code == 302
    assert get(other, "account").status_code == 302
    assert get(mine, "account").status_code == 200


def test_new_password_ends_other_sessions_and_keeps_this_one(browser):
    mine, other = browser("wang", Role.LEAD), browser("wang")
    new = "another-long-phrase-7"
    assert post(mine, "password", {"present": PASSWORD, "wanted": new, "repeated": "x"}).status_code == 422
    assert post(mine, "password", {"present": "no", "wanted": new, "repeated": new}).status_code == 422
    assert post(mine, "password", {"present": PASSWORD, "wanted": new, "repeated": new}).status_code == 302
    assert get(mine, "account").status_code == 200
    assert len(get(mine, "account").context["sessions"]) == 1
    assert get(other, "account").status_code == 302


def test_a_handed_over_password_must_be_changed_first(browser):
    client = browser("wang", Role.LEAD)
    User.objects.filter(username="wang").update(must_change_password=True)
    assert get(client, "account")["Location"] == "/account/password"
    assert get(client, "account", headers={"HX-Request": "true"})["HX-Redirect"] == "/account/password"
    assert post(client, "lock").status_code == 403
    new = "another-long-phrase-7"
    post(client, "password", {"present": PASSWORD, "wanted": new, "repeated": new})
    assert get(client, "account").status_code == 200


def test_language_and_theme(browser):
    client = browser("wang", Role.LEAD)
    assert "我的账户" in get(client, "account").content.decode()
    assert post(client, "preferences", {"language": "en", "theme": "dark", "next": "/account"})["Location"] == "/account"
    assert "My account" in get(client, "account").content.decode()
    assert post(client, "preferences", {"theme": "pink"}).status_code == 422


def test_hats_change_what_is_seen(browser, make_user, creditor, other_creditor):
    client = browser("wang", Role.LEAD)
    make_user("wang", Role.OPERATOR, at=other_creditor)
    hats = get(client, "account").context["my_hats"]
    assert [h["creditors"] for h in hats] == [["BANK-A"], ["BANK-B"]]
    assert get(client, "people").status_code == 403
    post(client, "hat", {"hat": hats[1]["key"], "next": "/people"})
    assert get(client, "people").status_code == 200
    post(client, "hat", {"hat": "1/2/3"})
    assert get(client, "people").status_code == 200


def test_keys_page(browser):
    client = browser("wang", Role.INTEGRATOR)
    made = post(client, "keys", {"label": "core", "acts": "import.*, party.register", "days": "30"})
    assert made.context["token"] in made.content.decode()
    assert made.context["token"] not in get(client, "account").content.decode()
    [key] = made.context["keys"]
    assert post(client, "keys", {"label": "core", "acts": "grant.give", "days": "30"}).status_code == 403
    assert post(client, "keys", {"label": "core", "days": "x"}).status_code == 422
    assert post(client, "revoke_key", {}, key.prefix).status_code == 302
    assert post(client, "revoke_key", {}, key.prefix).status_code == 404


@pytest.fixture
def request_of(executors, actor, creditor):
    registry.register("ledger.waive", lambda actor, approval: "done")

    def make(amount=50_000, username="u"):
        who = actor(username, Role.COLLECTOR)
        subject = ("agreement", "agr_1")
        return require_authority(who, "ledger.waive", amount, "CNY", creditor.id, subject, {"n": 1}, "困难客户")

    return make


def test_approvals_queue(browser, request_of, creditor):
    first, second, third = request_of(50_000), request_of(60_000), request_of(99_000_000)
    lead = browser("lead", Role.LEAD)
    page = get(lead, "approvals").content.decode()
    assert page.index("500.00 CNY") < page.index("600.00 CNY")
    assert "困难客户" in page
    assert "超出您的审批权限" in page
    assert post(lead, "decide", {"decision": "approve"}, first.public_id).status_code == 302
    assert post(lead, "decide", {"decision": "approve"}, first.public_id).status_code == 409
    assert post(lead, "decide", {"decision": "approve"}, third.public_id).status_code == 403
    assert post(lead, "decide", {"decision": "sing"}, third.public_id).status_code == 302
    assert post(lead, "decide", {"decision": "refuse", "note": "no"}, second.public_id).status_code == 302
    assert [r["approval"].state for r in get(lead, "approvals").context["done"]] == ["refused", "executed"]


def test_the_requester_sees_and_withdraws_own_requests(browser, request_of):
    own, foreign = request_of(50_000, "wang"), request_of(60_000, "zhao")
    client = browser("wang")
    assert [r["approval"].id for r in get(client, "approvals").context["rows"]] == [own.id]
    assert post(client, "decide", {"decision": "withdraw"}, foreign.public_id).status_code == 404
    assert post(client, "decide", {"decision": "withdraw"}, own.public_id).status_code == 302


def test_access_log_page(browser, creditor, other_creditor, make_user):
    for at, subject in ((creditor, "pty_mine"), (other_creditor, "pty_theirs")):
        AccessLog.objects.create(
            creditor=at, at=clock.now(), viewer_id=make_user("v").public_id, via="web", subject_kind="party",
            subject_id=subject, fields=["id"], reason="核实",
        )  # fmt: skip
    assert get(browser("lead", Role.LEAD), "access_log").status_code == 403
    auditor = browser("auditor", Role.AUDITOR)
    page = get(auditor, "access_log").content.decode()
    assert "pty_mine" in page
    assert "pty_theirs" not in page
    assert "V" in page
    assert len(get(auditor, "access_log", query_params={"subject": "pty_other"}).context["rows"]) == 0


def test_people_page_shows_own_creditors_only(browser, make_user, other_creditor):
    make_user("stranger", Role.LEAD, at=other_creditor)
    page = get(browser("op", Role.OPERATOR), "people").content.decode()
    assert "stranger" not in page
    assert "approval.decide" in page


def test_refusal_page_speaks_the_readers_language(browser):
    client = browser("wang", Role.ANALYST)
    answer = get(client, "people", headers={"Accept-Language": "en"})
    assert answer.status_code == 403
    assert "Your roles do not include" in answer.content.decode()


def test_every_page_of_the_room_is_closed_to_strangers():
    from arrears.access.urls import urlpatterns

    open_ones = {"sign_in", "second_factor", "sign_out", "locked", "lock", "unlock"}
    for pattern in urlpatterns:
        if pattern.name in open_ones:
            continue
        words = ["x"] * str(pattern.pattern).count("<")
        for method in ("get", "post"):
            answer = getattr(Client(), method)(reverse(f"access:{pattern.name}", args=words))
            assert answer.status_code in (302, 405), pattern.name
            assert answer.status_code == 405 or answer["Location"].startswith("/sign-in"), pattern.name


@pytest.mark.parametrize(("address", "shown"), [("203.0.113.7", "203.0.113.*"), ("2001:db8::1", "2001:0db8:0000:*"), ("x", "")])
def test_only_the_network_is_kept(address, shown):
    assert network_of(address) == shown


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "10.0.0.9"),
        (0, "198.51.100.7", "10.0.0.9"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        (2, "6.6.6.6, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (1, "", "10.0.0.9"),
    ],
)
def test_address_is_what_our_own_proxies_saw(rf, settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert address_of(rf.get("/", REMOTE_ADDR="10.0.0.9", headers=headers)) == address


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("curl/8", ""),
    ],
)
def test_browser_in_two_words(agent, shown):
    assert browser_of(agent) == shown


def test_every_step_is_in_the_journal(browser):
    client = browser("wang", Role.LEAD)
    post(client, "sign_out")
    assert list(Entry.objects.order_by("id").values_list("act", flat=True)) == [
        "sign_in.succeeded", "session.started", "session.signed_out",
    ]  # fmt: skip
    assert actor_of_user(User.objects.get(username="wang"), "web").scope != SYSTEM_SCOPE
    assert clock.now() - UserSession.objects.get().started_at < timedelta(minutes=5)
