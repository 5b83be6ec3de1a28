"""What a reminder states, read from the ledger at the moment of sending."""

from __future__ import annotations

from datetime import date, timedelta

from arrears.access.models import Creditor
from arrears.contact import refusals
from arrears.contact.letters.facts import LetterFacts, LetterLine
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Scope
from arrears.ledger import models as ledger_models
from arrears.ledger import queries as ledger
from arrears.ledger.events import Component
from arrears.ledger.position import Position
from arrears.parties import sealing
from arrears.parties.models import ContactPoint, Customer, Party

#: Days until the date named in a reminder. House policy, no figure of law.
PAY_WITHIN_DAYS = 14
PRODUCTS = {
    "consumer_loan": ("消费贷", "Consumer loan"), "cash_instalment": ("现金分期", "Cash instalment"), "credit_card": ("信用卡", "Credit card"),
    "small_business": ("小微经营贷", "Small business loan"), "auto": ("汽车贷", "Auto loan"), "mortgage": ("按揭", "Mortgage"),
}  # fmt: skip


def customer(scope: Scope, public_id: str) -> Customer | Refusal:
    found = Customer.objects.visible_to(scope).select_related("creditor").filter(public_id=public_id).first()
    return found or refusals.CUSTOMER_UNKNOWN.at("/customer", id=public_id)


def party_of(scope: Scope, customer_id: int) -> Party | None:
    found: Party | None = Party.objects.visible_to(scope).filter(customer_id=customer_id).order_by("id").first()
    return found


def address_of(scope: Scope, customer_id: int) -> ContactPoint | None:
    """The best open postal address of the customer."""
    rows = ContactPoint.objects.visible_to(scope).filter(party__customer_id=customer_id, kind="address", closed_at=None)
    found: ContactPoint | None = rows.exclude(right_party="wrong").order_by("-is_preferred", "id").first()
    return found


def _line(one: ledger_models.Agreement, at: Position, host: ledger_models.HostPosition | None) -> LetterLine | None:
    zh, en = PRODUCTS.get(one.product, ("借款", "Agreement"))
    tail = one.reference[-4:]
    if one.keeping == "host":
        if host is None or not host.overdue_minor:
            return None
        parts = (host.overdue_interest_minor or 0, host.overdue_penalty_minor or 0, host.overdue_fee_minor or 0)
        principal = host.overdue_minor - sum(parts)
        due = host.oldest_due_on or host.as_of - timedelta(days=host.past_due_days or 0)
        return LetterLine(tail, zh, en, due, host.past_due_days or 0, principal, *parts)
    if at.overdue_minor <= 0 or at.oldest_due_on is None:
        return None
    late = at.overdue_totals
    return LetterLine(
        tail, zh, en, at.oldest_due_on, at.past_due_days, late[Component.PRINCIPAL],
        late[Component.INTEREST] + late[Component.COMPOUND], late[Component.PENALTY], late[Component.FEE] + late[Component.COST],
    )  # fmt: skip


def facts_for(
    scope: Scope, who: Customer, as_of: date, language: str, number: str, check_url: str, *, currency: str = ""
) -> LetterFacts | Refusal:
    """The facts of a reminder to ``who`` as of ``as_of``. One currency a letter: the one asked for, else that of the oldest arrears."""
    found = ledger.positions_of_customer(scope, who.public_id, as_of)
    hosts = ledger.host_positions(scope, [f.agreement.pk for f in found], as_of)
    lines = [(f.agreement.currency, _line(f.agreement, f.position, hosts.get(f.agreement.pk))) for f in found]
    late = sorted(((c, line) for c, line in lines if line is not None), key=lambda x: -x[1].past_due_days)
    chosen = currency or (late[0][0] if late else "")
    mine = tuple(line for c, line in late if c == chosen)
    if not mine:
        return refusals.NOTHING_OVERDUE.at("/customer", day=as_of.isoformat())
    party, address = party_of(scope, who.pk), address_of(scope, who.pk)
    creditor: Creditor = who.creditor
    return LetterFacts(
        language=language,
        lender_zh=creditor.name,
        lender_en=creditor.name_en or creditor.name,
        lender_phone=creditor.phone or "—",
        addressee=sealing.open_sealed(party.name_sealed) if party else "—",
        address=sealing.open_sealed(address.value_sealed) if address else "—",
        letter_number=number,
        dated_on=as_of,
        as_of=as_of,
        pay_by=as_of + timedelta(days=PAY_WITHIN_DAYS),
        currency=chosen,
        lines=mine,
        payment_zh="请存入合同约定的还款账户，或通过我行手机银行还款；到账后系统按合同约定的顺序冲抵。",
        payment_en="Pay into the repayment account named in the agreement, or with our mobile banking; receipts are applied in the order agreed.",
        check_url=check_url,
        demo=creditor.is_demo,
    )
