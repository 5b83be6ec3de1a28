"""The Python of the documentation runs as it stands."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

import arrears
from arrears import session
from arrears.access.models import Creditor, Grant, Portfolio, User
from arrears.kernel.scope import Role
from arrears.ledger.actions_contract import AgreementData
from arrears.ledger.events import ScheduleRow
from arrears.parties.actions import PartyData

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(p for p in DOCS.rglob("*.md") if "```python" in p.read_text(encoding="utf-8"))


@pytest.fixture
def installation(db, monkeypatch, settings, tmp_path):
    """What the pages presume: a creditor, the user zhang, the loan L-1, the books they name."""
    monkeypatch.setattr(session, "_default", None)
    settings.BOOK_DIR = tmp_path
    bank = Creditor.objects.create(code="bank", name="示例银行")
    user = User.objects.create(username="zhang", display_name="张三")
    Grant.objects.create(user=user, role=Role.OPERATOR, creditor=bank)
    retail = Portfolio.objects.create(creditor=bank, code="retail", name="零售")
    house = arrears.open()
    person = house.parties.register_party(bank.pk, PartyData("C-1", "王小明"))
    terms = AgreementData("L-1", person.public_id, retail.pk, "consumer_loan", "CNY", date(2026, 1, 10))
    house.ledger.open_agreement(terms)
    house.ledger.disburse("L-1", 300000, on="2026-01-10")
    house.ledger.set_schedule("L-1", on="2026-01-10", rows=[ScheduleRow(1, date(2026, 2, 10), 300000, 1000)])


def test_there_are_snippets():
    assert DOCS / "how-to/use-in-python.md" in PAGES


@pytest.mark.parametrize("page", PAGES, ids=[str(p.relative_to(DOCS)) for p in PAGES])
def test_python_blocks_run_in_order(page, installation):
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    for day in sorted(set(re.findall(r"book\(\"([0-9-]+)\"", "".join(blocks)))):
        arrears.open().book.build(day, "bank")
    names: dict[str, object] = {"__name__": "snippet"}
    for block in blocks:
        exec(compile(block, page.name, "exec"), names)
    assert "arrears" in names
