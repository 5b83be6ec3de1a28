"""The generated portfolio: repeatable, nobody real in it, exact to the cent, readable by the ordinary profiles."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from importlib.resources import files as files_of

import numpy as np
import polars as pl
import pytest

from arrears.house import generator
from arrears.house.generating import behaviour, hosted, loans
from arrears.house.generating.loans import BY_KEY, KINDS
from arrears.intake import profiles
from arrears.intake.mapping import apply
from arrears.intake.reading.source import ROW
from arrears.intake.terms import Built, of_row
from arrears.kernel.clock import HOME_ZONE
from arrears.kernel.money import parse_minor
from arrears.ledger.events import Event, EventKind, ScheduleRow
from arrears.ledger.position import position_of
from arrears.ledger.servicing import ServicingTerms
from arrears.parties import identifiers
from arrears.parties.identifiers import ResidentId

UNTIL = date(2026, 11, 23)
PLAN = generator.Plan(1500, 7, UNTIL)
KNOWN = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    generator.write(PLAN, folder)
    return folder


@pytest.fixture(scope="module")
def frames(files):
    return {name: pl.read_csv(files / f"{name}.csv", infer_schema=False) for name, _ in generator.FILES}


def test_same_seed_same_bytes_and_another_seed_others(files, tmp_path):
    generator.write(PLAN, tmp_path / "again")
    generator.write(generator.Plan(1500, 8, UNTIL), tmp_path / "other")
    for name, _ in generator.FILES:
        kept = (files / f"{name}.csv").read_bytes()
        assert kept == (tmp_path / "again" / f"{name}.csv").read_bytes()
        assert kept != (tmp_path / "other" / f"{name}.csv").read_bytes()


def test_parquet_holds_the_same_cells(files, tmp_path):
    generator.write(generator.Plan(1500, 7, UNTIL, "parquet"), tmp_path)
    for name, _ in generator.FILES:
        csv = pl.read_csv(files / f"{name}.csv", infer_schema=False)
        assert pl.read_parquet(tmp_path / f"{name}.parquet").equals(csv), name


def test_manifest_counts_every_row(files, frames):
    manifest = json.loads((files / "manifest.json").read_text())
    assert {one["file"]: one["rows"] for one in manifest["files"]} == {f"{n}.csv": f.height for n, f in frames.items()}
    assert set(manifest["agreements"]) == {k.key for k in KINDS}


def test_nobody_real(frames):
    people = frames["customers"].filter((pl.col("证件类型") == "居民身份证") & pl.col("证件号码").is_not_null())
    numbers = people["证件号码"].to_list()
    valid = [n for n in numbers if isinstance(identifiers.check_resident_id(n), ResidentId)]
    assert len(numbers) - len(valid) == 2  # two rounded by a spreadsheet, on purpose
    assert all(n[2:4] == "98" for n in valid)
    companies = frames["customers"].filter(pl.col("证件类型") == "统一社会信用代码")["证件号码"]
    assert all(isinstance(identifiers.check_uscc(code), str) for code in companies)
    points = frames["contact_points"]
    assert points.filter(pl.col("类型") == "手机")["号码或地址"].str.starts_with("154").all()
    assert points.filter(pl.col("类型") == "电子邮箱")["号码或地址"].str.ends_with("@example.com").all()


@pytest.mark.parametrize(("name", "profile"), generator.FILES)
def test_profiles_read_the_files(name, profile, frames, files):
    """Only what is wrong on purpose is refused by the reading of cells."""
    found = profile_named(profile)
    cells = frames[name].with_row_index(ROW, offset=2).with_columns(pl.col(ROW).cast(pl.Int64))
    in_yuan = {"payments", "payments_late", "positions", "schedules", "roles"}
    enrich = (lambda f: f.with_columns(pl.lit("CNY").alias("__currency"))) if name in in_yuan else None
    typed = apply(found.outputs[0], cells, HOME_ZONE, enrich)
    wrong = {f.row for f in typed.faults if f.severity == "error"}
    allowed = json.loads((files / "manifest.json").read_text())["files"]
    assert len(wrong) <= next(one["faulty"] for one in allowed if one["file"] == f"{name}.csv"), typed.faults[:3]


def profile_named(name: str):
    found = profiles.read((files_of(profiles.__package__) / "profiles" / f"{name}.yaml").read_text(encoding="utf-8"))
    assert found, found
    return found


def contracts(count: int = 800):
    rng = np.random.default_rng(3)
    habit = behaviour.habits(rng, count)
    made = loans.contracts(rng, 1, np.zeros(count, bool), habit, UNTIL)
    return made.only(~np.isin(made.kind, [BY_KEY["card"], BY_KEY["host_kept"]]))


def rows_of(made, owed, at):
    return [
        ScheduleRow(k + 1, owed.due[at, k].item(), int(owed.principal[at, k]), int(owed.interest[at, k]))
        for k in range(int(owed.n[at]))
    ]


def test_dues_are_those_of_the_product():
    """What the file says is paid must be what the import computes as due: file row, profile, terms, schedule, to the cent."""
    made = contracts()
    owed = loans.dues(made)
    assert set(made.kind) == {n for n, k in enumerate(KINDS) if k.method}
    customers = pl.Series([f"K{n}" for n in range(int(made.owner.max()) + 1)])
    cells = loans.agreement_rows(made, customers).with_row_index(ROW, offset=2).with_columns(pl.col(ROW).cast(pl.Int64))
    typed = apply(profile_named("core-agreements").outputs[0], cells, HOME_ZONE)
    assert not typed.faults
    for at, row in enumerate(typed.frame.iter_rows(named=True)):
        built = of_row(row)
        assert isinstance(built, Built), built
        ours = rows_of(made, owed, at)
        assert sum(r.principal_minor for r in ours) == made.principal[at]
        if KINDS[made.kind[at]].key != "host_schedule":  # its schedule comes as rows
            same = [(r.due_on, r.principal_minor, r.interest_minor) for r in ours]
            assert [(r.due_on, r.principal_minor, r.interest_minor) for r in built.rows] == same, KINDS[made.kind[at]].key


def position(made, owed, paid, at):
    words = {"penalty": {"annual_percent": loans.PENALTIES[made.rate[at]]}}
    if KINDS[made.kind[at]].key == "equal_principal":
        words["grace_days"] = 3
    mine = np.flatnonzero(paid.row == at)
    events = [Event(1, EventKind.DISBURSED, made.disbursed[at].item(), KNOWN, int(made.principal[at]))]
    events += [Event(n + 2, EventKind.PAID, paid.day[i].item(), KNOWN, int(paid.amount[i])) for n, i in enumerate(mine.tolist())]
    return position_of(ServicingTerms.from_dict(words), events, rows_of(made, owed, at), UNTIL)


def test_habits_show_in_the_ledger():
    """Whole instalments are settled to the cent, late ones with their penalty; the host's position says what the ledger says."""
    habit = behaviour.Habit
    made = generator._whole_payers(contracts(500))
    owed = loans.dues(made)
    paid = loans.payments(np.random.default_rng(5), made, owed, UNTIL)
    told = hosted.both_kept(np.random.default_rng(11), made, owed, paid, UNTIL).filter(pl.col("数据日期") == str(UNTIL))
    said = {r["借据号"]: r for r in told.iter_rows(named=True)}
    late = differing = 0
    for at in range(len(made)):
        now = position(made, owed, paid, at)
        late += now.overdue_minor > 0
        if made.habit[at] == habit.PARTIAL:
            continue
        unpaid = int((owed.exists[at] & (owed.due[at] < np.datetime64(UNTIL))).sum()) - int(
            ((paid.row == at) & (owed.due[at][paid.place] < np.datetime64(UNTIL))).sum()
        )
        assert sum(i.overdue for i in now.instalments) == unpaid, habit(made.habit[at]).name
        assert now.unallocated_minor == 0
        assert all(i.outstanding_minor in (0, i.billed_minor) for i in now.instalments)
        if made.reference[at] in said:
            row = said[made.reference[at]]
            assert int(row["逾期天数"]) == now.past_due_days
            assert parse_minor(row["逾期本金"], "CNY") == now.overdue_totals["principal"]
            assert parse_minor(row["逾期利息"], "CNY") == now.overdue_totals["interest"]
            differing += parse_minor(row["逾期罚息"], "CNY") != now.overdue_totals["penalty"]
    assert 0.05 < late / len(made) < 0.35
    assert 0 < differing < len(said) / 10
