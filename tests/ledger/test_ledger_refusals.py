"""One row per refusal: the act, what is wrong with it, the code; and nothing is left behind."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.ledger import actions as a
from arrears.ledger import actions_contract as c
from arrears.ledger.events import Component, ScheduleRow
from arrears.ledger.models import Event
from arrears.ledger.models import ScheduleRow as StoredRow

pytestmark = pytest.mark.django_db
D = date


def payment(actor, loan, amount=100_000, on=None, **more):
    return a.record_payment(actor, loan.public_id, amount, on or D(2025, 2, 15), **more)


CASES = [
    ("unknown agreement", lambda x, g, e: a.record_payment(x, "agr_none", 1, D(2025, 2, 1)), "ledger.agreement_unknown"),
    ("zero payment", lambda x, g, e: payment(x, g, 0), "ledger.amount_not_positive"),
    ("negative payment", lambda x, g, e: payment(x, g, -5), "ledger.amount_not_positive"),
    ("other currency", lambda x, g, e: payment(x, g, currency="USD"), "ledger.currency_mismatch"),
    ("before disbursement", lambda x, g, e: payment(x, g, on=D(2025, 1, 14)), "ledger.before_disbursement"),
    ("in the future", lambda x, g, e: payment(x, g, on=clock.today() + timedelta(days=1)), "ledger.in_future"),
    ("split does not add up", lambda x, g, e: payment(x, g, split={"principal": 1}), "ledger.split_differs"),
    ("same key, other content", lambda x, g, e: payment(x, g, 5, key="p"), "ledger.key_reused"),
    ("reversal of nothing", lambda x, g, e: a.reverse(x, g.public_id, "lev_none", reason="r"), "ledger.event_unknown"),
    (
        "reversal of a reversal",
        lambda x, g, e: a.reverse(x, g.public_id, e["reversal"], reason="r"),
        "ledger.reversal_of_reversal",
    ),
    ("reversed twice", lambda x, g, e: a.reverse(x, g.public_id, e["reversed"], reason="r"), "ledger.already_reversed"),
    (
        "disbursement under payments",
        lambda x, g, e: a.reverse(x, g.public_id, e["disbursed"], reason="r"),
        "ledger.not_reversible",
    ),
    (
        "chargeback of a charge",
        lambda x, g, e: a.charge_back(x, g.public_id, e["charge"], 1, D(2025, 3, 1)),
        "ledger.not_a_payment",
    ),
    (
        "chargeback beyond the payment",
        lambda x, g, e: a.charge_back(x, g.public_id, e["paid"], 100_001, D(2025, 3, 1)),
        "ledger.more_than_paid",
    ),
    (
        "waiver beyond what is open",
        lambda x, g, e: a.waive(x, g.public_id, Component.FEE, 5_001, D(2025, 3, 1), reason="r"),
        "ledger.more_than_owed",
    ),
    ("refund without credit", lambda x, g, e: a.refund(x, g.public_id, 1, D(2025, 3, 1)), "ledger.more_than_credit"),
    (
        "pause ends before it starts",
        lambda x, g, e: a.pause(x, g.public_id, D(2025, 5, 1), D(2025, 4, 1), reason="r"),
        "ledger.pause_ends_before_start",
    ),
    (
        "overlapping pause",
        lambda x, g, e: a.pause(x, g.public_id, D(2025, 3, 10), D(2025, 3, 20), reason="r"),
        "ledger.pause_overlaps",
    ),
    ("resume without pause", lambda x, g, e: a.resume(x, g.public_id, D(2025, 6, 1)), "ledger.no_active_pause"),
    ("resume in the future", lambda x, g, e: a.resume(x, g.public_id, clock.today() + timedelta(days=2)), "ledger.resume_later"),
    ("empty schedule", lambda x, g, e: c.set_schedule(x, g.public_id, D(2025, 1, 15), rows=[]), "ledger.schedule_empty"),
    (
        "principal does not sum",
        lambda x, g, e: c.set_schedule(x, g.public_id, D(2025, 1, 15), rows=[ScheduleRow(1, D(2025, 2, 1), 5)]),
        "ledger.principal_differs",
    ),
    (
        "negative instalment",
        lambda x, g, e: c.set_schedule(x, g.public_id, D(2025, 1, 15), rows=[ScheduleRow(1, D(2025, 2, 1), -5)]),
        "ledger.row_wrong",
    ),
    (
        "zero instalment",
        lambda x, g, e: c.set_schedule(x, g.public_id, D(2025, 1, 15), rows=[ScheduleRow(1, D(2025, 2, 1))]),
        "ledger.row_wrong",
    ),
    (
        "due before disbursement",
        lambda x, g, e: c.set_schedule(x, g.public_id, D(2025, 1, 15), rows=[ScheduleRow(1, D(2025, 1, 1), 1_200_000)]),
        "ledger.row_wrong",
    ),
]


@pytest.fixture
def history(actor, open_loan):
    """A loan with a payment, a reversed payment, a charge and a pause."""
    loan = open_loan()
    made = {
        "paid": payment(actor, loan, key="p"),
        "reversed": payment(actor, loan, 7, key="q"),
        "charge": a.charge(actor, loan.public_id, Component.FEE, 5_000, D(2025, 2, 20), key="f"),
    }
    made["reversal"] = a.reverse(actor, loan.public_id, made["reversed"].public_id, reason="test")
    assert a.pause(actor, loan.public_id, D(2025, 3, 15), D(2025, 4, 15), reason="illness")
    ids = {name: event.public_id for name, event in made.items()}
    ids["disbursed"] = Event.objects.unscoped("test").get(kind="disbursed").public_id
    return loan, ids


@pytest.mark.parametrize(("what", "act", "code"), CASES, ids=[c[0] for c in CASES])
def test_refused_and_nothing_changes(what, act, code, actor, history):
    loan, ids = history
    before = (Event.objects.unscoped("test").count(), StoredRow.objects.unscoped("test").count())
    answer = act(actor, loan, ids)
    assert isinstance(answer, Refusal), answer
    assert answer.code == code
    assert answer.sentence.zh
    assert answer.fix.en
    assert (Event.objects.unscoped("test").count(), StoredRow.objects.unscoped("test").count()) == before


def test_closed_and_written_off(actor, open_loan):
    loan = open_loan()
    assert a.write_off(actor, loan.public_id, D(2025, 6, 1), reason="policy")
    again = a.write_off(actor, loan.public_id, D(2025, 6, 2), reason="policy")
    assert isinstance(again, Refusal)
    assert again.code == "ledger.written_off_already"
    assert a.close(actor, loan.public_id, D(2025, 6, 3), reason="sold")
    late = a.charge(actor, loan.public_id, Component.FEE, 1, D(2025, 6, 4))
    assert isinstance(late, Refusal)
    assert late.code == "ledger.closed"
    assert payment(actor, loan, on=D(2025, 6, 5))


def test_payment_before_any_disbursement(actor, open_loan):
    loan = open_loan(disburse=False, schedule=False)
    answer = payment(actor, loan)
    assert isinstance(answer, Refusal)
    assert answer.code == "ledger.not_disbursed"


def test_same_key_same_content_is_one_event(actor, open_loan):
    loan = open_loan()
    first = payment(actor, loan, key="bank-1")
    second = payment(actor, loan, key="bank-1")
    assert first.pk == second.pk
    assert Event.objects.unscoped("test").filter(kind="paid").count() == 1


def test_agreement_number_once_per_creditor(actor, open_loan, portfolio, party):
    open_loan()
    data = c.AgreementData("L1", party.public_id, portfolio.pk, "consumer_loan", "CNY", D(2025, 1, 15))
    answer = c.open_agreement(actor, data)
    assert isinstance(answer, Refusal)
    assert answer.code == "ledger.agreement_exists"
