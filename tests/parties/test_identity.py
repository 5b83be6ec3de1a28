"""Identifiers, masks and seals: golden rows and properties."""

from __future__ import annotations

import doctest
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.kernel.refusals import Refusal
from arrears.parties import actions_points, identifiers, masking, sealing, standing

DIGITS = st.text("0123456789", min_size=1, max_size=30)


@pytest.mark.parametrize("module", [identifiers, actions_points])
def test_examples_in_docstrings(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.10101E+17", "id.rounded_by_spreadsheet"),
        ("1.1010119900307E+017", "id.shape"),
        ("110101199003070000", "id.rounded_by_spreadsheet"),
        ("11010119900307", "id.shape"),
        ("", "id.shape"),
        ("11010119900307123A", "id.shape"),
        ("110105194912310021", "id.checksum"),
        ("11010519491331002X", "id.birth_date"),
        ("110105190002290025", "id.birth_date"),
        ("990105194912310026", "id.region"),
    ],
)
def test_resident_id_refused(text, code):
    found = identifiers.check_resident_id(text)
    assert isinstance(found, Refusal)
    assert found.code == code
    if len(text) == 18:
        assert text not in found.sentence.zh + found.sentence.en + found.fix.zh + found.fix.en


@pytest.mark.parametrize(
    ("text", "number", "born_on"),
    [
        ("11010519491231002X", "11010519491231002X", date(1949, 12, 31)),
        (" 11010519491231002x ", "11010519491231002X", date(1949, 12, 31)),
        ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X", date(1949, 12, 31)),
        ("'110105194912310038", "110105194912310038", date(1949, 12, 31)),
        ("130503670401001", "130503196704010016", date(1967, 4, 1)),
    ],
)
def test_resident_id_read(text, number, born_on):
    found = identifiers.check_resident_id(text)
    assert (found.number, found.born_on) == (number, born_on)


@given(st.sampled_from(sorted(identifiers.PROVINCES)), st.dates(date(1900, 1, 1), date(2026, 11, 23)), st.integers(0, 999))
def test_every_single_digit_error_in_an_id_is_found(province, born_on, serial):
    body = f"{province}0101{born_on:%Y%m%d}{serial:03d}"
    number = body + identifiers.resident_check_digit(body)
    assert identifiers.check_resident_id(number).born_on == born_on
    for place in range(17):
        wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        assert isinstance(identifiers.check_resident_id(wrong), Refusal)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("91350100M000100Y43", None),
        ("91350100m000100y43", None),
        ("91350100M000100Y44", "uscc.checksum"),
        ("9135010OM000100Y43", "uscc.shape"),
        ("9.1350100E+17", "id.rounded_by_spreadsheet"),
        ("91350100M000100Y4", "uscc.shape"),
    ],
)
def test_uscc(text, code):
    found = identifiers.check_uscc(text)
    assert (found.code if isinstance(found, Refusal) else None) == code


@pytest.mark.parametrize(
    ("text", "e164", "kind"),
    [
        ("13800138000", "+8613800138000", "mobile"),
        ("+86 138-0013-8000", "+8613800138000", "mobile"),
        ("008613800138000", "+8613800138000", "mobile"),
        ("１３８００１３８０００", "+8613800138000", "mobile"),
        ("13800138000.0", "+8613800138000", "mobile"),
        ("010-62521234", "+861062521234", "landline"),
        ("(0755) 8377 1234", "+8675583771234", "landline"),
        ("+44 20 7946 0018", "+442079460018", "landline"),
    ],
)
def test_phone_read(text, e164, kind):
    phone = identifiers.check_phone(text)
    assert (phone.e164, phone.kind) == (e164, kind)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.38E+10", "phone.rounded_by_spreadsheet"),
        ("12345", "phone.shape"),
        ("1380013800", "phone.shape"),
        ("23800138000", "phone.shape"),
        ("无", "phone.shape"),
        ("", "phone.shape"),
    ],
)
def test_phone_refused(text, code):
    found = identifiers.check_phone(text)
    assert isinstance(found, Refusal)
    assert found.code == code


def test_time_zone_is_only_claimed_where_the_area_code_proves_one():
    assert identifiers.check_phone("13800138000").time_zones == ("Asia/Shanghai",)
    assert identifiers.check_phone("+1 212 555 2368", "US").time_zones == ("America/New_York",)
    assert len(identifiers.check_phone("+1 800 253 0000", "US").time_zones) > 1


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("王小明", "wxm"),
        ("单田芳", "stf"),
        ("曾国藩", "zgf"),
        ("欧阳娜娜", "oynn"),
        ("John Smith", "js"),
        ("尉迟恭", "ycg"),
        ("", ""),
    ],
)
def test_initials(name, initials):
    assert identifiers.initials(name) == initials


@pytest.mark.parametrize(
    ("function", "text", "masked"),
    [
        (masking.name, "王小明", "王*明"),
        (masking.name, "李四", "李*"),
        (masking.name, "欧阳娜娜", "欧**娜"),
        (masking.name, "John Smith", "J*** S****"),
        (masking.name, "", ""),
        (masking.company, "上海某某贸易有限公司", "上海****有限公司"),
        (masking.phone, "13812341234", "138****1234"),
        (masking.phone, "010-62521234", "010-****1234"),
        (masking.identity, "11010119900307123X", "110101********123X"),
        (masking.identity, "E12345678", "E1*****78"),
        (masking.card, "6222021234561234", "6222 **** **** 1234"),
        (masking.email, "wang@example.com", "w***@example.com"),
        (masking.address, "上海市浦东新区世纪大道1号", "上海市浦东新区****"),
        (masking.address, "世纪大道100号201室", "世纪大道****"),
    ],
)
def test_masks(function, text, masked):
    assert function(text) == masked


@given(st.sampled_from(["name", "company", "mobile", "id", "card", "email", "address"]), st.text(min_size=8, max_size=40))
def test_no_mask_shows_the_whole(kind, text):
    masked = masking.value(kind, text)
    assert text.strip() == "" or masked != text.strip() or not any(c.isalnum() for c in text)


@given(st.text(max_size=60))
def test_seal_opens_again_and_never_repeats(text):
    sealed = sealing.seal(text)
    assert sealing.open_sealed(sealed) == text
    assert sealing.open_sealed(memoryview(sealed)) == text
    assert sealing.seal(text) != sealed


@given(st.lists(st.text(max_size=20), max_size=20))
def test_bulk_equals_single(texts):
    assert [sealing.open_sealed(s) for s in sealing.seal_many(texts)] == texts
    assert sealing.index_many("name", texts) == [sealing.index("name", t) for t in texts]


@given(st.text(max_size=20), st.integers(0, 2000), st.integers(1, 255))
def test_any_changed_byte_is_found(text, place, change):
    sealed = bytearray(sealing.seal(text))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(sealing.SealError):
        sealing.open_sealed(bytes(sealed))


def test_rotation_opens_old_and_seals_new(monkeypatch):
    old = sealing.seal("王小明")
    try:
        monkeypatch.setenv(
            "ARREARS_SECRET_IDENTITY", "a-second-secret-of-enough-length-000000000,only-for-tests-only-for-tests-only-for-tests"
        )
        before = sealing.index("name", "王小明")
        sealing.forget_keys()
        assert not sealing.is_current(old)
        assert sealing.open_sealed(old) == "王小明"
        assert sealing.is_current(sealing.seal("x"))
        assert sealing.index("name", "王小明") == before
        monkeypatch.setenv("ARREARS_SECRET_IDENTITY", "a-second-secret-of-enough-length-000000000")
        sealing.forget_keys()
        with pytest.raises(sealing.SealError):
            sealing.open_sealed(old)
    finally:
        monkeypatch.undo()
        sealing.forget_keys()


def test_index_folds_what_people_write_differently():
    assert sealing.index("name", "王 小明") == sealing.index("name", "王小明")
    assert sealing.index("id", "11010519491231002x") == sealing.index("id", "１１０１０５１９４９１２３１００２Ｘ")
    assert sealing.index("name", "王小明") != sealing.index("phone", "王小明")


@pytest.mark.parametrize(
    ("born_on", "adult_on"), [(date(2008, 2, 29), date(2026, 3, 1)), (date(2008, 11, 23), date(2026, 11, 23))]
)
def test_adulthood(born_on, adult_on):
    assert standing.adult_on(born_on) == adult_on
    assert not standing.is_minor(born_on, adult_on)
    assert identifiers.age_on(born_on, adult_on) == 18
