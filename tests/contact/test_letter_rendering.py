"""Letters: capital amounts, the same bytes for the same facts, every amount and required part on the page."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from arrears.contact.amount_words import capital_form
from arrears.contact.letters.facts import LetterFacts, LetterLine
from arrears.contact.letters.render import data_hash, render

CAPITALS = [
    (1248035, "壹万贰仟肆佰捌拾元叁角伍分"),
    (0, "零元整"),
    (5, "伍分"),
    (50, "伍角整"),
    (100, "壹元整"),
    (101, "壹元零壹分"),
    (140950, "壹仟肆佰零玖元伍角整"),
    (600714, "陆仟零柒元壹角肆分"),
    (10700053, "拾万".replace("拾万", "壹拾万柒仟元伍角叁分")),
    (1680032, "壹万陆仟捌佰元叁角贰分"),
    (10000000000, "壹亿元整"),
    (10000000100, "壹亿零壹元整"),
    (1000010000, "壹仟万零壹佰元整"),
    (100050000, "壹佰万零伍佰元整"),
]


@pytest.mark.parametrize(("amount", "expected"), CAPITALS)
def test_capital_form(amount: int, expected: str) -> None:
    assert capital_form(amount) == expected


_VALUES = {c: i for i, c in enumerate("零壹贰叁肆伍陆柒捌玖")}


def read_capital(text: str) -> int:
    """Inverse of the capital form, written independently."""
    whole, _, rest = text.rpartition("元")
    total = 0
    for unit, size in (("亿", 10**8), ("万", 10**4), ("", 1)):
        part, found, tail = whole.partition(unit) if unit else (whole, "", "")
        if unit and not found:
            continue
        value = 0
        for place, power in (("仟", 1000), ("佰", 100), ("拾", 10), ("", 1)):
            head = part.strip("零")
            if place and place in head:
                digit, _, part = head.partition(place)
                value += _VALUES[digit.strip("零")] * power
            elif not place and head:
                value += _VALUES[head]
        total += value * size
        whole = tail if unit else ""
    minor = total * 100
    for unit, size in (("角", 10), ("分", 1)):
        if unit in rest:
            digit, _, rest = rest.partition(unit)
            minor += _VALUES[digit.strip("零")] * size
    return minor


@given(st.integers(1, 10**13))
def test_capital_form_reads_back(amount: int) -> None:
    assert read_capital(capital_form(amount)) == amount


FACTS = LetterFacts(
    language="zh-hans",
    lender_zh="青禾银行",
    lender_en="Qinghe Bank",
    lender_phone="400-000-0000",
    addressee="王小明",
    address="某省某市某路 1 号",
    letter_number="LTR-2026-000001",
    dated_on=date(2026, 11, 23),
    as_of=date(2026, 11, 23),
    pay_by=date(2026, 12, 7),
    currency="CNY",
    lines=(
        LetterLine("尾号 0231", "消费贷", "Consumer loan", date(2026, 10, 20), 34, 845000, 73000, 9981, 0),
        LetterLine("尾号 0587", "分期购", "Instalment purchase", date(2026, 11, 5), 18, 205000, 16830, 1845, 500),
    ),
    payment_zh="存入合同约定的还款账户，系统按合同约定自动扣收。",
    payment_en="Pay into the repayment account named in the agreement.",
    check_url="https://example.invalid/check/LTR-2026-000001",
    demo=True,
)


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_letter_is_reproducible_and_complete(language: str) -> None:
    facts = replace(FACTS, language=language)
    pdf = render(facts)
    assert pdf == render(facts)
    shown = text_of(pdf)
    for part in ("9,279.81", "2,241.75", "11,521.56", "LTR-2026-000001", facts.addressee, "壹万壹仟伍佰贰拾壹元伍角陆分"):
        assert part in shown
    required = {
        "zh-hans": ("青禾银行", "您的权利", "异议", "怎样还款", "依据", "2026年12月7日"),
        "en": ("QingheBank", "Yourrights", "dispute", "Howtopay", "Basis", "2026-12-07"),
    }
    assert all(part in shown for part in required[language])


def test_one_changed_cent_changes_the_hash() -> None:
    other = replace(FACTS, lines=(replace(FACTS.lines[0], principal_minor=845001), FACTS.lines[1]))
    assert data_hash(other) != data_hash(FACTS)
    assert data_hash(FACTS) == data_hash(replace(FACTS))
