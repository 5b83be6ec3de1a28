"""Each house check finds the breach it is there for, and lets the lawful form pass."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import house_checks

BREACHES = [
    ("clock", "from datetime import date\nx = date.today()\n", "clock:"),
    ("clock", "import datetime\nx = datetime.datetime.now()\n", "clock:"),
    ("float", "x = float(amount_minor)\n", "float money"),
    ("float", "def f(balance: float): ...\n", "float money"),
    ("float", "from django.db import models\nx = models.FloatField()\n", "float money"),
    ("write", "def f():\n    Event.objects.create(a=1)\n", "state change"),
    ("write", "def f(row):\n    row.save()\n", "state change"),
    ("write", "def f(c):\n    c.execute('insert into t values (1)')\n", "state change"),
    ("commit", "from django.db import connection\nconnection.commit()\n", "commit inside"),
    ("size", "def f():\n" + "    x = 1\n" * 71, "size:"),
    ("module", "x = 1\n" * 601, "size: module"),
    ("name", "class LoanManager: ...\n", "name:"),
    ("falsy", "def f(refusal):\n    if refusal:\n        return 1\n", "falsy refusal"),
    ("falsy", "def f(g):\n    if refused := g():\n        return refused\n", "falsy refusal"),
]


@pytest.mark.parametrize(("what", "source", "expected"), BREACHES)
def test_breach_is_found(what: str, source: str, expected: str) -> None:
    found = house_checks.breaches_in(source, "arrears/ledger/queries.py")
    assert any(expected in line for line in found), found


LAWFUL = [
    ("arrears/kernel/clock.py", "from datetime import datetime\nx = datetime.now()\n"),
    ("arrears/ledger/actions.py", "def f():\n    Event.objects.create(a=1)\n"),
    ("arrears/ledger/queries.py", "def f(c):\n    c.execute('select 1')\n"),
    ("arrears/ledger/queries.py", "seconds = float(elapsed)\n"),
]


@pytest.mark.parametrize(("path", "source"), LAWFUL)
def test_lawful_form_passes(path: str, source: str) -> None:
    assert house_checks.breaches_in(source, path) == []


def test_template_and_lock_checks(tmp_path: Path) -> None:
    page = tmp_path / "src" / "room" / "templates" / "room" / "page.html"
    page.parent.mkdir(parents=True)
    page.write_text('<p style="color:red">x</p>\n<form action="/x">\n')
    (tmp_path / "requirements.lock").write_text("a==1 --hash=sha256:0\n--index-url https://example.org\n")
    assert len(list(house_checks.templates(tmp_path))) == 2
    assert len(list(house_checks.addresses(tmp_path))) == 1
