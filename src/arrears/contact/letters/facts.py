"""What a letter states. Frozen, hashable as JSON: template version plus these facts make the PDF byte for byte."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from arrears.contact.amount_words import capital_form
from arrears.kernel.money import exponent_of, format_major


@dataclass(frozen=True, slots=True)
class LetterLine:
    """One overdue agreement: amounts in minor units by component, as of the letter's date."""

    agreement: str  # the host's agreement number, already shortened to its last digits where policy asks
    product_zh: str
    product_en: str
    oldest_due_on: date
    past_due_days: int
    principal_minor: int
    interest_minor: int
    penalty_minor: int
    fee_minor: int

    @property
    def total_minor(self) -> int:
        return self.principal_minor + self.interest_minor + self.penalty_minor + self.fee_minor


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """A reminder of overdue amounts to one debtor (required content: regulation digest 8.2, L-01 and L-02)."""

    language: str  # zh-hans | en
    lender_zh: str
    lender_en: str
    lender_phone: str
    addressee: str
    address: str
    letter_number: str  # our reference: no personal data
    dated_on: date
    as_of: date
    pay_by: date
    currency: str
    lines: tuple[LetterLine, ...]
    payment_zh: str
    payment_en: str
    check_url: str  # where a reader can check that the letter is real
    demo: bool

    @property
    def total_minor(self) -> int:
        return sum(line.total_minor for line in self.lines)

    def as_data(self) -> dict[str, Any]:
        """Plain JSON for the template: every amount already formatted, so the template only places text."""
        currency = self.currency
        lines = []
        for line in self.lines:
            row = {k: v for k, v in asdict(line).items() if not k.endswith("_minor")}
            row["oldest_due_on"] = line.oldest_due_on.isoformat()
            for part in ("principal", "interest", "penalty", "fee", "total"):
                row[part] = format_major(getattr(line, f"{part}_minor"), currency)
            lines.append(row)
        sums = {
            part: format_major(sum(getattr(line, f"{part}_minor") for line in self.lines), currency)
            for part in ("principal", "interest", "penalty", "fee", "total")
        }
        capital = capital_form(self.total_minor, currency) if exponent_of(currency) == 2 else ""
        plain = {k: v for k, v in asdict(self).items() if k != "lines"}
        plain |= {k: v.isoformat() for k, v in plain.items() if isinstance(v, date)}
        return plain | {"lines": lines, "sums": sums, "total": sums["total"], "capital": capital}
