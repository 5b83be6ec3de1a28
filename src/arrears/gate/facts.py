"""What the gate judges: a situation (person, debts, consents, stops, history) and one request. Frozen, JSON both ways.

Instants are aware. A decision stores both objects as JSON, so that the same inputs can be judged again, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

CHANNELS = ("voice", "ai_voice", "sms", "im", "email", "letter", "visit")
ROLES = ("debtor", "co_debtor", "guarantor", "spouse", "heir", "representative", "contact_person", "third_party")
PURPOSES = (
    "collect", "reminder", "locate", "relay", "reply", "remedy_notice", "cease_confirmation", "opt_out_confirmation",
    "transfer_notice", "statutory_notice",
)  # fmt: skip
ACTIONS = ("contact", "report_negative", "place_with_agency", "approve_plan", "bulk_transfer")
OUTCOMES = (
    "conversation", "unanswered", "voicemail_left", "busy", "not_in_service", "wrong_number", "sent", "delivered", "undelivered",
    "received", "refused", "reserved", "unknown",
)  # fmt: skip
#: An attempt under way, or whose outcome nobody knows: counts in every counter as the worst it can be.
UNSETTLED = frozenset({"reserved", "unknown"})
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Slot:
    """Hours of some weekdays. ``until_time`` is the first minute outside. No times: the whole day."""

    days: tuple[str, ...] = WEEKDAYS
    from_time: time | None = None
    until_time: time | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One earlier contact, or one under way. ``party`` is ``self`` (whom we ask about) or ``debtor``."""

    at: datetime
    channel: str
    direction: str = "outbound"
    outcome: str = "unknown"
    purpose: str = "collect"
    number: str = ""
    accounts: tuple[str, ...] = ()
    party: str = "self"
    with_consent: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """Something the person agreed to or refused.

    ``kind``: off_hours, prior_consent_to_call, sms_consent, opt_out, cease_request.
    """

    id: str
    kind: str
    given_at: datetime
    channel: str = "any"
    withdrawn_at: datetime | None = None
    until: datetime | None = None
    from_time: time | None = None
    until_time: time | None = None
    for_day: date | None = None
    in_writing: bool = False
    reassigned_check_on: date | None = None

    def stands(self, at: datetime) -> bool:
        ended = (self.withdrawn_at is not None and self.withdrawn_at <= at) or (self.until is not None and self.until <= at)
        return self.given_at <= at and not ended


@dataclass(frozen=True, slots=True)
class Stop:
    """A restriction of the parties room: stop, dispute, deceased, insolvency, moratorium, minor, represented."""

    kind: str
    since: datetime
    until: datetime | None = None
    channels: tuple[str, ...] = ()
    account: str = ""
    number: str = ""

    def stands(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Account:
    """One debt, as far as rules ask. ``key`` is what counters count by: debts that law takes for one share it."""

    id: str
    key: str
    product: str = ""
    plan_state: str = ""  # performing | broken | ""
    moratorium_from: date | None = None
    moratorium_until: date | None = None
    bankruptcy_open: bool = False
    grievance_open: bool = False
    assigned_on: date | None = None
    assignment_notice_on: date | None = None
    transferred_on: date | None = None
    transfer_notice_given: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Whom we want to contact. ``time_zones``: all that are possible; empty means unknown."""

    role: str
    time_zones: tuple[str, ...]
    attorney_known: bool = False
    guarantee_until: date | None = None
    disclaimed: bool = False
    co_signed: bool = False
    common_use_proven: bool = False
    debtor_status: str = ""  # reachable | lost_contact | deceased | incapacitated | ""
    inconvenient: tuple[Slot, ...] = ()
    state: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything known at the moment of asking. ``packs`` are the rule packs in force for this debt, by id."""

    person: Person
    packs: tuple[str, ...]
    accounts: tuple[Account, ...] = ()
    consents: tuple[Consent, ...] = ()
    stops: tuple[Stop, ...] = ()
    history: tuple[Attempt, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """What we want to do, and when it would leave (not when it was queued)."""

    at: datetime
    channel: str
    purpose: str = "collect"
    action: str = "contact"
    number: str = ""
    number_provenance: str = ""  # "" = unknown
    account: str = ""  # "" = all debts of the person
    consent: str = ""
    in_reply_to: datetime | None = None
    crew: int | None = None
    plan_months: int | None = None
    asset: str = ""
    vendor_licensed: bool | None = None
    agency_notice_given: bool = False
    prior_notice_delivered_at: datetime | None = None


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def to_json(value: Situation | Request) -> dict[str, Any]:
    """As JSON-ready data."""
    data: dict[str, Any] = _adapter(Situation if isinstance(value, Situation) else Request).dump_python(value, mode="json")
    return data


def situation_from(data: Mapping[str, Any]) -> Situation:
    """The stored situation again. Raises ``pydantic.ValidationError`` where the data is no situation."""
    made: Situation = _adapter(Situation).validate_python(data)
    return made


def request_from(data: Mapping[str, Any]) -> Request:
    made: Request = _adapter(Request).validate_python(data)
    return made


@cache
def zone(name: str) -> ZoneInfo | None:
    """The time zone, or None where no such zone is known."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
