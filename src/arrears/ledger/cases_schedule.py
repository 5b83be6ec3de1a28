"""Golden cases of kind ``schedule``: terms to rows, run through ``schedule.build`` like any agreement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from arrears.kernel.declare import CaseKind, UnsupportedCase
from arrears.kernel.refusals import Refusal

from . import schedule
from .schedule import Row
from .terms import ScheduleTerms

#: Words of the case format that say how a loan is serviced; they do not touch the rows of its schedule.
SERVICING_WORDS = frozenset(
    {"grace_days", "due_date_counts_as", "pause_stops", "instalment_ageing", "buckets", "waterfall", "replay"}
)
#: Verbs of a time line that leave the agreed schedule as it is.
_NO_EFFECT = frozenset(
    {"pay", "reverse", "payment_failed", "payment_cancelled", "notice", "tag", "untag", "pause", "resume", "refund"}
)
_WORDS_BESIDE = frozenset({"date", "id", "item", "refused"})


def run(case: Mapping[str, Any]) -> dict[str, Any]:
    """The rows, column totals and worked-out instalment of a case. Refused terms raise ``UnsupportedCase`` with the reasons."""
    words = {word: value for word, value in case["terms"].items() if word not in SERVICING_WORDS}
    terms = ScheduleTerms.from_dict(words)
    if isinstance(terms, Refusal):
        raise UnsupportedCase(_reasons(terms))
    rows = schedule.build(terms)
    if isinstance(rows, Refusal):
        raise UnsupportedCase(_reasons(rows))
    rows = _with_time_line(terms, rows, case.get("timeline") or ())
    answer: dict[str, Any] = {"rows": [_row(row) for row in rows]}
    sums = schedule.totals(rows)
    answer["totals"] = {"principal": sums.principal, "interest": sums.interest, "instalment": sums.instalment}
    level = schedule.instalment(terms)
    if isinstance(level, Decimal):
        answer["instalment"] = level
    return answer


def _reasons(refusal: Refusal) -> str:
    return "; ".join(f"{r.code} at {r.pointer or '/'}: {r.sentence.en}" for r in (refusal, *refusal.errors))


def _row(row: Row) -> dict[str, Any]:
    return {
        "n": row.n, "due": row.due_on, "kind": row.kind, "principal": row.principal, "interest": row.interest,
        "instalment": row.instalment, "balance": row.balance, "fee": row.fee, "penalty": row.penalty,
        "capitalised": row.capitalised,
    }  # fmt: skip


def _with_time_line(terms: ScheduleTerms, rows: tuple[Row, ...], events: Any) -> tuple[Row, ...]:
    for event in events:
        verbs = set(event) - _WORDS_BESIDE
        if event.get("refused") or verbs <= _NO_EFFECT:
            continue
        if "charge" in event:
            rows = _with_charge(rows, event["charge"])
        elif "disburse" in event:
            whole = Decimal(event["disburse"]) == terms.principal and _day(event["date"]) == terms.disbursed_on
            if not whole:
                raise UnsupportedCase("a disbursement other than the whole principal on disbursed_on")
        else:
            raise UnsupportedCase(f"time line verb in a schedule case: {', '.join(sorted(verbs))}")
    return rows


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _with_charge(rows: tuple[Row, ...], charge: Mapping[str, Any]) -> tuple[Row, ...]:
    """A charge joins the first instalment due on or after its own due date, or the last one."""
    if charge["component"] not in ("fee", "penalty"):
        raise UnsupportedCase(f"charge component in a schedule case: {charge['component']}")
    amount, due = Decimal(charge["amount"]), _day(charge["due"])
    target = next((r.n for r in rows if r.kind == "instalment" and r.due_on >= due), rows[-1].n)
    component = charge["component"]
    return tuple(replace(r, **{component: getattr(r, component) + amount}) if r.n == target else r for r in rows)


KINDS = [CaseKind("schedule", run)]
