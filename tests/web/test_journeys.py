"""The main screens in a real browser: readable, reachable, honest about dates, quiet in the console."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from arrears.access.models import AccessLog

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HAN = re.compile(r"[\u4e00-\u9fff]")


def places(portrait) -> dict[str, str]:
    customer = f"/customers/{portrait.customer}"
    return {
        "overview": "/overview", "customers": "/customers", "customer": customer,
        "timeline": f"{customer}?tab=timeline", "people": f"{customer}?tab=people", "consents": f"{customer}?tab=consents",
        "access": f"{customer}?tab=access", "past": f"{customer}?as_of=2026-10-01", "agreement": f"/agreements/{portrait.agreement}",
        "account": "/account",
    }  # fmt: skip


def violations(page) -> list[str]:
    options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found]


@pytest.mark.parametrize(("language", "dark"), [("zh-CN", False), ("en-US", True)])
def test_every_screen_is_accessible_and_fits(portrait, open_page, language, dark):
    page = open_page(language, dark=dark)
    for name, place in places(portrait).items():
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(place)
        assert violations(page) == [], name
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name


def test_sign_in_page_is_accessible(portrait, chromium, live_server):
    context = chromium.new_context(base_url=live_server.url, locale="zh-CN")
    page = context.new_page()
    page.goto("/sign-in")
    assert violations(page) == []
    context.close()


def test_english_screens_speak_english(portrait, open_page):
    """Only names, clauses and free text of the data may be Chinese."""
    page = open_page("en-US")
    data = ("王", "李", "欧", "青禾", "合同", "消费贷", "代扣", "银行退票", "中文")
    for name, place in places(portrait).items():
        page.goto(place)
        texts = page.evaluate(
            "() => [...document.querySelectorAll('body *')].filter(e => !e.children.length && e.checkVisibility()).map(e => e.textContent.trim())"
        )
        left = [t for t in texts if HAN.search(t) and not any(word in t for word in data)]
        assert left == [], (name, left)


def test_why_this_amount_adds_up_and_follows_the_dates(portrait, open_page):
    page = open_page()
    page.goto(f"/customers/{portrait.customer}")
    total = page.locator(".derive tfoot .money").inner_text()
    assert total == page.locator("dl.figures .amount .money").inner_text()
    cents = [
        int(re.sub(r"[^\d]", "", t)) * (-1 if "−" in t else 1)
        for t in page.locator(".derive tbody tr:not(.subtotal) .money").all_inner_texts()
    ]
    assert sum(cents) == int(re.sub(r"[^\d]", "", total))
    page.fill("input[name=as_of]", "2026-10-01")
    page.click(".asof button")
    assert page.locator(".looking-back").count() == 1
    assert page.locator("dl.figures .amount .money").inner_text() != total
    page.fill("input[name=as_of]", "2026-02-30")
    page.click(".asof button")
    assert "2026-02-30" in page.locator("[role=alert]").inner_text()


def test_reversed_payment_stays_visible(portrait, open_page):
    page = open_page()
    page.goto(f"/agreements/{portrait.agreement}")
    assert page.locator(".timeline .gone").count() == 1
    assert "已冲回" in page.locator(".timeline .gone").inner_text()


def test_reveal_is_masked_logged_and_brief(portrait, open_page):
    page = open_page()
    page.goto(f"/customers/{portrait.customer}?tab=people")
    place = page.locator(".reveal", has_text="138****1000")
    assert "13800001000" not in page.content()
    place.locator("button").click()
    page.wait_for_selector(".clear")
    assert page.locator(".clear").inner_text() == "13800001000"
    rows = AccessLog.objects.unscoped("test").filter(subject_id=portrait.point)
    assert rows.count() == 1
    assert "13800001000" not in page.url


def test_keyboard_alone(portrait, open_page):
    page = open_page()
    page.goto("/overview")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "seek"
    page.keyboard.type("0001000")
    page.keyboard.press("Enter")
    page.wait_for_selector("#hits")
    assert page.url.endswith("/customers")  # what was searched for never stands in an address
    assert violations(page) == []
    page.locator("tbody a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/cus_*")
    page.locator("body").press("Shift+Slash")
    assert page.locator("#keys-help").get_attribute("open") is not None


def test_pages_work_without_script(portrait, chromium, live_server):
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#username", "lead")
    page.fill("#password", "correct-horse-battery-9")
    page.click("button.primary")
    page.goto(f"/customers/{portrait.customer}")
    assert page.locator(".derive tfoot .money").count() == 1
    context.close()


def test_tabs_and_reasons_swap_in_place_and_keep_focus(portrait, open_page):
    page = open_page()
    page.goto(f"/customers/{portrait.customer}")
    page.evaluate("window.arrived = 1")
    page.click("#tab-people")
    page.wait_for_selector("#tab-people[aria-current]")
    assert page.evaluate("[window.arrived, document.activeElement.id]") == [1, "tab-people"]
    assert page.url.endswith("?tab=people")
    page.go_back()
    page.wait_for_selector("#tab-money[aria-current]")
    assert page.evaluate("document.activeElement.tagName") != "BODY"
    page.keyboard.press("y")
    page.wait_for_url("**why=agr_*")
    assert page.locator(".derive tfoot").count() == 1


def test_overview_counts_lead_to_the_same_customers(portrait, open_page):
    page = open_page()
    page.goto("/overview")
    late = page.locator(".figures .plain")
    assert late.inner_text() == "3"
    late.click()
    page.wait_for_url("**/customers?*")
    assert page.locator("tbody tr").count() == 3


def test_every_chart_has_its_table(portrait, open_page):
    page = open_page()
    page.goto("/overview")
    drawn = page.locator("main [role=img]").count()
    assert drawn >= 1
    assert page.locator("main details table").count() == drawn
    for figure in page.locator("main [role=img]").all():
        assert figure.get_attribute("aria-label").strip()
    page.locator("main details summary").first.click()
    assert page.locator("main details[open] tbody tr").count() >= 1


def test_the_list_sorts_on_the_server(portrait, open_page):
    page = open_page()
    page.goto("/customers")
    assert page.locator("th[aria-sort=descending]").count() == 1
    page.locator("th a.sort").nth(1).click()
    page.wait_for_url("**sort=-overdue*")
    amounts = [int(re.sub(r"[^\d]", "", t)) for t in page.locator("tbody td:nth-child(4)").all_inner_texts()]
    assert amounts == sorted(amounts, reverse=True)


def test_chinese_screens_speak_chinese(portrait, open_page):
    """A label without a Han character is a name, a code, a number or a unit; anything else was forgotten."""
    page = open_page()
    known = re.compile(
        r"^(Arrears.*|（CNY）|English|demo|test|CNY|M\d\+?|Lead|lead|Lead · lead|req_\w+|Enter|Chrome.*|[\d.,:*/%×÷·→ \-−–—▲▼↓↑?A-Z]*)$"
    )
    for name, place in places(portrait).items():
        page.goto(place)
        texts = page.evaluate(
            "() => [...document.querySelectorAll('body *')].filter(e => !e.children.length && !e.closest('.code') && e.checkVisibility())"
            ".map(e => e.textContent.trim())"
        )
        left = [t for t in texts if t and not HAN.search(t) and not known.match(t)]
        assert left == [], (name, left)


@pytest.mark.parametrize(("place", "status"), [("/nothing", 404), ("/customers/cus_none", 404), ("/agreements/agr_none", 404)])
def test_a_failure_has_a_page_with_a_trace_id(portrait, chromium, live_server, place, status):
    context = chromium.new_context(base_url=live_server.url, locale="en-US", java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#username", "lead")
    page.fill("#password", "correct-horse-battery-9")
    page.click("form:has(#password) button.primary")
    answer = page.goto(place)
    assert answer.status == status
    assert re.search(r"req_\w+", page.locator("main").inner_text())
    assert page.locator("main a.btn").count() == 1
    context.close()


def test_outside_the_scope_there_is_nothing(portrait, open_page):
    page = open_page()
    answer = page.request.get("/customers/cus_00000000000000000000")
    assert answer.status == 404
    assert "req_" in answer.text()
