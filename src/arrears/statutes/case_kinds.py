"""Golden kinds of this room: ``fee``, ``deadline``, ``classification``."""

from __future__ import annotations

from datetime import date
from typing import Any

from arrears.kernel.declare import CaseKind, UnsupportedCase
from arrears.kernel.refusals import Refusal
from arrears.statutes.classification import classify
from arrears.statutes.clocks import ClockEvent, WorkingDays, run_clock
from arrears.statutes.registry import calculate

#: Cases without ``as_of`` are answered with the rules of the day this room's figures were last checked.
LAST_CHECKED = date(2026, 11, 23)


def _checked(answer: Any) -> Any:
    if isinstance(answer, Refusal):
        raise UnsupportedCase(f"{answer.code}: {answer.sentence.en} {answer.fix.en}")
    return answer


def run_fee(case: dict[str, Any]) -> Any:
    return dict(_checked(calculate(case["calculator"], case["inputs"], case.get("as_of") or LAST_CHECKED)).outputs)


def run_deadline(case: dict[str, Any]) -> Any:
    words = {"event", "until", "channel", "reason", "kind", "form"}
    events = [ClockEvent(on=row["date"], **{k: v for k, v in row.items() if k in words}) for row in case["timeline"]]
    given = case.get("calendar") or {}
    weekend = frozenset(given.get("weekend", ("saturday", "sunday")))
    calendar = WorkingDays(weekend, frozenset(given.get("holidays") or ()))
    return _checked(run_clock(case["clock"], events, case.get("as_of") or LAST_CHECKED, case.get("facts") or {}, calendar))


def run_classification(case: dict[str, Any]) -> Any:
    return _checked(classify(case["scheme"], case["assets"], case.get("as_of") or LAST_CHECKED, case.get("settings") or {}))


KINDS = [CaseKind("fee", run_fee), CaseKind("deadline", run_deadline), CaseKind("classification", run_classification)]
