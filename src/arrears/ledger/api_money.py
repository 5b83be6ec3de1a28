"""Amounts from the wire into minor units of an agreement's currency, or the refusal that says which one does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arrears.kernel.door import Amount
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Scope

from . import models, queries, refusals
from .events import Component, ScheduleRow
from .schemas import RowIn, amount_minor


def minors(agreement: models.Agreement, amounts: Mapping[str, Amount | None]) -> dict[str, int] | Refusal:
    """Every given amount by its field, in the agreement's currency. Refuses ``ledger.currency_mismatch``."""
    found = {}
    for name, amount in amounts.items():
        if amount is None:
            continue
        if amount.currency != agreement.currency:
            given = {"given": amount.currency, "agreement": agreement.currency}
            return refusals.CURRENCY_MISMATCH.at(f"/{name}/currency", **given)
        found[name] = amount.minor
    return found


def minor_of(scope: Scope, agreement: str, amount: Amount) -> int | Refusal:
    """Minor units of the one amount of an act; refuses an agreement out of reach too."""
    found = queries.agreement(scope, agreement)
    if isinstance(found, Refusal):
        return found
    sent = minors(found, {"amount": amount})
    return sent if isinstance(sent, Refusal) else sent["amount"]


def split_of(split: Mapping[Component, str] | None, currency: str) -> dict[str, int] | Refusal:
    """The host's split of a payment in minor units. Refuses ``ledger.split_unreadable``."""
    parts = {}
    for component, text in (split or {}).items():
        minor = amount_minor(text, currency)
        if minor is None:
            return refusals.SPLIT_UNREADABLE.at(f"/split/{component.value}", component=component.value)
        parts[component.value] = minor
    return parts


def schedule_rows(agreement: models.Agreement, rows: Sequence[RowIn]) -> list[ScheduleRow] | Refusal:
    """Rows of a schedule as the ledger takes them. Refuses ``ledger.row_wrong`` where an amount is too fine."""
    made = []
    for place, row in enumerate(rows):
        pure = row.row(agreement.currency)
        if pure is None:
            zh, en = "金额比币种的最小单位更细", "an amount is finer than the minor unit of the currency"
            return refusals.ROW_WRONG.at(f"/rows/{place}", n=row.n, zh=zh, en=en)
        made.append(pure)
    return made
