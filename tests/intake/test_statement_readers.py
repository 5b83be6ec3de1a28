"""Every sample statement loads or is refused clearly; bad input is refused with its place."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.intake.statements import BalanceCheck, StatementFile, read
from arrears.intake.statements.model import Status
from arrears.kernel.refusals import Refusal

SAMPLES = Path(__file__).parent / "statements"

#: file -> format, (account, currency, entries, balances) of each statement
LOADED = {
    "camt/camt052.v1.xml": ("camt.052.001.01", [("CH2801234000123456789", "SEK", 1, "not_stated")]),
    "camt/camt052.v2.other-account.xml": ("camt.052.001.02", [("CH2801234000123456789", "SEK", 1, "not_stated")]),
    "camt/camt052.v2.with-account-name.xml": ("camt.052.001.02", [("CH2801234000123456789", "SEK", 1, "not_stated")]),
    "camt/camt052.v2.xml": ("camt.052.001.02", [("CH2801234000123456789", "SEK", 1, "not_stated")]),
    "camt/camt052.v4.xml": ("camt.052.001.04", [("CH2801234000123456789", "CHF", 1, "not_stated")]),
    "camt/camt052.v6.Amt-zero.xml": ("camt.052.001.06", [("CH2801234000123456789", "CHF", 1, "not_stated")]),
    "camt/camt052.v8.xml": ("camt.052.001.08", [("CH2801234000123456789", "SEK", 1, "not_stated")]),
    "camt/camt053.v2.all-balance-types.xml": ("camt.053.001.02", [("CH2801234000123456789", "EUR", 1, "differs")]),
    "camt/camt053.v2.five.decimals.xml": ("camt.053.001.02", [("NL26VAYB8060476890", "EUR", 1, "differs")]),
    "camt/camt053.v2.minimal.ultimate.xml": ("camt.053.001.02", [("NL26VAYB8060476890", "EUR", 1, "other_currency")]),
    "camt/camt053.v2.minimal.xml": ("camt.053.001.02", [("NL26VAYB8060476890", "EUR", 1, "other_currency")]),
    "camt/camt053.v2.multi.statement.xml": ("camt.053.001.02", [("NL26VAYB8060476890", "EUR", 1, "agrees")] * 2),
    "camt/camt053.v2.with-account-name.xml": ("camt.053.001.02", [("CH2801234000123456789", "JPY", 1, "not_stated")]),
    "camt/camt053.v3.xml": ("camt.053.001.03", [("NL26VAYB8060476890", "EUR", 1, "other_currency")]),
    "mt940/account_identification.sta": (
        "MT940",
        [("ACXXXXXX000000XXXXXX1", "", 0, "not_stated"), ("ACXXXXXX000000XXXXXX3", "", 0, "not_stated")],
    ),
    "mt940/gv_codes.sta": ("MT940", [("12345678/1020304050", "EUR", 2, "not_stated")]),
    "mt940/long_statement_number.sta": ("MT940", [("0067-00763/93984487", "TRY", 0, "agrees")]),
    "mt940/mt942.sta": ("MT942", [("GJB0291077111", "EUR", 1, "not_stated")]),
    "mt940/overly_long_details.sta": ("MT940", [("12345678/1020304050", "EUR", 1, "differs")]),
    "mt940/raphaelm.sta": (
        "MT940",
        [("1222333444", "DEM", 6, "agrees"), ("1222333444", "DEM", 2, "agrees"), ("3346780111", "DEM", 1, "agrees")],
    ),
    "mt940/transaction_details_wrapped.sta": ("MT940", [("12345678/1020304050", "EUR", 1, "agrees")]),
    "mt940/wrapped_timestamp.sta": ("MT940", [("12345678/1020304050", "EUR", 1, "agrees")]),
}
REFUSED = {
    "camt/camt053.v2.wrong.xml": ("statement.no_statement", "/Document"),
    "mt940/empty_non_swift.sta": ("statement.no_statement", "line 1"),
}


def test_every_sample_is_accounted_for():
    found = {str(p.relative_to(SAMPLES)) for p in SAMPLES.rglob("*") if p.suffix in (".xml", ".sta")}
    assert found == set(LOADED) | set(REFUSED)


@pytest.mark.parametrize("name", LOADED)
def test_samples_load(name):
    message, statements = LOADED[name]
    loaded = read((SAMPLES / name).read_bytes())
    assert isinstance(loaded, StatementFile), loaded
    assert loaded.format == message
    assert [(s.account, s.currency, len(s.entries), str(s.check)) for s in loaded.statements] == statements
    assert bool(loaded.refusals) == any(check in ("differs", "other_currency") for *_, check in statements)


@pytest.mark.parametrize("name", REFUSED)
def test_samples_refused(name):
    refused = read((SAMPLES / name).read_bytes())
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.pointer) == REFUSED[name]


def test_what_an_entry_says():
    loaded = read((SAMPLES / "camt/camt053.v2.minimal.xml").read_bytes())
    (entry,) = loaded.statements[0].entries
    assert (entry.amount_minor, entry.currency, entry.booked_on, entry.value_on) == (
        885,
        "EUR",
        date(2014, 12, 31),
        date(2015, 1, 2),
    )
    assert (entry.counterparty_name, entry.counterparty_account) == ("NAME NAME", "NL56AGDH9619008421")
    assert entry.structured_reference == "4654654654654654"
    assert entry.is_receipt


def test_a_pending_entry_is_no_receipt():
    (entry,) = read((SAMPLES / "camt/camt052.v6.Amt-zero.xml").read_bytes()).statements[0].entries
    assert entry.status is Status.PENDING
    assert not entry.is_receipt


def test_the_figures_of_a_statement_that_does_not_add_up():
    (refused,) = read((SAMPLES / "mt940/overly_long_details.sta").read_bytes()).refusals
    assert refused.code == "statement.balances_differ"
    assert "12,345.12" in refused.sentence.en
    assert "12,111.97" in refused.sentence.zh
    assert refused.values["difference"] == "234.01"


def test_departures_from_the_standard_are_recorded():
    wrapped = read((SAMPLES / "mt940/wrapped_timestamp.sta").read_bytes())
    assert "30 February" in wrapped.statements[0].deviations[0].what
    old = read((SAMPLES / "mt940/raphaelm.sta").read_bytes())
    assert "without currency" in old.statements[0].deviations[0].what
    altered = (
        (SAMPLES / "camt/camt053.v2.multi.statement.xml")
        .read_bytes()
        .replace(b"<Sts>BOOK</Sts>", b"<Sts>BOOK</Sts><Oddity>x</Oddity>", 1)
    )
    lenient = read(altered)
    assert isinstance(lenient, StatementFile)
    assert any("Oddity" in d.what for d in lenient.deviations)
    assert lenient.statements[0].check is BalanceCheck.AGREES


BATCH = """<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>1</MsgId><CreDtTm>2026-03-01T10:00:00</CreDtTm></GrpHdr><Ntfctn><Id>N1</Id><CreDtTm>2026-03-01T10:00:00</CreDtTm>
<Acct><Id><Othr><Id>6222020001</Id></Othr></Id><Ccy>CNY</Ccy></Acct>
<Ntry><Amt Ccy="CNY">300.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-01</Dt></BookgDt>
<BkTxCd><Prtry><Cd>x</Cd></Prtry></BkTxCd><NtryDtls>
<TxDtls><Refs><EndToEndId>HT001</EndToEndId></Refs><Amt Ccy="CNY">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls>
<TxDtls><Refs><EndToEndId>HT002</EndToEndId></Refs><Amt Ccy="CNY">{second}</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls>
</NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""


def test_a_batch_is_split_only_where_its_parts_sum():
    split = read(BATCH.format(second="200.00").encode()).statements[0]
    assert [(e.end_to_end_id, e.amount_minor) for e in split.entries] == [("HT001", 10_000), ("HT002", 20_000)]
    whole = read(BATCH.format(second="150.00").encode()).statements[0]
    assert [e.amount_minor for e in whole.entries] == [30_000]
    assert any("do not sum" in d.what for d in whole.deviations)


CSV = """账户交易明细
账号：6222020000001234567
交易日期,收入,支出,余额,对方户名,对方账号,摘要,流水号
2026-03-01,"1,200.00",,"11,200.00",张三,6217000012345678901,还款 HT20260001,T001
2026-03-02,,100.00,"11,100.00",某公司,6.217E+18,手续费,T002
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_of_online_banking(encoding):
    loaded = read(CSV.encode(encoding))
    (statement,) = loaded.statements
    assert (statement.account, statement.currency, statement.check) == ("6222020000001234567", "CNY", BalanceCheck.AGREES)
    assert [e.amount_minor for e in statement.entries] == [120_000, -10_000]
    assert statement.entries[0].counterparty_name == "张三"
    assert statement.entries[1].counterparty_account == ""
    assert "rounded by a spreadsheet" in loaded.deviations[0].what


def test_csv_newest_first_with_direction():
    head = "date;amount;direction;balance;account\n"
    text = head + "2026-03-02;5.00;debit;10.00;DE1234567890\n2026-03-01;12.00;credit;15.00;DE1234567890\n"
    (statement,) = read(text.encode(), currency="EUR").statements
    assert [e.amount_minor for e in statement.entries] == [-500, 1200]
    assert (statement.opening.amount_minor, statement.closing.amount_minor) == (300, 1000)
    assert statement.check is BalanceCheck.AGREES


MT = ":20:X\n:25:123\n:28C:1\n:60F:C260301EUR100,00\n{movement}\n:62F:C260302EUR{closing}\n-\n"


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"", "statement.not_recognised", "line 1"),
        (b"PK\x03\x04 a zip", "statement.not_recognised", "line 1"),
        (b'{"json": true}', "statement.not_recognised", "line 1"),
        (b"\x81\xff\xff", "statement.encoding", "byte 1"),
        (b"<Document", "statement.not_xml", "line 1"),
        (b"<a/>", "statement.not_recognised", "line 1"),
        (b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><Document>&x;</Document>', "statement.has_doctype", "line 1"),
        (BATCH.format(second="200.00").replace("300.00", "300.001").encode(), "statement.bad_value", "line 4"),
        (BATCH.format(second="200.00").replace("300.00", "three").encode(), "statement.bad_value", "line 4"),
        (BATCH.format(second="200.00").replace('Ccy="CNY">300', 'Ccy="yuan">300').encode(), "statement.bad_value", "line 4"),
        (BATCH.format(second="200.00").replace("<Dt>2026-03-01<", "<Dt>2026-02-30<").encode(), "statement.bad_value", "line 4"),
        (BATCH.format(second="200.00").replace("<CdtDbtInd>CRDT", "<CdtDbtInd>UP", 1).encode(), "statement.bad_value", "line 4"),
        (BATCH.format(second="200.00").replace("Acct>", "Acc>").encode(), "statement.missing_value", "line 2"),
        (MT.format(movement=":61:2613010301D1,00NMSC", closing="99,00").encode(), "statement.bad_value", "line 5"),
        (MT.format(movement=":61:2603010301D1,005NMSC", closing="99,00").encode(), "statement.bad_value", "line 5"),
        (MT.format(movement=":61:garbage", closing="99,00").encode(), "statement.bad_value", "line 1"),
        (MT.format(movement="", closing="many").encode(), "statement.bad_value", "line 6"),
        (MT.format(movement="", closing="100,00").replace(":25:123\n", "").encode(), "statement.missing_value", "line 1"),
        ("日期,金额\n2026-02-01,5\n".encode(), "statement.missing_value", "row 1"),
        ("日期,金额\n2026-02-01,5,6\n".encode(), "statement.ragged_row", "row 2"),
        ("日期,金额,账号\n2026-02-30,5,622222222\n".encode(), "statement.bad_value", "row 2, column 1 (booked_on)"),
        ("日期,金额,账号\n2026-02-01,=1+1,622222222\n".encode(), "statement.bad_value", "row 2, column 2 (amount)"),
        ("日期,金额,账号\n2026-02-01,,622222222\n".encode(), "statement.bad_value", "row 2, column 2 (amount)"),
        ("日期,收入,支出,账号\n2026-02-01,1,2,622222222\n".encode(), "statement.bad_value", "row 2, column 2 (credit)"),
        ("日期,金额,借贷标志,账号\n2026-02-01,1,左,622222222\n".encode(), "statement.bad_value", "row 2, column 3 (direction)"),
        ("日期,金额,币种,账号\n2026-02-01,1,yuan,622222222\n".encode(), "statement.bad_value", "row 2, column 3 (currency)"),
        ("日期,金额,账号\n".encode(), "statement.no_statement", "row 1"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_its_place(data, code, place):
    refused = read(data)
    assert isinstance(refused, Refusal), refused
    assert (refused.code, refused.pointer) == (code, place)
    assert refused.fix.zh
    assert refused.sentence.en


def test_a_huge_file_is_refused_before_it_is_parsed(monkeypatch):
    monkeypatch.setattr("arrears.intake.statements.reading.MOST_BYTES", 10)
    assert read(b"x" * 11).code == "statement.too_large"


def test_entities_do_not_multiply():
    bomb = "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
        f"<!ENTITY a{n} '&a{n - 1 if n > 1 else ''};&a{n - 1 if n > 1 else ''};'>" for n in range(1, 40)
    )
    refused = read(f"{bomb}]><Document>&a39;</Document>".encode())
    assert refused.code in ("statement.has_doctype", "statement.not_xml")


cents = st.integers(1, 10**9)


@settings(max_examples=60, deadline=None)
@given(st.integers(-(10**9), 10**9), st.lists(st.tuples(st.sampled_from("CD"), cents), max_size=8), st.integers(-3, 3))
def test_balances_add_up_exactly_when_they_do(opening, movements, off):
    closing = opening + sum(minor if sign == "C" else -minor for sign, minor in movements) + off

    def written(minor):
        return f"{abs(minor) // 100},{abs(minor) % 100:02d}"

    lines = "\n".join(f":61:2603010301{sign}{written(minor)}NMSCREF{n}" for n, (sign, minor) in enumerate(movements))
    text = (
        f":20:X\n:25:123\n:28C:1\n:60F:{'C' if opening >= 0 else 'D'}260301EUR{written(opening)}\n{lines}"
        f"{chr(10) if lines else ''}:62F:{'C' if closing >= 0 else 'D'}260302EUR{written(closing)}\n-\n"
    )
    loaded = read(text.encode())
    assert isinstance(loaded, StatementFile), loaded
    (statement,) = loaded.statements
    assert statement.check is (BalanceCheck.DIFFERS if off else BalanceCheck.AGREES)
    assert statement.movements_minor == closing - opening - off
    assert len({e.key for e in statement.entries}) == len(movements)
    assert [e.key for e in read(text.encode()).statements[0].entries] == [e.key for e in statement.entries]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([n for n in LOADED]), st.integers(0, 10**6), st.binary(max_size=4))
def test_a_damaged_file_is_read_or_refused_never_a_crash(name, position, noise):
    data = (SAMPLES / name).read_bytes()
    position %= len(data)
    for damaged in (data[:position], data[:position] + noise + data[position + len(noise) :]):
        answer = read(damaged)
        assert isinstance(answer, StatementFile | Refusal)
