"""What each kind of event does to the state. One function per verb; every one is total and says what it could not apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from .allocation import PRINCIPAL, WIDTH, Obligation, Origin, allocate, allocate_split, allocate_within
from .events import Component, Event, EventKind
from .fold import FEE, INTEREST, Credit, State, lay_out, reference_of
from .position import AllocationLine, PaymentAllocation
from .servicing import INDEX


def charged(state: State, event: Event) -> None:
    """A charge joins the first instalment due on or after its own due date; after the last it stands alone.

    ``data.own_due`` keeps it apart with its own due date. A card's charge without due date joins the running balance.
    """
    index, amount = INDEX[event.component or Component.FEE], event.amount_minor or 0
    due_on = event.due_on or event.effective_on
    host = None
    if event.due_on is None and state.revolving is not None:
        host = state.revolving
    elif not event.data.get("own_due"):
        host = next((o for o in state.obligations if o.origin is Origin.SCHEDULE and o.due_on >= due_on), None)
    if host is None:
        host = state.add(due_on, Origin.CHARGE, [0] * WIDTH, version=event.id)
    host.bill(index, amount)
    host.charged[index] += amount
    host.accrued_to = max(host.accrued_to, event.effective_on)
    state.mark("charged", event.effective_on, host, index, amount, event)
    state.use_credit(event.effective_on)


def paid(state: State, event: Event) -> None:
    """A payment: first where the payer or host directs it (split, instalment), the rest by the waterfall, then credit."""
    amount, day = event.amount_minor or 0, event.effective_on
    lines: tuple[AllocationLine, ...] = ()
    rest = amount
    split = event.data.get("split")
    if split:
        parts = {Component(name): int(value) for name, value in split.items()}
        takes, rest = allocate_split(state.obligations, parts, rest)
        lines += state.settle(takes, day, event, "paid")
        placed, dictated = amount - rest, min(amount, sum(parts.values()))
        if placed < dictated:
            state.note(event, "split_exceeds_open", dictated - placed)
    if event.due_on is not None:
        directed = [o for o in state.obligations if o.due_on == event.due_on and o.open]
        takes, rest = allocate_within(directed, state.terms.waterfall.past_due, rest)
        lines += state.settle(takes, day, event, "paid")
    takes, rest = allocate(state.obligations, rest, state.terms.waterfall, day)
    lines += state.settle(takes, day, event, "paid")
    state.payments[event.id] = PaymentAllocation(
        event.id, event.key, day, amount, reference_of(event), lines, rest, state.principal_left, state.written_off_on is not None
    )
    if rest:
        state.credits.append(Credit(event, rest))


def charged_back(state: State, event: Event) -> None:
    """A paid amount falls due again on this day: credit left from that payment first, then its parts, last settled first.

    Without a target (or without a split in ``data``) it is principal. A chargeback of a payment that does not count has
    nothing to take back and changes nothing.
    """
    amount = event.amount_minor or 0
    target = state.payments.get(event.target_id) if event.target_id is not None else None
    if event.target_id is not None and target is None:
        state.note(event, "chargeback_without_payment", amount)
        return
    amount = _from_credit(state, event, amount, only=event.target_id)
    parts: dict[int, int] = {}
    if target is not None and not event.data.get("split"):
        lines = [*target.lines, *(line for _, line in target.applied_later)]
        for line in reversed(lines):
            part = min(amount - sum(parts.values()), line.amount_minor)
            if part > 0:
                index = INDEX[line.component]
                parts[index] = parts.get(index, 0) + part
    _due_again(state, event, Origin.CHARGEBACK, amount, parts, "charged_back")


def refunded(state: State, event: Event) -> None:
    """Money given back to the payer: out of the credit; what goes beyond it is owed again from this day."""
    amount = _from_credit(state, event, event.amount_minor or 0, only=None)
    _due_again(state, event, Origin.REFUND, amount, {}, "refunded")


def _from_credit(state: State, event: Event, amount: int, only: int | None) -> int:
    for credit in state.credits:
        if only is None or credit.event.id == only:
            part = min(amount, credit.left_minor)
            credit.left_minor -= part
            amount -= part
            if part:
                state.note(event, "out_of_credit", part)
    state.credits = [c for c in state.credits if c.left_minor]
    return amount


def _due_again(state: State, event: Event, origin: Origin, amount: int, parts: dict[int, int], kind: str) -> None:
    split = event.data.get("split")
    if split:
        for name, value in split.items():
            part = min(int(value), amount - sum(parts.values()))
            parts[INDEX[Component(name)]] = parts.get(INDEX[Component(name)], 0) + part
    rest = amount - sum(parts.values())
    if rest:
        parts[PRINCIPAL] = parts.get(PRINCIPAL, 0) + rest
    if amount:
        state.fall_due(event, origin, parts, kind)


def waived(state: State, event: Event) -> None:
    """The creditor gives up a part: of the named component (else in the order of the waterfall), of one instalment if named."""
    order = (event.component,) if event.component is not None else state.terms.waterfall.past_due
    targets = [o for o in state.obligations if o.open and (event.due_on is None or o.due_on == event.due_on)]
    takes, rest = allocate_within(targets, order, event.amount_minor or 0)
    for take in takes:
        take.obligation.take(take.obligation.waived, take.index, take.amount_minor, event.effective_on)
        state.mark("waived", event.effective_on, take.obligation, take.index, -take.amount_minor, event)
    if rest:
        state.note(event, "waiver_exceeds_open", rest)


def move_out(state: State, o: Obligation, event: Event) -> dict[int, int]:
    """Empty an obligation into a later one; returns what it held by component index."""
    held = {i: left for i, left in enumerate(o.left) if left}
    for index, left in held.items():
        o.take(o.moved, index, left, event.effective_on)
        state.mark("moved", event.effective_on, o, index, -left, event, detail=event.kind.value)
    return held


def accelerated(state: State, event: Event) -> None:
    """All principal not yet due falls due on this day, with interest earned to it; interest of later periods falls away."""
    day = event.effective_on
    parts: dict[int, int] = {INTEREST: state.running_interest(day)}
    for o in [o for o in state.obligations if o.due_on > day and o.open]:
        for index, left in move_out(state, o, event).items():
            if index != INTEREST:
                parts[index] = parts.get(index, 0) + left
    state.accelerated_on = state.accelerated_on or day
    if any(parts.values()):
        state.fall_due(event, Origin.ACCELERATION, parts, "accelerated")


def restructured(state: State, event: Event) -> None:
    """A new schedule (rows whose version is this event) replaces the old one from this day.

    ``data.old``: ``replace_all`` (default) takes the arrears into the new schedule; ``keep_arrears`` leaves what fell due
    before this day as it is. What the new rows do not cover of what was taken over is noted (``capitalised`` or given up).
    """
    keep = event.data.get("old") == "keep_arrears" or bool(event.data.get("keep_arrears"))
    for o in [o for o in state.obligations if o.open and not (keep and o.due_on <= event.effective_on)]:
        move_out(state, o, event)
    laid = lay_out(state, event.id)
    for o in laid:
        o.accrued_to = max(o.due_on, event.effective_on)
        for index, amount in enumerate(o.billed):
            if amount:
                state.mark("restructured", event.effective_on, o, index, amount, event)
    if not laid:
        state.note(event, "restructured_without_rows")
    state.accelerated_on = None
    state.use_credit(event.effective_on)


def drawn(state: State, event: Event) -> None:
    """A purchase or cash advance on a card: owed, not due before a statement asks for it."""
    pool = _pool(state)
    pool.bill(PRINCIPAL, event.amount_minor or 0)
    pool.charged[PRINCIPAL] += event.amount_minor or 0
    state.mark("drawn", event.effective_on, pool, PRINCIPAL, event.amount_minor or 0, event)
    state.use_credit(event.effective_on)


def _pool(state: State) -> Obligation:
    if state.revolving is None:
        state.revolving = state.add(date.max, Origin.REVOLVING, [0] * WIDTH)
    return state.revolving


def statement_cut(state: State, event: Event) -> None:
    """A card statement. Its minimum payment falls due on ``due_on``: fees and interest first, then principal of the balance.

    ``data``: ``minimum_due``, ``closing_balance``, ``interest``, ``fee`` (new of this period, added to the balance),
    ``includes_overdue`` (default true: the minimum holds what earlier statements still have open).
    """
    pool = _pool(state)
    for index, name in ((INTEREST, "interest"), (FEE, "fee")):
        fresh = int(event.data.get(name, 0))
        if fresh:
            pool.bill(index, fresh)
            pool.charged[index] += fresh
            state.mark("charged", event.effective_on, pool, index, fresh, event)
    closing = event.data.get("closing_balance")
    if closing is not None:
        _reconcile(state, event, pool, int(closing))
    asked = int(event.data.get("minimum_due", event.amount_minor or 0))
    if event.data.get("includes_overdue", True):
        asked -= sum(o.open for o in state.obligations if o.origin is Origin.STATEMENT)
    order = (FEE, INTEREST, *(i for i in range(WIDTH) if i not in (FEE, INTEREST, PRINCIPAL)), PRINCIPAL)
    parts: dict[int, int] = {}
    for index in order:
        part = min(max(asked, 0), pool.left[index])
        if part:
            pool.take(pool.moved, index, part, event.effective_on)
            state.mark("moved", event.effective_on, pool, index, -part, event, detail="statement_cut")
            parts[index], asked = part, asked - part
    if asked > 0:
        state.note(event, "minimum_exceeds_balance", asked)
    if parts:
        due_on = event.due_on or event.effective_on
        o = state.add(due_on, Origin.STATEMENT, [parts.get(i, 0) for i in range(WIDTH)], version=event.id)
        for index, part in parts.items():
            state.mark("statement", event.effective_on, o, index, part, event)
    state.use_credit(event.effective_on)


def _reconcile(state: State, event: Event, pool: Obligation, closing: int) -> None:
    """The host's closing balance is a fact: what our draws do not explain is booked as a draw, or noted where we hold more."""
    held = sum(o.open for o in state.obligations) - state.credit_left
    if closing > held:
        pool.bill(PRINCIPAL, closing - held)
        pool.charged[PRINCIPAL] += closing - held
        state.mark("drawn", event.effective_on, pool, PRINCIPAL, closing - held, event, detail="closing_balance")
    elif closing < held:
        state.note(event, "closing_balance_below_ours", held - closing)


def written_off(state: State, event: Event) -> None:
    state.written_off_on = state.written_off_on or event.effective_on
    state.note(event, "written_off", sum(o.open for o in state.obligations))


def transferred(state: State, event: Event) -> None:
    state.note(event, "transferred", sum(o.open for o in state.obligations))


def closed(state: State, event: Event) -> None:
    state.closed_on = event.effective_on
    left = sum(o.open for o in state.obligations)
    if left:
        state.note(event, "closed_with_open_amounts", left)


HANDLERS: Mapping[EventKind, Callable[[State, Event], None]] = {
    EventKind.CHARGED: charged,
    EventKind.PAID: paid,
    EventKind.CHARGED_BACK: charged_back,
    EventKind.REFUNDED: refunded,
    EventKind.WAIVED: waived,
    EventKind.ACCELERATED: accelerated,
    EventKind.RESTRUCTURED: restructured,
    EventKind.DRAWN: drawn,
    EventKind.STATEMENT_CUT: statement_cut,
    EventKind.WRITTEN_OFF: written_off,
    EventKind.TRANSFERRED: transferred,
    EventKind.CLOSED: closed,
}
