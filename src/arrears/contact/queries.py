"""Reads of the contact room: letters that left, and a preview that is no contact."""

from __future__ import annotations

from datetime import date

from arrears.contact import statement_facts
from arrears.contact.letters import render as rendering
from arrears.contact.models import Letter
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Scope


def letters(scope: Scope, customer_public_id: str) -> list[Letter]:
    """Letters that left to a customer, newest first."""
    rows = Letter.objects.visible_to(scope).filter(customer__public_id=customer_public_id)
    return list(rows.order_by("-made_at"))


def preview(scope: Scope, customer_public_id: str, as_of: date, language: str, currency: str = "") -> bytes | Refusal:
    """The reminder as it would read, numbered PREVIEW: for the file, not to be sent. Refusals as for issuing."""
    who = statement_facts.customer(scope, customer_public_id)
    if isinstance(who, Refusal):
        return who
    facts = statement_facts.facts_for(
        scope, who, as_of, language, "PREVIEW", "https://check.example.invalid/PREVIEW", currency=currency
    )
    return facts if isinstance(facts, Refusal) else rendering.render(facts)
