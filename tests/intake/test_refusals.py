"""Bad input is refused with place, rule and fix, and leaves nothing half done: one row per refusal."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import polars as pl
import pytest
from intake_files import AGREEMENTS, CUSTOMERS, PAYMENTS, POSITIONS, SCHEDULES, faults

from arrears.access.models import Creditor
from arrears.intake.models import Batch
from arrears.intake.reading import Limits, open_file
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE
from arrears.ledger.models import Event, HostPosition
from arrears.parties.models import Party

pytestmark = pytest.mark.django_db


def workbook(rows, **names):
    book = openpyxl.Workbook()
    for line in rows:
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return out.getvalue()


def parquet(rows=50):
    out = io.BytesIO()
    pl.DataFrame({"客户号": [f"K{i}" for i in range(rows)], "客户姓名": ["王明"] * rows}).write_parquet(out)
    return out.getvalue()


GOOD = "K1,王明\n"
#: name → (bytes, refusal of the whole file)
FILES = {
    "empty": (b"", "file.empty"),
    "blank lines only": (b"\n \n", "file.empty"),
    "header only": ("客户号,客户姓名\n".encode(), "file.no_rows"),
    "neither UTF-8 nor GB18030": ("客户号,客户姓名\nK1,".encode() + b"\x81\xff\xff\n", "file.encoding"),
    "NUL in the header": ("客户\x00号,客户姓名\n".encode(), "file.nul_byte"),
    "NUL in a row": (("客户号,客户姓名\n" + GOOD * 3 + "K\x002,李\n").encode(), "file.nul_byte"),
    "column missing": ("客户号,名字\nK1,王\n".encode(), "header.missing"),
    "column twice": ("客户号,客户姓名,客户号\nK1,王,K1\n".encode(), "header.duplicate"),
    "column twice by width": ("客户号,客户姓名,ＸＹ,xy\nK1,王,1,1\n".encode(), "header.duplicate"),
    "too many columns": (",".join(f"c{i}" for i in range(600)).encode() + b"\n", "header.too_many_columns"),
    "zip bomb": (bomb(), "file.zip_bomb"),
    "truncated workbook": (workbook([["客户号", "客户姓名"]])[:900], "file.xlsx_broken"),
    "truncated Parquet": (parquet()[:-20], "file.parquet_broken"),
    "Parquet with a torn page": (parquet()[:6] + b"\x00" * 200 + parquet()[206:], "file.parquet_broken"),
    "old Excel": (b"\xd0\xcf\x11\xe0" + b"0" * 600, "file.format_unknown"),
    "a picture": (b"\x89PNG\r\n", "file.format_unknown"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_refused_as_a_whole(load, name):
    data, code = FILES[name]
    outcome = load("core-customers", data)
    refused = outcome.code if isinstance(outcome, Refusal) else outcome.refusal["code"]
    assert refused == code
    if isinstance(outcome, Refusal):
        assert outcome.sentence.zh
        assert outcome.fix.en
    else:
        assert outcome.state == "refused"
    assert not Party.objects.visible_to(SYSTEM_SCOPE).exists()


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(load, settings):
    settings.MAX_UPLOAD_BYTES = 1000
    path = load.path(b"")
    with path.open("r+b") as file:
        file.truncate(2 * 1024**3)  # sparse: two gigabytes, no disk
    outcome = load("core-customers", path)
    assert outcome.code == "file.too_large"
    assert outcome.status == 413


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("gb18030", b""),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_are_found(load, encoding, bom, delimiter):
    text = "客户号,客户姓名\r\n0001,王小明\r\n0002,欧阳娜娜\r\n".replace(",", delimiter)
    batch = load("core-customers", bom + text.encode(encoding))
    assert (batch.state, batch.rows_good) == ("committed", 2)
    parties = Party.objects.visible_to(SYSTEM_SCOPE).order_by("reference")
    assert [(p.reference, p.name_masked) for p in parties] == [("0001", "王*明"), ("0002", "欧**娜")]


#: name → (profile, header, row, column, rule). One good row precedes; it must go in.
ROWS = {
    "ragged short": ("core-customers", CUSTOMERS, "K9,王", "", "row.ragged"),
    "ragged long": ("core-customers", CUSTOMERS, "K9,王,,,,,x,y", "", "row.ragged"),
    "open quote": ("core-customers", CUSTOMERS, 'K9,"王,,,,', "", "row.quoting"),
    "header again": ("core-customers", CUSTOMERS, CUSTOMERS.strip(), "客户号", "row.header_again"),
    "name missing": ("core-customers", CUSTOMERS, "K9, ,,,,", "客户姓名", "field.missing"),
    "identity rounded, notation": ("core-customers", CUSTOMERS, "K9,王,,,1.10101E+17,", "证件号码", "id.rounded_by_spreadsheet"),
    "identity rounded, zeros": ("core-customers", CUSTOMERS, "K9,王,,,110101199003070000,", "证件号码", "id.rounded_by_spreadsheet"),
    "identity checksum": ("core-customers", CUSTOMERS, "K9,王,,,110101199003070910,", "证件号码", "id.checksum"),
    "identity 29 February": ("core-customers", CUSTOMERS, "K9,王,,,110101199102290013,", "证件号码", "id.birth_date"),
    "identity region": ("core-customers", CUSTOMERS, "K9,王,,,990101199003070919,", "证件号码", "id.region"),
    "unknown code": ("core-customers", CUSTOMERS, "K9,王,机构,,,", "客户类型", "code.unknown"),
    "31 November": ("core-customers", CUSTOMERS, "K9,王,,,,1990-11-31", "出生日期", "date.invalid"),
    "29 February": ("core-customers", CUSTOMERS, "K9,王,,,,2025-02-29", "出生日期", "date.invalid"),
    "no date": ("core-customers", CUSTOMERS, "K9,王,,,,昨天", "出生日期", "date.format"),
    "far year": ("core-customers", CUSTOMERS, "K9,王,,,,0190-01-01", "出生日期", "date.out_of_range"),
    "destroyed text": ("core-customers", CUSTOMERS, "K9,锟斤拷,,,,", "客户姓名", "text.mojibake"),
    "formula": ("core-customers", CUSTOMERS, "K9,=A1,,,,", "客户姓名", "cell.formula"),
    "reference rounded": ("core-customers", CUSTOMERS, "1.2E+15,王,,,,", "客户号", "number.scientific"),
    "twice in the file": ("core-customers", CUSTOMERS, "G1,王,,,,", "客户号", "key.duplicate_in_file"),
    "too long": ("core-customers", CUSTOMERS, "K" * 65 + ",王,,,,", "客户号", "text.too_long"),
    "unknown agreement": ("core-payments", PAYMENTS, "T9,J9,还款,2026-03-01,1.00,,,,", "借据号", "agreement.unknown"),
    "before disbursement": ("core-payments", PAYMENTS, "T9,J1,还款,2026-01-09,1.00,,,,", "记账日期", "payment.before_disbursement"),
    "in the future": ("core-payments", PAYMENTS, "T9,J1,还款,2099-01-09,1.00,,,,", "记账日期", "date.in_future"),
    "zero payment": ("core-payments", PAYMENTS, "T9,J1,还款,2026-03-01,0,,,,", "金额", "amount.not_positive"),
    "negative payment": ("core-payments", PAYMENTS, "T9,J1,还款,2026-03-01,-5.00,,,,", "金额", "amount.not_positive"),
    "amount missing": ("core-payments", PAYMENTS, "T9,J1,还款,2026-03-01,,,,,", "金额", "field.missing"),
    "no number": ("core-payments", PAYMENTS, "T9,J1,还款,2026-03-01,十元,,,,", "金额", "number.format"),
    "badly grouped": ("core-payments", PAYMENTS, 'T9,J1,还款,2026-03-01,"1,23",,,,', "金额", "number.format"),
    "scientific amount": ("core-payments", PAYMENTS, "T9,J1,还款,2026-03-01,1e+05,,,,", "金额", "number.scientific"),
    "below a cent": ("core-payments", PAYMENTS, "T9,J1,还款,2026-03-01,1.005,,,,", "金额", "amount.too_fine"),
    "other currency": ("core-payments", PAYMENTS.replace("币种", "币种"), "T9,J1,还款,2026-03-01,1.00,美元,,,", "币种", "currency.unknown"),
    "target unknown": ("core-payments", PAYMENTS, "T9,J1,冲正,2026-03-01,,,,,T8", "原流水号", "event.target_unknown"),
    "target not named": ("core-payments", PAYMENTS, "T9,J1,冲正,2026-03-01,,,,,", "原流水号", "field.missing"),
    "target of another kind": ("core-payments", PAYMENTS, "T9,J1,恢复,2026-03-01,,,,,G1", "原流水号", "event.target_kind"),
    "pause without an end": ("core-payments", PAYMENTS, "T9,J1,暂停,2026-03-01,,,,,", "截止日期", "field.missing"),
    "pause ends before it begins": ("core-payments", PAYMENTS, "T9,J1,暂停,2026-03-02,,,,2026-03-01,", "截止日期", "dates.reversed"),
    "component missing": ("core-payments", PAYMENTS, "T9,J1,收费,2026-03-01,5.00,,,,", "科目", "field.missing"),
    "negative position": ("core-positions", POSITIONS, "J1,2026-03-01,,5.00,-1.00,0", "逾期金额", "amount.negative"),
    "position before opening": ("core-positions", POSITIONS, "J1,2025-12-31,,5.00,1.00,0", "数据日期", "payment.before_disbursement"),
}  # fmt: skip
FIRST = {
    "core-customers": "G1,好人,,,,\n", "core-payments": "G1,J1,还款,2026-02-10,100.00,,,,\n", "core-positions": "J2,2026-03-31,,9.00,0,0\n",
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_a_row_waits_and_the_others_go_in(book, name):
    profile, header, row, column, rule = ROWS[name]
    batch = book(profile, header + FIRST[profile] + row + "\n")
    assert faults(batch) == [(3, column, rule)], batch.refusal
    assert (batch.state, batch.rows_total, batch.rows_good, batch.rows_held) == ("committed", 2, 1, 1)
    inserted = sum(c.get("inserted", 0) for c in batch.counts.values())
    assert inserted == 1


def test_reversal_of_a_reversal_in_the_file_and_in_the_base(book):
    first = book(
        "core-payments", PAYMENTS + "A,J1,还款,2026-02-10,9.00,,,,\nB,J1,冲正,2026-02-11,,,,,A\nC,J1,冲正,2026-02-12,,,,,B\n"
    )
    assert faults(first) == [(4, "原流水号", "event.reversal_of_reversal")]
    again = book("core-payments", PAYMENTS + "D,J1,冲正,2026-02-12,,,,,B\nE,J1,冲正,2026-02-12,,,,,A\n")
    assert faults(again) == [(2, "原流水号", "event.reversal_of_reversal"), (3, "原流水号", "event.target_reversed")]


def test_overlapping_pauses_in_the_file_and_with_the_base(book):
    first = book("core-payments", PAYMENTS + "A,J1,暂停,2026-03-01,,,,2026-03-31,\nB,J1,暂停,2026-03-31,,,,2026-04-30,\n")
    assert faults(first) == [(3, "记账日期", "pause.overlap")]
    other = book("core-payments", PAYMENTS + "C,J1,恢复,2026-03-10,,,,,A\nD,J1,暂停,2026-03-05,,,,2026-03-06,\n")
    assert faults(other) == [(3, "记账日期", "pause.overlap")]
    later = book("core-payments", PAYMENTS + "E,J1,暂停,2026-03-12,,,,2026-03-20,\n")
    assert faults(later) == []


def test_a_key_known_with_other_content_is_refused(book):
    book("core-payments", PAYMENTS + "A,J1,还款,2026-02-10,9.00,,,,\n")
    batch = book("core-payments", PAYMENTS + "A,J1,还款,2026-02-10,8.00,,,,\nB,J1,还款,2026-02-10,8.00,,,,\n")
    assert faults(batch) == [(2, "流水号", "key.conflict")]
    assert Event.objects.visible_to(SYSTEM_SCOPE).filter(kind="paid").count() == 2


def test_currency_of_another_agreement(book):
    words = {
        "id": "p", "outputs": [{"kind": "payments", "columns": {"n": "reference", "a": "agreement_reference", "d": "effective_on",
                                                                 "m": "amount", "c": "currency"}}],
    }  # fmt: skip
    batch = book(words, "n,a,d,m,c\n1,J1,2026-03-01,5.00,USD\n2,J1,2026-03-01,5.00,cny\n3,J1,2026-03-01,5.00,R$\n")
    assert faults(batch) == [(2, "c", "currency.mismatch"), (4, "c", "currency.unknown")]


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        ("J9,K9,P1,消费贷,人民币,2026-01-10,2026-01-10,100.00,12,等额本息,12,2026-02-10,", "客户号", "party.unknown"),
        ("J9,K1,P1,消费贷,人民币,2026-01-10,2026-01-10,0,12,等额本息,12,2026-02-10,", "放款本金", "amount.not_positive"),
        ("J9,K1,P1,消费贷,人民币,2026-01-10,2026-01-10,-3.00,12,等额本息,12,2026-02-10,", "放款本金", "amount.not_positive"),
        ("J9,K1,P1,消费贷,人民币,2026-01-10,2026-01-10,100.00,12,等额本息,0,2026-02-10,", "期数", "count.not_positive"),
        ("J9,K1,P1,消费贷,人民币,2026-01-10,2026-01-10,100.00,12,等额本息,-2,2026-02-10,", "期数", "count.not_positive"),
        ("J9,K1,P1,消费贷,人民币,2026-01-10,2026-01-10,100.00,120,等额本息,12,2026-02-10,", "年利率", "rate.out_of_range"),
        ("J9,K1,P1,消费贷,人民币,2026-01-10,2026-01-10,100.00,12,等额本息,12,2026-01-09,", "首期应还日", "dates.reversed"),
        ("J9,K1,P1,消费贷,人民币,2026-01-10,,100.00,12,等额本息,12,2026-02-10,", "放款日期", "field.missing"),
        ("J9,K1,P1,消费贷,人民币,2026-01-10,2026-01-10,100.00,12,,12,2026-02-10,本系统", "还款方式", "field.missing"),
        ("J9,K1,P1,消费贷,人民币,2026-01-10,2026-01-10,100.00,12,等额本息,2000,2026-02-10,", "期数", "agreement.terms"),
        ("J1,K1,P1,消费贷,人民币,2026-01-10,2026-01-10,1300.00,12,等额本金,12,2026-02-10,本系统", "借据号", "key.conflict"),
    ],
)
def test_an_impossible_agreement(book, row, column, rule):
    batch = book("core-agreements", AGREEMENTS + row + "\n")
    assert faults(batch) == [(2, column, rule)]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (["J1,1,2026-02-10,0,0"], [(2, "应还本金", "instalment.not_positive")]),
        (["J1,1,2026-02-10,-5.00,9.00"], [(2, "应还本金", "amount.negative")]),
        (["J1,1,2026-02-10,700.00,5.00", "J1,2,2026-02-10,500.00,5.00"],
         [(2, "借据号", "schedule.companion_held"), (3, "应还日期", "schedule.dates_not_increasing")]),
        (["J1,1,2026-02-10,700.00,5.00", "J1,2,2026-03-10,400.00,5.00"],
         [(2, "应还本金", "schedule.principal_sum"), (3, "借据号", "schedule.companion_held")]),
        (["J1,1,2026-02-10,700.00,5.00", "J1,2,2026-13-10,500.00,5.00"],
         [(2, "借据号", "schedule.companion_held"), (3, "应还日期", "date.invalid")]),
    ],
)  # fmt: skip
def test_an_impossible_schedule_waits_as_a_whole(book, rows, found):
    batch = book("core-schedules", SCHEDULES + "\n".join(rows) + "\n")
    assert faults(batch) == found
    assert Event.objects.visible_to(SYSTEM_SCOPE).filter(kind="schedule_set", batch_id=batch.pk).count() == 0


def test_a_formula_in_a_workbook_is_reported_with_its_cell(load):
    data = workbook([["客户号", "客户姓名", "出生日期"], ["K1", "王明", "1990-03-07"], ["K2", '="李"&"雷"', "1990-03-07"]])
    batch = load("core-customers", data, suffix=".xlsx")
    assert faults(batch) == [(3, "客户姓名", "cell.formula")]
    assert batch.rows_good == 1


def test_numbers_that_a_spreadsheet_rounded(load):
    rows = [
        ["客户号", "客户姓名", "证件号码"],
        ["K1", "王明", 110101199003070919],
        ["K2", "李雷", "110101199003070919"],
        [12, "数字号", None],
    ]
    batch = load("core-customers", workbook(rows), suffix=".xlsx")
    assert faults(batch) == [(2, "证件号码", "id.rounded_by_spreadsheet")]
    assert set(Party.objects.visible_to(SYSTEM_SCOPE).values_list("reference", flat=True)) == {"K2", "12"}


@pytest.mark.parametrize(
    ("stated", "code"),
    [({"rows": 3}, "control.rows"), ({"total": "10.00"}, "control.total"), ({"rows": 2, "total": "10.01"}, None)],
)
def test_control_figures_of_a_manifest(book, stated, code):
    batch = book("core-payments", PAYMENTS + "A,J1,还款,2026-02-10,9.00,,,,\nB,J1,还款,2026-02-10,1.01,,,,\n", manifest=stated)
    assert batch.refusal.get("code") == code
    assert Event.objects.visible_to(SYSTEM_SCOPE).filter(kind="paid").count() == (0 if code else 2)


def test_a_manifest_with_another_fingerprint(load):
    assert load("core-customers", CUSTOMERS + FIRST["core-customers"], manifest={"sha256": "00" * 32}).code == "control.sha256"


@pytest.mark.parametrize(("total", "state"), [("10.01", "committed"), ("10.02", "refused")])
def test_control_figures_of_a_trailer(book, total, state):
    words = {
        "id": "t", "trailer": {"marker": "合计", "rows": "a", "total": "m"},
        "outputs": [{"kind": "payments", "columns": {"n": "reference", "a": "agreement_reference", "d": "effective_on", "m": "amount"}}],
    }  # fmt: skip
    batch = book(words, f"n,a,d,m\n1,J1,2026-03-01,5.00\n2,J1,2026-13-01,5.01\n合计,2,,{total}\n")
    assert batch.state == state
    if state == "committed":
        assert (batch.rows_total, batch.rows_held) == (2, 1)


def test_too_many_errors_mean_the_wrong_file(load, monkeypatch):
    monkeypatch.setattr("arrears.intake.check_run.MOST_HELD", 2)
    batch = load("core-customers", CUSTOMERS + ",,,,,1\n" * 4)
    assert batch.refusal["code"] == "batch.too_many_errors"


def test_forms_that_are_read_though_unusual(book):
    rows = [
        "Ａ１,J1,还款,２０２６－０２－１０,１２．５０,,,,",
        'A2,J1,还款,2026/2/10,"1,234.50",,,,',
        "A3,J1,还款,20260210,￥7,,,,",
        "A4,J1,还款,46063,0.1,,,,",
        "A5,J1,还款,2026年2月10日, 8.00 ,,,,",
        "A6,J1,还款,2026-02-10 00:00:00,'9,,,,",
    ]
    batch = book("core-payments", PAYMENTS + "\n".join(rows) + "\n")
    assert faults(batch) == []
    events = Event.objects.visible_to(SYSTEM_SCOPE).filter(kind="paid").order_by("id")
    assert [(str(e.effective_on), e.amount_minor) for e in events] == [
        ("2026-02-10", minor) for minor in (1250, 123450, 700, 10, 800, 900)
    ]


def test_the_base_of_another_creditor_is_not_seen(book, other_creditor):
    other = Creditor.objects.get(code="BANK-B")
    from intake_files import ACTOR

    from arrears.intake import running

    path = book.path(POSITIONS + "J2,2026-03-31,,9.00,0,0\n")
    batch = running.begin(ACTOR, path, other.code, running.profile("core-positions"))
    assert [f[2] for f in faults(batch)] == ["agreement.unknown"]
    assert not HostPosition.objects.visible_to(SYSTEM_SCOPE).exists()


def test_json_lines_and_their_faults(book):
    lines = "\n".join(
        [
            '{"借据号": "J2", "数据日期": "2026-03-31", "逾期金额": 12.10}',
            "[1]",
            '{"借据号": "J2", "x": 1}',
            "",
            '{"借据号": "J1", "数据日期": "2026-03-31", "逾期金额": "0"}',
        ]
    )
    batch = book("core-positions", lines, suffix=".jsonl")
    assert faults(batch) == [(2, "", "row.json"), (3, "数据日期", "field.missing")]
    assert HostPosition.objects.visible_to(SYSTEM_SCOPE).filter(overdue_minor=1210).count() == 1


def test_parquet_goes_in_and_a_bomb_of_rows_does_not(load):
    assert load("core-customers", parquet(), suffix=".parquet").rows_good == 50
    out = io.BytesIO()
    pl.DataFrame({"a": ["x" * 1000] * 200_000}).write_parquet(
        out, compression="zstd", use_pyarrow=True, pyarrow_options={"use_dictionary": False}
    )
    opened = open_file(load.path(out.getvalue(), ".parquet"), limits=Limits(expanded_bytes=1024**2, ratio=10))
    assert isinstance(opened, Refusal)
    assert opened.code == "file.zip_bomb"


def test_every_refused_file_leaves_at_most_a_batch(load):
    load("core-customers", FILES["column missing"][0])
    assert list(Batch.objects.visible_to(SYSTEM_SCOPE).values_list("state", flat=True)) == ["refused"]
