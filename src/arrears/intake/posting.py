"""The one place where a receipt becomes a payment in the ledger, and where such a payment is taken back."""

from __future__ import annotations

from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.ledger.models import Agreement

from .models_statements import BankEntry, ReceiptPosting


def post_payment(actor: Actor, entry: BankEntry, agreement: Agreement, amount_minor: int) -> str | Refusal:
    """Record the payment, effective on the booking day. Gives the public id of the ledger event, or the ledger's refusal.

    The event's key is the receipt's own public id and the count of its earlier postings, so a repeated call is refused or
    answered with the same event, and a posting after an undo is a new one.
    """
    from arrears.ledger import actions as ledger

    before = ReceiptPosting.objects.visible_to(actor.scope).filter(entry=entry, agreement=agreement).count()
    event = ledger.record_payment(
        actor,
        agreement.public_id,
        amount_minor,
        entry.booked_on,
        currency=entry.currency,
        key=f"receipt:{entry.public_id}:{before + 1}",
        channel="bank_transfer",
        reference=entry.public_id,
        source="bank_statement",
    )
    return event if isinstance(event, Refusal) else str(event.public_id)


def reverse_payment(actor: Actor, made: ReceiptPosting, reason: str) -> Refusal | None:
    """Reverse the payment: it never counted."""
    from arrears.ledger import actions as ledger

    outcome = ledger.reverse(actor, made.agreement.public_id, made.event_id, reason=reason)
    return outcome if isinstance(outcome, Refusal) else None
