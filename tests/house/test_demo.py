"""``arrears demo``: everything by ordinary doors, nothing twice, an interrupted call goes on."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth import authenticate

from arrears.access.actions_organisation import CreditorData, add_portfolio, add_team, open_creditor, register_agency
from arrears.access.models import Creditor, Grant, Portfolio, User
from arrears.book import queries as book
from arrears.house import demo, generator
from arrears.intake import actions as intake
from arrears.intake.models import Batch
from arrears.journal.models import Entry, Pending
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE, Actor, Role, Scope
from arrears.ledger.models import Agreement, Event
from arrears.parties.models import Party

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture
def place(tmp_path, monkeypatch, settings):
    settings.HOME, settings.BOOK_DIR = tmp_path, tmp_path / "book"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # ten people a test
    monkeypatch.setattr(demo, "card_sample", lambda: None)
    monkeypatch.setenv("ARREARS_BUSINESS_DATE", TODAY.isoformat())
    monkeypatch.setenv("ARREARS_LANGUAGE", "en")
    return tmp_path


def counts() -> dict[str, int]:
    scoped = {m.__name__: m.objects.unscoped("test").count() for m in (Party, Agreement, Event, Batch)}
    return scoped | {m.__name__: m.objects.count() for m in (User, Grant, Creditor, Portfolio)}


def test_a_whole_demo_and_nothing_twice(place):
    first = demo.prepare(120)
    made = counts()
    assert made["User"] == len(Role) == 10
    assert made["Grant"] == 20
    assert made["Batch"] == len(generator.FILES)
    assert set(Batch.objects.unscoped("test").values_list("state", flat=True)) == {"committed"}
    assert made["Party"] > 100
    assert made["Agreement"] > 100
    assert book.days(SYSTEM_SCOPE) == [*demo.month_ends(TODAY), TODAY]
    late = book.overview(SYSTEM_SCOPE, TODAY)
    assert sum(r.overdue_minor for r in late.rows) > 0
    assert Pending.objects.count() == 0
    assert Entry.objects.filter(actor_id="demo", act="import.committed").count() == len(generator.FILES)
    again = demo.prepare(120)
    assert counts() == made
    notes = dict((words, note) for words, _, note in again.steps)
    assert all(note == "there already" for words, note in notes.items() if words.startswith("import "))
    assert notes["books of QH"] == "+0 days"
    assert [words for words, _, _ in first.steps] == list(notes)


def test_another_size_is_not_mixed_in(place):
    demo.prepare(60)
    made, said = counts(), []
    demo.prepare(90, say=said.append)
    assert counts() == made
    assert "60" in said[0]


def test_an_interrupted_demo_goes_on(place, monkeypatch):
    """Killed in the middle of a file, the next call brings the rest of that file in, once."""
    commit_part = intake.commit_part

    def killed(*words):
        if Batch.objects.unscoped("test").filter(file_name="payments.csv").exists():
            raise KeyboardInterrupt
        return commit_part(*words)

    with monkeypatch.context() as patch:
        patch.setattr(intake, "commit_part", killed)
        with pytest.raises(KeyboardInterrupt):
            demo.prepare(60)
    assert Batch.objects.unscoped("test").get(file_name="payments.csv").state == "approved"
    demo.prepare(60)
    assert set(Batch.objects.unscoped("test").values_list("state", flat=True)) == {"committed"}
    assert Batch.objects.unscoped("test").count() == len(generator.FILES)


def test_a_refusal_stops_the_demo_and_says_why(place):
    demo.organise()
    path = place / "broken.csv"
    path.write_bytes(b"\x00\x01")
    with pytest.raises(demo.DemoError, match=r"^\w+\.\w+: "):
        demo.load(path, demo.BANK, "core-customers")


def test_the_people_can_sign_in_and_agency_staff_is_narrowed(place, settings):
    demo.organise()
    for role in Role:
        assert authenticate(username=role.value, password=settings.FIXTURE_PASSWORD).is_demo
    narrowed = Grant.objects.filter(agency__isnull=False)
    assert set(narrowed.values_list("role", flat=True)) == {"agency"}
    assert set(Creditor.objects.values_list("code", "time_zone")) == {("QH", "Asia/Shanghai"), ("UCI", "Asia/Taipei")}


def test_month_ends():
    assert demo.month_ends(date(2025, 3, 31), 2) == [date(2025, 1, 31), date(2025, 2, 28)]
    assert demo.month_ends(date(2024, 3, 1), 1) == [date(2024, 2, 29)]


ALL = Actor(SYSTEM_SCOPE, "system", "tests", "job")
REFUSED = [
    ("creditor without a code", lambda a: open_creditor(ALL, CreditorData(" ", "名")), "access.value_empty"),
    ("creditor without a name", lambda a: open_creditor(ALL, CreditorData("X", "")), "access.value_empty"),
    ("creditor by one of its own people", lambda a: open_creditor(a, CreditorData("X", "名")), "access.creditor_not_visible"),
    ("portfolio elsewhere", lambda a: add_portfolio(a, "BL", "P", ""), "access.creditor_not_visible"),
    ("portfolio without a code", lambda a: add_portfolio(a, "QH", " ", ""), "access.value_empty"),
    ("team elsewhere", lambda a: add_team(a, "BL", "T", ""), "access.creditor_not_visible"),
    ("team without a code", lambda a: add_team(a, "QH", "", ""), "access.value_empty"),
    ("agency by one creditor's people", lambda a: register_agency(a, "X", ""), "access.creditor_not_visible"),
    ("agency without a code", lambda a: register_agency(ALL, "", ""), "access.value_empty"),
]


@pytest.mark.parametrize(("what", "act", "code"), REFUSED, ids=[w for w, _, _ in REFUSED])
def test_what_an_organisation_may_not(what, act, code):
    for name in ("QH", "BL"):
        assert open_creditor(ALL, CreditorData(name, name))
    mine = frozenset({Creditor.objects.get(code="QH").pk})
    answer = act(Actor(Scope(mine, frozenset({Role.OPERATOR})), "person", "usr_1", "web"))
    assert isinstance(answer, Refusal)
    assert answer.code == code


def test_an_organisation_grows_once():
    assert open_creditor(ALL, CreditorData("QH", "青禾银行"))
    same = open_creditor(ALL, CreditorData("QH", "另一个名字"))
    assert same.name == "青禾银行"
    for _ in range(2):
        assert add_portfolio(ALL, "QH", "P1", "消费贷")
        assert add_team(ALL, "QH", "T1", "一组")
        assert register_agency(ALL, "HX", "恒信")
    assert Portfolio.objects.count() == 1
    assert list(Entry.objects.filter(act__endswith=".repeated").values_list("act", flat=True).order_by("id")) == [
        "creditor.repeated", "portfolio.repeated", "team.repeated", "agency.repeated",
    ]  # fmt: skip
