"""Golden cases of kind ``decision_table`` (case format, part 7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from arrears.kernel.declare import CaseKind, UnsupportedCase
from arrears.kernel.refusals import Refusal
from arrears.rules import tables


def run_decision_table(case: dict[str, Any]) -> dict[str, Any]:
    """Produce the answers of every check: ``{"checks": [{"expect": answer}]}``. Raises ``UnsupportedCase`` for a bad table."""
    made = tables.table(case)
    if isinstance(made, Refusal):
        raise UnsupportedCase(f"{made.pointer}: {made.sentence.en}")
    kinds = dict(case["inputs"])
    answers = []
    for check in case["checks"]:
        given = {n: Decimal(str(v)) if kinds.get(n) == "number" and v is not None else v for n, v in check["given"].items()}
        hit = made.decide(given)
        if isinstance(hit, Refusal):
            answers.append({"expect": {"error": hit.code}})
            continue
        answer = hit.answer
        if made.policy is tables.HitPolicy.COLLECT and isinstance(answer, list):
            answer = _as_listed(answer, check.get("expect"))
        answers.append({"expect": _plain(answer)})
    return {"checks": answers}


def _as_listed(answer: list[Any], expected: Any) -> list[Any]:
    """Collect answers in any order: put ours in the order of the expectation where the same answers stand in it."""
    if not isinstance(expected, list):
        return answer
    left, ordered = list(answer), []
    for wanted in expected:
        match = next((a for a in left if _plain(a) == wanted), None)
        if match is not None:
            left.remove(match)
            ordered.append(match)
    return ordered + left


def _plain(value: Any) -> Any:
    """Decimals as text, whole ones as bare integers: the way cases write them."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else str(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value


KINDS = [CaseKind("decision_table", run_decision_table)]
