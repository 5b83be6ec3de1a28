"""In a real browser: one key decides, typing does not, and the idle lock keeps what was typed."""

from __future__ import annotations

import os

import pytest
from django.db import connection, connections
from playwright.sync_api import expect, sync_playwright

from arrears.access import approvals
from arrears.access.actions import require_authority
from arrears.access.models import Approval
from arrears.access.queries import actor_of_user
from arrears.kernel.scope import SYSTEM_SCOPE, Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct-horse-battery-9"
CHROMIUM = os.environ.get("ARREARS_CHROMIUM", "/usr/bin/chromium")


@pytest.fixture
def page(monkeypatch, transactional_db):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the driver runs a loop of its own in this thread
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)  # no request leaves a connection behind
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"])
        context = browser.new_context(locale="zh-CN")
        faults = []
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        yield page
        browser.close()
        connections.close_all()  # those opened while the driver's loop ran in this thread are not the test's usual ones
        assert [f for f in faults if "401" not in f] == []  # no script error and no breach of the content policy


@pytest.fixture
def sign_in(page, live_server):
    def go(username, path):
        page.goto(f"{live_server.url}/sign-in?next={path}")
        page.fill("#username", username)
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url(f"**{path}")

    return go


def test_one_key_decides(page, sign_in, make_user, creditor, executors):
    approvals.register("ledger.waive", lambda actor, approval: "done")
    asker = actor_of_user(make_user("u", Role.COLLECTOR, at=creditor), "web")
    for amount in (50_000, 60_000, 70_000):
        require_authority(asker, "ledger.waive", amount, "CNY", creditor.id, ("agreement", f"agr_{amount}"), {"n": 1}, "困难")
    make_user("lead", Role.LEAD, at=creditor)
    sign_in("lead", "/approvals")
    page.keyboard.press("j")
    page.keyboard.press("Tab")  # into the note of the first request: letters are text now
    page.keyboard.type("ax 已核实")
    expect(page.locator("[data-approval]")).to_have_count(3)
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator("[data-approval]")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-approval]")).to_have_count(1)
    states = dict(Approval.objects.visible_to(SYSTEM_SCOPE).values_list("amount", "state"))
    assert states == {50_000: "executed", 60_000: "open", 70_000: "refused"}
    assert Approval.objects.visible_to(SYSTEM_SCOPE).get(amount=50_000).decision_note == "ax 已核实"


def test_idle_lock_keeps_what_was_typed(page, sign_in, make_user, creditor, settings):
    settings.IDLE_LOCK_SECONDS = 2
    make_user("int", Role.INTEGRATOR, at=creditor)
    sign_in("int", "/account")
    page.fill("#label", "核心系统")
    expect(page.locator("#lock-screen")).to_be_visible(timeout=10_000)
    page.fill("#lock-password", "wrong")
    page.press("#lock-password", "Enter")
    expect(page.locator("[data-lock-error]")).to_be_visible()
    page.fill("#lock-password", PASSWORD)
    page.press("#lock-password", "Enter")
    expect(page.locator("#lock-screen")).to_be_hidden()
    assert page.input_value("#label") == "核心系统"
