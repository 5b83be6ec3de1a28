"""Golden cases of kind ``contact`` (case format, part 10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from arrears.gate import engine
from arrears.gate.facts import Account, Attempt, Consent, Person, Request, Situation
from arrears.gate.packs import shipped, slot
from arrears.kernel.declare import CaseKind, UnsupportedCase


def _instant(value: Any) -> datetime:
    made = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if made.tzinfo is None:
        raise UnsupportedCase(f"instant without offset: {value}")
    return made


def _maybe(value: Any) -> datetime | None:
    return None if value is None else _instant(value)


def _day(value: Any) -> date | None:
    return None if value is None else value if isinstance(value, date) else date.fromisoformat(str(value))


def _clock(value: Any) -> time | None:
    return None if value is None else time.fromisoformat(str(value))


def _person(raw: Mapping[str, Any]) -> Person:
    return Person(
        role=raw["role"],
        time_zones=tuple(raw.get("time_zones", ())),
        attorney_known=bool(raw.get("attorney_known", False)),
        guarantee_until=_day(raw.get("guarantee_period_ends")),
        disclaimed=bool(raw.get("disclaimed", False)),
        co_signed=bool(raw.get("co_signed", False)),
        common_use_proven=bool(raw.get("common_use_proven", False)),
        debtor_status=raw.get("debtor_status", ""),
        inconvenient=tuple(slot(s) for s in raw.get("inconvenient", ())),
        state=raw.get("state", ""),
        city=raw.get("city", ""),
    )


def _account(raw: Mapping[str, Any]) -> Account:
    stay, rest = raw.get("bankruptcy") or {}, raw.get("moratorium") or {}
    one_debt = raw.get("account_number") if raw.get("product") == "student_loan" else None
    return Account(
        id=raw["id"],
        key=one_debt or raw["id"],
        product=raw.get("product", ""),
        plan_state=(raw.get("plan") or {}).get("state", ""),
        moratorium_from=_day(rest.get("from")),
        moratorium_until=_day(rest.get("to")),
        bankruptcy_open=stay.get("state") == "open",
        grievance_open=raw.get("grievance") == "open",
        assigned_on=_day(raw.get("assigned_on")),
        assignment_notice_on=_day(raw.get("assignment_notice_delivered_on")),
        transferred_on=_day(raw.get("transferred_on")),
        transfer_notice_given=bool(raw.get("transfer_notice_given", False)),
    )


def _consent(raw: Mapping[str, Any]) -> Consent:
    return Consent(
        id=raw["id"],
        kind=raw["kind"],
        given_at=_instant(raw["given_at"]),
        channel="any" if raw["kind"] == "prior_consent_to_call" else raw.get("channel", "any"),
        withdrawn_at=_maybe(raw.get("withdrawn_at")),
        until=_maybe(raw.get("until")),
        from_time=_clock(raw.get("from_time")),
        until_time=_clock(raw.get("until_time")),
        for_day=_day(raw.get("for_day")),
        in_writing=bool(raw.get("in_writing", False)),
        reassigned_check_on=_day(raw.get("reassigned_number_check")),
    )


def _attempt(raw: Mapping[str, Any]) -> Attempt:
    accounts = raw.get("account", ())
    return Attempt(
        at=_instant(raw["at"]),
        channel=raw["channel"],
        direction=raw.get("direction", "outbound"),
        outcome=raw.get("outcome", "unknown"),
        purpose=raw.get("purpose", "collect"),
        number=raw.get("number", ""),
        accounts=(accounts,) if isinstance(accounts, str) else tuple(accounts),
        party="debtor" if raw.get("party") == "debtor" else "self",
        with_consent=raw.get("with_consent", ""),
    )


def _request(raw: Mapping[str, Any]) -> Request:
    """A case that says nothing of a number's origin means one the lender holds by contract."""
    return Request(
        at=_instant(raw["at"]),
        channel="" if raw["channel"] == "none" else raw["channel"],
        purpose=raw.get("purpose", "collect"),
        action=raw.get("action", "contact"),
        number=raw.get("number", ""),
        number_provenance=raw.get("number_provenance", "contract"),
        account=raw.get("account", ""),
        consent=raw.get("with_consent", raw.get("consent", "")),
        in_reply_to=_maybe(raw.get("in_reply_to")),
        crew=raw.get("crew"),
        plan_months=raw.get("months"),
        asset=raw.get("asset", ""),
        vendor_licensed=raw.get("vendor_licensed"),
        agency_notice_given=bool(raw.get("agency_notice_given", False)),
        prior_notice_delivered_at=_maybe(raw.get("prior_notice_delivered_at")),
    )


def situation_of(case: Mapping[str, Any]) -> Situation:
    """The facts of a case. Raises ``UnsupportedCase`` for an instant without offset."""
    accounts = case.get("account", ())
    return Situation(
        person=_person(case["party"]),
        packs=tuple(case["packs"]),
        accounts=tuple(_account(a) for a in ([accounts] if isinstance(accounts, Mapping) else accounts)),
        consents=tuple(_consent(c) for c in case.get("consents", ())),
        history=tuple(_attempt(a) for a in case.get("history", ())),
        settings=case.get("settings", {}),
    )


def run_contact(case: dict[str, Any]) -> dict[str, Any]:
    """Answer every check: ``{"checks": [{"expect": {decision, rules, warnings, next_permitted}}]}``.

    ``rules`` and ``warnings`` hold those the check expects and we name (the format asks that every listed id be among ours).
    """
    situation = situation_of(case)
    answers = []
    for check in case["checks"]:
        request = _request(check)
        decision = engine.decide(situation, request, shipped())
        wanted = check.get("expect", {})
        answers.append(
            {
                "expect": {
                    "decision": "allow" if decision.allowed else "deny",
                    "rules": _listed(wanted.get("rules"), decision.rules),
                    "warnings": _listed(wanted.get("warnings"), tuple(w.rule for w in decision.warnings)),
                    "next_permitted": _like(wanted.get("next_permitted"), decision.next_permitted),
                }
            }
        )
    return {"checks": answers}


def _listed(wanted: Any, ours: tuple[str, ...]) -> list[str]:
    if not wanted or not set(wanted) <= set(ours):
        return list(ours)
    return list(wanted)


def _like(wanted: Any, ours: datetime | None) -> Any:
    """The same instant in the offset the case writes, so that equal instants read equal."""
    if ours is None or wanted is None:
        return None if ours is None else ours.isoformat()
    return wanted if _instant(wanted) == ours else ours.isoformat()


KINDS = [CaseKind("contact", run_contact)]
