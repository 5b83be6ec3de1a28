"""The one form that every bank statement is read into."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from arrears.kernel.money import format_major
from arrears.kernel.refusals import Refusal

from .. import refusals_statements as refusals


@dataclass(frozen=True, slots=True)
class Deviation:
    """Where a file departs from its standard and was read all the same. ``at`` is a line or path; never personal data."""

    at: str
    what: str


class Status(StrEnum):
    BOOKED = "booked"
    PENDING = "pending"  # announced, not yet final: never posted
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance in minor units, negative when the account is overdrawn. ``code`` is the bank's (OPBD, 60F …)."""

    code: str
    amount_minor: int
    currency: str
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement, or one part of a batch. ``amount_minor`` is positive for money in, negative for money out.

    ``key`` identifies the movement within its account whatever file it comes in; ``after_minor`` is the running balance after it,
    where the file gives one. Fields of the counterparty and the remittance
    text are personal data.
    """

    n: int
    at: str
    amount_minor: int
    currency: str
    booked_on: date
    value_on: date | None = None
    status: Status = Status.BOOKED
    is_reversal: bool = False
    bank_reference: str = ""
    end_to_end_id: str = ""
    structured_reference: str = ""
    remittance: str = ""
    counterparty_name: str = ""
    counterparty_account: str = ""
    code: str = ""
    after_minor: int | None = None
    key: str = ""

    @property
    def is_identified(self) -> bool:
        """Whether bank data tell this movement from any other: the bank's own reference, or the balance after it.

        Without them two equal payments of one day look the same, so equality alone must never drop one of them.
        """
        return bool(self.bank_reference) or self.after_minor is not None

    @property
    def is_receipt(self) -> bool:
        """Money in that is final and may pay a debt."""
        return self.amount_minor > 0 and self.status is Status.BOOKED and not self.is_reversal


class BalanceCheck(StrEnum):
    AGREES = "agrees"
    DIFFERS = "differs"
    OTHER_CURRENCY = "other_currency"
    NOT_STATED = "not_stated"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of one account. ``movements_minor`` of the entries must lead from the opening to the closing balance."""

    at: str
    statement_id: str
    account: str
    currency: str
    from_on: date | None = None
    to_on: date | None = None
    sequence: str = ""
    opening: Balance | None = None
    closing: Balance | None = None
    entries: tuple[Entry, ...] = ()
    deviations: tuple[Deviation, ...] = ()

    @property
    def booked(self) -> tuple[Entry, ...]:
        return tuple(e for e in self.entries if e.status is Status.BOOKED)

    @property
    def movements_minor(self) -> int:
        return sum(e.amount_minor for e in self.booked)

    @property
    def check(self) -> BalanceCheck:
        """Whether opening + movements = closing, over booked entries."""
        if self.opening is None or self.closing is None:
            return BalanceCheck.NOT_STATED
        if self._foreign() is not None:
            return BalanceCheck.OTHER_CURRENCY
        agrees = self.opening.amount_minor + self.movements_minor == self.closing.amount_minor
        return BalanceCheck.AGREES if agrees else BalanceCheck.DIFFERS

    def _foreign(self) -> tuple[str, str] | None:
        """The first balance or booked entry that is not in the currency of the account: (field, its currency)."""
        for name, balance in (("opening balance", self.opening), ("closing balance", self.closing)):
            if balance is not None and balance.currency != self.currency:
                return name, balance.currency
        entry = next((e for e in self.booked if e.currency != self.currency), None)
        return (f"entry {entry.n}", entry.currency) if entry is not None else None

    def refusal(self) -> Refusal | None:
        """Why the balances speak against this statement, with the figures; None when they agree or are not stated."""
        check = self.check
        if check is BalanceCheck.OTHER_CURRENCY:
            where, other = self._foreign() or ("", "")
            return refusals.BALANCE_CURRENCY.at(self.at, currency=self.currency, field=where, other=other)
        if check is not BalanceCheck.DIFFERS or self.opening is None or self.closing is None:
            return None
        expected = self.opening.amount_minor + self.movements_minor
        shown = {
            "opening": self.opening.amount_minor, "movements": self.movements_minor, "expected": expected,
            "closing": self.closing.amount_minor, "difference": self.closing.amount_minor - expected,
        }  # fmt: skip
        texts = {name: format_major(minor, self.currency) for name, minor in shown.items()}
        return refusals.BALANCES_DIFFER.at(self.at, currency=self.currency, **texts)


@dataclass(frozen=True, slots=True)
class StatementFile:
    """What a file holds. ``format`` is ``camt.053.001.02``, ``MT940``, ``MT942`` or ``CSV``; ``sha256`` of its bytes."""

    format: str
    sha256: str
    statements: tuple[Statement, ...]
    deviations: tuple[Deviation, ...] = field(default=())

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return tuple(r for r in (s.refusal() for s in self.statements) if r is not None)


def with_keys(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """The statements of one file with a ``key`` on every entry.

    A key is made of the content of a movement; a counter over the whole file tells apart movements of one account that are alike
    in all of it (a statement may go on in the next one of the same day).
    """
    seen: dict[str, int] = {}
    return tuple(
        replace(statement, entries=tuple(_with_key(statement.account, entry, seen) for entry in statement.entries))
        for statement in statements
    )


def _with_key(account: str, entry: Entry, seen: dict[str, int]) -> Entry:
    parts = (
        account, entry.bank_reference, entry.booked_on.isoformat(), str(entry.amount_minor), entry.currency, entry.end_to_end_id,
        entry.structured_reference, " ".join(entry.remittance.split()), entry.counterparty_account, str(entry.after_minor),
    )  # fmt: skip
    content = "|".join(parts)
    seen[content] = seen.get(content, 0) + 1
    return replace(entry, key=hashlib.sha256(f"{content}|{seen[content]}".encode()).hexdigest())
