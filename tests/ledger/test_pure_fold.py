"""Hand-worked answers of the one-loan fold: penalty and compound interest, caps, every rare event."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from pure_histories import event

from arrears.kernel.money import RoundingMode
from arrears.ledger import accrual, caps
from arrears.ledger.allocation import Claim, Origin, by_rank
from arrears.ledger.contagion import Exposure, spread
from arrears.ledger.events import Component, Event, EventKind, ScheduleRow
from arrears.ledger.position import Position, Status, position_of
from arrears.ledger.servicing import CapTerms, ServicingTerms, Waterfall, buckets_of
from arrears.ledger.statement import statement_of

K = EventKind
P, J, F, N, C, R = (Component(c) for c in ("principal", "interest", "fee", "penalty", "compound", "cost"))
ROWS = [ScheduleRow(n, date(2026, n, 28), 1_000_00, 10_00) for n in range(1, 7)]
OUT = event(1, K.DISBURSED, date(2025, 12, 28), amount_minor=6_000_00)


def at(day: date, *told: Event, rows: list[ScheduleRow] | None = None, **terms: object) -> Position:
    return position_of(ServicingTerms.from_dict(terms), [OUT, *told], ROWS if rows is None else rows, day)


PENALTY = {"contract_multiple": "1.5", "contract_rates": [{"from_on": "2025-01-01", "annual_percent": "12"}]}


def test_penalty_interest_from_the_day_after_the_due_date() -> None:
    """1,000.00 at 18 percent, actual/360: 10 days are 5.00, 31 days are 15.50."""
    assert at(date(2026, 1, 28), penalty=PENALTY).totals[N] == 0
    assert at(date(2026, 2, 7), penalty=PENALTY).totals[N] == 5_00
    assert at(date(2026, 2, 28), penalty=PENALTY).totals[N] == 15_50
    assert at(date(2026, 2, 7), penalty=PENALTY, grace_days=3).totals[N] == 5_00
    assert at(date(2026, 2, 7), penalty={**PENALTY, "from_grace_end": True}, grace_days=3).totals[N] == 3_50


def test_compound_interest_is_on_unpaid_interest_only() -> None:
    """10.00 at 18 percent for 31 days: 0.155, half up 0.16; not on the penalty itself."""
    position = at(date(2026, 2, 28), penalty={**PENALTY, "compound_base": ["interest"]})
    assert (position.totals[C], position.totals[N]) == (16, 15_50)
    for wrong in ("base", "compound_base"):
        with pytest.raises(ValueError, match="cannot hold"):
            ServicingTerms.from_dict({"penalty": {**PENALTY, wrong: ["penalty"]}})


def test_rate_change_splits_the_days() -> None:
    """10 days at 18, then 10 days at 14.4 percent (contract rate 9.6): 5.00 + 4.00."""
    change = event(2, K.RATE_CHANGED, date(2026, 2, 7), data={"annual_rate": "9.6"})
    position = at(date(2026, 2, 17), change, penalty=PENALTY)
    assert position.totals[N] == 9_00
    lines = [line for line in statement_of(position).lines if line.kind == "accrued"]
    assert [(x.days, x.annual_percent, x.amount_minor) for x in lines] == [(10, Decimal(18), 5_00), (10, Decimal("14.4"), 4_00)]
    named = event(2, K.RATE_CHANGED, date(2026, 2, 7), data={"penalty_rate": "14.4"})
    assert at(date(2026, 2, 17), named, penalty=PENALTY).totals[N] == 9_00


def test_actual_actual_counts_leap_days_by_their_year() -> None:
    exact = 10_000_00 * 365 * (Decimal(1) / 366 * 2 + Decimal(1) / 365 * 3) / 100
    rows = [ScheduleRow(1, date(2024, 12, 30), 10_000_00)]
    position = at(date(2025, 1, 4), rows=rows, penalty={"annual_percent": "365", "day_count": "actual/actual"})
    assert position.totals[N] == round(exact)


def test_a_pause_that_stops_penalty() -> None:
    pause = event(2, K.PAUSED, date(2026, 2, 1), until=date(2026, 2, 11))
    stopped = at(date(2026, 2, 28), pause, penalty=PENALTY, pause_stops=["penalty", "delinquent_days"])
    assert (stopped.totals[N], stopped.delinquent_days, stopped.past_due_days) == (10_50, 21, 31)
    assert at(date(2026, 2, 28), pause, penalty=PENALTY).totals[N] == 15_50


def test_payment_settles_accrued_penalty_of_its_day() -> None:
    paid = event(2, K.PAID, date(2026, 2, 7), amount_minor=100_00)
    position = at(date(2026, 2, 7), paid, penalty=PENALTY, waterfall="cn.civil_code_561")
    (one,) = position.payments
    assert {c: one.of(c) for c in (J, N, P)} == {J: 10_00, N: 5_00, P: 85_00}
    assert one.principal_outstanding_minor == 5_915_00


def test_chargeback_takes_the_last_settled_parts_back_on_its_day() -> None:
    paid = event(2, K.PAID, date(2026, 1, 28), amount_minor=1_010_00)
    back = event(3, K.CHARGED_BACK, date(2026, 2, 3), amount_minor=1_005_00, target_id=2)
    position = at(date(2026, 2, 13), paid, back)
    owed = next(i for i in position.instalments if i.origin is Origin.CHARGEBACK)
    assert (owed.due_on, owed.outstanding_of(P), owed.outstanding_of(J)) == (date(2026, 2, 3), 1_000_00, 5_00)
    assert (position.past_due_days, position.overdue_minor) == (10, 1_005_00)
    undone = event(4, K.REVERSED, date(2026, 2, 4), target_id=2)
    position = at(date(2026, 2, 13), paid, back, undone)
    assert position.overdue_minor == 1_010_00
    assert [t.detail for t in position.trace if t.kind == "note"] == ["chargeback_without_payment"]


def test_credit_waits_and_is_used_given_back_or_charged_back() -> None:
    paid = event(2, K.PAID, date(2026, 1, 28), amount_minor=6_160_00)
    assert (at(date(2026, 1, 28), paid).status, at(date(2026, 1, 28), paid).unallocated_minor) == (Status.OVERPAID, 100_00)
    charge = event(3, K.CHARGED, date(2026, 3, 1), amount_minor=30_00, component=F)
    position = at(date(2026, 3, 1), paid, charge)
    assert (position.unallocated_minor, position.outstanding_minor) == (70_00, 0)
    assert [(d, x.component, x.amount_minor) for d, x in position.payments[0].applied_later] == [(date(2026, 3, 1), F, 30_00)]
    refund = event(4, K.REFUNDED, date(2026, 3, 2), amount_minor=90_00)
    position = at(date(2026, 3, 2), paid, charge, refund)
    assert (position.unallocated_minor, position.outstanding_minor) == (0, 20_00)
    back = event(5, K.CHARGED_BACK, date(2026, 3, 3), amount_minor=60_00, target_id=2)
    assert at(date(2026, 3, 3), paid, charge, back).unallocated_minor == 10_00


def test_held_credit_is_used_on_the_due_date() -> None:
    paid = event(2, K.PAID, date(2026, 1, 10), amount_minor=1_500_00)
    fall = {"style": "by_due_date", "in_advance_to": "hold"}
    assert at(date(2026, 1, 27), paid, waterfall=fall).unallocated_minor == 1_500_00
    assert at(date(2026, 1, 28), paid, waterfall=fall).unallocated_minor == 490_00
    position = at(date(2026, 2, 28), paid, waterfall=fall, penalty=PENALTY)
    assert (position.unallocated_minor, position.earliest_unpaid_minor, position.totals[N]) == (0, 520_00, 0)


def test_reamortise_spreads_money_over_all_future_instalments() -> None:
    paid = event(2, K.PAID, date(2026, 1, 28), amount_minor=1_010_00 + 100_03)
    position = at(date(2026, 1, 28), paid, waterfall={"style": "by_due_date", "in_advance_to": "reamortise"})
    assert [i.paid_minor for i in position.instalments] == [1_010_00, 20_00, 20_00, 20_00, 20_00, 20_03]


def test_directed_and_split_payments() -> None:
    directed = event(2, K.PAID, date(2026, 3, 1), amount_minor=1_020_00, due_on=date(2026, 2, 28))
    position = at(date(2026, 3, 1), directed)
    assert [i.outstanding_minor for i in position.instalments[:2]] == [1_000_00, 0]
    split = event(2, K.PAID, date(2026, 1, 28), amount_minor=50_00, data={"split": {"principal": 45_00, "fee": 5_00}})
    position = at(date(2026, 1, 28), split)
    assert {c: position.payments[0].of(c) for c in (P, J, F)} == {P: 45_00, J: 5_00, F: 0}
    assert [(t.detail, t.amount_minor) for t in position.trace if t.kind == "note"] == [("split_exceeds_open", 5_00)]


def test_waiver_of_one_instalment_and_what_it_exceeds() -> None:
    waiver = event(2, K.WAIVED, date(2026, 3, 1), amount_minor=15_00, component=J, due_on=date(2026, 2, 28))
    position = at(date(2026, 3, 1), waiver)
    assert [i.outstanding_of(J) for i in position.instalments[:2]] == [10_00, 0]
    assert [(t.detail, t.amount_minor) for t in position.trace if t.kind == "note"] == [("waiver_exceeds_open", 5_00)]


def test_acceleration_drops_interest_not_yet_earned() -> None:
    """Called on 14 February: half of the February interest (17 of 31 days) is earned: 5.48."""
    called = event(2, K.ACCELERATED, date(2026, 2, 14))
    position = at(date(2026, 2, 15), called)
    assert (position.totals[P], position.totals[J]) == (6_000_00, 10_00 + 5_48)
    assert (position.overdue_minor, position.accelerated_on) == (6_015_48, date(2026, 2, 14))
    assert statement_of(position, "total", "all").total_minor == 6_015_48


@pytest.mark.parametrize(("old", "overdue", "left"), [("replace_all", 0, 6_600_00), ("keep_arrears", 1_010_00, 7_610_00)])
def test_restructuring(old: str, overdue: int, left: int) -> None:
    rows = [*ROWS, *(ScheduleRow(n, date(2026, 6 + n, 1), 1_100_00, version=7) for n in range(1, 7))]
    new = event(7, K.RESTRUCTURED, date(2026, 2, 10), data={"old": old})
    position = at(date(2026, 2, 20), new, rows=rows)
    assert (position.overdue_minor, position.outstanding_minor) == (overdue, left)
    assert at(date(2026, 2, 9), new, rows=rows).outstanding_minor == 6_060_00
    assert statement_of(position, "total", "all").total_minor == left


def test_a_schedule_sent_again_replaces_the_first_from_the_start() -> None:
    rows = [ScheduleRow(1, date(2026, 1, 28), 500_00, version=2), ScheduleRow(1, date(2026, 2, 28), 700_00, version=3)]
    first = event(2, K.SCHEDULE_SET, date(2025, 12, 28))
    again = event(3, K.SCHEDULE_SET, date(2025, 12, 28))
    assert at(date(2026, 2, 1), first, rows=rows).overdue_minor == 500_00
    assert at(date(2026, 2, 1), first, again, rows=rows).overdue_minor == 0


def test_write_off_leaves_the_debt_and_later_money_is_recovery() -> None:
    off = event(2, K.WRITTEN_OFF, date(2026, 5, 1))
    paid = event(3, K.PAID, date(2026, 6, 1), amount_minor=200_00)
    position = at(date(2026, 6, 2), off, paid)
    assert (position.status, position.recovered_minor, position.written_off_on) == (Status.WRITTEN_OFF, 200_00, date(2026, 5, 1))
    assert position.outstanding_minor == 5_860_00


def test_card_draws_statements_and_minimum_due() -> None:
    """Draws of 1,000.00; statement: interest 15.00, minimum 100.00; next month the unpaid 60.00 is inside the new minimum."""
    told = [
        event(1, K.OPENED, date(2026, 1, 1)),
        event(2, K.DRAWN, date(2026, 1, 5), amount_minor=1_000_00),
        event(3, K.STATEMENT_CUT, date(2026, 1, 31), due_on=date(2026, 2, 20), data={"minimum_due": 100_00, "interest": 15_00}),
        event(4, K.PAID, date(2026, 2, 18), amount_minor=40_00),
    ]
    terms = ServicingTerms()
    before = position_of(terms, told, (), date(2026, 2, 10))
    assert (before.status, before.outstanding_minor, before.overdue_minor) == (Status.CURRENT, 1_015_00, 0)
    assert (before.next_due_on, before.next_due_minor) == (date(2026, 2, 20), 100_00)
    late = position_of(terms, told, (), date(2026, 2, 25))
    assert (late.overdue_minor, late.past_due_days, late.outstanding_minor) == (60_00, 5, 975_00)
    told.append(event(5, K.STATEMENT_CUT, date(2026, 2, 28), due_on=date(2026, 3, 20), data={"minimum_due": 150_00}))
    assert position_of(terms, told, (), date(2026, 3, 25)).overdue_minor == 150_00
    told.append(event(6, K.PAID, date(2026, 3, 26), amount_minor=2_000_00))
    done = position_of(terms, told, (), date(2026, 3, 26))
    assert (done.outstanding_minor, done.unallocated_minor) == (0, 1_025_00)
    told.append(event(7, K.DRAWN, date(2026, 4, 1), amount_minor=500_00))
    assert position_of(terms, told, (), date(2026, 4, 1)).unallocated_minor == 525_00


def test_closing_balance_of_the_host_is_a_fact() -> None:
    data = {"minimum_due": 10_00, "closing_balance": 200_00}
    cut = event(3, K.STATEMENT_CUT, date(2026, 1, 31), due_on=date(2026, 2, 20), data=data)
    more = position_of(ServicingTerms(), [event(2, K.DRAWN, date(2026, 1, 5), amount_minor=150_00), cut], (), date(2026, 2, 1))
    assert more.outstanding_minor == 200_00
    less = position_of(ServicingTerms(), [event(2, K.DRAWN, date(2026, 1, 5), amount_minor=250_00), cut], (), date(2026, 2, 1))
    assert [(t.detail, t.amount_minor) for t in less.trace if t.kind == "note"] == [("closing_balance_below_ours", 50_00)]


@pytest.mark.parametrize(
    ("profile", "formed_on", "percent"),
    [
        ("cn.private_lending_4xlpr", date(2026, 1, 25), "12.00"),
        ("cn.private_lending_4xlpr", date(2023, 9, 21), "13.80"),
        ("cn.private_lending_4xlpr", date(2020, 8, 25), "15.40"),
        ("cn.financial_24", date(2024, 5, 1), "24"),
    ],
)
def test_caps(profile: str, formed_on: date, percent: str) -> None:
    rate = caps.rate_for(CapTerms(profile, formed_on))
    assert rate.annual_percent == Decimal(percent)
    assert rate.clause


def test_charges_above_the_cap_are_shown_as_reduced() -> None:
    """One year, 10,000.00, charges of 36 percent: 24 percent stay (2,400.00), 1,200.00 are taken off in a line of its own."""
    rows = [ScheduleRow(1, date(2025, 12, 28), 10_000_00, 3_600_00)]
    told = [event(1, K.DISBURSED, date(2024, 12, 28), amount_minor=10_000_00)]
    terms = ServicingTerms.from_dict({"cap": {"profile": "cn.financial_24", "formed_on": "2024-12-28"}})
    position = position_of(terms, told, rows, date(2025, 12, 28))
    assert (position.totals[J], position.cap_reduced_minor) == (2_400_00, 1_200_00)
    lines = statement_of(position, "total").lines
    (reduced,) = [line for line in lines if line.kind == "reduced"]
    assert (reduced.amount_minor, reduced.annual_percent, bool(reduced.clause)) == (-1_200_00, Decimal(24), True)
    later = position_of(terms, told, rows, date(2026, 6, 28))  # half a year more: the cap allows it all again
    assert later.cap_reduced_minor < 1_200_00
    assert statement_of(later).total_minor == later.overdue_minor


def test_an_unknown_cap_is_said_not_taken_as_none() -> None:
    position = at(date(2026, 2, 1), cap={"profile": "cn.private_lending_4xlpr", "formed_on": "2031-01-01"})
    assert "no value in force" in position.cap_unknown
    with pytest.raises(caps.UnknownCap):
        caps.rate_for(CapTerms("none", date(2026, 1, 1)))


def test_cure_rules() -> None:
    """First due paid late, second still open: days from the oldest unpaid, or from the start of the arrears until all is paid."""
    paid = event(2, K.PAID, date(2026, 3, 5), amount_minor=1_010_00)
    assert at(date(2026, 3, 10), paid).past_due_days == 10
    episode = {"kind": "all_arrears"}
    assert at(date(2026, 3, 10), paid, cure=episode).past_due_days == 41
    cured = event(3, K.PAID, date(2026, 3, 12), amount_minor=1_010_00)
    assert at(date(2026, 3, 12), paid, cured, cure=episode).past_due_days == 0
    assert at(date(2026, 3, 31), paid, cured, cure=episode).past_due_days == 3


def test_tolerance_starts_no_counter() -> None:
    paid = event(2, K.PAID, date(2026, 1, 28), amount_minor=1_005_00)
    position = at(date(2026, 2, 10), paid, cure={"tolerance_minor": 5_00})
    assert (position.past_due_days, position.bucket, position.overdue_minor) == (0, None, 5_00)
    assert at(date(2026, 2, 10), paid, cure={"tolerance_minor": 4_99}).past_due_days == 13


def test_contagion_lifts_every_loan_to_the_worst_of_the_customer() -> None:
    loans = [Exposure("a", 91, 500_00), Exposure("b", 0, 10_00), Exposure("c", 12, 1)]
    assert spread(loans) == {"a": 91, "b": 91, "c": 91}
    assert spread(loans, from_days=92) == {"a": 91, "b": 0, "c": 12}
    assert spread(loans, ignore_below_minor=501_00) == {"a": 91, "b": 0, "c": 12}


@pytest.mark.parametrize(
    ("mode", "halves"),
    [("half_up", (1, 2, 3)), ("half_even", (0, 2, 2)), ("half_down", (0, 1, 2)), ("up", (1, 2, 3)), ("down", (0, 1, 2))],
)
def test_rounding_of_halves(mode: str, halves: tuple[int, ...]) -> None:
    assert tuple(accrual.round_div(n, 2, RoundingMode(mode)) for n in (1, 3, 5)) == halves


def test_distribution_by_rank() -> None:
    """The last cents go to the largest remainders, or to the last claim; by date the older claim first."""
    claims = [
        Claim("a", "ordinary", 100, date(2026, 3, 1)),
        Claim("b", "ordinary", 100, date(2026, 1, 1)),
        Claim("c", "first", 1),
    ]
    ranks = {"style": "by_rank", "ranks": ["first", "ordinary"]}
    assert by_rank(claims, 102, Waterfall.from_dict(ranks)) == ({"a": 51, "b": 50, "c": 1}, 0)
    assert by_rank(claims, 102, Waterfall.from_dict({**ranks, "rounding_rest": "last"})) == ({"a": 50, "b": 51, "c": 1}, 0)
    assert by_rank(claims, 102, Waterfall.from_dict({**ranks, "within_rank": "by_date"})) == ({"a": 1, "b": 100, "c": 1}, 0)
    assert by_rank(claims, 500, Waterfall.from_dict(ranks)) == ({"a": 100, "b": 100, "c": 1}, 299)


@pytest.mark.parametrize(
    "wrong",
    [
        {"waterfall": "no.such"}, {"waterfall": {"style": "sideways"}}, {"waterfall": {"order": ["gold"]}}, {"grace_days": -1},
        {"due_date_counts_as": 2}, {"instalment_ageing": "x"}, {"pause_stops": ["time"]}, {"replay": "x"},
        {"penalty": {"day_count": "actual/360"}}, {"penalty": {"annual_percent": "1", "contract_multiple": "1"}},
        {"penalty": {"contract_multiple": "1.5"}}, {"penalty": {"annual_percent": "1", "day_count": "30/360"}},
        {"buckets": ["1-30", "30-60"]}, {"buckets": ["1+", "31-60"]}, {"cure": {"kind": "x"}},
    ],
)  # fmt: skip
def test_terms_that_are_not_understood_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError):
        ServicingTerms.from_dict(wrong)


def test_buckets_may_have_gaps_and_names() -> None:
    buckets = buckets_of(["1-3", {"name": "late", "from": 10, "to": 20}, "30+"])
    assert [b.name for b in buckets] == ["1-3", "late", "30+"]


def test_statement_refuses_other_words() -> None:
    with pytest.raises(ValueError, match="no statement"):
        statement_of(at(date(2026, 2, 1)), "half")
