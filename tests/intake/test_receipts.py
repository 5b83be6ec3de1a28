"""Statements into the database: idempotent, matched, posted; the queue and its acts; the wall between creditors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client

from arrears.access.models import AccessLog, Grant, User
from arrears.intake import actions_statements as actions
from arrears.intake import queries_statements as queries
from arrears.intake.models_statements import BankEntry, BankStatement, ReceiptPosting
from arrears.journal.models import Entry
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Role
from arrears.ledger.models import Event

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parent / "statements"
HEAD = "账号：6222020000001234567\n交易日期,收入,支出,余额,对方户名,对方账号,摘要,流水号\n"


def bank_csv(*rows: str, start: int = 0) -> bytes:
    """Rows are ``day|amount|payer|account|text|bank reference``; the running balance is worked out."""
    balance, lines = start, []
    for row in rows:
        day, amount, payer, account, text, reference = row.split("|")
        cents = round(float(amount) * 100)
        balance += cents
        money_in, money_out = (amount, "") if cents > 0 else ("", amount.lstrip("-"))
        lines.append(f"{day},{money_in},{money_out},{balance / 100:.2f},{payer},{account},{text},{reference}")
    return (HEAD + "\n".join(lines) + "\n").encode()


ONE = "2026-03-15|1000.00|王小明|6217000000000001|还款 HT20260001|T1"


def only_entry(actor):
    return BankEntry.objects.visible_to(actor.scope).get()


def payments(actor, agreement):
    return list(Event.objects.visible_to(actor.scope).filter(agreement=agreement, kind="paid").order_by("id"))


def test_a_clear_receipt_is_posted(operator, borrow):
    agreement, _other = borrow("HT20260001"), borrow("HT20260002", name="李四")
    result = actions.import_statement(operator, bank_csv(ONE, "2026-03-16|-5.00|某行||手续费|T2"), "BANK-A")
    assert (result.entry_count, result.receipt_count, result.posted_count, result.open_count) == (2, 1, 1, 0)
    assert result.totals == {"CNY": {"in_minor": 100_000, "out_minor": 500, "posted_minor": 100_000}}
    (event,) = payments(operator, agreement)
    assert (event.amount_minor, event.effective_on.isoformat()) == (100_000, "2026-03-15")
    posting = ReceiptPosting.objects.visible_to(operator.scope).get()
    assert (posting.how, posting.event_id, posting.agreement) == ("matched", event.public_id, agreement)


def test_the_same_file_and_the_same_movement_count_once(operator, borrow):
    agreement = borrow("HT20260001")
    assert actions.import_statement(operator, bank_csv(ONE), "BANK-A").posted_count == 1
    again = actions.import_statement(operator, bank_csv(ONE), "BANK-A")
    assert (again.repeated, again.entry_count, again.posted_count) == (True, 1, 0)
    longer = actions.import_statement(operator, bank_csv(ONE, "2026-03-16|7.00|甲||x|T9"), "BANK-A")
    assert (longer.entry_count, longer.known_count, longer.open_count) == (2, 1, 1)
    assert len(payments(operator, agreement)) == 1
    assert BankEntry.objects.visible_to(operator.scope).count() == 2


def test_equal_payments_without_a_bank_reference_are_never_dropped_nor_posted_twice(operator, borrow):
    agreement = borrow("HT20260001")
    head = "date,amount,counterparty account,description,account\n"
    row = "2026-03-15,1000.00,6217,HT20260001,62220200\n"
    twice = actions.import_statement(operator, (head + row + row).encode(), "BANK-A")
    assert (twice.entry_count, twice.known_count, len(payments(operator, agreement))) == (2, 0, 2)
    other = actions.import_statement(operator, (head + row + "2026-03-16,1.00,,x,62220200\n").encode(), "BANK-A")
    assert (other.known_count, other.posted_count, other.open_count) == (0, 0, 2)
    double = queries.entries(operator.scope).first()
    assert double.note == "receipt.possible_duplicate"
    assert len(payments(operator, agreement)) == 2


def test_a_preview_leaves_nothing_behind(operator, borrow):
    agreement = borrow("HT20260001")
    before = Entry.objects.count()
    assert actions.preview_statement(operator, bank_csv(ONE), "BANK-A").posted_count == 1
    assert not BankStatement.objects.visible_to(operator.scope).exists()
    assert payments(operator, agreement) == []
    assert Entry.objects.count() == before


def test_personal_data_is_sealed_and_not_in_the_journal(operator, borrow):
    borrow("HT20260001")
    actions.import_statement(operator, bank_csv(ONE), "BANK-A")
    row = only_entry(operator)
    assert row.payer_name_masked != "王小明"
    assert "王小明".encode() not in bytes(row.payer_name_sealed)
    told = " ".join(str(e.payload) for e in Entry.objects.all())
    assert "王小明" not in told
    assert "6217000000000001" not in told
    shown = actions.reveal_receipt(operator, row.public_id)
    assert (shown["payer_name"], shown["payer_account"]) == ("王小明", "6217000000000001")
    assert AccessLog.objects.visible_to(operator.scope).filter(subject_kind="receipt").count() == 1


def test_an_account_that_paid_before_is_known(operator, borrow):
    agreement = borrow("HT20260001")
    actions.import_statement(operator, bank_csv(ONE), "BANK-A")
    later = "2026-04-15|1000.00|代付人|6217000000000001|还款|T2"
    result = actions.import_statement(operator, bank_csv(later), "BANK-A")
    assert result.posted_count == 1
    assert len(payments(operator, agreement)) == 2


def test_what_is_unclear_waits_with_its_reasons(operator, borrow):
    first, second = borrow("HT20260001"), borrow("HT20260002")
    row = "2026-03-15|1000.00|王小明|621|还款|T1"
    assert actions.import_statement(operator, bank_csv(row), "BANK-A").open_count == 1
    entry = only_entry(operator)
    assert {p["agreement"] for p in entry.proposals} == {first.public_id, second.public_id}
    assert "payer_name" in entry.proposals[0]["evidence"]
    assert queries.queue(operator.scope).sums == (("CNY", 100_000),)
    made = actions.assign_receipt(operator, entry.public_id, "HT20260002")
    assert [p.agreement for p in made] == [second]
    assert len(payments(operator, second)) == 1
    assert queries.queue(operator.scope).count == 0


def test_split_and_undo(operator, borrow):
    first, second = borrow("HT20260001"), borrow("HT20260002", name="李四")
    actions.import_statement(operator, bank_csv("2026-03-15|1500.00|某公司|9|工资代扣|T1"), "BANK-A")
    entry = only_entry(operator)
    actions.split_receipt(operator, entry.public_id, [("HT20260001", 100_000), (second.public_id, 50_000)])
    assert [e.amount_minor for e in (*payments(operator, first), *payments(operator, second))] == [100_000, 50_000]
    actions.undo_receipt(operator, entry.public_id, "认错人")
    reversed_kinds = Event.objects.visible_to(operator.scope).filter(kind="reversed").count()
    assert reversed_kinds == 2
    assert only_entry(operator).state == "open"
    actions.assign_receipt(operator, entry.public_id, "HT20260001")
    assert len(payments(operator, first)) == 2
    assert only_entry(operator).state == "posted"


def test_not_ours_and_back(operator, borrow):
    borrow("HT20260001")
    actions.import_statement(operator, bank_csv("2026-03-15|88.00|某人|9|货款|T1"), "BANK-A")
    entry = only_entry(operator)
    assert actions.mark_not_ours(operator, entry.public_id, " ").code == "statement.reason_needed"
    assert actions.mark_not_ours(operator, entry.public_id, "货款，非还款").state == "not_ours"
    assert actions.undo_receipt(operator, entry.public_id, "看错了").state == "open"


def test_matching_again_after_the_agreement_came(operator, borrow):
    actions.import_statement(operator, bank_csv(ONE), "BANK-A")
    assert only_entry(operator).state == "open"
    agreement = borrow("HT20260001")
    assert actions.match_again(operator, "BANK-A") == 1
    assert len(payments(operator, agreement)) == 1


def test_a_statement_that_does_not_add_up_is_refused_or_held(operator):
    data = (SAMPLES / "camt/camt053.v2.five.decimals.xml").read_bytes()
    refused = actions.import_statement(operator, data, "BANK-A")
    assert isinstance(refused, Refusal)
    assert refused.code == "statement.balances_differ"
    assert not BankStatement.objects.visible_to(operator.scope).exists()
    held = actions.import_statement(operator, data, "BANK-A", hold=True)
    assert (held.held_count, held.open_count, held.posted_count) == (1, 0, 0)
    entry = only_entry(operator)
    assert actions.assign_receipt(operator, entry.public_id, "x").code == "receipt.not_open"
    statement = BankStatement.objects.visible_to(operator.scope).get()
    assert actions.release_statement(operator, statement.public_id, "").code == "statement.reason_needed"
    assert actions.release_statement(operator, statement.public_id, "银行已更正") == 0
    assert only_entry(operator).state == "open"
    assert actions.release_statement(operator, statement.public_id, "再次").code == "statement.not_held"


def test_a_pending_movement_is_taken_up_when_it_is_booked(operator, borrow):
    agreement = borrow("HT20260001")
    text = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.08"><BkToCstmrAcctRpt><Rpt><Id>{id}</Id>
<Acct><Id><Othr><Id>6222</Id></Othr></Id><Ccy>CNY</Ccy></Acct><Ntry><Amt Ccy="CNY">1000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Sts><Cd>{status}</Cd></Sts><BookgDt><Dt>2026-03-15</Dt></BookgDt><AcctSvcrRef>R1</AcctSvcrRef><NtryDtls><TxDtls>
<Refs><EndToEndId>HT20260001</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Rpt></BkToCstmrAcctRpt></Document>"""
    first = actions.import_statement(operator, text.format(id="1", status="PDNG").encode(), "BANK-A")
    assert (first.receipt_count, first.posted_count) == (0, 0)
    second = actions.import_statement(operator, text.format(id="2", status="BOOK").encode(), "BANK-A")
    assert (second.known_count, second.posted_count) == (1, 1)
    assert len(payments(operator, agreement)) == 1


@pytest.mark.parametrize("name", sorted(str(p.relative_to(SAMPLES)) for p in SAMPLES.rglob("*") if p.suffix in (".xml", ".sta")))
def test_every_sample_is_kept_or_refused(operator, name):
    outcome = actions.import_statement(operator, (SAMPLES / name).read_bytes(), "BANK-A", hold=True)
    kept = BankEntry.objects.visible_to(operator.scope).count()
    assert kept == (0 if isinstance(outcome, Refusal) else outcome.entry_count)


def open_entry(operator, amount="1000.00", text="还款"):
    actions.import_statement(operator, bank_csv(f"2026-03-15|{amount}|甲|9|{text}|T1"), "BANK-A")
    return only_entry(operator).public_id


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda o, e: actions.assign_receipt(o, "ben_none", "HT20260001"), "statement.not_found"),
        (lambda o, e: actions.assign_receipt(o, e, "HT-none"), "receipt.no_agreement"),
        (lambda o, e: actions.assign_receipt(o, e, "USD1"), "receipt.currency_mismatch"),
        (lambda o, e: actions.split_receipt(o, e, []), "receipt.split_part"),
        (lambda o, e: actions.split_receipt(o, e, [("HT20260001", 100_000), ("HT20260002", 0)]), "receipt.split_part"),
        (lambda o, e: actions.split_receipt(o, e, [("HT20260001", 50_000), ("HT20260001", 50_000)]), "receipt.split_part"),
        (lambda o, e: actions.split_receipt(o, e, [("HT20260001", 99_999)]), "receipt.split_sum"),
        (lambda o, e: actions.split_receipt(o, e, [("HT20260001", 60_000), ("HT-none", 40_000)]), "receipt.no_agreement"),
        (lambda o, e: actions.mark_not_ours(o, e, ""), "statement.reason_needed"),
        (lambda o, e: actions.undo_receipt(o, e, "x"), "receipt.nothing_to_undo"),
        (lambda o, e: actions.import_statement(o, b"x", "BANK-Z"), "statement.unknown_creditor"),
        (lambda o, e: actions.release_statement(o, "bst_none", "x"), "statement.not_found"),
        (lambda o, e: actions.match_again(o, "BANK-Z"), "statement.unknown_creditor"),
        (lambda o, e: actions.reveal_receipt(o, "ben_none"), "statement.not_found"),
    ],
)  # fmt: skip
def test_refused_acts_change_nothing(operator, borrow, act, code):
    borrow("HT20260001"), borrow("HT20260002", name="李四"), borrow("USD1", name="赵六", currency="USD")
    entry = open_entry(operator)
    refused = act(operator, entry)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    assert only_entry(operator).state == "open"
    assert not Event.objects.visible_to(operator.scope).filter(kind="paid").exists()


def test_money_out_is_no_receipt(operator, borrow):
    borrow("HT20260001")
    assert actions.assign_receipt(operator, open_entry(operator, "-5.00"), "HT20260001").code == "receipt.not_a_credit"


def test_the_wall_between_creditors(operator, person, other_creditor, borrow):
    borrow("HT20260001")
    entry = open_entry(operator)
    stranger = person("stranger", Role.OPERATOR, at=other_creditor)
    assert actions.import_statement(stranger, bank_csv(ONE), "BANK-A").code == "statement.unknown_creditor"
    assert actions.assign_receipt(stranger, entry, "HT20260001").code == "statement.not_found"
    assert queries.queue(stranger.scope).count == 0
    own = actions.import_statement(stranger, bank_csv(ONE), "BANK-B")
    assert (own.posted_count, own.open_count) == (0, 1)


@pytest.fixture
def browser(creditor):
    def go(role, at=creditor):
        user = User.objects.create(username=f"{role}-{at.code}", display_name=str(role))
        Grant.objects.create(user=user, role=role, creditor=at)
        client = Client()
        client.force_login(user)
        return client

    return go


def test_the_queue_on_screen(operator, borrow, browser, other_creditor):
    borrow("HT20260001"), borrow("HT20260002")
    actions.import_statement(operator, bank_csv("2026-03-15|1000.00|王小明|6217000000000001|还款|T1"), "BANK-A")
    entry = only_entry(operator).public_id
    staff = browser(Role.OPERATOR)
    text = staff.get("/imports/receipts").content.decode()
    assert "HT20260001" in text
    assert "付款人与借款人同名" in text
    assert "王小明" not in text
    assert "6217000000000001" not in text
    page = staff.get(f"/imports/receipts/{entry}").content.decode()
    assert "6217000000000001" not in page
    assert "6217000000000001" in staff.post(f"/imports/receipts/{entry}/reveal").content.decode()
    wrong = staff.post(f"/imports/receipts/{entry}/split", {"parts": "HT20260001 900.00\nHT20260002 99.00"})
    assert wrong.status_code == 422
    assert "999.00" in wrong.content.decode()
    assert staff.post(f"/imports/receipts/{entry}/split", {"parts": "HT20260001 900.00\nHT20260002，100.00"}).status_code == 302
    assert "HT20260002" in staff.get("/imports/receipts?state=posted").content.decode()
    assert staff.post(f"/imports/receipts/{entry}/undo", {"reason": "错"}).status_code == 302
    assert browser(Role.COLLECTOR).get("/imports/receipts").status_code == 403
    assert browser(Role.OPERATOR, other_creditor).get(f"/imports/receipts/{entry}").status_code == 404


def test_uploading_on_screen(operator, borrow, browser):
    borrow("HT20260001")
    staff = browser(Role.OPERATOR)

    def send(data, do):
        from django.core.files.uploadedfile import SimpleUploadedFile

        return staff.post("/imports/statements", {"file": SimpleUploadedFile("s.csv", data), "creditor": "BANK-A", "do": do})

    checked = send(bank_csv(ONE), "check")
    assert "检查结果" in checked.content.decode()
    assert not BankStatement.objects.visible_to(operator.scope).exists()
    assert send(bank_csv(ONE), "import").status_code == 302
    assert BankStatement.objects.visible_to(operator.scope).count() == 1
    refused = send(b"what", "import")
    assert refused.status_code == 422
    assert "camt.053" in refused.content.decode()
    english = staff.get("/imports/receipts", headers={"accept-language": "en"}).content.decode()
    assert "Import a bank statement" in english


def test_a_payment_the_ledger_refuses_stays_in_the_queue_with_the_reason(operator, borrow):
    borrow("HT20260001")
    early = "2025-01-15|1000.00|王小明|621|HT20260001|T1"
    result = actions.import_statement(operator, bank_csv(early), "BANK-A")
    assert (result.posted_count, result.open_count) == (0, 1)
    entry = only_entry(operator)
    refused = actions.assign_receipt(operator, entry.public_id, "HT20260001")
    assert isinstance(refused, Refusal)
    assert entry.note == refused.code
    assert only_entry(operator).state == "open"
    assert not ReceiptPosting.objects.visible_to(operator.scope).exists()


def test_the_command(creditor, borrow, operator, tmp_path):
    from typer.testing import CliRunner

    from arrears.intake.commands import app

    borrow("HT20260001")
    file = tmp_path / "bank.csv"
    file.write_bytes(bank_csv(ONE))
    runner = CliRunner()
    command = ["statement", str(file), "--creditor", "BANK-A", "--json"]
    tried = runner.invoke(app, [*command, "--dry-run"])
    assert (tried.exit_code, json.loads(tried.stdout)["posted_count"]) == (0, 1)
    assert not BankStatement.objects.visible_to(operator.scope).exists()
    assert json.loads(runner.invoke(app, command).stdout)["posted_count"] == 1
    assert json.loads(runner.invoke(app, command).stdout)["repeated"] is True
    file.write_bytes(b"what")
    refused = runner.invoke(app, command)
    assert (refused.exit_code, json.loads(refused.stdout)["code"]) == (3, "statement.not_recognised")
