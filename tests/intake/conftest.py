from __future__ import annotations

from datetime import date

import pytest

from arrears.access.models import Portfolio
from arrears.kernel import clock
from arrears.kernel.scope import Role
from arrears.ledger.models import Agreement, Event, ScheduleRow
from arrears.parties import actions as parties
from arrears.parties.actions import PartyData
from arrears.parties.models import Party


@pytest.fixture
def operator(person, creditor):
    return person("op", Role.OPERATOR, at=creditor)


@pytest.fixture
def borrow(operator, creditor):
    """Makes a person with an agreement of equal instalments: one for each month of 2026, on the 15th."""
    portfolio, _ = Portfolio.objects.get_or_create(creditor=creditor, code="P1", defaults={"name": "组合"})

    def make(reference, name="王小明", instalment_minor=100_000, currency="CNY"):
        made = parties.register_party(operator, creditor.id, PartyData(f"C-{reference}", name))
        party = Party.objects.visible_to(operator.scope).get(public_id=made.public_id)
        agreement = Agreement.objects.create(
            creditor=creditor, portfolio=portfolio, customer_id=party.customer_id, reference=reference,
            product="consumer_loan", currency=currency, opened_on=date(2025, 12, 15), created_at=clock.now(),
        )  # fmt: skip
        common = {"creditor": creditor, "agreement": agreement, "effective_on": date(2025, 12, 15), "recorded_at": clock.now()}
        opened = {"kind": "opened", "data": {"terms": {}}, "dedup_key": "opened"}
        Event.objects.create(**common, **opened)
        whole = instalment_minor * 12
        Event.objects.create(**common, kind="disbursed", amount_minor=whole, dedup_key="disbursed")
        event = Event.objects.create(**common, kind="schedule_set", data={"origin": "host"}, dedup_key="schedule")
        ScheduleRow.objects.bulk_create(
            ScheduleRow(
                creditor=creditor,
                agreement=agreement,
                event=event,
                n=n,
                due_on=date(2026, n, 15),
                principal_minor=instalment_minor,
            )
            for n in range(1, 13)
        )
        return agreement

    return make


@pytest.fixture
def load(db, creditor, settings, tmp_path):
    """Imports small files; see ``intake_files.Importer``."""
    from intake_files import Importer

    settings.INTAKE_DIR = tmp_path / "spool"
    return Importer(tmp_path)


@pytest.fixture
def book(load):
    """Two customers and two loans: J1 from 2026-01-10 (CNY 1,200.00, twelve instalments), J2 kept by the host."""
    from intake_files import AGREEMENTS, CUSTOMERS

    load("core-customers", CUSTOMERS + "K1,王小明,个人,居民身份证,110101199003070919,1990-03-07\nK2,李雷,个人,护照,G1234567,\n")
    done = load(
        "core-agreements",
        AGREEMENTS
        + "J1,K1,P1,消费贷,人民币,2026-01-10,2026-01-10,1200.00,12,等额本金,12,2026-02-10,本系统\n"
        + "J2,K2,P1,信用卡,人民币,2026-01-01,,,,循环,,,主机\n",
    )
    assert done.rows_good == 2, (done.rules, done.refusal)
    return load
