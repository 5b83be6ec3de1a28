"""Laws of the two-date fold, on random histories of every kind of event."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pure_histories import END, FIRST_RECORDED, START, days, event, histories, schedules, servicing

from arrears.ledger.delinquency import Pause, paused_days, pauses_of, union
from arrears.ledger.events import Event, EventKind, ScheduleRow
from arrears.ledger.position import Position, position_of
from arrears.ledger.servicing import ServicingTerms, Stop
from arrears.ledger.statement import statement_of

as_ofs = st.integers(0, 800).map(lambda n: START + timedelta(n))
laws = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def loans(draw: st.DrawFn, wide: bool = True) -> tuple[ServicingTerms, list[ScheduleRow], list[Event]]:
    rows = draw(schedules())
    return draw(servicing(wide)), rows, draw(histories(rows, wide))


def money(at: Position) -> tuple:
    """Everything of a position that is not about events themselves."""
    return (
        dict(at.totals), dict(at.overdue_totals), at.unallocated_minor, at.past_due_days, at.delinquent_days, at.delinquent_since,
        at.bucket, at.status, at.oldest_due_on, dict(at.overdue_by_bucket), at.accrued_interest_minor, at.pauses, at.cap_reduced_minor,
    )  # fmt: skip


@given(loans(), as_ofs)
@laws
def test_every_cent_of_a_payment_is_allocated_or_said_to_be_left(loan, as_of) -> None:
    terms, rows, told = loan
    at = position_of(terms, told, rows, as_of)
    for payment in at.payments:
        assert sum(line.amount_minor for line in payment.lines) + payment.unallocated_minor == payment.amount_minor
        assert all(line.amount_minor > 0 for line in payment.lines)
        assert sum(line.amount_minor for _, line in payment.applied_later) <= payment.unallocated_minor
    given_back = sum(t.amount_minor for t in at.trace if t.kind == "note" and t.detail == "out_of_credit")
    received, settled = sum(p.amount_minor for p in at.payments), sum(i.paid_minor for i in at.instalments)
    assert received == settled + at.unallocated_minor + given_back


@given(loans(), as_ofs)
@laws
def test_cells_are_never_negative_and_sum(loan, as_of) -> None:
    terms, rows, told = loan
    at = position_of(terms, told, rows, as_of)
    for one in at.instalments:
        for cell in one.components:
            parts = (
                cell.billed_minor,
                cell.paid_minor,
                cell.waived_minor,
                cell.reduced_minor,
                cell.moved_minor,
                cell.accrued_minor,
            )
            assert min(*parts, cell.outstanding_minor) >= 0
            assert cell.outstanding_minor == cell.billed_minor - sum(parts[1:5])
        assert one.outstanding_minor == sum(c.outstanding_minor for c in one.components)
        assert (one.settled_on is None) == (one.outstanding_minor > 0)
    assert sum(at.totals.values()) == at.outstanding_minor == sum(i.outstanding_minor for i in at.instalments)
    assert sum(at.overdue_totals.values()) == at.overdue_minor == sum(i.outstanding_minor for i in at.instalments if i.overdue)
    assert at.delinquent_days >= 0
    assert at.past_due_days >= 0
    assert at.overdue_minor <= at.outstanding_minor


@given(loans(), as_ofs)
@laws
def test_statement_adds_up_to_the_cent(loan, as_of) -> None:
    terms, rows, told = loan
    at = position_of(terms, told, rows, as_of)
    for scope, amount in (("overdue", at.overdue_minor), ("total", at.outstanding_minor)):
        for detail in ("open", "all"):
            derived = statement_of(at, scope, detail)
            assert derived.total_minor == amount == sum(line.amount_minor for line in derived.lines)
            running = 0
            for line in derived.lines:
                running += line.amount_minor
                assert line.running_minor == running
                assert line.what.zh
                assert line.what.en


@given(loans(), as_ofs, st.data())
@laws
def test_arrival_order_does_not_matter(loan, as_of, data) -> None:
    """Facts of different days may be learned in any order; the answer once all are known is the same."""
    terms, rows, told = loan
    spread, taken = [], set()
    for one in told:  # one fact a day, so that only the order of arrival is varied
        day = one.effective_on
        while day in taken:
            day += timedelta(1)
        taken.add(day)
        spread.append(replace(one, effective_on=day, until=None if one.until is None else max(one.until, day)))
    arrived = data.draw(st.permutations(range(1, len(spread) + 1)))
    new_id = {one.id: n for one, n in zip(spread, arrived, strict=True)}
    again = [
        replace(
            one, id=new_id[one.id], target_id=new_id.get(one.target_id, one.target_id),
            recorded_at=FIRST_RECORDED + timedelta(hours=new_id[one.id]),
        )
        for one in spread
    ]  # fmt: skip
    again.sort(key=lambda e: e.id)
    assert money(position_of(terms, again, rows, as_of)) == money(position_of(terms, spread, rows, as_of))


@given(loans(), as_ofs, st.data())
@laws
def test_a_reversal_restores_the_state_exactly(loan, as_of, data) -> None:
    terms, rows, told = loan
    victim = data.draw(st.sampled_from(told))
    assume(victim.kind is not EventKind.REVERSED)
    undone = [*told, event(len(told) + 1, EventKind.REVERSED, data.draw(days), target_id=victim.id)]
    never = [e for e in told if e.id != victim.id]
    assert position_of(terms, undone, rows, as_of) == position_of(terms, never, rows, as_of)


@given(loans(), as_ofs, st.data())
@laws
def test_what_was_known_never_changes(loan, as_of, data) -> None:
    """The answer as known at an instant is the same whatever was recorded after it."""
    terms, rows, told = loan
    known = data.draw(st.integers(0, len(told)))
    instant = FIRST_RECORDED + timedelta(hours=known)
    early = [e for e in told if e.recorded_at <= instant]
    assert position_of(terms, told, rows, as_of, instant) == position_of(terms, early, rows, as_of, instant)


@given(loans(), as_ofs)
@laws
def test_facts_of_later_days_do_not_count_yet(loan, as_of) -> None:
    terms, rows, told = loan
    until = [e for e in told if e.effective_on <= as_of or e.kind is EventKind.REVERSED]
    assert position_of(terms, told, rows, as_of) == position_of(terms, until, rows, as_of)


@given(loans(wide=False), as_ofs)
@laws
def test_looking_more_often_changes_nothing(loan, as_of) -> None:
    """A fact without an amount (a note on the file) in the middle of an accrual must not move a cent."""
    terms, rows, told = loan
    looks = [event(900 + n, EventKind.TRANSFERRED, START + timedelta(40 * n)) for n in range(1, 15)]
    assert money(position_of(terms, [*told, *looks], rows, as_of)) == money(position_of(terms, told, rows, as_of))


@given(loans(wide=False), as_ofs)
@laws
def test_past_due_days_grow_by_one_a_day_while_nothing_happens(loan, as_of) -> None:
    terms, rows, told = loan
    quiet = [e for e in told if e.effective_on <= as_of and e.kind is not EventKind.PAUSED]
    today, tomorrow = (position_of(terms, quiet, rows, day) for day in (as_of, as_of + timedelta(1)))
    assume(today.past_due_days > 0)
    assert tomorrow.past_due_days == today.past_due_days + 1
    assert tomorrow.overdue_minor >= today.overdue_minor


spans = st.tuples(st.integers(0, 300), st.integers(0, 60)).map(
    lambda p: Pause(START + timedelta(p[0]), START + timedelta(p[0] + p[1]), frozenset({Stop.DELINQUENT_DAYS}))
)


@given(st.lists(spans, max_size=8), st.integers(0, 300), st.integers(0, 400))
@settings(max_examples=300, deadline=None)
def test_pause_algebra(pauses, since, length) -> None:
    """Against counting day by day: a day is paused if some pause has begun before its end (from a to b: b - a days)."""
    begin, end = START + timedelta(since), START + timedelta(since + length)
    merged = union(pauses, Stop.DELINQUENT_DAYS)
    counted = sum(any(p.from_on <= d < p.to_on for p in pauses) for d in (begin + timedelta(n) for n in range(length)))
    assert paused_days(merged, begin, end) == counted <= length
    assert all(a[1] < b[0] for a, b in itertools.pairwise(merged))
    assert union(list(reversed(pauses)), Stop.DELINQUENT_DAYS) == merged
    assert union(pauses, Stop.PENALTY) == ()
    middle = begin + timedelta(length // 2)
    assert paused_days(merged, begin, middle) + paused_days(merged, middle, end) == counted


@given(days, st.integers(0, 90), days)
@settings(max_examples=100, deadline=None)
def test_a_resume_only_shortens(day, length, resumed) -> None:
    terms = ServicingTerms()
    pause = event(1, EventKind.PAUSED, day, until=day + timedelta(length))
    (before,) = pauses_of([pause], terms)
    for target in (None, 1):
        (after,) = pauses_of([pause, event(2, EventKind.RESUMED, resumed, target_id=target)], terms)
        assert after.from_on == before.from_on <= after.to_on <= before.to_on
        if before.from_on <= resumed <= before.to_on:
            assert after.to_on == resumed


@given(loans())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_terms_survive_their_stored_form(loan) -> None:
    terms, rows, told = loan
    stored = ServicingTerms.from_dict(terms.to_dict())
    assert stored == terms
    assert position_of(stored, told, rows, END) == position_of(terms, told, rows, END)
