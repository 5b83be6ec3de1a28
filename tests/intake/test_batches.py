"""The whole way of a batch: dry run, commit, the same again, mending, undoing, going on after a stop, a second person."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from intake_files import ACTOR, AGREEMENTS, CUSTOMERS, PAYMENTS, POSITIONS, SCHEDULES, faults, held

from arrears.access import actions as access
from arrears.access.models import Approval
from arrears.intake import actions, actions_mend, error_file, queries, running
from arrears.intake.actions import AlreadyLoaded
from arrears.intake.models import Batch
from arrears.intake.spool import Spool
from arrears.journal.models import Entry
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE, Role
from arrears.ledger import queries as ledger
from arrears.ledger.models import Agreement, AgreementRole, Event, HostPosition, ScheduleRow
from arrears.parties.models import ConsentEvent, ContactPoint, Customer, Party, PartyVersion, Restriction

pytestmark = pytest.mark.django_db
ROWS = "A,J1,还款,2026-02-10,100.00,,,,\nB,J1,还款,2026-03-10,50.00,,,,\n"


def seen(model):
    return model.objects.visible_to(SYSTEM_SCOPE)


def overdue(reference, day):
    from datetime import date

    return ledger.position(SYSTEM_SCOPE, reference, date.fromisoformat(day)).position.overdue_minor


def test_a_dry_run_changes_nothing_but_the_batch(book):
    before = (seen(Event).count(), seen(Party).count())
    batch = book("core-payments", PAYMENTS + ROWS, commit=False)
    assert (batch.state, batch.rows_good, batch.counts) == ("checked", 2, {"payments": {"new": 2}})
    assert (seen(Event).count(), seen(Party).count()) == before


def test_what_goes_in_is_what_the_ledger_tells(book):
    assert [r.total_minor for r in ledger.schedule_rows(SYSTEM_SCOPE, [seen(Agreement).get(reference="J1").pk]).popitem()[1]][
        :2
    ] == [
        11200,
        11100,
    ]
    assert overdue("J1", "2026-02-11") == 11200
    book("core-payments", PAYMENTS + ROWS)
    assert overdue("J1", "2026-03-11") == 11200 + 11100 - 15000
    assert {e.act for e in Entry.objects.all()} >= {
        "import.received",
        "import.checked",
        "import.approved",
        "events.imported",
        "import.committed",
    }


def test_the_same_file_twice_does_nothing(book):
    first = book("core-payments", PAYMENTS + ROWS)
    again = book("core-payments", PAYMENTS + ROWS)
    assert isinstance(again, AlreadyLoaded)
    assert again.batch.public_id == first.public_id
    assert seen(Event).filter(kind="paid").count() == 2


def test_the_same_rows_in_another_file_are_unchanged(book):
    book("core-payments", PAYMENTS + ROWS)
    more = book("core-payments", PAYMENTS + ROWS + "C,J1,还款,2026-03-11,1.00,,,,\n")
    assert more.counts["payments"] == {"unchanged": 2, "new": 1, "inserted": 1, "updated": 0, "skipped": 0}
    assert more.difference["payments"] == {"new": 1, "gone": 0, "changed": 0}


def test_a_changed_position_is_a_later_word_and_the_former_stays_known(book):
    book("core-positions", POSITIONS + "J2,2026-03-31,人民币,900.00,10.00,5\n")
    at = seen(HostPosition).get().recorded_at
    batch = book("core-positions", POSITIONS + "J2,2026-03-31,人民币,900.00,12.00,5\n")
    assert (batch.counts["positions"]["changed"], batch.difference["positions"]["changed"]) == (1, 1)
    one = seen(Agreement).get(reference="J2").pk
    day = seen(HostPosition).first().as_of
    assert ledger.host_positions(SYSTEM_SCOPE, [one], day)[one].overdue_minor == 1200
    assert ledger.host_positions(SYSTEM_SCOPE, [one], day, at)[one].overdue_minor == 1000


def test_a_changed_customer_keeps_its_former_version(book):
    batch = book("core-customers", CUSTOMERS + "K1,王晓明,个人,居民身份证,110101199003070919,\nK2,李雷,个人,护照,G1234567,\n")
    assert batch.counts["customers"] | {"skipped": 0} == {"changed": 1, "unchanged": 1, "inserted": 0, "updated": 1, "skipped": 0}
    assert seen(Party).get(reference="K1").name_masked == "王*明"
    assert seen(PartyVersion).count() == 1


def test_one_person_under_two_numbers_is_one_customer_and_a_minor_is_restricted(load):
    load(
        "core-customers",
        CUSTOMERS + "A,王明,个人,居民身份证,110101199003070919,\nB,王明,,,110101199003070919,\nC,小宝,,,,2020-05-01\n",
    )
    assert seen(Party).get(reference="A").customer_id == seen(Party).get(reference="B").customer_id
    assert seen(Customer).count() == 2
    assert seen(Restriction).get().party.reference == "C"


def test_held_rows_are_sealed_and_mended_in_place(book):
    batch = book("core-payments", PAYMENTS + ROWS + "C,J9,还款,2026-13-11,1.00,,,,\n")
    assert b"J9" not in bytes(held(batch)[0].cells_sealed)
    still = actions_mend.mend(ACTOR, batch.public_id, 4, {"记账日期": "2026-03-11"})
    assert (still.state, [f["code"] for f in still.faults]) == ("held", ["agreement.unknown"])
    done = actions_mend.mend(ACTOR, batch.public_id, 4, {"借据号": "J1"})
    assert done.state == "committed"
    assert seen(Event).filter(dedup_key="C", batch_id=batch.pk).count() == 1
    batch.refresh_from_db()
    assert (batch.rows_good, batch.rows_held) == (3, 0)
    assert actions_mend.mend(ACTOR, batch.public_id, 4, {}).code == "batch.row_not_held"


def test_a_row_mended_before_the_commit_goes_in_with_it(book):
    batch = book("core-payments", PAYMENTS + ROWS + "C,J1,还款,2026-13-11,1.00,,,,\n", commit=False)
    assert actions_mend.mend(ACTOR, batch.public_id, 4, {"记账日期": "2026-03-11"}).state == "mended"
    assert not seen(Event).filter(dedup_key="C").exists()
    assert running.commit(ACTOR, batch.public_id).rows_good == 3
    assert seen(Event).filter(dedup_key="C").exists()


def test_a_mended_row_cannot_take_a_key_of_the_file(book):
    batch = book("core-payments", PAYMENTS + ROWS + ",J1,还款,2026-03-11,1.00,,,,\n", commit=False)
    done = actions_mend.mend(ACTOR, batch.public_id, 4, {"流水号": "A"})
    assert [f["code"] for f in done.faults] == ["key.duplicate_in_file"]


def test_a_whole_schedule_waits_for_its_last_instalment(book):
    batch = book(
        "core-schedules", SCHEDULES + "J1,1,2026-02-10,700.00,5.00\nJ1,2,2026-02-31,500.00,5.00\nJ2,1,2026-03-01,1.00,0\n"
    )
    assert [r.row for r in held(batch)] == [2, 3]
    assert seen(ScheduleRow).filter(agreement__reference="J2").count() == 1
    assert actions_mend.mend(ACTOR, batch.public_id, 3, {"应还日期": "2026-03-10"}).rows == (2, 3)
    rows = seen(ScheduleRow).filter(agreement__reference="J1", event__batch_id=batch.pk)
    assert sorted(rows.values_list("n", "principal_minor")) == [(1, 70000), (2, 50000)]
    again = book("core-schedules", SCHEDULES + "J1,1,2026-02-10,700.00,5.00\nJ1,2,2026-03-10,500.00,5.00\n")
    assert again.counts["schedules"]["unchanged"] == 2


def test_rows_whose_cause_was_mended_elsewhere_are_taken_in_together(book):
    batch = book("core-payments", PAYMENTS + ROWS + "C,J3,还款,2026-03-11,1.00,,,,\nD,J9,还款,2026-03-11,1.00,,,,\n")
    book(
        "core-agreements", AGREEMENTS + "J3,K1,P1,消费贷,人民币,2026-01-10,2026-01-10,1200.00,12,等额本息,12,2026-02-10,本系统\n"
    )
    assert actions_mend.recheck(ACTOR, batch.public_id).rows == (4,)
    assert faults(batch) == [(5, "借据号", "agreement.unknown")]
    assert actions_mend.drop(ACTOR, batch.public_id, 5, "not ours").state == "dropped"
    assert held(batch) == []


def test_undo_of_payments_reverses_each_and_the_balance_is_as_before(book):
    before = overdue("J1", "2026-03-11")
    batch = book("core-payments", PAYMENTS + ROWS)
    assert overdue("J1", "2026-03-11") != before
    done = running.undo(ACTOR, batch.public_id, "wrong file")
    assert done.state == "undone"
    assert overdue("J1", "2026-03-11") == before
    assert seen(Event).filter(kind="reversed").count() == 2
    again = book("core-payments", PAYMENTS + ROWS)
    assert not isinstance(again, AlreadyLoaded)


def test_undo_of_a_reversal_restores_what_it_took_back(book):
    book("core-payments", PAYMENTS + ROWS)
    before = overdue("J1", "2026-03-11")
    batch = book("core-payments", PAYMENTS + "X,J1,冲正,2026-03-10,,,,,B\n")
    assert overdue("J1", "2026-03-11") == before + 5000
    assert running.undo(ACTOR, batch.public_id).state == "undone"
    assert overdue("J1", "2026-03-11") == before


def test_undo_lists_what_stands_on_it(book):
    first = book("core-payments", PAYMENTS + ROWS)
    book("core-payments", PAYMENTS + "X,J1,冲正,2026-03-10,,,,,B\n")
    refused = running.undo(ACTOR, first.public_id)
    assert refused.code == "batch.undo_dependents"
    assert "reversed J1/B" in refused.sentence.en
    agreements = Batch.objects.visible_to(SYSTEM_SCOPE).get(profile_version__profile__code="core-agreements")
    assert "event J1" in running.undo(ACTOR, agreements.public_id).sentence.en
    customers = Batch.objects.visible_to(SYSTEM_SCOPE).get(profile_version__profile__code="core-customers")
    assert "agreementrole K1" in running.undo(ACTOR, customers.public_id).sentence.en


def test_undo_of_agreements_voids_them_and_they_can_come_again(book):
    batch = Batch.objects.visible_to(SYSTEM_SCOPE).get(profile_version__profile__code="core-agreements")
    assert running.undo(ACTOR, batch.public_id).state == "undone"
    assert overdue("J1", "2026-06-11") == 0
    refused = book("core-payments", PAYMENTS + ROWS)
    assert {f[2] for f in faults(refused)} == {"agreement.unknown"}
    again = book(
        "core-agreements", AGREEMENTS + "J1,K1,P1,消费贷,人民币,2026-01-10,2026-01-10,2400.00,12,等额本金,12,2026-02-10,本系统\n"
    )
    assert again.counts["agreements"]["updated"] == 1
    assert overdue("J1", "2026-02-11") == 22400
    assert seen(AgreementRole).filter(agreement__reference="J1", valid_until=None).count() == 1


def test_undo_of_positions_brings_the_former_word_back(book):
    book("core-positions", POSITIONS + "J2,2026-03-31,人民币,900.00,10.00,5\n")
    batch = book("core-positions", POSITIONS + "J2,2026-03-31,人民币,900.00,12.00,5\nJ2,2026-04-30,人民币,900.00,13.00,35\n")
    running.undo(ACTOR, batch.public_id)
    one = seen(Agreement).get(reference="J2").pk
    newest = seen(HostPosition).filter(agreement_id=one).order_by("as_of", "-id").distinct("as_of")
    assert [(str(p.as_of), p.overdue_minor) for p in newest] == [("2026-03-31", 1000), ("2026-04-30", None)]


def test_undo_of_people_points_and_consents(book):
    points = book(
        "core-contact-points",
        "客户号,类型,号码或地址,用途,来源\nK1,手机,13800138000,,合同\nK1,电话,010-62511234,单位,\nK2,手机,1380013800,,\n",
    )
    assert faults(points) == [(4, "号码或地址", "phone.shape")]
    consents = book(
        "core-consents",
        "客户号,动作,渠道,用途,生效时间,证明类型,证明编号\nK1,同意,短信,提醒,2026-01-10 09:30,合同条款,C-1\nK1,撤回,电话,营销,2026-01-11,录音,R-1\n",
    )
    assert seen(ContactPoint).order_by("id")[0].value_masked == "138****8000"
    assert running.undo(ACTOR, points.public_id).state == "undone"
    assert seen(ContactPoint).filter(closed_at=None).count() == 0
    assert running.undo(ACTOR, consents.public_id).state == "undone"
    told = list(seen(ConsentEvent).order_by("id").values_list("event", "channel"))
    assert set(told[:2]) == {("given", "sms"), ("withdrawn", "voice")}  # one file, in no promised order
    assert told[2:] == [("withdrawn", "sms")]
    fresh = book("core-customers", CUSTOMERS + "K7,赵六,个人,,,\nK2,李雷雷,个人,护照,G1234567,\n")
    assert running.undo(ACTOR, fresh.public_id).state == "undone"
    assert not seen(Party).filter(reference="K7").exists()
    assert not seen(Customer).filter(reference="K7").exists()
    assert seen(Party).get(reference="K2").name_masked == "李*"


def test_roles_come_with_kind_and_end_with_an_undo(book):
    header = "借据号,相关人客户号,角色,保证方式,保证期间起,保证期间止,保证上限\n"
    batch = book(
        "core-roles", header + "J1,K2,保证人,连带责任保证,2026-01-10,2029-01-10,500.00\nJ1,K2,联系人,,,,\nJ1,K1,保证人,,,,\n"
    )
    assert faults(batch) == [(4, "保证方式", "field.missing")]
    role = seen(AgreementRole).get(role="guarantor")
    assert (role.guarantee_kind, role.guarantee_cap_minor) == ("joint_and_several", 50000)
    running.undo(ACTOR, batch.public_id)
    assert seen(AgreementRole).filter(valid_until=None).exclude(role="debtor").count() == 0


def test_more_rows_than_authority_wait_for_a_second_person(book, person, creditor):
    creditor_id = creditor.pk
    access.set_limit(ACTOR, creditor_id, "operator", "import.commit", "rows", 1, 100)
    one, two = person("one", Role.OPERATOR, at=creditor), person("two", Role.OPERATOR, at=creditor)
    path = book.path(PAYMENTS + ROWS)
    batch = running.begin(one, path, "BANK-A", running.profile("core-payments"))
    asked = running.commit(one, batch.public_id)
    assert isinstance(asked, Approval)
    assert not seen(Event).filter(kind="paid").exists()
    assert access.decide(one, asked.public_id, True).code == "approval.own_request"
    assert isinstance(access.decide(two, asked.public_id, True).result, Batch)
    from arrears.intake import jobs

    jobs.commit_batch(batch=batch.public_id)
    batch.refresh_from_db()
    assert (batch.state, batch.approved_by) == ("committed", two.id)
    assert seen(Event).filter(kind="paid").count() == 2


def test_who_may_not_and_who_cannot_see(book, person, creditor, other_creditor):
    path = book.path(PAYMENTS + ROWS)
    collector = person("col", Role.COLLECTOR, at=creditor)
    assert running.begin(collector, path, "BANK-A", running.profile("core-payments")).code == "access.not_allowed"
    stranger = person("far", Role.OPERATOR, at=other_creditor)
    assert running.begin(stranger, path, "BANK-A", running.profile("core-payments")).code == "batch.creditor_unknown"
    batch = book("core-payments", PAYMENTS + ROWS)
    assert running.undo(stranger, batch.public_id).code == "batch.not_found"
    assert actions_mend.mend(stranger, batch.public_id, 2, {}).code == "batch.not_found"


def test_a_stopped_check_and_a_stopped_commit_go_on(book, monkeypatch):
    path = book.path(PAYMENTS + "".join(f"T{i},J1,还款,2026-02-10,1.00,,,,\n" for i in range(90)))
    monkeypatch.setattr(running, "limits", lambda: running.Limits(block_bytes=700))
    real = actions.record_check
    monkeypatch.setattr(actions, "record_check", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        running.begin(ACTOR, path, "BANK-A", running.profile("core-payments"))
    monkeypatch.setattr(actions, "record_check", real)
    batch = queries.batches(SYSTEM_SCOPE).first()
    assert batch.state == "received"
    other = book.path(PAYMENTS + ROWS)
    assert running.resume(ACTOR, batch.public_id, other).code == "file.changed"
    batch = running.resume(ACTOR, batch.public_id)
    assert (batch.state, batch.rows_good) == ("checked", 90)
    assert batch.parts > 3
    part, stopped = actions.commit_part, []

    def stop(actor, public_id, number):
        if number == 3 and not stopped:
            stopped.append(number)
            raise ZeroDivisionError
        return part(actor, public_id, number)

    monkeypatch.setattr(actions, "commit_part", stop)
    with pytest.raises(ZeroDivisionError):
        running.commit(ACTOR, batch.public_id)
    assert 0 < seen(Event).filter(kind="paid").count() < 90
    assert part(ACTOR, batch.public_id, 2).code == "batch.busy"
    done = running.resume(ACTOR, batch.public_id)
    assert (done.state, done.rows_done) == ("committed", 90)
    assert seen(Event).filter(kind="paid").count() == 90


def test_nothing_good_is_not_committed_and_a_lost_spool_is_told(book):
    batch = book("core-payments", PAYMENTS + "A,J9,还款,2026-02-10,1.00,,,,\n", commit=False)
    assert running.commit(ACTOR, batch.public_id).code == "batch.nothing_good"
    batch = book("core-payments", PAYMENTS + ROWS, commit=False)
    import shutil

    shutil.rmtree(Spool(batch.public_id).folder)
    assert running.commit(ACTOR, batch.public_id).code == "batch.spool_lost"


def test_no_clear_identity_on_disk_or_in_the_journal(load, tmp_path):
    batch = load(
        "core-customers", CUSTOMERS + "K1,诸葛孔明,个人,居民身份证,110101199003070919,\nK2,,,,110101199003070919,\n", commit=False
    )
    stored = b"".join(p.read_bytes() for p in (tmp_path / "spool").rglob("*") if p.is_file())
    assert "诸葛孔明".encode() not in stored
    assert b"110101199003070919" not in stored
    running.commit(ACTOR, batch.public_id)
    told = str(list(Entry.objects.values_list("payload", flat=True))) + str(held(batch)[0].faults) + str(batch.format)
    assert "诸葛孔明" not in told
    assert "110101199003070919" not in told


def test_the_error_file_has_the_columns_and_three_more_and_no_formula(load):
    batch = load("core-customers", CUSTOMERS + "K1,王明,,,,\n=1+1,李四,机构,居民身份证,110101199003070918,\n")
    table = list(error_file.lines(batch, queries.held_rows(SYSTEM_SCOPE, batch), "en", clear=False))
    assert table[0][-3:] == ["Place", "Rule", "What is wrong and what to do"]
    assert table[1][0] == "'=1+1"
    assert table[1][1] == "李*"
    assert "110101********0918" in table[1]
    assert "3 C 客户类型" in table[1][-3]
    book = openpyxl.load_workbook(__import__("io").BytesIO(error_file.as_xlsx(table)))
    assert book.active["A2"].data_type == "s"
    assert actions_mend.export_held(ACTOR, batch.public_id, " ").code == "party.reason_missing"
    assert isinstance(actions_mend.export_held(ACTOR, batch.public_id, "mend at the source"), Batch)


def test_profiles_have_versions_and_old_batches_keep_theirs(book):
    text = Path(queries.SHIPPED / "core-payments.yaml").read_text()
    first = book("core-payments", PAYMENTS + ROWS)
    changed = actions.save_profile(ACTOR, text.replace("渠道: channel", "渠道: reason").replace("事由: reason", "事由: channel"))
    assert (
        changed.version,
        actions.save_profile(
            ACTOR, text.replace("渠道: channel", "渠道: reason").replace("事由: reason", "事由: channel")
        ).version,
    ) == (2, 2)
    second = book("core-payments", PAYMENTS + "C,J1,还款,2026-03-11,1.00,,,,\n")
    first.refresh_from_db()
    assert (first.profile_version.version, second.profile_version.version) == (1, 2)
    wrong = actions.save_profile(ACTOR, "id: x\noutputs: [{kind: payments, columns: {a: nothing}}]\n")
    assert isinstance(wrong, Refusal)
    assert len(wrong.errors) >= 2


def test_the_real_card_file(load):
    done = load("uci-credit-card", Path("examples/uci-credit-card/UCI_Credit_Card.csv").resolve())
    assert (done.state, done.rows_total, done.rows_held) == ("committed", 30000, 0)
    assert {k: c["inserted"] for k, c in done.counts.items()} == {"customers": 30000, "agreements": 30000, "positions": 180000}
    assert seen(HostPosition).values("as_of").distinct().count() == 6
    one = seen(HostPosition).get(agreement__reference="UCI-1", as_of="2005-09-30")
    # status 2; bill 3,913; bill before 3,102; paid 0
    assert (one.past_due_days, one.overdue_minor, one.balance_minor) == (60, 310200, 391300)
    assert any("previous bill" in a["en"] for a in one.assumptions)
    late = seen(HostPosition).filter(as_of="2005-09-30", past_due_days__gt=0).count()
    assert late == 6818
    party = seen(Party).get(reference="UCI-1")
    assert party.segment == {"measurement_only": {"sex": "female", "education": "2", "marriage": "1", "age": "24"}}
