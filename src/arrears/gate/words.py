"""The words that rule packs may use in conditions, and how each is derived from a situation and a request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from arrears.gate.facts import Attempt, Request, Situation, zone
from arrears.kernel.declare import Column
from arrears.kernel.refusals import Text
from arrears.rules.vocabulary import vocabulary

#: Consecutive failed attempts after which the debtor counts as out of reach. Rule CN-P-03, from the 2026 CBA guideline.
LOST_AFTER_FAILURES = 3
FAILED = frozenset({"unanswered", "busy", "not_in_service", "wrong_number", "undelivered", "voicemail_left"})
SMS_CONSENT_DAYS = 60  # rule US-C-06, 12 CFR 1006.6(d)(5)
CALL_CONSENT_DAYS = 7  # rule US-F-03, 12 CFR 1006.14(b)(3)(i): receipt day is day one


def _word(name: str, kind: str, zh: str, en: str, *, unit: str = "", nullable: bool = False) -> Column:
    return Column(name, kind, unit, Text(zh, en), Text(zh, en), nullable, "gate")


COLUMNS = [
    _word("role", "text", "联系对象的身份", "role of the person contacted"),
    _word("purpose", "text", "联系目的", "purpose of the contact"),
    _word("channel", "text", "渠道", "channel"),
    _word("action", "text", "动作", "act asked for"),
    _word("product", "text", "产品", "product"),
    _word("collector", "text", "催收主体（first_party 或 third_party）", "who collects: first_party or third_party"),
    _word("state", "text", "州或省", "state or province"),
    _word("city", "text", "城市", "city"),
    _word("asset", "text", "资产类别", "kind of asset"),
    _word("number_provenance", "text", "号码来源", "where the number came from", nullable=True),
    _word("is_obligor", "boolean", "依法或依约负有偿还义务", "owes by law or contract"),
    _word("guarantee_expired", "boolean", "保证期间已过", "guarantee period has ended"),
    _word("lost_contact", "boolean", "债务人失联", "debtor cannot be reached"),
    _word("debtor_deceased", "boolean", "债务人已去世", "debtor has died"),
    _word("debtor_incapacitated", "boolean", "债务人无或限制民事行为能力", "debtor lacks or has limited capacity"),
    _word("attorney_known", "boolean", "已知有律师代理", "known to be represented by a lawyer"),
    _word("stop_requested", "boolean", "已登记停止联系", "a stop is on record"),
    _word("dispute_open", "boolean", "异议处理中", "a dispute is open"),
    _word("person_deceased", "boolean", "联系对象已去世", "the person contacted has died"),
    _word("person_insolvent", "boolean", "破产程序中", "insolvency proceedings"),
    _word("moratorium_active", "boolean", "处于法定暂缓期", "moratorium in force"),
    _word("person_minor", "boolean", "联系对象未成年", "the person contacted is a minor"),
    _word("represented", "boolean", "登记有独家代理人", "an exclusive representative is on record"),
    _word("opted_out", "boolean", "已拒绝该渠道", "has opted out of this channel"),
    _word("opted_out_of_all", "boolean", "已拒绝一切联系", "has opted out of all contact"),
    _word("cease_in_writing", "boolean", "已书面要求停止", "has asked in writing to cease"),
    _word("call_consent", "boolean", "本次通话有事先同意", "this call has prior consent"),
    _word("sms_consent_fresh", "boolean", "短信同意有效且号码近期核验", "SMS consent stands and the number was confirmed lately"),
    _word("is_reply", "boolean", "答复对方刚发来的信息", "answers a message of the person"),
    _word("bankruptcy_open", "boolean", "该债务在破产程序中", "the debt is in bankruptcy"),
    _word("grievance_open", "boolean", "投诉未结", "a grievance is open"),
    _word("plan_performing", "boolean", "分期计划正常履行", "an instalment plan is being kept"),
    _word("plan_months", "integer", "分期期数（月）", "months of the plan", unit="months", nullable=True),
    _word("crew", "integer", "上门人数", "people on the visit", unit="count", nullable=True),
    _word("assigned_unnotified", "boolean", "债权已转让而未通知", "claim assigned, debtor not notified"),
    _word("transferred_unnotified", "boolean", "债权已出售而未告知", "claim transferred, first information not given"),
    _word("prior_notice_delivered", "boolean", "已事先告知报送不良信息", "prior notice of negative reporting was delivered"),
    _word("agency_notice_given", "boolean", "已书面告知委外", "advance notice of agency placement was given"),
    _word("vendor_licensed", "boolean", "受托机构有牌照", "the vendor is licensed", nullable=True),
]  # fmt: skip
WORDS = vocabulary(COLUMNS)

#: Words whose value may change with the clock alone: for every other word, what refuses now refuses for ever.
TIMED = frozenset(
    {
        "guarantee_expired", "is_obligor", "stop_requested", "dispute_open", "person_deceased", "person_insolvent",
        "moratorium_active", "person_minor", "represented", "opted_out", "opted_out_of_all", "cease_in_writing",
        "call_consent", "sms_consent_fresh",
    }
)  # fmt: skip


def home_date(at: datetime, situation: Situation) -> date:
    """The latest civil date of the instant in any zone the person may be in (UTC where none is known)."""
    zones = [z for name in situation.person.time_zones if (z := zone(name)) is not None]
    return max((at.astimezone(z).date() for z in zones), default=at.astimezone(ZoneInfo("UTC")).date())


def row_of(situation: Situation, request: Request, at: datetime) -> dict[str, Any]:
    """Every word's value for ``request`` at ``at`` (which replaces ``request.at``: candidates of a later time are tried)."""
    today = home_date(at, situation)
    return {
        "role": situation.person.role,
        "purpose": request.purpose,
        "channel": request.channel,
        "action": request.action,
        "collector": str(situation.settings.get("collector", "first_party")),
        "state": situation.person.state,
        "city": situation.person.city,
        "asset": request.asset,
        "number_provenance": request.number_provenance or None,
        "crew": request.crew,
        "plan_months": request.plan_months,
        "vendor_licensed": request.vendor_licensed,
        "agency_notice_given": request.agency_notice_given,
        "prior_notice_delivered": request.prior_notice_delivered_at is not None and request.prior_notice_delivered_at <= at,
        "is_reply": request.in_reply_to is not None and _answers(situation, request),
        **_person(situation, today),
        **_standing(situation, request, at),
        **_debts(situation, request, today),
    }


def _person(situation: Situation, today: date) -> dict[str, Any]:
    person = situation.person
    expired = person.guarantee_until is not None and person.guarantee_until < today
    obligor = {
        "debtor": True,
        "co_debtor": True,
        "guarantor": not expired,
        "heir": not person.disclaimed,
        "spouse": person.co_signed or person.common_use_proven,
    }.get(person.role, False)
    return {
        "is_obligor": obligor,
        "guarantee_expired": expired,
        "attorney_known": person.attorney_known,
        "lost_contact": person.debtor_status == "lost_contact"
        or (person.debtor_status != "reachable" and lost_contact(situation.history)),
        "debtor_deceased": person.debtor_status == "deceased",
        "debtor_incapacitated": person.debtor_status == "incapacitated",
    }


def lost_contact(history: tuple[Attempt, ...]) -> bool:
    """Whether the last attempts to reach the debtor all failed, ``LOST_AFTER_FAILURES`` or more in a row, nothing heard since."""
    row = 0
    for attempt in sorted((a for a in history if a.party == "debtor"), key=lambda a: a.at):
        if attempt.direction == "inbound" or attempt.outcome == "conversation":
            row = 0
        elif attempt.outcome in FAILED:
            row += 1
    return row >= LOST_AFTER_FAILURES


def _standing(situation: Situation, request: Request, at: datetime) -> dict[str, Any]:
    kinds = {
        s.kind
        for s in situation.stops
        if s.stands(at)
        and (not s.channels or request.channel in s.channels)
        and (not s.account or not request.account or s.account == request.account)
        and (not s.number or s.number == request.number)
    }
    standing = [c for c in situation.consents if c.stands(at)]
    refusing = [c for c in standing if c.kind == "opt_out"]
    return {
        "stop_requested": "stop" in kinds,
        "dispute_open": "dispute" in kinds,
        "person_deceased": "deceased" in kinds,
        "person_insolvent": "insolvency" in kinds,
        "person_minor": "minor" in kinds,
        "represented": "represented" in kinds,
        "moratorium_active": "moratorium" in kinds or _moratorium(situation, request, at),
        "opted_out": any(c.channel in ("any", request.channel) for c in refusing),
        "opted_out_of_all": any(c.channel == "any" for c in refusing),
        "cease_in_writing": any(c.kind == "cease_request" and c.in_writing for c in standing),
        "call_consent": any(
            c.id == request.consent and _call_consent(situation, c.given_at, c.for_day, at)
            for c in standing
            if c.kind == "prior_consent_to_call"
        ),
        "sms_consent_fresh": any(
            _fresh(c.given_at, c.reassigned_check_on, situation, at) for c in standing if c.kind == "sms_consent"
        ),
    }


def _moratorium(situation: Situation, request: Request, at: datetime) -> bool:
    today = home_date(at, situation)
    return any(
        a.moratorium_from is not None
        and a.moratorium_from <= today
        and (a.moratorium_until is None or today <= a.moratorium_until)
        for a in situation.accounts
        if not request.account or a.id == request.account
    )


def _call_consent(situation: Situation, given_at: datetime, for_day: date | None, at: datetime) -> bool:
    """Consent to a call: for the day it names, else for seven days from receipt; the next conversation uses it up."""
    today = home_date(at, situation)
    used = any(a.outcome == "conversation" and given_at < a.at < at for a in situation.history if a.party == "self")
    if for_day is not None:
        return today == for_day and not used
    return (today - home_date(given_at, situation)).days < CALL_CONSENT_DAYS and not used


def _fresh(given_at: datetime, checked_on: date | None, situation: Situation, at: datetime) -> bool:
    latest = max(home_date(given_at, situation), checked_on or date.min)
    return home_date(at, situation) - latest <= timedelta(days=SMS_CONSENT_DAYS)


def _answers(situation: Situation, request: Request) -> bool:
    """A reply answers an inbound message that is on record and was not answered yet."""
    received = any(a.direction == "inbound" and a.at == request.in_reply_to for a in situation.history)
    answered = any(
        a.direction == "outbound" and a.purpose == "reply" and request.in_reply_to is not None and a.at > request.in_reply_to
        for a in situation.history
    )
    return received and not answered


def _debts(situation: Situation, request: Request, today: date) -> Mapping[str, Any]:
    debts = [a for a in situation.accounts if not request.account or a.id == request.account]
    return {
        "product": debts[0].product if debts else "",
        "bankruptcy_open": any(a.bankruptcy_open for a in debts),
        "grievance_open": any(a.grievance_open for a in debts),
        "plan_performing": any(a.plan_state == "performing" for a in debts),
        "assigned_unnotified": any(_untold(a.assigned_on, a.assignment_notice_on, today) for a in debts),
        "transferred_unnotified": any(a.transferred_on is not None and not a.transfer_notice_given for a in debts),
    }


def _untold(assigned_on: date | None, told_on: date | None, today: date) -> bool:
    return assigned_on is not None and assigned_on <= today and (told_on is None or told_on > today)
