"""The main job on real PostgreSQL: everybody overdue is in the list with step, date, owner, permit and reason; again changes nothing."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from django.db import transaction
from django.test import Client
from typer.testing import CliRunner

from arrears.access.models import User
from arrears.access.queries import actor_of_user
from arrears.book import queries as book
from arrears.cases.models import CustomerCase
from arrears.gate import actions as gate
from arrears.ledger import actions as ledger
from arrears.ledger import queries as ledger_queries
from arrears.parties import actions_standing
from arrears.worklist import actions, queries
from arrears.worklist.commands import app
from arrears.worklist.models import WorkItem
from arrears.worklist.pages import permit

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)


@pytest.fixture
def book_of_customers(borrow, actor):
    """Fine, 8 days, 39 days, 69 days without phone, and one with an open dispute."""
    made = {
        "fine": borrow("C1", paid=11), "early": borrow("C2", paid=10), "middle": borrow("C3", paid=9),
        "mute": borrow("C4", paid=8, phone=False), "dispute": borrow("C5", paid=9), "card": borrow("C6", paid=4, product="credit_card"),
    }  # fmt: skip
    data = actions_standing.RestrictionData("dispute", reason="金额有误")
    assert actions_standing.restrict(actor, made["dispute"].public_id, data)
    return made


def run(actor, day=DAY):
    made = actions.run(actor, day, "QH")
    assert made, made
    return made


def line(actor, party, day=DAY):
    return queries.items(actor.scope, day).get(customer=party.customer)


def test_everybody_overdue_is_in_the_list_and_money_balances(actor, book_of_customers):
    made = run(actor)
    late = book.read(actor.scope, DAY, "QH").filter(pl.col("overdue_minor") > 0).collect()
    rows = list(queries.items(actor.scope, DAY))
    assert {r.customer_id for r in rows} == set(late["customer_id"].to_list())
    assert sum(r.overdue_minor for r in rows) == late["overdue_minor"].sum() == made.summary["overdue_minor"]["CNY"]
    assert made.summary["lines"] == 5
    assert made.summary["balanced"]
    for row in rows:
        assert row.step
        assert row.due_on >= DAY
        assert row.owner_id or row.owner_why in ("over_capacity", "team_empty")
        assert row.permit_state in ("allow", "wait", "stop", "office")
        assert all(w["zh"] and w["en"] for w in row.why)
        assert len(row.why) >= 3


def test_stage_step_and_permit_of_each(actor, book_of_customers):
    run(actor)
    found = {name: line(actor, p) for name, p in book_of_customers.items() if name != "fine"}
    assert [(n, i.stage, i.step, i.because) for n, i in found.items()] == [
        ("early", "early", "call_first", "due"),
        ("middle", "middle", "first_notice", "mandatory"),
        ("mute", "middle", "first_notice", "mandatory"),
        ("dispute", "middle", "verify_dispute", "hold"),
        ("card", "late", "first_notice", "mandatory"),
    ]
    early = found["early"]
    assert (early.permit_state, early.permitted_until) == ("allow", datetime(2026, 11, 23, 14, tzinfo=UTC))
    assert early.permit_at == datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    assert (found["dispute"].permit_state, found["dispute"].channel) == ("office", "internal")
    assert found["card"].strategy == "cn-card"
    assert not any(not i.reachable for i in found.values())


def test_a_missing_contact_point_is_said(actor, borrow):
    party = borrow("C7", paid=10, phone=False)
    run(actor)
    item = line(actor, party)
    assert not item.reachable
    assert any("没有可用电话" in w["zh"] for w in item.why)
    assert (item.permit_state, permit(item)) == ("allow", "none")  # the page says no leave that nobody can use


def test_a_stop_shows_its_rule_and_clause(actor, borrow):
    party = borrow("C8", paid=10)
    data = actions_standing.RestrictionData("stop", reason="要求", channels=frozenset({"voice"}))
    assert actions_standing.restrict(actor, party.public_id, data)
    run(actor)
    item = line(actor, party)
    assert (item.permit_state, item.rule) == ("stop", "CN-S-01")
    assert any("民法典" in w["zh"] for w in item.why)


def test_again_changes_nothing(actor, book_of_customers):
    first = run(actor)
    before = list(WorkItem.objects.visible_to(actor.scope).order_by("id").values())
    again = run(actor)
    assert (again.digest, again.summary["changed"]) == (first.digest, 0)
    assert list(WorkItem.objects.visible_to(actor.scope).order_by("id").values()) == before
    assert again.public_id == first.public_id


def test_a_killed_run_leaves_nothing_and_the_next_completes(actor, book_of_customers, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(actions, "_stored", die)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            actions.run(actor, DAY, "QH")
    assert not queries.items(actor.scope, DAY).exists()
    assert not CustomerCase.objects.visible_to(actor.scope).exists()
    assert run(actor).summary["lines"] == 5


def test_paid_up_leaves_at_once_and_the_owner_keeps_the_case(actor, book_of_customers, at):
    run(actor)
    owner = line(actor, book_of_customers["early"]).owner_id
    assert owner
    tomorrow = DAY + timedelta(days=1)
    at(datetime(2026, 11, 24, 4, tzinfo=UTC))
    middle = book_of_customers["middle"]
    agreement = ledger_queries.agreements_of_customer(actor.scope, middle.customer.public_id)[0]
    position = ledger_queries.position(actor.scope, agreement.public_id, tomorrow)
    assert ledger.record_payment(actor, agreement.public_id, position.position.overdue_minor, tomorrow, key="all")
    made = run(actor, tomorrow)
    assert not queries.items(actor.scope, tomorrow).filter(customer=middle.customer).exists()
    assert made.summary["cases"]["closed"] == 1
    assert CustomerCase.objects.visible_to(actor.scope).get(customer=middle.customer).closed_on == tomorrow
    assert queries.items(actor.scope, DAY).filter(customer=middle.customer).exists()  # yesterday's list stays as it was
    kept = CustomerCase.objects.visible_to(actor.scope).get(customer=book_of_customers["early"].customer)
    assert kept.owner_id == owner


def test_a_contact_moves_the_plan_on_and_no_day_missed_is_doubled(actor, book_of_customers, at):
    run(actor)
    party = book_of_customers["middle"]
    item = line(actor, party)
    from arrears.parties.models import ContactPoint

    address = ContactPoint.objects.visible_to(actor.scope).get(party=party, kind="address")
    bound = {"channel": "letter", "contact_point": address.public_id, "purpose": item.purpose}
    permit = gate.request_permit(actor, gate.Contact(party.public_id, step=item.step_key, **{k: bound[k] for k in bound}))
    assert permit, permit
    assert gate.use(actor, permit.public_id, **bound)
    assert gate.settle(actor, permit.public_id, "sent")
    for later in (1, 2, 30):  # whether or not the days between were run
        run(actor, DAY + timedelta(days=later))
        assert line(actor, party, DAY + timedelta(days=later)).step == "letter_middle"


def test_refusals(actor, bank):
    assert actions.run(actor, DAY, "NONE").code == "run.no_creditor"


def test_unbalanced_money_is_refused(actor, book_of_customers, monkeypatch):
    true = actions._permitted
    monkeypatch.setattr(actions, "_permitted", lambda *a: true(*a).with_columns(pl.col("overdue_minor") + 1))
    refusal = actions.run(actor, DAY, "QH")
    assert refusal.code == "run.unbalanced"
    assert not queries.items(actor.scope, DAY).exists()


def test_an_empty_book_gives_an_empty_list(actor, bank):
    made = run(actor)
    assert (made.summary["lines"], made.summary["balanced"]) == (0, True)


def test_other_creditors_see_nothing(actor, book_of_customers, bank):
    from arrears.access.models import Creditor, Grant

    run(actor)
    other = Creditor.objects.create(code="BL", name="BL")
    user = User.objects.create(username="x", display_name="x")
    Grant.objects.create(user=user, role="lead", creditor=other)
    scope = actor_of_user(user, "web").scope
    assert not queries.items(scope, DAY).exists()
    assert queries.last_run(scope) is None
    assert queries.item_of(scope, book_of_customers["early"].customer.public_id) is None


def test_csv_has_every_line_and_no_name(actor, book_of_customers, tmp_path):
    run(actor)
    out = tmp_path / "list.csv"
    result = CliRunner().invoke(app, ["export", "--date", DAY.isoformat(), "--out", str(out)])
    assert result.exit_code == 0, result.output
    text = out.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 5
    assert "王" not in text
    assert sum(int(r["overdue_minor"]) for r in rows) == sum(i.overdue_minor for i in queries.items(actor.scope, DAY))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_page(actor, book_of_customers, language):
    run(actor)
    user = User.objects.get(username="lead")
    client = Client(headers={"Accept-Language": language})
    client.force_login(user)
    answer = client.get("/worklist")
    assert answer.status_code == 200
    html = answer.content.decode()
    assert html.count("<details>") >= 5
    assert ("为什么" in html) is (language == "zh-hans")
    assert client.get("/worklist?stage=middle").content.decode().count("<details>") < html.count("<details>")
    assert client.get("/worklist/mine").status_code == 200
