"""From terms to rows: what falls due when, and what is left after it.

``build`` is exact: factors have 40 digits, amounts are rounded only by the rounding the terms name, and the last row takes what
is left, so principal always sums to the loan. ``minor_rows`` gives the obligations as integer minor units for the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from arrears.kernel.money import RoundingMode, to_minor
from arrears.kernel.refusals import Refusal

from . import refusals_terms as refusals
from .amortization import Flow, level_instalment, walk
from .due_dates import plan
from .events import ScheduleRow
from .interest_factors import EXACT
from .terms import ScheduleTerms


@dataclass(frozen=True, slots=True)
class Row:
    """One day of a schedule. Amounts are exact ``Decimal`` major units of the terms' currency.

    ``balance`` is the principal left after this day; ``capitalised`` the interest added to it on this day.
    """

    n: int
    due_on: date
    principal: Decimal
    interest: Decimal
    balance: Decimal
    kind: str = "instalment"  # instalment | down_payment
    fee: Decimal = Decimal(0)
    penalty: Decimal = Decimal(0)
    capitalised: Decimal = Decimal(0)

    @property
    def instalment(self) -> Decimal:
        """All that falls due on this day."""
        return self.principal + self.interest + self.fee + self.penalty


@dataclass(frozen=True, slots=True)
class Totals:
    principal: Decimal
    interest: Decimal
    instalment: Decimal


def build(terms: ScheduleTerms) -> tuple[Row, ...] | Refusal:
    """The rows of ``terms``, in order of due date; a down payment comes first.

    Refuses ``terms.no_end``, ``terms.too_many_instalments`` and ``terms.never_repaid``; terms read by ``from_dict`` are
    otherwise sound. Two calls with equal terms give equal rows: no clock, no state.
    """
    with localcontext(EXACT):
        days = plan(terms)
        if isinstance(days, Refusal):
            return days
        down = down_payment(terms)
        flows = walk(terms, days, terms.principal - down)
        if isinstance(flows, Refusal):
            return flows
        rows = [_down_row(terms, down)] if down else []
        rows += [_row(flow) for flow in flows]
        return tuple(_numbered(rows))


def instalment(terms: ScheduleTerms) -> Decimal | Refusal | None:
    """The level instalment the terms work out to, rounded by them (the lender's own, if stated, is not looked at).

    ``None`` for amortisations that have no level instalment.
    """
    with localcontext(EXACT):
        days = plan(terms)
        if isinstance(days, Refusal):
            return days
        return level_instalment(terms, days, terms.principal - down_payment(terms))


def down_payment(terms: ScheduleTerms) -> Decimal:
    """The amount due at once, rounded like an instalment; 0 where the terms have none."""
    part = terms.down_payment
    if part is None:
        return Decimal(0)
    if part.amount is not None:
        return part.amount
    return terms.rounding.instalment.apply(terms.principal * (part.percent or Decimal(0)) / 100)


def totals(rows: Iterable[Row]) -> Totals:
    """Column sums."""
    listed = list(rows)
    return Totals(
        principal=sum((r.principal for r in listed), Decimal(0)),
        interest=sum((r.interest for r in listed), Decimal(0)),
        instalment=sum((r.instalment for r in listed), Decimal(0)),
    )


def minor_rows(rows: Iterable[Row], currency: str, version: int = 0) -> tuple[ScheduleRow, ...]:
    """The obligations for the ledger, in integer minor units. Days on which nothing falls due (capitalisation) are left out.

    Rows of terms with rounding finer than the currency are rounded half up here, principal so that it still sums.
    """
    result: list[ScheduleRow] = []
    carried = Decimal(0)
    paid_minor = 0
    for row in rows:
        carried += row.principal
        principal_minor = to_minor(carried, currency, RoundingMode.HALF_UP) - paid_minor
        paid_minor += principal_minor
        obligation = ScheduleRow(
            n=len(result) + 1,
            due_on=row.due_on,
            principal_minor=principal_minor,
            interest_minor=to_minor(row.interest, currency),
            fee_minor=to_minor(row.fee, currency),
            penalty_minor=to_minor(row.penalty, currency),
            version=version,
        )
        if obligation.total_minor or not row.capitalised:
            result.append(obligation)
    return tuple(result)


def _down_row(terms: ScheduleTerms, amount: Decimal) -> Row:
    due_on = terms.down_payment.due_on if terms.down_payment and terms.down_payment.due_on else terms.disbursed_on
    return Row(0, due_on, amount, Decimal(0), terms.principal - amount, kind="down_payment")


def _row(flow: Flow) -> Row:
    return Row(0, flow.on, flow.principal, flow.interest, flow.balance, capitalised=flow.capitalised)


def _numbered(rows: list[Row]) -> Iterable[Row]:
    for n, r in enumerate(rows, 1):
        yield Row(n, r.due_on, r.principal, r.interest, r.balance, r.kind, r.fee, r.penalty, r.capitalised)


__all__ = ["Row", "Totals", "build", "down_payment", "instalment", "minor_rows", "refusals", "totals"]
