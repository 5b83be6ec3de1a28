"""The product from Python: the verbs of the screens, frozen results, refusals as exceptions."""

from __future__ import annotations

import inspect
import subprocess
import sys
from datetime import date
from types import ModuleType

import pytest

import arrears
from arrears.access.models import Creditor, Grant, User
from arrears.journal.models import Entry
from arrears.kernel.scope import Role
from arrears.parties.actions import PartyData

ID = "11010519491231002X"


@pytest.fixture
def house(db):
    Creditor.objects.create(code="bank", name="示例银行")
    return arrears.open()


@pytest.fixture
def person(house):
    bank = house.access.creditor("bank")
    return house.parties.register_party(bank.id, PartyData("C-1", "王小明", id_kind="cn_resident_id", id_number=ID))


def test_import_starts_nothing():
    code = "import sys, arrears; arrears.__version__; print(any(m.startswith(('django', 'polars')) for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_names_that_do_not_exist():
    with pytest.raises(AttributeError):
        arrears.nonsense  # noqa: B018
    assert {"open", "book", "position"} <= set(dir(arrears))


def test_book_is_a_room_and_a_verb():
    assert isinstance(arrears.book, ModuleType)
    assert callable(arrears.book)


def test_an_act_and_its_journal_entry(house, person):
    assert person.name_masked == "王*明"
    entry = Entry.objects.get()
    assert (entry.act, entry.via, entry.actor_kind) == ("party.registered", "python", "system")


def test_results_are_frozen_and_masked(house, person):
    with pytest.raises(AttributeError):
        person.reference = "C-2"
    with pytest.raises(AttributeError):
        person.name_sealed  # noqa: B018
    for text in (repr(person), person._repr_html_()):
        assert "王小明" not in text
        assert ID not in text


def test_rows_become_tables(house, person):
    found = house.parties.search("王小明")
    assert len(found) == 1
    assert found[0].why == "name"
    assert found.to_arrow().num_rows == 1
    assert found.to_polars()["name_masked"].to_list() == ["王*明"]
    assert "王小明" not in found._repr_html_()
    customers = house.parties.customers()
    assert customers.to_arrow().column("reference").to_pylist() == ["C-1"]
    assert customers[0:1][0].creditor.code == "bank"


def test_a_refusal_is_raised_and_nothing_changed(house, person):
    with pytest.raises(arrears.Refused) as caught:
        house.parties.register_party(house.access.creditor("bank").id, PartyData("C-1", "李四"))
    assert caught.value.code == "party.reference_taken"
    assert "C-1" in str(caught.value)
    assert Entry.objects.count() == 1


def test_a_person_sees_and_may_only_what_they_may(house, person):
    user = User.objects.create(username="auditor", display_name="x")
    Grant.objects.create(user=user, role=Role.AUDITOR, creditor=Creditor.objects.create(code="other", name="x"))
    theirs = house.as_user("auditor")
    assert len(theirs.parties.customers()) == 0
    with pytest.raises(arrears.Refused) as caught:
        theirs.parties.register_party(1, PartyData("C-2", "李四"))
    assert caught.value.code == "access.not_allowed"
    with pytest.raises(LookupError):
        house.as_user("nobody")


def test_every_room_says_what_it_can(house):
    """Each read and act of each room is reachable, without the parameter that the session supplies."""
    from arrears.house import rooms

    for room in rooms.installed():
        verbs = getattr(house, room.rsplit(".", 1)[-1])
        for verb in dir(verbs):
            names = list(inspect.signature(getattr(verbs, verb)).parameters)
            assert not {"scope", "actor"} & set(names[:1]), (room, verb)
    assert {"register_party", "reveal", "search", "customer_view"} <= set(dir(house.parties))
    with pytest.raises(AttributeError):
        house.parties.nonsense  # noqa: B018
    with pytest.raises(AttributeError):
        house.nowhere  # noqa: B018


def test_dates_may_be_text(house, person):
    view = house.parties.customer_view(
        house.parties.customers()[0].public_id,
        on="2026-11-23",
        at="2026-11-23T12:00:00+08:00",
        known_at="2999-01-01T00:00:00+00:00",
    )
    assert view.parties[0].name_masked == "王*明"


def test_one_installation_a_process(house):
    with pytest.raises(RuntimeError, match="another process"):
        arrears.open(home="elsewhere")


@pytest.fixture
def ground(house, person, monkeypatch, tmp_path, settings):
    """A loan L-1 and a book of the day."""
    from arrears import session
    from arrears.access.models import Portfolio
    from arrears.ledger.actions_contract import AgreementData
    from arrears.ledger.events import ScheduleRow

    settings.BOOK_DIR = tmp_path
    monkeypatch.setattr(session, "_default", house)
    bank = Creditor.objects.get(code="bank")
    retail = Portfolio.objects.create(creditor=bank, code="retail", name="零售")
    house.ledger.open_agreement(AgreementData("L-1", person.public_id, retail.pk, "consumer_loan", "CNY", date(2026, 1, 10)))
    house.ledger.disburse("L-1", 300000, on="2026-01-10")
    house.ledger.set_schedule("L-1", on="2026-01-10", rows=[ScheduleRow(1, date(2026, 2, 10), 300000, 1000)])
    house.book.build("2026-03-20", "bank")


def test_position_and_statement_from_python(ground):
    assert arrears.position("L-1", as_of="2026-03-20").position.overdue_minor == 301000
    assert arrears.statement("L-1", as_of="2026-03-20").total_minor == 301000
    assert arrears.statement("L-1").as_of == arrears.position("L-1").position.as_of
    before = arrears.position("L-1", as_of="2026-03-20", known_at="2026-01-01T00:00:00+00:00")
    assert before.position.overdue_minor == 0
    with pytest.raises(arrears.Refused) as caught:
        arrears.position("none")
    assert caught.value.code == "ledger.agreement_unknown"
    assert arrears.book("2026-03-20").column("overdue_minor").to_pylist() == [301000]
