"""Matching of receipts: worked cases and laws."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.intake.matching import (
    CLEAR_POINTS,
    LABELS,
    LEAD_POINTS,
    POINTS,
    Candidate,
    Due,
    Evidence,
    Receipt,
    clear,
    normal_reference,
    propose,
    words_of,
)

DAY = date(2026, 3, 1)


def receipt(**facts):
    return Receipt(**{"amount_minor": 100_000, "currency": "CNY", "booked_on": DAY, **facts})


def loan(n=1, **facts):
    return Candidate(**{"agreement_id": f"agr_{n}", "reference": f"HT2026000{n}", "currency": "CNY", **facts})


INSTALMENT = (Due(DAY, 100_000),)


@pytest.mark.parametrize(
    ("given_receipt", "candidates", "posted"),
    [
        (receipt(words=words_of("还款 HT-20260001 三月")), [loan(1, dues=INSTALMENT), loan(2, dues=INSTALMENT)], "agr_1"),
        (receipt(fields=frozenset({"HT20260001"})), [loan(1)], None),  # who, but nothing about the amount: 65 points
        (receipt(fields=frozenset({"HT20260001"})), [loan(1, overdue_minor=100_000)], "agr_1"),
        (receipt(words=words_of("HT20260001 HT20260002")), [loan(1, dues=INSTALMENT), loan(2, dues=INSTALMENT)], None),
        (receipt(payer_account=b"a"), [loan(1, dues=INSTALMENT, payer_accounts=frozenset({b"a"}))], "agr_1"),
        (receipt(payer_name=b"n"), [loan(1, dues=INSTALMENT, debtor_names=frozenset({b"n"}))], None),  # a name is not enough
        (receipt(), [loan(1, dues=INSTALMENT)], None),
        (receipt(fields=frozenset({"HT20260001"})), [loan(1, dues=INSTALMENT, owed_minor=90_000)], None),  # more than owed
        (receipt(fields=frozenset({"HT20260001"})), [loan(1, dues=INSTALMENT, currency="USD")], None),
        (receipt(words=words_of("HT202600012")), [loan(1, dues=INSTALMENT)], None),  # another number that begins alike
        (receipt(fields=frozenset()), [], None),
    ],
)  # fmt: skip
def test_what_is_posted_by_itself(given_receipt, candidates, posted):
    chosen = clear(propose(given_receipt, candidates))
    assert (chosen.agreement_id if chosen else None) == posted


@pytest.mark.parametrize(
    ("dues", "amount", "evidence"),
    [
        ((100, 200), 200, Evidence.AMOUNT_OF_INSTALMENT),
        ((100, 200), 300, Evidence.AMOUNT_OF_INSTALMENTS),
        ((100, 200, 300), 400, None),  # first and last are not in a row
        ((100,), 100_000, None),
    ],
)
def test_what_an_amount_says(dues, amount, evidence):
    listed = tuple(Due(DAY + timedelta(days=30 * n), minor) for n, minor in enumerate(dues))
    (proposal,) = propose(receipt(amount_minor=amount), [loan(1, dues=listed)])
    found = [e for e in proposal.evidence if e.value.startswith("amount")]
    assert found == ([evidence] if evidence else [])


def test_words_of_free_text():
    found = words_of("张三还款,合同号:ht-2026/0001 流水 123 JD_000777/2")
    assert {"HT20260001", "JD000777"} <= found
    assert normal_reference(" ht-2026/0001") == "HT20260001"


def test_every_reason_has_points_and_words():
    assert set(POINTS) == set(LABELS) == set(Evidence)


numbers = st.integers(1, 5)
near = st.dates(DAY - timedelta(days=40), DAY + timedelta(days=40))
keys = st.sampled_from([b"", b"a", b"b"])
candidates = st.lists(
    st.builds(
        lambda n, currency, dues, overdue, owed, account, name: loan(
            n, currency=currency, dues=tuple(dues), overdue_minor=overdue, owed_minor=owed,
            payer_accounts=frozenset({account}), debtor_names=frozenset({name}),
        ),
        numbers,
        st.sampled_from(["CNY", "CNY", "USD"]),
        st.lists(st.builds(Due, near, st.sampled_from([50_000, 100_000])), max_size=3),
        st.none() | st.sampled_from([50_000, 100_000]),
        st.none() | st.sampled_from([90_000, 100_000, 500_000]),
        keys, keys,
    ),
    max_size=5,
    unique_by=lambda c: c.agreement_id,
)  # fmt: skip
receipts = st.builds(
    lambda fields, words, account, name, amount: receipt(
        fields=frozenset(f"HT2026000{n}" for n in fields), words=frozenset(f"HT2026000{n}" for n in words),
        payer_account=account, payer_name=name, amount_minor=amount,
    ),
    st.lists(numbers, max_size=2), st.lists(numbers, max_size=2), keys, keys, st.sampled_from([50_000, 100_000, 150_000]),
)  # fmt: skip


@given(receipts, candidates, st.randoms())
def test_laws_of_matching(one, listed, chance):
    proposals = propose(one, listed)
    shuffled = list(listed)
    chance.shuffle(shuffled)
    assert propose(one, shuffled) == proposals, "the order of candidates says nothing"
    by_id = {c.agreement_id: c for c in listed}
    assert all(by_id[p.agreement_id].currency == one.currency for p in proposals), "never another currency"
    assert [p.points for p in proposals] == sorted((p.points for p in proposals), reverse=True)
    chosen = clear(proposals)
    if chosen is not None:
        assert chosen.points >= CLEAR_POINTS
        assert chosen.names_who_paid
        assert all(chosen.points - p.points >= LEAD_POINTS for p in proposals if p is not chosen)
        owed = by_id[chosen.agreement_id].owed_minor
        assert owed is None or one.amount_minor <= owed, "never more than is owed"


@given(receipts, candidates)
def test_another_equal_candidate_makes_it_unclear(one, listed):
    chosen = clear(propose(one, listed))
    if chosen is not None:
        twin = next(c for c in listed if c.agreement_id == chosen.agreement_id)
        double = Candidate(**{**{f: getattr(twin, f) for f in twin.__slots__}, "agreement_id": "agr_twin"})
        assert clear(propose(one, [*listed, double])) is None
