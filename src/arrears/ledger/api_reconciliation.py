"""REST: host positions beside our own. Taken up by ``api.py``."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Schema
from pydantic import AwareDatetime

from arrears.kernel import clock
from arrears.kernel.door import Amount, Listing, Page, amount

from . import queries
from .api_router import router
from .reconciliation import MONEY, Difference, Report


class DifferenceOut(Schema):
    """One field of one agreement where the host says something else. Money as amounts, days and dates as text."""

    agreement_id: str
    reference: str
    as_of: date
    field: str
    ours: Amount | str | None
    host: Amount | str | None

    @classmethod
    def of(cls, row: Difference) -> DifferenceOut:
        def shown(value: int | date | None) -> Amount | str | None:
            if row.field in MONEY and isinstance(value, int):
                return amount(value, row.currency)
            return None if value is None else str(value)

        field = row.field.removesuffix("_minor")
        return cls(
            agreement_id=row.agreement,
            reference=row.reference,
            as_of=row.as_of,
            field=field,
            ours=shown(row.ours),
            host=shown(row.host),
        )


class FieldSumOut(Schema):
    field: str
    currency: str
    agreements: int
    absolute: Amount | str

    @classmethod
    def of(cls, field: str, currency: str, agreements: int, absolute: int) -> FieldSumOut:
        money = amount(absolute, currency) if field in MONEY else None
        return cls(field=field.removesuffix("_minor"), currency=currency, agreements=agreements, absolute=money or str(absolute))


class ReconciliationOut(Schema):
    """``compared`` had a figure of the host; ``silent`` are kept by both sides but the host said nothing."""

    as_of: date
    known_at: AwareDatetime | None
    compared: int
    equal: int
    silent: int
    sums: list[FieldSumOut]

    @classmethod
    def of(cls, found: Report) -> ReconciliationOut:
        sums = [FieldSumOut.of(s.field, s.currency, s.agreements, s.absolute) for s in found.sums]
        same = ("as_of", "known_at", "compared", "equal", "silent")
        return cls(sums=sums, **{n: getattr(found, n) for n in same})


@router.get("/reconciliation", response=ReconciliationOut)
def view_reconciliation(
    request: HttpRequest, as_of: date | None = None, known_at: AwareDatetime | None = None, creditor: str = ""
) -> Any:
    """Agreements kept by both sides: how many agree, and the sum of the differences by field."""
    return ReconciliationOut.of(queries.reconciliation(request.actor.scope, as_of or clock.today(), known_at, creditor))


@router.get("/reconciliation/differences", response=Page[DifferenceOut])
def list_differences(
    request: HttpRequest, as_of: date | None = None, known_at: AwareDatetime | None = None, creditor: str = ""
) -> Any:
    """Every difference, by agreement and field."""
    found = queries.reconciliation(request.actor.scope, as_of or clock.today(), known_at, creditor)
    return Listing(found.differences, (), DifferenceOut.of)
