"""Letters leave only with a permit; amounts are the ledger's; a reprint is the same to the byte."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from pypdf import PdfReader
from typer.testing import CliRunner

from arrears.contact import actions, queries
from arrears.contact.commands import app
from arrears.contact.letters import render as rendering
from arrears.contact.models import Letter
from arrears.gate.models import Attempt, Permit
from arrears.kernel.money import format_major
from arrears.ledger import queries as ledger
from arrears.parties import actions_standing
from arrears.worklist import actions as worklist
from arrears.worklist import queries as lists

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def business_date(monkeypatch):
    monkeypatch.setenv("ARREARS_BUSINESS_DATE", DAY.isoformat())


def text_of(pdf):
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_amounts_are_the_ledgers_at_the_moment_of_sending(actor, borrow, language):
    party = borrow("C1", paid=9)
    issued = actions.issue(actor, party.customer.public_id, language=language)
    assert issued, issued
    owed = sum(p.position.overdue_minor for p in ledger.positions_of_customer(actor.scope, party.customer.public_id, DAY))
    assert issued.letter.total_minor == owed > 0
    assert format_major(owed, "CNY") in text_of(issued.pdf)
    assert issued.letter.permit.state == "settled"
    assert Attempt.objects.visible_to(actor.scope).get().outcome == "sent"


def test_reprint_is_the_same_to_the_byte(actor, borrow, at, monkeypatch):
    issued = actions.issue(actor, borrow("C1").customer.public_id)
    at(NOW + timedelta(days=40))
    assert actions.reprint(actor, issued.letter.public_id) == issued.pdf
    monkeypatch.setattr(rendering, "render", lambda facts: b"other")
    assert actions.reprint(actor, issued.letter.public_id).code == "letter.reprint_differs"
    assert actions.reprint(actor, "ltr_none").code == "letter.unknown"


def test_a_stopped_customer_gets_no_letter(actor, borrow):
    party = borrow("C1")
    assert actions_standing.restrict(actor, party.public_id, actions_standing.RestrictionData("stop", reason="要求"))
    refusal = actions.issue(actor, party.customer.public_id)
    assert (refusal.code, refusal.values["rules"]) == ("gate.not_permitted", ["CN-S-01"])
    assert not Letter.objects.visible_to(actor.scope).exists()


@pytest.mark.parametrize(
    ("paid", "address", "who", "code"),
    [
        (11, True, "", "letter.nothing_overdue"),
        (9, False, "", "letter.no_address"),
        (9, True, "cus_none", "letter.customer_unknown"),
    ],
)
def test_refusals(actor, borrow, paid, address, who, code):
    party = borrow("C1", paid=paid, address=address)
    assert actions.issue(actor, who or party.customer.public_id).code == code
    if code != "letter.no_address":
        assert queries.preview(actor.scope, who or party.customer.public_id, DAY, "zh-hans").code == code


def test_preview_is_no_contact(actor, borrow):
    party = borrow("C1")
    assert "PREVIEW" in text_of(queries.preview(actor.scope, party.customer.public_id, DAY, "en"))
    assert not Permit.objects.visible_to(actor.scope).exists()


@pytest.mark.parametrize("change", [{"state": "used"}, {}])
def test_the_database_refuses_a_letter_without_its_settled_permit(actor, borrow, change):
    issued = actions.issue(actor, borrow("C1").customer.public_id)
    other = borrow("C2") if not change else None
    letter = Letter.objects.visible_to(actor.scope).get()
    if change:
        Permit.objects.visible_to(actor.scope).update(**change)
    letter.pk, letter.public_id, letter.number = None, "ltr_x", "L-X"
    letter.customer = other.customer if other else letter.customer
    with pytest.raises(IntegrityError, match="settled letter permit"), transaction.atomic():
        letter.save(force_insert=True)
    assert issued.letter.number != "L-X"


def test_batch_issues_what_the_list_wants_and_never_twice(actor, borrow, tmp_path):
    for n in (1, 2, 3):
        borrow(f"C{n}", paid=9, address=n != 3)
    assert worklist.run(actor, DAY, "QH")
    said = CliRunner().invoke(app, ["batch", "--out", str(tmp_path), "--date", DAY.isoformat()])
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    assert told["letters"] == 2
    assert told["refused"] == {"letter.no_address": 1}
    rows = list(csv.reader((tmp_path / "index.csv").open(encoding="utf-8")))
    assert sum(int(r[3]) for r in rows) == told["total_minor"]["CNY"]
    assert {p.name for p in tmp_path.glob("*.pdf")} == {r[1] for r in rows}
    again = json.loads(CliRunner().invoke(app, ["batch", "--out", str(tmp_path), "--date", DAY.isoformat()]).stdout)
    assert (again["letters"], again["refused"]) == (0, {"letter.already_sent": 2, "letter.no_address": 1})
    assert Letter.objects.visible_to(actor.scope).count() == 2
    assert worklist.run(actor, DAY + timedelta(days=1), "QH")
    steps = {i.step for i in lists.items(actor.scope, DAY + timedelta(days=1))}
    assert steps == {"letter_middle", "first_notice"}  # the one without an address still waits for its first notice
