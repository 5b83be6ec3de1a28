"""A decision as data: what is stored, sent by the API and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arrears.gate.engine import Decision, Reason


def _reason(reason: Reason) -> dict[str, str]:
    return {
        "rule": reason.rule,
        "pack": reason.pack,
        "effect": reason.effect,
        "authority": reason.authority,
        "clause": reason.clause,
        "zh": reason.sentence.zh,
        "en": reason.sentence.en,
        "may_decide": reason.may_decide,
    }


def as_data(decision: Decision) -> dict[str, Any]:
    """JSON-ready, without the inputs (they are stored beside it)."""
    return {
        "decision": "allow" if decision.allowed else "deny",
        "reasons": [_reason(r) for r in decision.reasons],
        "warnings": [_reason(r) for r in decision.warnings],
        "next_permitted": decision.next_permitted.isoformat() if decision.next_permitted else None,
        "until": decision.until.isoformat() if decision.until else None,
        "packs": [list(p) for p in decision.packs],
    }


def sentence_of(reason: Mapping[str, str], language: str) -> str:
    """``sentence (rule, clause)`` in the language."""
    clause = f"，{reason['clause']}" if language == "zh" else f", {reason['clause']}"
    text = reason["zh"] if language == "zh" else reason["en"]
    return f"{text}（{reason['rule']}{clause}）" if language == "zh" else f"{text} ({reason['rule']}{clause})"
