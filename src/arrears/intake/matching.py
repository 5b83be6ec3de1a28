"""Which agreement does a receipt pay? Pure scoring with reasons; nothing is posted here.

Evidence has points. References and accounts say *who*; amount and date say *what for*. A receipt is *clear* when one proposal
reaches ``CLEAR_POINTS``, rests on evidence of who paid, and stands ``LEAD_POINTS`` above the next: then it may be posted by
itself. Everything else waits for a person. Names and accounts come as keyed hashes, so no personal data passes through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from arrears.kernel.refusals import Text

CLEAR_POINTS = 70
LEAD_POINTS = 25
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.-]{3,62}[A-Za-z0-9]")
_NOISE = re.compile(r"[^A-Z0-9]")
_MOST_INSTALMENTS_AT_ONCE = 6


class Evidence(StrEnum):
    """A reason for or against a proposal. The value is stored with the receipt."""

    REFERENCE_FIELD = "reference_field"
    REFERENCE_IN_TEXT = "reference_in_text"
    PAYER_ACCOUNT = "payer_account"
    PAYER_ACCOUNT_OF_CUSTOMER = "payer_account_of_customer"
    PAYER_NAME = "payer_name"
    AMOUNT_OF_INSTALMENT = "amount_of_instalment"
    AMOUNT_OF_INSTALMENTS = "amount_of_instalments"
    AMOUNT_OVERDUE = "amount_overdue"
    AMOUNT_OF_ALL = "amount_of_all"
    NEAR_DUE_DATE = "near_due_date"
    MORE_THAN_OWED = "more_than_owed"


POINTS: dict[Evidence, int] = {
    Evidence.REFERENCE_FIELD: 65,
    Evidence.REFERENCE_IN_TEXT: 55,
    Evidence.PAYER_ACCOUNT: 40,
    Evidence.PAYER_ACCOUNT_OF_CUSTOMER: 30,
    Evidence.PAYER_NAME: 15,
    Evidence.AMOUNT_OF_INSTALMENT: 25,
    Evidence.AMOUNT_OF_INSTALMENTS: 15,
    Evidence.AMOUNT_OVERDUE: 25,
    Evidence.AMOUNT_OF_ALL: 20,
    Evidence.NEAR_DUE_DATE: 10,
    Evidence.MORE_THAN_OWED: -40,
}
LABELS: dict[Evidence, Text] = {
    Evidence.REFERENCE_FIELD: Text("参考号就是借据号", "the reference field is the agreement number"),
    Evidence.REFERENCE_IN_TEXT: Text("附言中有借据号", "the agreement number stands in the text"),
    Evidence.PAYER_ACCOUNT: Text("此账户以前还过这笔借据", "this account has paid this agreement before"),
    Evidence.PAYER_ACCOUNT_OF_CUSTOMER: Text("此账户以前为该客户还过款", "this account has paid for this customer before"),
    Evidence.PAYER_NAME: Text("付款人与借款人同名", "payer and debtor have the same name"),
    Evidence.AMOUNT_OF_INSTALMENT: Text("金额等于一期应还", "the amount is one instalment"),
    Evidence.AMOUNT_OF_INSTALMENTS: Text("金额等于连续几期应还", "the amount is several instalments in a row"),
    Evidence.AMOUNT_OVERDUE: Text("金额等于全部逾期", "the amount is all that is overdue"),
    Evidence.AMOUNT_OF_ALL: Text("金额等于全部欠款", "the amount is all that is owed"),
    Evidence.NEAR_DUE_DATE: Text("付款日临近到期日", "paid near the due date"),
    Evidence.MORE_THAN_OWED: Text("金额超过全部欠款", "the amount is more than all that is owed"),
}
#: Evidence of who paid; without any of these nothing is posted by itself.
_WHO = frozenset({Evidence.REFERENCE_FIELD, Evidence.REFERENCE_IN_TEXT, Evidence.PAYER_ACCOUNT})
NEAR_DAYS = 5


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came in. ``fields`` are references in fields of their own, ``words`` those found in free text (both normal)."""

    amount_minor: int
    currency: str
    booked_on: date
    fields: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    payer_account: bytes = b""
    payer_name: bytes = b""


@dataclass(frozen=True, slots=True)
class Due:
    """One unpaid instalment, as far as it is still open."""

    due_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agreement that may be meant. ``dues`` are its instalments around the booking day, oldest first."""

    agreement_id: str
    reference: str
    currency: str
    customer_id: str = ""
    dues: tuple[Due, ...] = ()
    overdue_minor: int | None = None
    owed_minor: int | None = None
    payer_accounts: frozenset[bytes] = frozenset()
    customer_accounts: frozenset[bytes] = frozenset()
    debtor_names: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposal:
    """An agreement with the points it reaches and the evidence they come from."""

    agreement_id: str
    reference: str
    evidence: tuple[Evidence, ...]

    @property
    def points(self) -> int:
        return sum(POINTS[e] for e in self.evidence)

    @property
    def names_who_paid(self) -> bool:
        return bool(_WHO.intersection(self.evidence))


def normal_reference(text: str) -> str:
    """Upper-case letters and digits only: ``ht-2026/001`` and ``HT2026001`` are the same number."""
    return _NOISE.sub("", text.upper())


def words_of(text: str) -> frozenset[str]:
    """Everything in free text that may be an agreement number, in normal form, whole and in its parts."""
    found: set[str] = set()
    for token in _TOKEN.findall(text):
        pieces = {token, *re.split(r"[/.]", token)}
        found |= {normal for normal in map(normal_reference, pieces) if len(normal) >= 5}
    return frozenset(found)


def propose(receipt: Receipt, candidates: Iterable[Candidate], limit: int = 5) -> tuple[Proposal, ...]:
    """Proposals with at least one point, best first; agreements in another currency are left out.

    The order does not depend on the order of ``candidates``: ties break by agreement id.
    """
    found = [
        Proposal(c.agreement_id, c.reference, evidence)
        for c in candidates
        if c.currency == receipt.currency and (evidence := _evidence(receipt, c))
    ]
    worthwhile = [p for p in found if p.points > 0]
    return tuple(sorted(worthwhile, key=lambda p: (-p.points, p.agreement_id))[:limit])


def clear(proposals: Sequence[Proposal]) -> Proposal | None:
    """The one proposal that may be posted without a person, or None. ``proposals`` come from ``propose``, best first."""
    if not proposals:
        return None
    best = proposals[0]
    second = proposals[1].points if len(proposals) > 1 else 0
    sure = best.points >= CLEAR_POINTS and best.names_who_paid and best.points - second >= LEAD_POINTS
    return best if sure and Evidence.MORE_THAN_OWED not in best.evidence else None


def _evidence(receipt: Receipt, candidate: Candidate) -> tuple[Evidence, ...]:
    found: list[Evidence] = []
    reference = normal_reference(candidate.reference)
    if reference and reference in receipt.fields:
        found.append(Evidence.REFERENCE_FIELD)
    elif reference and reference in receipt.words:
        found.append(Evidence.REFERENCE_IN_TEXT)
    if receipt.payer_account and receipt.payer_account in candidate.payer_accounts:
        found.append(Evidence.PAYER_ACCOUNT)
    elif receipt.payer_account and receipt.payer_account in candidate.customer_accounts:
        found.append(Evidence.PAYER_ACCOUNT_OF_CUSTOMER)
    if receipt.payer_name and receipt.payer_name in candidate.debtor_names:
        found.append(Evidence.PAYER_NAME)
    amount = _amount_evidence(receipt, candidate)
    if amount is not None:
        found.append(amount)
    if any(abs((due.due_on - receipt.booked_on).days) <= NEAR_DAYS for due in candidate.dues):
        found.append(Evidence.NEAR_DUE_DATE)
    if candidate.owed_minor is not None and receipt.amount_minor > candidate.owed_minor:
        found.append(Evidence.MORE_THAN_OWED)
    return tuple(found)


def _amount_evidence(receipt: Receipt, candidate: Candidate) -> Evidence | None:
    """The strongest thing the amount says."""
    amount = receipt.amount_minor
    if any(due.amount_minor == amount for due in candidate.dues):
        return Evidence.AMOUNT_OF_INSTALMENT
    if candidate.overdue_minor and candidate.overdue_minor == amount:
        return Evidence.AMOUNT_OVERDUE
    if candidate.owed_minor and candidate.owed_minor == amount:
        return Evidence.AMOUNT_OF_ALL
    dues = [due.amount_minor for due in candidate.dues]
    for start in range(len(dues)):
        for length in range(2, min(_MOST_INSTALMENTS_AT_ONCE, len(dues) - start) + 1):
            if sum(dues[start : start + length]) == amount:
                return Evidence.AMOUNT_OF_INSTALMENTS
    return None
