"""``arrears demo``: an installation with people, a generated Chinese portfolio and a real card portfolio, ready to look at.

Everything goes through the ordinary doors: users by actions, files by the import, the book by its action. What is there already
is left alone, so that a second call only serves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction

from arrears.access import actions_organisation as organisation
from arrears.access import actions_users
from arrears.access import queries as access
from arrears.access.actions_users import GrantData
from arrears.access.models import User
from arrears.book import actions as book
from arrears.book import storage
from arrears.cli import conventions
from arrears.house import generator
from arrears.house.generating.loans import KINDS
from arrears.intake import running
from arrears.intake.actions import AlreadyLoaded
from arrears.intake.models import Batch
from arrears.journal import actions_seal
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal, Text
from arrears.kernel.scope import SYSTEM_SCOPE, Actor, Role
from arrears.parties import actions_matching
from arrears.worklist import actions as worklist

ACTOR = Actor(scope=SYSTEM_SCOPE, kind="system", id="demo", via="cli")
BANK, CARDS = "QH", "UCI"
AGENCY = ("HX", "恒信催收服务公司")
CREDITORS = (
    organisation.CreditorData(BANK, "青禾银行", "Qinghe Bank", phone="4000000000", is_demo=True),
    organisation.CreditorData(
        CARDS, "UCI 信用卡样本", "UCI card sample", jurisdiction="TW", time_zone="Asia/Taipei", is_demo=True
    ),
)
TEAMS = ((BANK, "early", "早期催收组"), (BANK, "late", "后期催收组"), (BANK, "legal", "法诉组"), (CARDS, "cards", "信用卡组"))
PEOPLE: dict[Role, str] = {
    Role.COLLECTOR: "催收员", Role.LEAD: "催收主管", Role.ANALYST: "策略分析师", Role.FIELD: "外访员", Role.LEGAL: "法务专员",
    Role.COMPLIANCE: "合规专员", Role.AGENCY: "委外催收员", Role.INTEGRATOR: "系统对接员", Role.OPERATOR: "运营管理员",
    Role.AUDITOR: "审计员",
}  # fmt: skip
#: Month ends that the card sample observes.
CARD_DAYS = tuple(date(2005, m, d) for m, d in ((4, 30), (5, 31), (6, 30), (7, 31), (8, 31), (9, 30)))
SEED = 1

T = TypeVar("T")


class DemoError(RuntimeError):
    """A step of the demo was refused; the message says which and why."""


@dataclass
class Report:
    """What was done, step by step, with seconds."""

    steps: list[tuple[str, float, str]] = field(default_factory=list)

    @contextmanager
    def step(self, name: Text) -> Iterator[list[str]]:
        words = name.in_language(conventions.language())
        notes: list[str] = []
        began = clock.monotonic()
        yield notes
        seconds = clock.monotonic() - began
        self.steps.append((words, seconds, "; ".join(notes)))
        conventions.say(f"{seconds:7.1f} s  {words}{': ' if notes else ''}{'; '.join(notes)}")


def _refused(refusal: Refusal) -> DemoError:
    lang = conventions.language()
    return DemoError(f"{refusal.code}: {refusal.sentence.in_language(lang)} {refusal.fix.in_language(lang)}")


def _must(answer: T | Refusal) -> T:
    if isinstance(answer, Refusal):
        raise _refused(answer)
    return answer


def month_ends(day: date, count: int = 6) -> list[date]:
    """The last ``count`` month ends before ``day``, oldest first."""
    found = []
    last = day.replace(day=1) - timedelta(days=1)
    for _ in range(count):
        found.append(last)
        last = last.replace(day=1) - timedelta(days=1)
    return found[::-1]


def organise() -> str:
    """Creditors, portfolios, teams, an agency and one demo user per role at both creditors; what is there is left alone."""
    known = {c.code for c in access.creditors(SYSTEM_SCOPE)}
    with transaction.atomic():
        for creditor in CREDITORS:
            if creditor.code not in known:
                _must(organisation.open_creditor(ACTOR, creditor))
        if not {c.code for c in CREDITORS} <= known:
            for code in sorted({k.portfolio for k in KINDS}):
                _must(organisation.add_portfolio(ACTOR, BANK, code, code))
            _must(organisation.add_portfolio(ACTOR, CARDS, "uci", "UCI 信用卡"))
            for code, team, name in TEAMS:
                _must(organisation.add_team(ACTOR, code, team, name))
            _must(organisation.register_agency(ACTOR, *AGENCY))
        made = sum(_person(role, name) for role, name in PEOPLE.items())
    return f"+{made} users"


def _person(role: Role, name: str) -> bool:
    if User.objects.filter(username=role.value).exists():
        return False
    user, _ = _must(actions_users.create_user(ACTOR, role.value, name, password=settings.FIXTURE_PASSWORD, is_demo=True))
    for creditor in (BANK, CARDS):
        agency = AGENCY[0] if role is Role.AGENCY else ""
        _must(actions_users.grant(ACTOR, user.public_id, GrantData(role.value, creditor, agency=agency)))
    return True


def files(customers: int, day: date) -> tuple[Path, dict[str, Any]]:
    """The generated files and their manifest; made once, then kept, so that a later call loads nothing again."""
    folder = Path(settings.HOME) / "demo"
    manifest = folder / "manifest.json"
    if not manifest.exists():
        generator.write(generator.Plan(customers, SEED, day), folder)
    return folder, json.loads(manifest.read_text(encoding="utf-8"))


def load(path: Path, creditor: str, profile: str) -> str:
    """One file through the ordinary import: checked, approved, committed. Gives a line for the person at the terminal."""
    chosen = _must(running.profile(profile))
    begun = running.begin(ACTOR, path, creditor, chosen)
    if isinstance(begun, Refusal):
        raise _refused(begun)
    if isinstance(begun, AlreadyLoaded):
        if begun.batch.state == "committed":
            return "there already"
        begun = begun.batch  # an earlier call was interrupted while this file went in
    done = _must(running.commit(ACTOR, begun.public_id))
    if not isinstance(done, Batch):
        raise DemoError(f"{path.name}: {done}")
    return f"{done.rows_good:,} rows, {done.rows_held:,} held"


def card_sample() -> Path | None:
    """The card sample of a source tree (``examples/``); an installed package has none."""
    path = Path(__file__).resolve().parents[3] / "examples" / "uci-credit-card" / "UCI_Credit_Card.csv"
    return path if path.exists() else None


def statistics() -> None:
    """Tell the planner what came in; the database would find out by itself only minutes later."""
    with connection.cursor() as cursor:
        cursor.execute("analyze")


def books(ends: list[date], day: date, creditor: str) -> str:
    """The book of ``day``, and of earlier ``ends`` where there is none yet: what was booked then stays as it was known then."""
    made = 0
    for one in [*(end for end in ends if storage.made(end, creditor) is None), day]:
        with transaction.atomic():
            built = _must(book.build(ACTOR, one, creditor))
        made += not built.unchanged
    return f"+{made} days"


def prepare(customers: int = 20_000, *, say: Callable[[str], None] = conventions.say) -> Report:
    """Everything before serving. Raises ``DemoError`` where an action refuses."""
    from django.core.management import call_command

    report, today = Report(), clock.today()
    with report.step(Text("数据库结构", "database schema")):
        call_command("migrate", verbosity=0)
    with report.step(Text("机构与用户", "creditors and users")) as notes:
        notes.append(organise())
    with report.step(Text("生成样本", "generate files")) as notes:
        folder, manifest = files(customers, today)
        notes.append(f"{manifest['customers']:,} customers, until {manifest['until']}")
    if manifest["customers"] != customers:
        say(f"the demo here was made with {manifest['customers']:,} customers; choose another ARREARS_HOME for another size")
    for one in manifest["files"]:
        with report.step(Text(f"导入 {one['file']}", f"import {one['file']}")) as notes:
            notes.append(load(folder / one["file"], BANK, one["profile"]))
    sample = card_sample()
    if sample is not None:
        with report.step(Text("导入 UCI 信用卡样本", "import the UCI card sample")) as notes:
            notes.append(load(sample, CARDS, "uci-credit-card"))
    with report.step(Text("查找重复客户", "find people under two numbers")) as notes:
        statistics()
        notes.append(_matches())
    until = max(date.fromisoformat(manifest["until"]), today)
    with report.step(Text("青禾银行账簿", "books of QH")) as notes:
        notes.append(books(month_ends(until), until, BANK))
    if sample is not None:
        with report.step(Text("UCI 账簿", "books of UCI")) as notes:
            notes.append(books(list(CARD_DAYS), until, CARDS))
    with report.step(Text("当日跑批", "the run of the day")) as notes:
        with transaction.atomic():
            done = _must(worklist.run(ACTOR, until, BANK))
        notes.append(f"{done.summary['customers']:,} overdue customers")
    with report.step(Text("封存日志", "seal the journal")) as notes:
        notes.append(f"{actions_seal.seal_all(clock.now()):,} entries")
    return report


def _matches() -> str:
    found = access.creditor(SYSTEM_SCOPE, BANK)
    assert found is not None  # organise() made it
    with transaction.atomic():
        done = _must(actions_matching.find_matches(ACTOR, found.pk))
    return f"{done.merged} merged, {done.candidates} to decide"
