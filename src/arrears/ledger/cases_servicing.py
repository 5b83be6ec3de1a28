"""Golden cases of kinds ``delinquency`` and ``allocation``, run through the ordinary fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from arrears.kernel.declare import CaseKind, UnsupportedCase
from arrears.kernel.money import parse_minor, to_major
from arrears.kernel.refusals import Refusal

from .allocation import Claim, distribute
from .delinquency import Pause, check_pause, check_resume
from .events import Component, Event, EventKind, ScheduleRow
from .position import Position, position_of
from .replay import pauses_of
from .servicing import ServicingTerms

_SERVICING = ("grace_days", "due_date_counts_as", "pause_stops", "instalment_ageing", "buckets")
_RAISES = ("chargeback", "refund", "payment_cancelled")
_LOWERS = ("adjust", "credit", "credit_note", "chargeback_reversed")
_NO_EFFECT = ("disburse", "notice", "payment_failed", "tag", "untag")


def _terms(words: Mapping[str, Any]) -> ServicingTerms:
    given: dict[str, Any] = {word: words[word] for word in _SERVICING if word in words}
    given["currency"] = words.get("currency", "CNY")
    waterfall = words.get("waterfall")
    if waterfall and waterfall.get("style") != "by_rank":
        kept = {k: v for k, v in waterfall.items() if k in {"style", "order", "past_due", "due", "in_advance", "in_advance_to"}}
        if kept.get("in_advance_to") == "reamortise":
            raise UnsupportedCase("waterfall.in_advance_to: reamortise is not supported")
        given["waterfall"] = kept | {"charges_first": words.get("replay") == "charges_first"}
    terms = ServicingTerms.from_dict(given)
    if isinstance(terms, Refusal):
        raise UnsupportedCase("; ".join(f"{r.code} at {r.pointer}: {r.sentence.en}" for r in (terms, *terms.errors)))
    return terms


@dataclass(slots=True)
class _Story:
    """A case's time line as events. ``names`` maps the case's payment ids to event ids."""

    terms: ServicingTerms
    events: list[Event] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    unreported: list[str] = field(default_factory=list)

    def minor(self, text: Any) -> int:
        amount = parse_minor(str(text), self.terms.currency)
        if amount is None:
            raise UnsupportedCase(f"{text!r} is no amount of {self.terms.currency}")
        return amount

    def add(self, kind: EventKind, on: date, **more: Any) -> Event:
        recorded = datetime.combine(on, time(12), UTC)
        event = Event(len(self.events) + 1, kind, on, recorded, **more)
        self.events.append(event)
        return event

    def tell(self, line: Mapping[str, Any]) -> None:
        on: date = line["date"]
        refused = self._refused(line, on)
        if refused != bool(line.get("refused")):
            self.unreported.append(f"{on}: expected refused={bool(line.get('refused'))}")
        if refused or line.get("refused"):
            return
        if "pay" in line:
            event = self.add(EventKind.PAID, on, amount_minor=self.minor(line["pay"]))
            self.names[str(line.get("id", f"#{event.id}"))] = event.id
        elif "charge" in line:
            charge = line["charge"]
            component, amount = Component(charge["component"]), self.minor(charge["amount"])
            self.add(EventKind.CHARGED, on, amount_minor=amount, component=component, due_on=charge["due"])
        elif "reverse" in line:
            self.add(EventKind.REVERSED, on, target_id=self.names[str(line["reverse"])])
        elif "pause" in line:
            span = line["pause"]
            self.add(EventKind.PAUSED, on, until=span["to"], data={"from": span.get("from", on)})
        elif "resume" in line:
            pause = check_resume(self._pauses(), self._resume_day(line, on), on)
            if isinstance(pause, Pause):
                self.add(EventKind.RESUMED, on, target_id=pause.event_id)
        else:
            self._other(line, on)

    def _other(self, line: Mapping[str, Any], on: date) -> None:
        for verb in _RAISES:
            if verb in line:
                self.add(EventKind.CHARGED_BACK, on, amount_minor=self.minor(line[verb]))
                return
        for verb in _LOWERS:
            if verb in line:
                self.add(EventKind.PAID, on, amount_minor=self.minor(line[verb]), data={"channel": verb})
                return
        if not any(verb in line for verb in _NO_EFFECT):
            raise UnsupportedCase(f"unknown event on {on}: {sorted(set(line) - {'date'})}")

    def _pauses(self) -> tuple[Pause, ...]:
        return pauses_of(self.events)

    @staticmethod
    def _resume_day(line: Mapping[str, Any], on: date) -> date:
        resume = line["resume"]
        day: date = resume.get("from", on) if isinstance(resume, Mapping) else on
        return day

    def _refused(self, line: Mapping[str, Any], on: date) -> bool:
        if "pause" in line:
            span = line["pause"]
            wanted = Pause(span.get("from", on), span["to"])
            return check_pause(self._pauses(), wanted, on) is not None
        if "resume" in line:
            return isinstance(check_resume(self._pauses(), self._resume_day(line, on), on), Refusal)
        if "reverse" in line:
            return str(line["reverse"]) not in self.names
        return False


def _rows(story: _Story, dues: Any) -> list[ScheduleRow]:
    rows = []
    for n, due in enumerate(sorted(dues or (), key=lambda d: d["due"]), 1):
        parts = {
            f"{part}_minor": story.minor(due[part]) for part in ("principal", "interest", "fee", "penalty", "cost") if part in due
        }
        if "amount" in due:
            parts["principal_minor"] = parts.get("principal_minor", 0) + story.minor(due["amount"])
        rows.append(ScheduleRow(n, due["due"], **parts))
    return rows


def _told(case: Mapping[str, Any]) -> tuple[_Story, list[ScheduleRow]]:
    story = _Story(_terms(case["terms"]))
    for line in sorted(case.get("timeline") or (), key=lambda row: row["date"]):
        story.tell(line)
    return story, _rows(story, case.get("dues"))


def _money(story: _Story, amount_minor: int) -> Decimal:
    return to_major(amount_minor, story.terms.currency)


def run_delinquency(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The counters on each asked day."""
    story, rows = _told(case)
    return [_day(story, position_of(story.terms, story.events, rows, wanted["date"])) for wanted in case["expect"]]


def _day(story: _Story, at: Position) -> dict[str, Any]:
    measured = at.delinquency
    oldest, following = at.earliest_unpaid(), at.next_due()
    known = [p for p in at.pauses if p.start <= at.as_of or p.event_id]
    answer: dict[str, Any] = {
        "date": at.as_of,
        "overdue_amount": _money(story, measured.overdue_minor),
        "past_due_days": measured.past_due_days,
        "delinquent_days": measured.delinquent_days,
        "delinquent_since": measured.delinquent_since,
        "bucket": measured.bucket,
        "by_instalment_bucket": {name: _money(story, amount) for name, amount in measured.by_instalment_bucket.items()},
        "earliest_unpaid_due": oldest.due_on if oldest else None,
        "earliest_unpaid_due_amount": _money(story, oldest.open_minor) if oldest else None,
        "next_due": following.due_on if following else None,
        "next_due_amount": _money(story, following.open_minor) if following else None,
        "pauses": [{"from": p.start, "to": p.until, "active": p.active_on(at.as_of)} for p in known],
    }
    if story.unreported:
        answer["refusals"] = story.unreported
    return answer


def run_allocation(case: Mapping[str, Any]) -> dict[str, Any]:
    """Shares of each payment, balances on asked days, what is open by instalment at the end."""
    waterfall = case["terms"].get("waterfall") or {}
    if waterfall.get("style") == "by_rank":
        return _ranked(case, waterfall)
    story, rows = _told(case)
    end = max([row["date"] for row in case["timeline"]] + [b["date"] for b in case["expect"].get("balances") or ()])
    final = position_of(story.terms, story.events, rows, end)
    names = {event_id: name for name, event_id in story.names.items()}
    # a payment's line is what it did when it was the newest fact: later events do not re-tell it, except a reversal before it
    return {
        "payments": [
            {
                "id": names[p.event_id],
                **{c.value: _money(story, sum(s.amount_minor for s in p.shares if s.component is c)) for c in Component},
                "amount": _money(story, p.amount_minor),
                "unallocated": _money(story, p.unallocated_minor),
                "principal_outstanding": _money(story, p.principal_outstanding_minor),
            }
            for p in final.payments
            if p.event_id in names
        ],
        "balances": [_balance(story, rows, b["date"]) for b in case["expect"].get("balances") or ()],
        "instalments": _open_by_due(story, final),
    }


def _open_by_due(story: _Story, at: Position) -> list[dict[str, Any]]:
    found: dict[date, int] = {}
    for instalment in at.instalments:
        found[instalment.due_on] = found.get(instalment.due_on, 0) + instalment.open_minor
    return [{"due": due, "outstanding": _money(story, amount)} for due, amount in sorted(found.items())]


def _balance(story: _Story, rows: list[ScheduleRow], on: date) -> dict[str, Any]:
    at = position_of(story.terms, story.events, rows, on)
    return {"date": on, **{c.value: _money(story, at.outstanding.get(c, 0)) for c in Component}}


def _ranked(case: Mapping[str, Any], waterfall: Mapping[str, Any]) -> dict[str, Any]:
    story = _Story(_terms({"currency": case["terms"].get("currency", "CNY")}))
    left = {c["id"]: Claim(c["id"], c["rank"], story.minor(c["amount"])) for c in case["claims"]}
    ranks = waterfall.get("ranks") or list(dict.fromkeys(c.rank for c in left.values()))
    payments = []
    for line in case["timeline"]:
        if "pay" not in line:
            continue
        parts, rest = distribute(
            list(left.values()), ranks, story.minor(line["pay"]),
            pro_rata=waterfall.get("within_rank", "pro_rata") == "pro_rata", rest_to_last=waterfall.get("rounding_rest") == "last",
        )  # fmt: skip
        left = {name: Claim(name, c.rank, c.amount_minor - parts[name]) for name, c in left.items()}
        payments.append(
            {"id": line.get("id"), **{n: _money(story, a) for n, a in parts.items()}, "unallocated": _money(story, rest)}
        )
    return {"payments": payments}


KINDS = [CaseKind("delinquency", run_delinquency), CaseKind("allocation", run_allocation)]
