"""A real browser, a served product and a small portfolio made through the ordinary actions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, sync_playwright

from arrears.access.actions_users import GrantData, create_user, grant
from arrears.access.models import Creditor, Portfolio
from arrears.book.actions import build
from arrears.kernel.scope import SYSTEM_SCOPE, Actor, Role
from arrears.ledger import actions, actions_contract
from arrears.ledger.events import Component
from arrears.parties.actions import PartyData, register_party
from arrears.parties.actions_points import PointData, add_contact_point
from arrears.parties.actions_standing import Proof, give_consent

PASSWORD = "correct-horse-battery-9"
ACTOR = Actor(scope=SYSTEM_SCOPE, kind="system", id="tests", via="job")
TODAY = date(2026, 11, 23)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread; the ORM is still used synchronously
    path = next(p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome") if Path(p).exists())
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Portrait:
    """Public ids of what the tests look at."""

    customer: str
    agreement: str
    point: str


def loan(party: str, portfolio: int, reference: str) -> str:
    """18 instalments from 2025-09-05 at 15.4 percent; the last three of those due are unpaid."""
    words = {
        "currency": "CNY", "principal": "36000.00", "disbursed_on": "2025-09-05", "annual_rate": "15.4", "day_count": "30/360",
        "amortization": "equal_instalments", "instalments": {"count": 18, "every": "1 month"},
    }  # fmt: skip
    servicing = {"penalty": {"annual_percent": "23.1", "day_count": "actual/360", "clause": "合同第 9 条"}}
    opened = date(2025, 9, 5)
    data = actions_contract.AgreementData(
        reference, party, portfolio, "consumer_loan", "CNY", opened, schedule=words, servicing=servicing
    )
    made = actions_contract.open_agreement(ACTOR, data)
    assert made, made
    assert actions.disburse(ACTOR, made.public_id, 3_600_000, opened)
    assert actions_contract.set_schedule(ACTOR, made.public_id, opened)
    for month in range(11):
        due = date(2025 + (9 + month) // 12, (9 + month) % 12 + 1, 5)
        paid = actions.record_payment(ACTOR, made.public_id, 225_264, due, channel="代扣", reference=f"TX77{month:05d}")
        assert paid, paid
    assert actions.reverse(ACTOR, made.public_id, paid.public_id, reason="银行退票")
    assert actions.charge(ACTOR, made.public_id, Component.FEE, 2_500, date(2026, 10, 1), clause="合同第 12 条")
    return made.public_id


@pytest.fixture
def portrait(transactional_db, monkeypatch, tmp_path) -> Portrait:
    """One creditor, one user per role, three customers, two books."""
    from django.db import transaction

    monkeypatch.setenv("ARREARS_BUSINESS_DATE", TODAY.isoformat())
    monkeypatch.setattr(settings, "BOOK_DIR", tmp_path / "book")
    with transaction.atomic():
        creditor = Creditor.objects.create(code="QH", name="青禾银行", name_en="Qinghe Bank", is_demo=True)
        portfolio = Portfolio.objects.create(creditor=creditor, code="P1", name="消费贷")
        for role in (Role.LEAD, Role.AUDITOR):
            user, _ = create_user(ACTOR, role.value, role.value.title(), password=PASSWORD, is_demo=True)
            assert grant(ACTOR, user.public_id, GrantData(role.value, "QH"))
        made = []
        for n, name in enumerate(("王小明", "李芳", "欧阳文华")):
            party = register_party(ACTOR, creditor.pk, PartyData(reference=f"000{1000 + n}", name=name))
            point = add_contact_point(ACTOR, party.public_id, PointData("mobile", f"1380000{1000 + n}", "contract"))
            made.append((party, point, loan(party.public_id, portfolio.pk, f"2025-{n:04d}")))
        proof = Proof(kind="contract_clause", reference="合同第 15 条")
        assert give_consent(ACTOR, made[0][0].public_id, "sms", "collect", proof)
        for day in (date(2026, 10, 31), TODAY):
            assert build(ACTOR, day, "QH")
    return Portrait(made[0][0].customer.public_id, made[0][2], made[0][1].public_id)


@pytest.fixture
def open_page(chromium, live_server):
    """Opens a signed-in page; afterwards nothing may have been complained about in the browser's console."""
    contexts, complaints = [], []

    def go(
        language: str = "zh-CN", *, width: int = 1440, dark: bool = False, username: str = "lead", script: bool = True
    ) -> Page:
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 900}, locale=language,
            color_scheme="dark" if dark else "light", java_script_enabled=script,
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda e: complaints.append(str(e)))
        page.goto("/sign-in")
        page.fill("#username", username)
        page.fill("#password", PASSWORD)
        page.click("button.primary")
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []
