"""The ledger on PostgreSQL: immutable rows, one act at a time, the same key once, scope, hosts beside us."""

from __future__ import annotations

import json
import threading
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction

from arrears.access.models import Creditor, Portfolio
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE, Scope
from arrears.ledger import actions as a
from arrears.ledger import actions_contract as c
from arrears.ledger import columns, frames, queries, reconciliation
from arrears.ledger.events import Component, ScheduleRow
from arrears.ledger.models import Agreement, Event, HostPosition

pytestmark = pytest.mark.django_db
D = date
AS_OF = D(2025, 6, 30)
TABLES = ("ledger_event", "ledger_schedulerow", "ledger_hostposition")


@pytest.fixture
def loan(actor, open_loan):
    made = open_loan()
    assert a.record_payment(actor, made.public_id, 112_000, D(2025, 2, 15), key="p1")
    Agreement.objects.unscoped("test").filter(pk=made.pk).update(keeping="both")
    assert a.feed_host_position(actor, made.public_id, D(2025, 3, 31), {"overdue_minor": 1})
    made.refresh_from_db()
    return made


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["update {} set creditor_id = creditor_id", "delete from {}", "truncate {} cascade"])
def test_the_database_itself_refuses_change(table, verb, loan):
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")  # a truncate waits for no pending foreign key
        cursor.execute("set local arrears.may_truncate = ''")  # only the suite itself empties tables
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(verb.format(table))


def test_the_product_role_may_only_insert(loan):
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = 'arrears_app'")
        if not cursor.fetchone():
            cursor.execute("create role arrears_app")
        from arrears.journal.rights import grant_app_role

        assert grant_app_role()
        for table in TABLES:
            cursor.execute(
                "select has_table_privilege('arrears_app', %s, 'insert'), has_table_privilege('arrears_app', %s, 'select'), "
                "has_table_privilege('arrears_app', %s, 'update'), has_table_privilege('arrears_app', %s, 'delete'), "
                "has_table_privilege('arrears_app', %s, 'truncate')",
                [table] * 5,
            )
            assert cursor.fetchone() == (True, True, False, False, False)


AGAIN = [
    ("payment", lambda x, g, e: a.record_payment(x, g, 5_000, D(2025, 3, 1), key="k"), {}),
    ("charge", lambda x, g, e: a.charge(x, g, Component.FEE, 300, D(2025, 3, 1), key="k"), {}),
    (
        "waiver of all that is open",
        lambda x, g, e: a.waive(x, g, Component.FEE, 300, D(2025, 3, 5), reason="r", key="k"),
        {"fee": 300},
    ),
    ("write-off", lambda x, g, e: a.write_off(x, g, D(2025, 6, 1), reason="r", key="k"), {}),
    ("transfer", lambda x, g, e: a.transfer(x, g, D(2025, 6, 1), to="资产公司", notice="登报", reason="r", key="k"), {}),
    ("reversal", lambda x, g, e: a.reverse(x, g, e, reason="r", key="k"), {}),
    ("pause", lambda x, g, e: a.pause(x, g, D(2025, 4, 1), D(2025, 4, 30), reason="r", key="k"), {}),
    ("resume", lambda x, g, e: a.resume(x, g, D(2025, 5, 10), key="k"), {"pause": True}),
    ("acceleration", lambda x, g, e: a.accelerate(x, g, D(2025, 5, 10), reason="r", key="k"), {}),
    ("chargeback", lambda x, g, e: a.charge_back(x, g, e, 112_000, D(2025, 2, 20), key="k"), {}),
    ("schedule", lambda x, g, e: c.set_schedule(x, g, D(2025, 1, 15), key="k"), {}),
    (
        "restructuring",
        lambda x, g, e: c.restructure(x, g, D(2025, 5, 1), reason="r", rows=[ScheduleRow(1, D(2026, 5, 1), 1_100_000)], key="k"),
        {},
    ),
]


@pytest.mark.parametrize(("what", "act", "given"), AGAIN, ids=[w for w, _, _ in AGAIN])
def test_the_same_act_with_the_same_key_is_one_event(what, act, given, actor, loan):
    paid = Event.objects.unscoped("test").get(dedup_key="p1").public_id
    if "fee" in given:
        assert a.charge(actor, loan.public_id, Component.FEE, given["fee"], D(2025, 3, 1))
    if "pause" in given:
        assert a.pause(actor, loan.public_id, D(2025, 5, 1), D(2025, 5, 30), reason="r")
    first = act(actor, loan.public_id, paid)
    assert isinstance(first, Event), first
    count = Event.objects.unscoped("test").count()
    second = act(actor, loan.public_id, paid)
    assert isinstance(second, Event), second
    assert second.pk == first.pk
    assert Event.objects.unscoped("test").count() == count


def test_a_refund_repeated_is_one_refund(actor, open_loan):
    loan = open_loan(servicing={"waterfall": {"style": "by_due_date", "in_advance_to": "hold"}})
    assert a.record_payment(actor, loan.public_id, 200_000, D(2025, 1, 20))
    first = a.refund(actor, loan.public_id, 200_000, D(2025, 1, 21), key="k")
    assert isinstance(first, Event), first
    second = a.refund(actor, loan.public_id, 200_000, D(2025, 1, 21), key="k")
    assert second.pk == first.pk
    other = a.refund(actor, loan.public_id, 5, D(2025, 1, 21), key="k")
    assert isinstance(other, Refusal)
    assert other.code == "ledger.key_reused"


MORE_REFUSALS = [
    (
        "pause beyond a year",
        lambda x, g: a.pause(x, g, clock.today() + timedelta(days=400), D(2099, 1, 1), reason="r"),
        "too_far_ahead",
    ),
    ("pause before opening", lambda x, g: a.pause(x, g, D(2024, 12, 1), D(2025, 2, 1), reason="r"), "before_opening"),
    (
        "charge due before it is made",
        lambda x, g: a.charge(x, g, Component.FEE, 1, D(2025, 3, 1), due_on=D(2025, 2, 1)),
        "due_before",
    ),
    ("draw on a loan", lambda x, g: a.draw(x, g, 1, D(2025, 3, 1)), "not_revolving"),
    ("statement on a loan", lambda x, g: a.cut_statement(x, g, D(2025, 3, 1), D(2025, 3, 20), 5, 1), "not_revolving"),
    ("rate that is no number", lambda x, g: a.change_rate(x, g, D(2025, 3, 1), "abc"), "rate_wrong"),
    ("negative rate", lambda x, g: a.change_rate(x, g, D(2025, 3, 1), "-1"), "rate_wrong"),
    ("position with an unknown word", lambda x, g: a.feed_host_position(x, g, AS_OF, {"owed": 1}), "figure_unknown"),
    ("position without a word", lambda x, g: a.feed_host_position(x, g, AS_OF, {}), "figure_unknown"),
    ("negative overdue", lambda x, g: a.feed_host_position(x, g, AS_OF, {"overdue_minor": -1}), "figure_negative"),
    (
        "parts above the whole",
        lambda x, g: a.feed_host_position(x, g, AS_OF, {"overdue_minor": 1, "overdue_principal_minor": 2}),
        "parts_above_whole",
    ),
    (
        "position of tomorrow",
        lambda x, g: a.feed_host_position(x, g, clock.today() + timedelta(1), {"overdue_minor": 1}),
        "in_future",
    ),
    ("position before opening", lambda x, g: a.feed_host_position(x, g, D(2024, 1, 1), {"overdue_minor": 1}), "before_opening"),
    ("opening with later facts", lambda x, g: a.reverse(x, g, opened(), reason="r"), "not_reversible"),
]


def opened() -> str:
    return Event.objects.unscoped("test").get(kind="opened").public_id


@pytest.mark.parametrize(("what", "act", "code"), MORE_REFUSALS, ids=[w for w, _, _ in MORE_REFUSALS])
def test_further_refusals(what, act, code, actor, loan):
    before = Event.objects.unscoped("test").count(), HostPosition.objects.unscoped("test").count()
    answer = act(actor, loan.public_id)
    assert isinstance(answer, Refusal), answer
    assert answer.code == f"ledger.{code}"
    assert answer.sentence.zh
    assert answer.fix.en
    assert (Event.objects.unscoped("test").count(), HostPosition.objects.unscoped("test").count()) == before


def test_once_only_and_after_a_transfer(actor, open_loan):
    loan = open_loan()
    assert a.accelerate(actor, loan.public_id, D(2025, 5, 1), reason="r")
    assert a.accelerate(actor, loan.public_id, D(2025, 5, 2), reason="r").code == "ledger.accelerated_already"
    assert a.transfer(actor, loan.public_id, D(2025, 6, 1), to="资产公司", notice="登报", reason="r")
    assert a.charge(actor, loan.public_id, Component.FEE, 1, D(2025, 6, 2)).code == "ledger.transferred_already"
    assert a.record_payment(actor, loan.public_id, 5, D(2025, 6, 3))


def test_a_computed_agreement_takes_no_host_position(actor, open_loan):
    answer = a.feed_host_position(actor, open_loan().public_id, AS_OF, {"overdue_minor": 1})
    assert answer.code == "ledger.not_host_kept"


def test_a_card_statement_asks_for_no_more_than_is_owed(actor, portfolio, party):
    data = c.AgreementData("CARD", party.public_id, portfolio.pk, "credit_card", "CNY", D(2025, 1, 1))
    card = c.open_agreement(actor, data)
    assert a.draw(actor, card.public_id, 50_000, D(2025, 1, 2))
    wrong = a.cut_statement(actor, card.public_id, D(2025, 1, 5), D(2025, 1, 25), 50_000, 50_001)
    assert wrong.code == "ledger.minimum_above_balance"
    assert a.cut_statement(actor, card.public_id, D(2025, 1, 5), D(2025, 1, 25), 50_000, 5_000)
    at = queries.position(SYSTEM_SCOPE, card.public_id, D(2025, 2, 1)).position
    assert (at.overdue_minor, at.outstanding_minor) == (5_000, 50_000)


def test_a_position_told_twice_is_one_and_a_correction_is_a_second(actor, loan):
    first = a.feed_host_position(actor, loan.public_id, AS_OF, {"overdue_minor": 10})
    assert a.feed_host_position(actor, loan.public_id, AS_OF, {"overdue_minor": 10}).pk == first.pk
    fixed = a.feed_host_position(actor, loan.public_id, AS_OF, {"overdue_minor": 11})
    assert fixed.pk != first.pk
    now = queries.position(SYSTEM_SCOPE, loan.public_id, AS_OF)
    then = queries.position(SYSTEM_SCOPE, loan.public_id, AS_OF, first.recorded_at)
    assert (now.host.overdue_minor, then.host.overdue_minor) == (11, 10)


def test_what_was_known_stays_known(actor, loan):
    before = queries.position(SYSTEM_SCOPE, loan.public_id, AS_OF)
    known = clock.now()
    late = a.record_payment(actor, loan.public_id, 50_000, D(2025, 3, 3), key="late")
    assert late.recorded_at >= known
    after = queries.position(SYSTEM_SCOPE, loan.public_id, AS_OF)
    again = queries.position(SYSTEM_SCOPE, loan.public_id, AS_OF, known)
    assert after.position.overdue_minor < before.position.overdue_minor
    assert again.position.overdue_minor == before.position.overdue_minor
    assert a.reverse(actor, loan.public_id, late.public_id, reason="r")
    restored = queries.position(SYSTEM_SCOPE, loan.public_id, AS_OF)
    assert restored.position.instalments == before.position.instalments


def test_terms_of_a_later_restructuring_do_not_reach_back(actor, open_loan):
    loan = open_loan()
    before = queries.position(SYSTEM_SCOPE, loan.public_id, D(2025, 4, 30)).position.overdue_minor
    rows = [ScheduleRow(1, D(2026, 5, 1), 1_200_000)]
    made = c.restructure(actor, loan.public_id, D(2025, 5, 1), reason="r", rows=rows, servicing={"penalty": None})
    assert isinstance(made, Event), made
    assert queries.position(SYSTEM_SCOPE, loan.public_id, D(2025, 4, 30)).position.overdue_minor == before
    assert queries.position(SYSTEM_SCOPE, loan.public_id, D(2025, 5, 2)).position.overdue_minor == 0
    assert a.reverse(actor, loan.public_id, made.public_id, reason="mistake")
    assert queries.position(SYSTEM_SCOPE, loan.public_id, D(2025, 5, 2)).position.overdue_minor > before


def test_positions_of_a_customer_take_as_many_queries_for_one_as_for_many(actor, open_loan, django_assert_num_queries):
    loans = [open_loan(f"L{n}") for n in range(1, 4)]
    customer = loans[0].customer.public_id
    with django_assert_num_queries(3):
        found = queries.positions_of_customer(SYSTEM_SCOPE, customer, AS_OF)
    assert len(found) == 3
    assert all(f.position.overdue_minor > 0 for f in found)


def test_a_number_that_two_creditors_use_is_refused(actor, loan):
    """Nothing is read or recorded on whichever comes first."""
    from arrears.parties.actions import PartyData, register_party

    other = Creditor.objects.create(code="OTHER", name="别家")
    theirs = Portfolio.objects.create(creditor=other, code="P1", name="P1")
    debtor = register_party(actor, other.pk, PartyData(reference="C1", kind="person", name="李小红"))
    assert c.open_agreement(actor, c.AgreementData("L1", debtor.public_id, theirs.pk, "other", "CNY", D(2025, 1, 1)))
    assert queries.position(SYSTEM_SCOPE, "L1", AS_OF).code == "ledger.number_ambiguous"
    assert a.record_payment(actor, "L1", 5, D(2025, 3, 1)).code == "ledger.number_ambiguous"
    scope = Scope(creditor_ids=frozenset({loan.creditor_id}))
    assert queries.position(scope, "L1", AS_OF).agreement.pk == loan.pk


def test_schedule_as_it_stands(loan):
    rows = queries.schedule(SYSTEM_SCOPE, "L1", AS_OF)
    assert [i.due_on for i in rows][:2] == [D(2025, 2, 15), D(2025, 3, 15)]
    assert (rows[0].outstanding_minor, rows[0].settled_on) == (0, D(2025, 2, 15))
    assert sum(i.outstanding_minor for i in rows) == queries.position(SYSTEM_SCOPE, "L1", AS_OF).position.outstanding_minor
    assert queries.schedule(SYSTEM_SCOPE, "NONE", AS_OF).code == "ledger.agreement_unknown"


def test_nothing_is_seen_or_done_across_creditors(actor, loan):
    other = Creditor.objects.create(code="OTHER", name="别家")
    scope = Scope(creditor_ids=frozenset({other.pk}))
    assert queries.position(scope, loan.public_id, AS_OF).code == "ledger.agreement_unknown"
    assert queries.timeline(scope, agreement_public_id=loan.public_id) == []
    assert reconciliation.report(scope, AS_OF).compared == 0
    narrowed = Portfolio.objects.create(creditor=loan.creditor, code="P2", name="其他")
    inside = Scope(creditor_ids=frozenset({loan.creditor_id}), portfolio_ids=frozenset({narrowed.pk}))
    assert not queries.position(inside, loan.public_id, AS_OF)
    assert reconciliation.report(inside, AS_OF).compared == 0


def test_columns_equal_the_one_loan_fold(actor, open_loan):
    """Whole columns for the book and the reading for a screen are the same figures, also for odd histories."""
    loans = [open_loan(f"L{n}") for n in range(1, 8)]
    for n, one in enumerate(loans):
        assert a.record_payment(actor, one.public_id, 40_000 * (n + 1), D(2025, 2, 15 + n))
    assert a.pause(actor, loans[1].public_id, D(2025, 4, 1), D(2025, 4, 20), reason="r")
    assert a.charge(actor, loans[2].public_id, Component.COST, 777, D(2025, 3, 1))
    assert a.accelerate(actor, loans[3].public_id, D(2025, 5, 1), reason="r")
    assert a.write_off(actor, loans[4].public_id, D(2025, 6, 1), reason="r")
    rows = [ScheduleRow(1, D(2025, 6, 1), 1_090_000 - 250_000)]
    left = queries.position(SYSTEM_SCOPE, loans[5].public_id, D(2025, 5, 1)).position.principal_outstanding_minor
    rows = [ScheduleRow(1, D(2025, 6, 1), left)]
    assert c.restructure(actor, loans[5].public_id, D(2025, 5, 1), reason="r", rows=rows, servicing={"grace_days": 5})
    for as_of in (D(2025, 4, 15), AS_OF):
        frame = frames.positions_frame(loans[0].creditor_id, as_of)
        found = {f.agreement.pk: f.position for f in queries.positions(SYSTEM_SCOPE, loans, as_of)}
        assert frame.height == len(loans)
        for row in frame.iter_rows(named=True):
            at = found[row["agreement_id"]]
            late = {c.value: v for c, v in at.overdue_totals.items()}
            assert row["overdue_minor"] == at.overdue_minor
            assert row["outstanding_minor"] == at.outstanding_minor
            assert row["overdue_interest_minor"] == late["interest"] + late["compound"]
            assert row["overdue_fee_minor"] == late["fee"] + late["cost"]
            assert row["principal_outstanding_minor"] == at.principal_outstanding_minor
            assert (row["past_due_days"], row["delinquent_days"]) == (at.past_due_days, at.delinquent_days)
            assert (row["oldest_due_on"], row["last_payment_on"]) == (at.oldest_due_on, at.last_payment_on)
            assert row["paid_total_minor"] == sum(p.amount_minor for p in at.payments)


def test_reconciliation_names_every_difference(actor, loan):
    ours = queries.position(SYSTEM_SCOPE, loan.public_id, AS_OF).position
    exact = {"overdue_minor": ours.overdue_minor, "past_due_days": ours.past_due_days, "oldest_due_on": ours.oldest_due_on}
    assert a.feed_host_position(actor, loan.public_id, AS_OF, exact)
    same = reconciliation.report(SYSTEM_SCOPE, AS_OF)
    assert (same.compared, same.equal, same.differences) == (1, 1, ())
    assert a.feed_host_position(
        actor, loan.public_id, AS_OF, exact | {"overdue_minor": ours.overdue_minor + 250, "past_due_days": 3}
    )
    found = reconciliation.report(SYSTEM_SCOPE, AS_OF)
    assert (found.compared, found.equal) == (1, 0)
    assert {(d.field, d.difference) for d in found.differences} == {
        ("overdue_minor", 250),
        ("past_due_days", 3 - ours.past_due_days),
    }
    assert next((s.field, s.agreements, s.absolute) for s in found.sums) == ("overdue_minor", 1, 250)
    earlier = reconciliation.report(SYSTEM_SCOPE, D(2025, 3, 1))
    assert (earlier.compared, earlier.silent) == (0, 1)


def test_the_book_sees_the_host_where_the_host_keeps(actor, portfolio, party):
    data = c.AgreementData("H1", party.public_id, portfolio.pk, "mortgage", "CNY", D(2025, 1, 1), keeping="host")
    one = c.open_agreement(actor, data)
    assert a.feed_host_position(
        actor, one.public_id, D(2025, 5, 31), {"overdue_minor": 900, "past_due_days": 40, "balance_minor": 5_000}
    )
    assert a.record_payment(actor, one.public_id, 100, D(2025, 2, 1))  # no disbursement of ours is needed
    row = frames.positions_frame(one.creditor_id, AS_OF).row(0, named=True)
    assert (row["overdue_minor"], row["past_due_days"], row["outstanding_minor"]) == (900, 40, 5_000)
    from arrears.kernel.declare import BookRequest

    assert columns.provide(BookRequest(one.creditor_id, AS_OF))["bucket"].to_list() == ["M2"]


def spoken(words: list[str], code: int) -> dict:
    from typer.testing import CliRunner

    from arrears.ledger.commands import app

    done = CliRunner().invoke(app, words)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if "--json" in words else {"said": done.stderr}


def test_command_line(actor, loan):
    day = ["--as-of", "2025-06-30"]
    at = spoken(["position", "L1", *day, "--json"], 0)
    assert at["host"]["overdue"] == {"amount": "0.01", "currency": "CNY"}
    why = spoken(["statement", "L1", *day, "--json"], 0)
    assert why["total"] == at["overdue"] == why["lines"][-1]["running"]
    assert at["overdue"]["amount"] != "0.00"
    assert "L1" in spoken(["position", loan.public_id, *day], 0)["said"]
    early = spoken(["position", "L1", *day, "--known-at", "2025-01-01", "--json"], 0)
    assert early["status"] == "not_started"
    assert spoken(["position", "NONE", "--json"], 4)["code"] == "ledger.agreement_unknown"
    assert spoken(["position", "L1", "--as-of", "2025-02-30"], 2)
    assert spoken(["statement", "L1", "--about", "all"], 2)
    found = spoken(["reconcile", "--date", "2025-06-30", "--json"], 1)
    assert (found["compared"], found["equal"]) == (1, 0)
    assert "L1" in spoken(["reconcile", "--date", "2025-06-30"], 1)["said"]


def _in_threads(act, count: int = 4) -> list[object]:
    """Run ``act`` at the same time in ``count`` threads, each in its own connection and transaction."""
    barrier, answers = threading.Barrier(count), []

    def run() -> None:
        try:
            barrier.wait()
            with transaction.atomic():
                answers.append(act())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.fixture
    def committed(self, actor, portfolio, party, open_loan):
        with transaction.atomic():
            loan = open_loan()
            paid = a.record_payment(actor, loan.public_id, 5_000, D(2025, 3, 1), key="p")
        return loan.public_id, paid.public_id

    @pytest.fixture
    def party(self, actor, creditor):
        from arrears.parties.actions import PartyData, register_party

        with transaction.atomic():
            return register_party(actor, creditor.pk, PartyData(reference="C1", kind="person", name="王小明"))

    RACES = [
        ("reversal", lambda x, loan, paid: a.reverse(x, loan, paid, reason="r"), "ledger.already_reversed"),
        ("pause", lambda x, loan, paid: a.pause(x, loan, D(2025, 4, 1), D(2025, 4, 30), reason="r"), "ledger.pause_overlaps"),
        ("write-off", lambda x, loan, paid: a.write_off(x, loan, D(2025, 6, 1), reason="r"), "ledger.written_off_already"),
        ("chargeback", lambda x, loan, paid: a.charge_back(x, loan, paid, 5_000, D(2025, 3, 2)), "ledger.more_than_paid"),
    ]

    @pytest.mark.parametrize(("what", "act", "code"), RACES, ids=[w for w, _, _ in RACES])
    def test_of_several_at_once_one_wins(self, what, act, code, actor, committed):
        answers = _in_threads(lambda: act(actor, *committed))
        assert len(answers) == 4
        assert sum(isinstance(one, Event) for one in answers) == 1
        assert {one.code for one in answers if isinstance(one, Refusal)} == {code}

    def test_the_same_key_at_once_is_one_event(self, actor, committed):
        answers = _in_threads(lambda: a.record_payment(actor, committed[0], 700, D(2025, 3, 5), key="same"))
        assert len({one.pk for one in answers}) == 1
        assert Event.objects.unscoped("test").filter(dedup_key="same").count() == 1
