"""Agreements follow their debtor's customer when two customers are merged, and go back when that is undone."""

from __future__ import annotations

from arrears.kernel.scope import Actor
from arrears.ledger.models import Agreement
from arrears.parties import merging


def move_agreements(actor: Actor, from_customer_id: int, to_customer_id: int, only: list[int] | None) -> list[int]:
    """Re-point agreements from one customer to the other; ``only`` these when a merge is undone. Part of ``party.merge``."""
    rows = Agreement.objects.unscoped("both customers were checked by the merge").filter(customer_id=from_customer_id)
    if only is not None:
        rows = rows.filter(id__in=only)
    moved = sorted(rows.values_list("id", flat=True))
    rows.update(customer_id=to_customer_id)
    return moved


merging.follow("agreements", move_agreements)
