"""Terms of an agreement from the columns of an import row: the words of ``ledger.terms`` and the schedule they make. Pure.

House conventions where a host states less (shown by ``arrears import kinds``): instalment loans accrue by whole periods, interest-only
and bullet loans by days; the day count is actual/360 (the usual one of Chinese banks) unless stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arrears.intake import refusals
from arrears.kernel.daycount import DayCount
from arrears.kernel.money import to_major
from arrears.kernel.refusals import Refusal
from arrears.ledger import schedule
from arrears.ledger.events import ScheduleRow
from arrears.ledger.servicing import ServicingTerms
from arrears.ledger.terms import ScheduleTerms

DAY_COUNTS = tuple(str(one) for one in DayCount)
_LEVEL = ("equal_instalments", "equal_principal", "fixed_payment")


@dataclass(frozen=True, slots=True)
class Built:
    """``words`` go into the opening event; ``rows`` is the computed schedule, empty for cards and host-kept agreements."""

    words: dict[str, Any]
    rows: tuple[ScheduleRow, ...] = ()


def _missing(name: str, zh: str, en: str) -> Refusal:
    return refusals.FIELD_MISSING.at(name, label=zh, label_en=en)


def of_row(row: Mapping[str, Any]) -> Built | Refusal:
    """The terms of one typed row. Refusals: ``field.missing`` (pointer is the field), those of the ledger's terms and schedule."""
    servicing = _servicing(row)
    repayment = row.get("repayment")
    if repayment is None or repayment in ("revolving", "host_schedule"):
        if row.get("keeping") == "computed" and repayment is None:
            return _missing("repayment", "还款方式", "Repayment")
        return Built({"schedule": None, "servicing": servicing})
    for name, zh, en in (("principal", "放款本金", "Principal"), ("disbursed_on", "放款日期", "Disbursed on")):
        if row.get(name) is None:
            return _missing(name, zh, en)
    terms = ScheduleTerms.from_dict(_words(row, repayment))
    if isinstance(terms, Refusal):
        return terms
    rows = schedule.build(terms)
    if isinstance(rows, Refusal):
        return rows
    return Built({"schedule": terms.to_dict(), "servicing": servicing}, schedule.minor_rows(rows, terms.currency))


def _servicing(row: Mapping[str, Any]) -> dict[str, Any]:
    """Servicing words: the house's waterfall and counters with the contract's grace and penalty rate (on overdue principal)."""
    words: dict[str, Any] = {"currency": row["currency"], "grace_days": row.get("grace_days") or 0}
    if row.get("penalty_rate") is not None:
        words["penalty"] = {"annual_percent": row["penalty_rate"], "base": ["principal"], "day_count": "actual/360"}
    return ServicingTerms.from_dict(words).to_dict()


def _words(row: Mapping[str, Any], repayment: str) -> dict[str, Any]:
    currency = row["currency"]
    rhythm: dict[str, Any] = {"every": row.get("instalment_every") or "1 month"}
    if row.get("instalment_count") is not None:
        rhythm["count"] = row["instalment_count"]
    if row.get("first_due_on") is not None:
        rhythm["first_due"] = row["first_due_on"].isoformat()
    words: dict[str, Any] = {
        "currency": currency,
        "principal": str(to_major(row["principal"], currency)),
        "disbursed_on": row["disbursed_on"].isoformat(),
        "annual_rate": row.get("annual_rate") or "0",
        "day_count": row.get("day_count") or "actual/360",
        "interest_accrual": row.get("interest_accrual") or ("per_period" if repayment in _LEVEL else "daily"),
    }
    if row.get("maturity_on") is not None and (repayment in ("interest_only", "bullet") or "count" not in rhythm):
        words["maturity"] = row["maturity_on"].isoformat()
    if repayment == "interest_only":
        words |= {"amortization": "bullet", "interest_dues": rhythm}
        if "maturity" not in words:
            words["instalments"] = rhythm
    elif repayment == "bullet":
        words |= {"amortization": "bullet", "instalments": {"count": 1} if "maturity" in words else rhythm}
    else:
        words |= {"amortization": repayment, "instalments": rhythm}
    if row.get("fixed_instalment") is not None:
        words["fixed_instalment"] = str(to_major(row["fixed_instalment"], currency))
    return words
