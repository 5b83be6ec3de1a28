"""How a balance is paid down along a plan: level instalments, equal or fixed principal, fixed payment, bullet, flat interest.

The level instalment is solved exactly: with every factor known the final balance is an affine function of the instalment,
balance = c + m x instalment, so one pass with two numbers gives the instalment that ends at zero, whatever the odd first period,
grace, interest-only stretch or capitalisation before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from arrears.kernel.refusals import Refusal

from . import refusals_terms as refusals
from .due_dates import Plan, Point
from .interest_factors import compounds, factor
from .terms import Amortization, InterestAccrual, InterestMethod, Levelling, ScheduleTerms
from .terms_reading import MOST_INSTALMENTS


@dataclass(frozen=True, slots=True)
class Flow:
    """What one day of the plan brings."""

    on: date
    principal: Decimal
    interest: Decimal
    balance: Decimal
    capitalised: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Course:
    """Terms, plan and opening balance, with the factor of every point (interest on 1 since the point before)."""

    terms: ScheduleTerms
    plan: Plan
    opening: Decimal
    factors: tuple[Decimal, ...]

    @property
    def flat(self) -> bool:
        return self.terms.interest_method is InterestMethod.FLAT


def walk(terms: ScheduleTerms, plan: Plan, opening: Decimal) -> tuple[Flow, ...] | Refusal:
    """Every day of the plan in order. ``opening`` is the balance after the down payment."""
    course = _Course(terms, plan, opening, _factors(terms, plan))
    if terms.amortization is not Amortization.EQUAL_INSTALMENTS:
        return _ended(terms, _run(course, terms.fixed_instalment or Decimal(0)), terms.fixed_instalment)
    if terms.fixed_instalment is not None:
        return _ended(terms, _run(course, terms.fixed_instalment), terms.fixed_instalment)
    level = terms.rounding.instalment.apply(_level(course))
    flows = _run(course, level)
    if terms.levelling is Levelling.RELEVEL_ONCE and not terms.rate_resets:
        flows = _run(course, _relevelled(course, level, flows))
    return flows


def level_instalment(terms: ScheduleTerms, plan: Plan, opening: Decimal) -> Decimal | None:
    """The instalment the product works out itself, levelled and rounded; None where the amortisation has none."""
    if terms.amortization is not Amortization.EQUAL_INSTALMENTS:
        return terms.fixed_instalment if terms.amortization is Amortization.FIXED_PAYMENT else None
    own = replace(terms, fixed_instalment=None)
    if plan.last is None:
        return terms.fixed_instalment
    course = _Course(own, plan, opening, _factors(own, plan))
    level = own.rounding.instalment.apply(_level(course))
    if own.levelling is Levelling.RELEVEL_ONCE and not own.rate_resets:
        return _relevelled(course, level, _run(course, level))
    return level


def _ended(terms: ScheduleTerms, flows: tuple[Flow, ...], payment: Decimal | None) -> tuple[Flow, ...] | Refusal:
    if flows and flows[-1].balance != 0:
        return refusals.NEVER_REPAID.at("/fixed_instalment", value=payment, limit=MOST_INSTALMENTS)
    return flows


def _factors(terms: ScheduleTerms, plan: Plan, known_before: date | None = None) -> tuple[Decimal, ...]:
    """Interest on 1 for each point; 0 inside the interest-free grace."""
    result = []
    before, reached = terms.disbursed_on, 0
    for point in plan.points:
        free = reached < terms.grace.interest_free_instalments
        step = plan.spans.get((before, point.on))
        result.append(Decimal(0) if free else factor(terms, before, point.on, step, known_before))
        before, reached = point.on, point.instalment or reached
    return tuple(result)


def _level_factors(terms: ScheduleTerms, plan: Plan, known_before: date) -> tuple[Decimal, ...]:
    """The factors to solve a level instalment with: no future rate changes; whole periods where the accrual is unstated."""
    if terms.interest_accrual is None and not compounds(terms):
        terms = replace(terms, interest_accrual=InterestAccrual.PER_PERIOD)
    return _factors(terms, plan, known_before)


def _interest_base(course: _Course, balance: Decimal) -> Decimal:
    return course.opening if course.flat else balance


def _flat_share(course: _Course) -> Decimal:
    """Flat interest of one level instalment: the whole interest of the term in equal parts."""
    end = course.plan.solved_until
    whole = sum((f for p, f in zip(course.plan.points, course.factors, strict=True) if p.on <= end), Decimal(0))
    counted = sum(1 for p in course.plan.points if p.instalment and p.on <= end)
    counted -= max(course.terms.grace.interest_instalments, course.terms.grace.interest_free_instalments)
    return course.opening * whole / max(counted, 1)


def _level(course: _Course) -> Decimal:
    """The exact level instalment from the first point on."""
    terms = course.terms
    if course.flat:
        paying = sum(1 for p in course.plan.points if p.instalment and p.on <= course.plan.solved_until)
        return course.opening / max(paying - terms.grace.principal_instalments, 1) + _flat_share(course)
    factors = course.factors
    if course.plan.points and (terms.rate_resets or terms.interest_accrual is None):
        factors = _level_factors(terms, course.plan, known_before=course.plan.points[0].on)
    return _solve(course, factors, 0, course.opening, terms.accrued_interest)


def _solve(course: _Course, factors: Sequence[Decimal], start: int, balance: Decimal, accrued: Decimal) -> Decimal:
    """The instalment that brings ``balance`` at the point before ``start`` to zero on ``plan.solved_until``."""
    grace = course.terms.grace
    const, slope = balance, Decimal(0)  # balance = const + slope x instalment
    accrued_const, accrued_slope = accrued, Decimal(0)
    grow = compounds(course.terms)
    for point, f in zip(course.plan.points[start:], factors[start:], strict=True):
        if point.on > course.plan.solved_until:
            break
        interest_const = accrued_const + (const + accrued_const if grow else const) * f
        interest_slope = accrued_slope + (slope + accrued_slope if grow else slope) * f
        settled = point.capitalises or point.interest_due
        if point.capitalises:
            const, slope = const + interest_const, slope + interest_slope
        elif point.instalment > grace.principal_instalments:
            const, slope = const + interest_const, slope + interest_slope - 1
            settled = True
        accrued_const, accrued_slope = (Decimal(0), Decimal(0)) if settled else (interest_const, interest_slope)
    return -const / slope if slope else balance


def _relevelled(course: _Course, level: Decimal, flows: tuple[Flow, ...]) -> Decimal:
    """The levelling ``relevel_once`` (see FORMAT: levelling). A balloon is no rounding rest and is left alone."""
    if not flows or course.plan.last is None or course.plan.last < course.plan.solved_until:
        return level
    rule = course.terms.rounding.instalment
    count = course.plan.instalment_count - course.terms.grace.principal_instalments
    off = flows[-1].principal + flows[-1].interest - level
    if count < 2 or abs(off) <= Decimal(count) * Decimal(5).scaleb(-rule.places - 1):
        return level
    moved = rule.apply(level + off / count)
    again = _run(course, moved)
    return moved if abs(again[-1].principal + again[-1].interest - moved) < abs(off) else level


def _run(course: _Course, level: Decimal) -> tuple[Flow, ...]:
    """One pass with rounding. ``level`` is the level instalment or fixed payment; 0 where the amortisation has none."""
    terms, plan = course.terms, course.plan
    money = terms.rounding.interest
    balance, accrued, deferred = course.opening, terms.accrued_interest, Decimal(0)
    flows: list[Flow] = []
    part = _principal_part(course)
    share = money.apply(_flat_share(course)) if course.flat else Decimal(0)
    relevels = terms.amortization is Amortization.EQUAL_INSTALMENTS and bool(terms.rate_resets) and not course.flat
    for index, (point, f) in enumerate(zip(plan.points, course.factors, strict=True)):
        if relevels and _reset_in(terms, _before(course, index), point.on):
            factors = _level_factors(terms, plan, known_before=point.on)
            level = terms.rounding.instalment.apply(_solve(course, factors, index, balance, accrued))
        base = _interest_base(course, balance) + (accrued if compounds(terms) else 0)
        interest = accrued + base * f
        last = point.on == plan.last
        if point.capitalises:
            added = money.apply(interest)
            balance, accrued = balance + added, Decimal(0)
            flows.append(Flow(point.on, Decimal(0), Decimal(0), balance, added))
            continue
        due = Decimal(0)
        if point.interest_due or last:
            due, accrued = money.apply(interest), Decimal(0)
            if course.flat and terms.amortization is Amortization.EQUAL_INSTALMENTS:
                due = _flat_due(course, point, share, flows, last)
        else:
            accrued = interest
        principal = balance if last else _principal(course, point, balance, due, level, part)
        put_off = 0 < point.instalment <= terms.grace.interest_instalments and not course.flat
        if put_off and not last:
            deferred, due = deferred + due, Decimal(0)
        if deferred and (last or point.instalment > terms.grace.interest_instalments):
            due, deferred = due + deferred, Decimal(0)
        balance -= principal
        flows.append(Flow(point.on, principal, due, balance))
        if last or (balance == 0 and not course.flat):
            break
    return tuple(flows)


def _before(course: _Course, index: int) -> date:
    return course.plan.points[index - 1].on if index else course.terms.disbursed_on


def _reset_in(terms: ScheduleTerms, start: date, end: date) -> bool:
    return any(start <= r.on < end for r in terms.rate_resets)


def _flat_due(course: _Course, point: Point, share: Decimal, flows: list[Flow], last: bool) -> Decimal:
    """One equal part of the flat interest; the last takes the rest, and rounding never takes more than is left."""
    grace = course.terms.grace
    whole = course.opening * sum(course.factors, Decimal(0)) + course.terms.accrued_interest
    left = course.terms.rounding.interest.apply(whole) - sum((f.interest for f in flows), Decimal(0))
    if last:
        return left
    if point.instalment <= max(grace.interest_instalments, grace.interest_free_instalments):
        return Decimal(0)
    return min(share, left) if whole >= 0 else max(share, left)


def _principal_part(course: _Course) -> Decimal:
    """The equal share of principal, rounded, for amortisations that have one."""
    terms = course.terms
    count = course.plan.instalment_count - terms.grace.principal_instalments
    return terms.rounding.interest.apply(course.opening / max(count, 1))


def _principal(course: _Course, point: Point, balance: Decimal, due: Decimal, level: Decimal, part: Decimal) -> Decimal:
    """Principal that falls due at a point that is not the last."""
    terms = course.terms
    if not point.instalment or point.instalment <= terms.grace.principal_instalments:
        return Decimal(0)
    if terms.amortization is Amortization.EQUAL_PRINCIPAL:
        return min(part, balance)
    if terms.amortization is Amortization.FIXED_PRINCIPAL:
        return min(terms.fixed_principal or Decimal(0), balance)
    if terms.amortization is Amortization.BULLET:
        return Decimal(0)
    plain_flat = course.flat and terms.rounding.instalment.multiple_of is None and terms.fixed_instalment is None
    if plain_flat and terms.amortization is Amortization.EQUAL_INSTALMENTS:
        return min(part, balance)
    return min(level - due, balance)
