"""Letters leave here, and only with a permit: asked for, spent, settled and recorded in one transaction."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from arrears.contact import refusals, statement_facts
from arrears.contact.letters import render as rendering
from arrears.contact.letters.facts import LetterFacts
from arrears.contact.models import Letter
from arrears.gate import actions as gate
from arrears.journal.actions import action, record
from arrears.journal.canonical import plain
from arrears.kernel import clock
from arrears.kernel.ids import new_id
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.parties import sealing
from arrears.worklist import queries as worklist


@dataclass(frozen=True, slots=True)
class Issued:
    """A letter that left, with its bytes."""

    letter: Letter
    pdf: bytes


def check_url(number: str) -> str:
    """Where a reader can check a letter. The number says nothing about anybody."""
    return f"https://check.example.invalid/{number}"


@action("letter.issue")
def issue(
    actor: Actor, customer_public_id: str, *, language: str = "zh-hans", currency: str = "", step: str = ""
) -> Issued | Refusal:
    """Render and record a reminder as of now. Refusals: ``letter.*``, and those of the gate with every reason."""
    who = statement_facts.customer(actor.scope, customer_public_id)
    if isinstance(who, Refusal):
        return who
    party, address = statement_facts.party_of(actor.scope, who.pk), statement_facts.address_of(actor.scope, who.pk)
    if party is None or address is None:
        return refusals.NO_ADDRESS.at("/customer")
    number = new_id("L").upper().replace("L_", "L-")[:16]
    facts = statement_facts.facts_for(actor.scope, who, clock.today(), language, number, check_url(number), currency=currency)
    if isinstance(facts, Refusal):
        return facts
    step, purpose = _planned(actor, customer_public_id, step)
    if (already := _already(actor, who.pk, step)) is not None:
        return already
    bound = {"channel": "letter", "contact_point": address.public_id, "purpose": purpose, "template_class": rendering.TEMPLATE}
    permit = gate.request_permit(actor, gate.Contact(party=address.party.public_id, step=step, **bound))
    if isinstance(permit, Refusal):
        return permit
    used = gate.use(actor, permit.public_id, **bound)
    if isinstance(used, Refusal):
        return used
    pdf = rendering.render(facts)
    settled = gate.settle(actor, permit.public_id, "sent")
    if isinstance(settled, Refusal):
        return settled
    letter: Letter = Letter.objects.create(
        creditor_id=who.creditor_id, customer=who, permit=settled, number=number, language=language, template=rendering.TEMPLATE,
        template_version=rendering.TEMPLATE_VERSION, as_of=facts.as_of, currency=facts.currency, total_minor=facts.total_minor,
        facts_sealed=sealing.seal(json.dumps(plain(asdict(facts)), ensure_ascii=False)), facts_hash=rendering.data_hash(facts),
        pdf_sha256=hashlib.sha256(pdf).hexdigest(), made_at=clock.now(),
    )  # fmt: skip
    record(
        actor, "letter.issued", ("letter", letter.public_id), creditor_id=who.creditor_id, customer_id=who.pk,
        payload={"number": number, "total_minor": facts.total_minor, "currency": facts.currency, "sha256": letter.pdf_sha256},
    )  # fmt: skip
    return Issued(letter, pdf)


def _planned(actor: Actor, customer_public_id: str, step: str) -> tuple[str, str]:
    """The strategy step that the letter carries out, and its purpose: the one named, else what the list has for the customer."""
    item = worklist.item_of(actor.scope, customer_public_id)
    if item is None or item.channel != "letter" or step not in ("", item.step_key):
        return step, "collect"
    return item.step_key, item.purpose


def _already(actor: Actor, customer_id: int, step: str) -> Refusal | None:
    """A step that the list wants leaves once, however often a batch is started."""
    sent_on = worklist.step_sent_on(actor.scope, customer_id, step) if step else None
    return None if sent_on is None else refusals.ALREADY_SENT.at("/step", step=step, sent_on=sent_on.isoformat())


@action("letter.reprint")
def reprint(actor: Actor, letter_public_id: str) -> bytes | Refusal:
    """The same bytes again, from the facts kept. Refuses if they would differ from what left."""
    rows = Letter.objects.visible_to(actor.scope)
    letter = rows.filter(public_id=letter_public_id).first()
    if letter is None:
        return refusals.LETTER_UNKNOWN.at("/letter", id=letter_public_id)
    pdf = rendering.render(facts_of(json.loads(sealing.open_sealed(letter.facts_sealed))))
    if hashlib.sha256(pdf).hexdigest() != letter.pdf_sha256:
        return refusals.REPRINT_DIFFERS.at("/letter", id=letter_public_id)
    record(
        actor, "letter.reprinted", ("letter", letter.public_id), creditor_id=letter.creditor_id, customer_id=letter.customer_id
    )
    return pdf


def facts_of(data: dict[str, Any]) -> LetterFacts:
    """Facts from their kept form."""
    from arrears.contact.letters.facts import LetterLine

    days = {k: date.fromisoformat(data[k]) for k in ("dated_on", "as_of", "pay_by")}
    lines = tuple(LetterLine(**(row | {"oldest_due_on": date.fromisoformat(row["oldest_due_on"])})) for row in data["lines"])
    return LetterFacts(**(data | days | {"lines": lines}))
