"""Statutory clocks: from dated events to the end of a period, conservative for alarms, liberal where the law leaves room.

Period arithmetic (Civil Code 200-203, Civil Procedure Law 85): the day of the event is not counted, month and year periods end
on the same day number or the month's last day, and a last day on a holiday moves to the next working day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta

from arrears.kernel.refusals import Refusal, Text
from arrears.statutes.refusals import EVENT_MISSING, INPUT_WRONG, UNKNOWN_CLOCK
from arrears.statutes.working import InputError, parameters

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Days on which a period may not end: names of weekend days and dated holidays; ``working`` are make-up days."""

    weekend: frozenset[str] = frozenset({"saturday", "sunday"})
    holidays: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        return day in self.working or not (WEEKDAYS[day.weekday()] in self.weekend or day in self.holidays)

    def roll(self, day: date) -> date:
        """``day``, or the next working day."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def add(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day``."""
        while count:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return day


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """One dated fact: ``on`` the day, ``event`` the word, ``until`` the end of an obstacle."""

    on: date
    event: str
    until: date | None = None
    channel: str = ""
    reason: str = ""
    kind: str = ""
    form: str = ""


class _Missing(Exception):
    def __init__(self, event: str) -> None:
        super().__init__(event)
        self.event = event


@dataclass(frozen=True, slots=True)
class Case:
    """What a clock is asked: the events in order, further facts, the calendar, and the day whose rules apply."""

    events: tuple[ClockEvent, ...]
    as_of: date
    facts: Mapping[str, Any] = field(default_factory=dict)
    calendar: WorkingDays = WorkingDays()

    def first(self, *names: str) -> ClockEvent:
        for event in self.events:
            if event.event in names:
                return event
        raise _Missing(" / ".join(names))

    def last(self, *names: str) -> ClockEvent:
        found = [e for e in self.events if e.event in names]
        if not found:
            raise _Missing(" / ".join(names))
        return found[-1]

    def all(self, *names: str) -> list[ClockEvent]:
        return [e for e in self.events if e.event in names]

    def term(self, parameter: str) -> Any:
        return parameters()[parameter].on(self.as_of).value


#: What restarts the limitation period (Civil Code 195; limitation interpretation 8, 10-13, 17).
INTERRUPTING = (
    "demand_delivered", "acknowledged", "assignment_notice_delivered", "settlement_agreed", "debtor_sued",
    "payment_order_applied", "bankruptcy_claim_filed", "preservation_applied", "enforcement_applied", "part_payment",
    "mediation_requested", "arbitration_filed",
)  # fmt: skip


def _after(day: date, *, years: int = 0, months: int = 0) -> date:
    moved: date = day + relativedelta(years=years, months=months)
    return moved


def _run_limitation(case: Case, start: date, years: int) -> tuple[date, date, int, bool]:
    """Fold the events: (end, start of the running period, interruptions, defence waived)."""
    term = case.term("cn.limitation")
    end, interruptions, waived = _after(start, years=years), 0, False
    for event in sorted(case.events, key=lambda e: (e.on, e.event)):  # one day, one order, however it was entered
        if event.event == "obstacle" and event.until is not None:
            window = end - relativedelta(months=term["suspension_window_months"])
            if event.on <= end and event.until >= window:
                end = max(end, _after(event.until, months=term["after_obstacle_months"]))
        elif event.event in INTERRUPTING and event.on >= start:
            late = event.on > end
            if late and event.event not in {"acknowledged", "settlement_agreed"}:
                continue  # a demand after expiry revives nothing
            waived = waived or late
            start, end = event.on, _after(event.on, years=years)
            interruptions += 1
    return end, start, interruptions, waived


def limitation(case: Case) -> dict[str, Any]:
    """General limitation: three years (188), instalments of one debt from the last due date (189), twenty years at most."""
    term = case.term("cn.limitation")
    dues = case.all("last_due") or case.all("due")
    if not dues:
        raise _Missing("due / last_due")
    origin = dues[-1].on
    end, start, interruptions, waived = _run_limitation(case, origin, term["years"])
    long_stop = _after(origin, years=term["long_stop_years"])
    conservative = min(end, long_stop)
    plain = end == _after(start, years=term["years"])
    liberal = case.calendar.roll(_after(start + timedelta(days=1), years=term["years"]) if plain else end + timedelta(days=1))
    answer: dict[str, Any] = {
        "conservative": conservative,
        "conservative_rolled": case.calendar.roll(conservative),
        "liberal": min(liberal, case.calendar.roll(long_stop + timedelta(days=1))),
        "interruptions": interruptions,
        "defence_waived": waived,
        "long_stop": long_stop,
        "review": bool(case.all("accelerated")),
    }
    return answer


def enforcement_application(case: Case) -> dict[str, Any]:
    """Two years from the last day of performance; interrupted and suspended as limitation is (Civil Procedure Law 250)."""
    end, _, interruptions, _ = _run_limitation(
        case, case.last("performance_ends", "effective").on, case.term("cn.enforcement_application")["years"]
    )
    return {"nominal": end, "deadline": case.calendar.roll(end), "interruptions": interruptions, "conservative": end}


def _agreed_months(agreed: Any) -> int | None:
    """Months of an agreed guarantee period; None when none or an unclear one ("until fully repaid") is agreed."""
    if isinstance(agreed, Mapping):
        months = int(agreed.get("years", 0)) * 12 + int(agreed.get("months", 0))
        return months or None
    if isinstance(agreed, int) and not isinstance(agreed, bool):
        return agreed or None
    words = str(agreed or "").split()
    if len(words) == 2 and words[0].isdigit() and words[1].rstrip("s") in {"month", "year"}:
        return int(words[0]) * (12 if words[1].startswith("year") else 1)
    return None


def guarantee_period(case: Case) -> dict[str, Any]:
    """Agreed period, else six months from the due date; it is neither interrupted nor suspended (692, 693)."""
    due = case.last("due", "last_due").on
    agreed = case.facts.get("agreed_period")
    months = _agreed_months(agreed)
    nominal = _after(due, months=months or case.term("cn.guarantee_period")["months"])
    if isinstance(agreed, date):
        nominal = agreed if agreed > due else nominal
    deadline = case.calendar.roll(nominal)
    general = case.facts.get("guarantee_kind", "general") == "general"  # unclear form = general guarantee (686)
    saving = ("debtor_sued", "arbitration_filed") if general else ("guarantor_demanded", "guarantor_sued", "debtor_sued")
    saved = any(due <= e.on <= deadline for e in case.all(*saving))
    released = not saved and case.as_of > deadline
    return {
        "nominal": nominal,
        "deadline": deadline,
        "alarm": nominal,
        "state_after": "guarantor_released" if released else "guarantor_liable",
    }


def _days_after(parameter: str, *events: str, roll: bool = True) -> Callable[[Case], dict[str, Any]]:
    def run(case: Case) -> dict[str, Any]:
        nominal = case.last(*events).on + timedelta(days=case.term(parameter)["days"])
        return {"nominal": nominal, "deadline": case.calendar.roll(nominal) if roll else nominal}

    return run


def freeze_term(case: Case) -> dict[str, Any]:
    """Longest term by kind of asset; the effect ends on expiry without renewal (interpretation 485)."""
    terms = case.term("cn.freeze_term")
    asset = case.facts.get("asset", "other")
    if asset not in terms or asset == "renew_days_before":
        raise InputError("facts", "input.unknown_asset", Text(f"未知的财产种类：{asset}", f"unknown kind of asset: {asset}"))
    ends = _after(case.last("freeze_from").on, years=terms[asset]) - timedelta(days=1)
    return {"ends": ends, "renew_by": ends - timedelta(days=terms["renew_days_before"])}


def appeal(case: Case) -> dict[str, Any]:
    kind = case.facts.get("kind", "judgment")
    nominal = case.last("served").on + timedelta(days=case.term("cn.appeal")[kind])
    return {"nominal": nominal, "deadline": case.calendar.roll(nominal)}


def credit_record_deletion(case: Case) -> dict[str, Any]:
    """Five years from the end of the bad conduct; a period of keeping, not of acting, so it does not move."""
    return {"deadline": _after(case.last("conduct_ended").on, years=case.term("cn.credit_record_deletion")["years"])}


def credit_repair(case: Case) -> dict[str, Any]:
    """One-off repair of 2026: who is eligible and by when the record is hidden."""
    policy = case.term("cn.credit_repair_2026")
    overdue, repaid = case.first("overdue_from").on, case.last("repaid").on
    eligible = (
        Decimal(str(case.facts.get("item_amount", "0"))) <= Decimal(policy["most"])
        and policy["overdue_from"] <= overdue <= policy["overdue_until"]
        and repaid <= policy["repaid_until"]
    )
    if not eligible:
        return {"eligible": False, "hidden_by": None}
    early = repaid <= policy["early_until"]
    next_month_end = repaid.replace(day=1) + relativedelta(months=2) - timedelta(days=1)
    return {"eligible": True, "hidden_by": policy["early_hidden"] if early else next_month_end}


def effective_collections(case: Case) -> dict[str, Any]:
    """Two effective collections at least thirty days apart, and more than three months unpaid after the second."""
    rule = case.term("cn.effective_collections")
    made = sorted(e.on for e in case.all("effective_collection"))
    if not made:
        raise _Missing("effective_collection")
    second = next((d for d in made[1:] if (d - made[0]).days >= rule["gap_days"]), None)
    answer: dict[str, Any] = {"valid_pair": second is not None}
    unpaid = case.all("still_unpaid")
    if unpaid:
        limit = _after(second, months=rule["unpaid_months"]) if second else None
        answer["more_than_three_months"] = limit is not None and unpaid[-1].on > limit
    return answer


def us_validation_period(case: Case) -> dict[str, Any]:
    """Receipt is assumed five business days after sending; the consumer then has thirty days (12 CFR 1006.34(b)(5))."""
    term = case.term("us.validation_period")
    receipt = case.calendar.add(case.last("validation_notice_sent").on, term["receipt_business_days"])
    return {"assumed_receipt": receipt, "deadline": receipt + timedelta(days=term["days"])}


def uk_arrears_notice(case: Case) -> dict[str, Any]:
    """Within fourteen days beginning with the day of the condition; then at intervals of not more than six months."""
    term = case.term("uk.arrears_notice")
    answer: dict[str, Any] = {"deadline": case.first("condition_met").on + timedelta(days=term["days"] - 1)}
    given = case.all("notice_given")
    if given:
        answer["next_deadline"] = _after(given[-1].on, months=term["repeat_months"])
    return answer


def uk_default_notice_remedy(case: Case) -> dict[str, Any]:
    return {"not_before": case.last("served").on + timedelta(days=case.term("uk.default_notice_remedy")["days"])}


def uk_breathing_space(case: Case) -> dict[str, Any]:
    """Sixty days with the start as day 0 (convention to confirm), mid-way review between day 25 and day 35."""
    term, start = case.term("uk.breathing_space"), case.last("moratorium_start").on
    return {
        "ends": start + timedelta(days=term["days"]),
        "review_from": start + timedelta(days=term["review_from"]),
        "review_until": start + timedelta(days=term["review_until"]),
    }


CLOCKS: dict[str, Callable[[Case], dict[str, Any]]] = {
    "cn.limitation": limitation,
    "cn.guarantee_period": guarantee_period,
    "cn.enforcement_application": enforcement_application,
    "cn.payment_order_objection": _days_after("cn.payment_order_objection", "served", "received"),
    "cn.sue_after_preservation": _days_after("cn.sue_after_preservation", "preservation_executed"),
    "cn.freeze_term": freeze_term,
    "cn.appeal_judgment": appeal,
    "cn.distribution_objection": _days_after("cn.distribution_objection", "received", "served"),
    "cn.credit_record_deletion": credit_record_deletion,
    "cn.credit_dispute_answer": _days_after("cn.credit_dispute_answer", "dispute_received", roll=False),
    "cn.credit_repair_2026": credit_repair,
    "cn.effective_collections": effective_collections,
    "us.validation_period": us_validation_period,
    "uk.arrears_notice": uk_arrears_notice,
    "uk.default_notice_remedy": uk_default_notice_remedy,
    "uk.breathing_space": uk_breathing_space,
}


def run_clock(
    name: str, events: Sequence[ClockEvent], as_of: date, facts: Mapping[str, Any], calendar: WorkingDays
) -> dict[str, Any] | Refusal:
    """The dates of clock ``name``. Refuses an unknown clock, a missing event, or a fact it cannot read."""
    clock = CLOCKS.get(name)
    if clock is None:
        return UNKNOWN_CLOCK.at("/clock", name=name, known=", ".join(CLOCKS))
    ordered = tuple(sorted(events, key=lambda e: e.on))
    try:
        return clock(Case(ordered, as_of, facts, calendar))
    except _Missing as missing:
        return EVENT_MISSING.at("/timeline", name=name, event=missing.event)
    except InputError as wrong:
        return INPUT_WRONG.at(f"/{wrong.name}", zh=wrong.text.zh, en=wrong.text.en)
