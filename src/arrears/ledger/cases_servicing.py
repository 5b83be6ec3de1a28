"""Golden cases of kinds ``delinquency`` and ``allocation``, run through the ordinary fold. Words: the published case format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from arrears.kernel.declare import CaseKind, UnsupportedCase
from arrears.kernel.money import parse_minor, to_major

from .allocation import Claim, Origin, by_rank
from .delinquency import PauseState, pauses_of, states_of
from .events import Component, Event, EventKind, ScheduleRow
from .position import InstalmentState, Position, position_of
from .servicing import ServicingTerms, Style, Waterfall

_PARTS = ("principal", "interest", "fee", "penalty", "cost")
_RAISES = ("chargeback", "refund", "payment_cancelled")
_LOWERS = ("adjust", "credit", "credit_note", "chargeback_reversed")
_SILENT = ("disburse", "payment_failed", "notice", "tag", "untag")
#: Order of penalty, fee, interest and principal where a case of kind ``delinquency`` names no waterfall: it does not matter.
_USUAL = {"style": "by_due_date", "order": ["penalty", "fee", "interest", "principal"]}


def _terms(case: Mapping[str, Any]) -> ServicingTerms:
    words = dict(case.get("terms") or {})
    words.setdefault("waterfall", _USUAL)
    try:
        return ServicingTerms.from_dict(words)
    except (ValueError, KeyError) as error:
        raise UnsupportedCase(f"terms: {error}") from error


@dataclass(slots=True)
class _Story:
    """The time line of a case as ledger events. ``ids`` maps a case's payment ids to event ids."""

    terms: ServicingTerms
    due_by_item: Mapping[str, date]
    started_on: date | None = None  # first disbursement of the time line, if it tells one
    events: list[Event] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def minor(self, text: Any) -> int:
        amount = parse_minor(str(text), self.terms.currency)
        if amount is None:
            raise UnsupportedCase(f"{text!r} is not an exact amount of {self.terms.currency}")
        return amount

    def add(self, kind: EventKind, day: date, **words: Any) -> Event:
        """An event told on ``told_on`` (default: the day it counts)."""
        told_on = words.pop("told_on", day)
        event = Event(len(self.events) + 1, kind, day, datetime.combine(told_on, time(12), UTC), **words)
        self.events.append(event)
        return event

    def tell(self, line: Mapping[str, Any]) -> None:
        """Add one line. What the product refuses changes nothing; a refusal that the case does not share is reported."""
        refusal = self._refusal(line)
        if bool(line.get("refused")) != bool(refusal):
            self.wrong.append(f"{line['date']}: {refusal or 'accepted, though the case expects a refusal'}")
        if refusal or line.get("refused"):
            return
        verbs = [verb for verb in line if verb in _VERBS]
        if not verbs:
            raise UnsupportedCase(f"no known verb on {line['date']}: {sorted(line)}")
        for verb in verbs:
            _VERBS[verb](self, line, verb)

    def pauses(self) -> Sequence[PauseState]:
        """Pauses as they stand after what was told so far."""
        return states_of(pauses_of(self.events, self.terms), date.max)

    def _refusal(self, line: Mapping[str, Any]) -> str:
        day: date = line["date"]
        if "pause" in line:
            begin, end = line["pause"].get("from", day), line["pause"].get("to") or date.max
            if end <= begin:
                return "a pause lasts at least one day"
            if self._before_start(begin):
                return "a pause starts after the disbursement"
            # the day on which one pause ends may be the first of the next
            if any(p.from_on <= end and begin < p.to_on for p in self.pauses()):
                return "pauses overlap"
        if "resume" in line:
            when = _resume_on(line)
            if isinstance(line["resume"], dict) and "to" in line["resume"]:
                return "a resume has no end"
            if when > day:
                return "a resume takes effect on its business date, not later"
            if not any(p.from_on <= when < p.to_on for p in self.pauses()):
                return "no pause is active"
        if "reverse" in line:
            target = self.ids.get(str(line["reverse"]))
            if target is None or any(e.kind is EventKind.REVERSED and e.target_id == target for e in self.events):
                return "there is no such payment to reverse"
        if "pay" in line and self._before_start(day):
            return "a payment before the disbursement"
        amounts = [str(line[verb]) for verb in ("pay", *_RAISES) if verb in line]
        if any(self.minor(a) <= 0 for a in amounts) or ("charge" in line and self.minor(line["charge"]["amount"]) <= 0):
            return "the amount is not above zero"
        return ""

    def _before_start(self, day: date) -> bool:
        return self.started_on is not None and day < self.started_on

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def _pay(self, line: Mapping[str, Any], verb: str) -> None:
        item = line.get("item")
        amount = self.minor(line[verb])
        if amount < 0:  # a negative adjustment raises what is open
            self._raise_by(line, -amount)
            return
        event = self.add(
            EventKind.PAID, line["date"], amount_minor=amount, due_on=self.due_by_item.get(str(item)) if item else None,
            data={} if verb == "pay" else {"tag": verb},
        )  # fmt: skip
        if line.get("id") or verb == "pay":
            self.ids[str(line.get("id", f"#{event.id}"))] = event.id

    def _owe_again(self, line: Mapping[str, Any], verb: str) -> None:
        if verb == "refund":
            self.add(EventKind.REFUNDED, line["date"], amount_minor=self.minor(line[verb]))
        else:
            self._raise_by(line, self.minor(line[verb]))

    def _raise_by(self, line: Mapping[str, Any], amount: int) -> None:
        self.add(EventKind.CHARGED_BACK, line["date"], amount_minor=amount)

    def _charge(self, line: Mapping[str, Any], verb: str) -> None:
        charge = line[verb]
        self.add(
            EventKind.CHARGED, line["date"], amount_minor=self.minor(charge["amount"]),
            component=Component(charge["component"]), due_on=charge["due"],
        )  # fmt: skip

    def _reverse(self, line: Mapping[str, Any], verb: str) -> None:
        self.add(EventKind.REVERSED, line["date"], target_id=self.ids[str(line[verb])])

    def _pause(self, line: Mapping[str, Any], verb: str) -> None:
        span = line[verb]
        self.add(EventKind.PAUSED, line["date"], until=span.get("to"), data={"from": span.get("from", line["date"])})

    def _resume(self, line: Mapping[str, Any], verb: str) -> None:
        self.add(EventKind.RESUMED, _resume_on(line), told_on=line["date"])

    def _disburse(self, line: Mapping[str, Any], verb: str) -> None:
        self.add(EventKind.DISBURSED, line["date"], amount_minor=self.minor(line[verb]))

    def _nothing(self, line: Mapping[str, Any], verb: str) -> None:
        """Failed payments, notices and tags move no money."""


_VERBS = {
    "pay": _Story._pay,
    "charge": _Story._charge,
    "reverse": _Story._reverse,
    "pause": _Story._pause,
    "resume": _Story._resume,
    "disburse": _Story._disburse,
    **dict.fromkeys(_RAISES, _Story._owe_again),
    **dict.fromkeys(_LOWERS, _Story._pay),
    **dict.fromkeys(_SILENT[1:], _Story._nothing),
}


def _resume_on(line: Mapping[str, Any]) -> date:
    resume = line["resume"]
    day: date = resume.get("from", line["date"]) if isinstance(resume, Mapping) else line["date"]
    return day


def _rows(story: _Story, dues: Iterable[Mapping[str, Any]]) -> list[ScheduleRow]:
    rows = []
    for n, due in enumerate(dues, 1):
        parts = {f"{name}_minor": story.minor(due[name]) for name in _PARTS if name in due}
        if "amount" in due:  # one unsplit amount
            parts["principal_minor"] = parts.get("principal_minor", 0) + story.minor(due["amount"])
        rows.append(ScheduleRow(n, due["due"], **parts))
    return rows


def _read(case: Mapping[str, Any]) -> tuple[_Story, list[ScheduleRow]]:
    dues = list(case.get("dues") or ())
    lines = sorted(case.get("timeline") or (), key=lambda one: one["date"])
    started_on = min((line["date"] for line in lines if "disburse" in line), default=None)
    story = _Story(_terms(case), {str(d["id"]): d["due"] for d in dues if "id" in d}, started_on)
    for line in lines:
        story.tell(line)
    return story, _rows(story, dues)


def _text(story: _Story, amount_minor: int) -> str:
    return str(to_major(amount_minor, story.terms.currency))


def run_delinquency(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Both counters, bucket, ages by instalment, next dues and pauses on every asked day."""
    story, rows = _read(case)
    return [_on_day(story, _at(story, rows, asked["date"]), asked) for asked in case["expect"]]


def _at(story: _Story, rows: Sequence[ScheduleRow], day: date) -> Position:
    """The position at the end of ``day``, as known then: what is told on later days has not happened yet."""
    return position_of(story.terms, story.events, rows, day, datetime.combine(day, time.max, UTC))


def _on_day(story: _Story, at: Position, asked: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "date": at.as_of,
        "overdue_amount": _text(story, at.overdue_minor),
        "past_due_days": at.past_due_days,
        "delinquent_days": at.delinquent_days,
        "delinquent_since": at.delinquent_since,
        "bucket": at.bucket,
        "by_instalment_bucket": {name: _text(story, amount) for name, amount in at.overdue_by_bucket.items()},
        "earliest_unpaid_due": at.earliest_unpaid_due_on,
        "earliest_unpaid_due_amount": _text(story, at.earliest_unpaid_minor),
        "next_due": at.next_due_on,
        "next_due_amount": _text(story, at.next_due_minor),
        "pauses": [
            {"from": p.from_on, "to": None if p.to_on == date.max else p.to_on, "active": p.active}
            for p in sorted(at.pauses, key=lambda p: (p.from_on, p.to_on))
        ],
    }
    if story.wrong:  # the product and the case disagree on a refusal: no answer can be right
        return {"date": at.as_of, "refusals": story.wrong}
    return answer


def run_allocation(case: Mapping[str, Any]) -> dict[str, Any]:
    """Where each payment went, what is open by component on asked days, and by instalment at the end."""
    words = (case.get("terms") or {}).get("waterfall") or _USUAL
    if words.get("style") == Style.BY_RANK.value:
        return _ranked(case, words)
    story, rows = _read(case)
    expect = case.get("expect") or {}
    asked = [b["date"] for b in expect.get("balances") or ()]
    end = max([e.effective_on for e in story.events] + asked, default=date.min)
    final = position_of(story.terms, story.events, rows, end)
    if story.wrong:
        return {"refusals": story.wrong}
    names = {event_id: name for name, event_id in story.ids.items()}
    return {
        "payments": [
            {
                "id": names[p.event_id],
                **{c.value: _text(story, p.of(c)) for c in Component},
                "amount": _text(story, p.amount_minor),
                "unallocated": _text(story, p.unallocated_minor),
                "principal_outstanding": _text(story, p.principal_outstanding_minor),
            }
            for p in final.payments
            if p.event_id in names
        ],
        "balances": [_balance(story, rows, day) for day in asked],
        "instalments": [{"due": due, "outstanding": _text(story, amount)} for due, amount in _by_due(final.instalments)],
    }


def _by_due(instalments: Iterable[InstalmentState]) -> list[tuple[date, int]]:
    found: dict[date, int] = {}
    for one in instalments:
        if one.origin is not Origin.REVOLVING:
            found[one.due_on] = found.get(one.due_on, 0) + one.outstanding_minor
    return sorted(found.items())


def _balance(story: _Story, rows: Sequence[ScheduleRow], day: date) -> dict[str, Any]:
    at = _at(story, rows, day)
    amounts = {c.value: _text(story, at.totals[c]) for c in Component}
    return {
        "date": day,
        **amounts,
        "total": _text(story, at.outstanding_minor),
        "unallocated": _text(story, at.unallocated_minor),
    }


def _ranked(case: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    story = _Story(_terms({"terms": {"currency": (case.get("terms") or {}).get("currency", "CNY")}}), {})
    waterfall = Waterfall.from_dict(words)
    claims = [Claim(str(c["id"]), str(c["rank"]), story.minor(c["amount"])) for c in case.get("claims") or ()]
    payments: list[dict[str, Any]] = []
    balances: list[dict[str, Any]] = []
    asked = sorted(b["date"] for b in (case.get("expect") or {}).get("balances") or ())
    lines = sorted((line for line in case["timeline"] if "pay" in line), key=lambda one: one["date"])
    for line in lines:
        balances += _claims_before(story, claims, asked, len(balances), line["date"])
        shares, rest = by_rank(claims, story.minor(line["pay"]), waterfall)
        claims = [Claim(c.id, c.rank, c.amount_minor - shares[c.id], c.due_on) for c in claims]
        payments.append(
            {
                "id": line.get("id"),
                **{name: _text(story, part) for name, part in shares.items()},
                "unallocated": _text(story, rest),
            }
        )
    balances += _claims_before(story, claims, asked, len(balances), date.max)
    return {"payments": payments, "balances": balances}


def _claims_before(story: _Story, claims: Sequence[Claim], asked: Sequence[date], done: int, day: date) -> list[dict[str, Any]]:
    """Open claims on the asked days not yet answered that lie before ``day``."""
    return [{"date": d, **{c.id: _text(story, c.amount_minor) for c in claims}} for d in asked[done:] if d < day]


KINDS: list[CaseKind] = [CaseKind("delinquency", run_delinquency), CaseKind("allocation", run_allocation)]
