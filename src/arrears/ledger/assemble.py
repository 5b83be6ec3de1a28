"""The working state of a fold turned into the frozen answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from .allocation import Obligation, Origin
from .delinquency import NOT_LATE, Counters, aged_days, bucket_of, counters_of, is_overdue, states_of
from .events import Component, EventKind
from .fold import COMPOUND, PENALTY, State
from .position import ComponentState, InstalmentState, Position, Status, TraceEntry
from .servicing import COMPONENTS, Cure


def _instalment(state: State, o: Obligation) -> InstalmentState:
    late = o.open > 0 and is_overdue(o.due_on, state.as_of, state.terms)
    aged = aged_days(o.due_on, state.as_of, state.pauses, state.terms) if late else 0
    components = tuple(
        ComponentState(c, o.billed[i], o.paid[i], o.waived[i], o.reduced[i], o.moved[i], o.accrued[i], o.left[i])
        for i, c in enumerate(COMPONENTS)
        if o.billed[i]
    )
    return InstalmentState(
        n=o.n,
        obligation_id=o.id,
        due_on=o.due_on,
        origin=o.origin,
        version=o.version,
        components=components,
        billed_minor=sum(o.billed),
        paid_minor=sum(o.paid),
        outstanding_minor=o.open,
        overdue=late,
        past_due_days=counters_of(o.due_on, state.as_of, state.pauses, state.terms).past_due_days if late else 0,
        aged_days=aged,
        bucket=bucket_of(aged, state.terms.buckets),
        settled_on=o.settled_on,
    )


def _billed_trace(state: State) -> list[TraceEntry]:
    """What the schedule itself asks for, dated on its due dates; amounts that came by events have entries of their own."""
    own = []
    for o in state.obligations:
        if o.origin is not Origin.SCHEDULE or (o.version and _is_restructuring(state, o.version)):
            continue
        for i, component in enumerate(COMPONENTS):
            amount = o.billed[i] - o.charged[i] - o.accrued[i]
            if amount:
                own.append(TraceEntry("billed", o.due_on, o.id, o.n, o.due_on, component, amount, event_id=o.version))
    return own


def _reduced_trace(state: State) -> list[TraceEntry]:
    """What the cap takes off as of the day, one entry for each cell (it moves with the days, so it is stated, not told)."""
    cap = state.cap
    if cap is None:
        return []
    return [
        TraceEntry(
            "reduced", state.as_of, o.id, o.n, o.due_on, component, -o.reduced[i],
            annual_percent=cap.annual_percent, clause=cap.clause, detail=cap.profile,
        )
        for o in state.obligations
        for i, component in enumerate(COMPONENTS)
        if o.reduced[i]
    ]  # fmt: skip


def _is_restructuring(state: State, version: int) -> bool:
    return any(e.id == version and e.kind is EventKind.RESTRUCTURED for e in state.events)


def _status(state: State, overdue_minor: int, outstanding_minor: int) -> Status:
    if state.closed_on is not None and outstanding_minor == 0:
        return Status.CLOSED
    if not state.obligations and not state.payments:
        return Status.NOT_STARTED
    if outstanding_minor == 0:
        if state.credits:
            return Status.OVERPAID
        return Status.CURRENT if state.revolving is not None else Status.SETTLED
    if state.written_off_on is not None:
        return Status.WRITTEN_OFF
    return Status.OVERDUE if overdue_minor else Status.CURRENT


def _counters(state: State, late: list[Obligation], overdue_minor: int) -> Counters:
    if not late or overdue_minor <= state.terms.cure.tolerance_minor:
        return NOT_LATE
    since = late[0].due_on
    if state.terms.cure.kind is Cure.ALL_ARREARS and state.episode_from is not None:
        since = min(since, state.episode_from)
    return counters_of(since, state.as_of, state.pauses, state.terms)


def _by_component(obligations: list[Obligation]) -> Mapping[Component, int]:
    return MappingProxyType({c: sum(o.left[i] for o in obligations) for i, c in enumerate(COMPONENTS)})


def _open_accrued(obligations: list[Obligation]) -> int:
    """The open part of what grew by the day; where a cell also holds charged penalty, money is taken to have paid that first."""
    return sum(min(o.accrued[i], o.left[i]) for o in obligations for i in (PENALTY, COMPOUND))


def assemble(state: State, known_at: datetime | None) -> Position:
    """Freeze the state as the ``Position`` of its day."""
    everything = state.obligations
    late = [o for o in everything if o.open and is_overdue(o.due_on, state.as_of, state.terms)]
    totals, overdue = _by_component(everything), _by_component(late)
    outstanding_minor, overdue_minor = sum(totals.values()), sum(overdue.values())
    instalments = tuple(_instalment(state, o) for o in everything)
    counters = _counters(state, late, overdue_minor)
    dated = [o for o in everything if o.open and o.origin is not Origin.REVOLVING]
    earliest = dated[0] if dated else None
    following = next((o for o in dated if o.due_on >= state.as_of), None)
    by_bucket: dict[str, int] = {}
    for one in instalments:
        if one.overdue and one.bucket is not None:
            by_bucket[one.bucket] = by_bucket.get(one.bucket, 0) + one.outstanding_minor
    payments = tuple(state.payments.values())
    return Position(
        currency=state.terms.currency,
        as_of=state.as_of,
        known_at=known_at,
        status=_status(state, overdue_minor, outstanding_minor),
        instalments=instalments,
        totals=totals,
        overdue_totals=overdue,
        outstanding_minor=outstanding_minor,
        overdue_minor=overdue_minor,
        principal_outstanding_minor=totals[Component.PRINCIPAL],
        unallocated_minor=state.credit_left,
        past_due_days=counters.past_due_days,
        delinquent_days=counters.delinquent_days,
        delinquent_since=counters.delinquent_since,
        oldest_due_on=late[0].due_on if late else None,
        earliest_unpaid_due_on=earliest.due_on if earliest else None,
        earliest_unpaid_minor=earliest.open if earliest else 0,
        next_due_on=following.due_on if following else None,
        next_due_minor=following.open if following else 0,
        bucket=counters.bucket,
        overdue_by_bucket=MappingProxyType(by_bucket),
        accrued_interest_minor=state.running_interest(state.as_of),
        accrued_penalty_minor=_open_accrued(everything),
        cap_reduced_minor=sum(sum(o.reduced) for o in everything),
        cap_unknown=state.cap_unknown,
        pauses=states_of(state.pauses, state.as_of),
        payments=payments,
        recovered_minor=sum(p.amount_minor for p in payments if p.recovery),
        written_off_on=state.written_off_on,
        accelerated_on=state.accelerated_on,
        last_payment_on=max((p.effective_on for p in payments), default=None),
        trace=tuple(_billed_trace(state) + state.trace + _reduced_trace(state)),
        events_counted=tuple((e.id, e.kind) for e in state.events),
    )
