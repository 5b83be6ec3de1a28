"""Reads of bank statements and receipts, and the facts that matching needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Max, QuerySet, Sum

from arrears.kernel.scope import Scope
from arrears.ledger.models import Agreement, AgreementRole, HostPosition, ScheduleRow
from arrears.parties import sealing
from arrears.parties.models import Party

from .matching import Candidate, Due, Receipt, normal_reference, words_of
from .models_statements import BankEntry, BankStatement, ReceiptPosting

#: Instalments around the booking day that may be meant.
_DUES_BEFORE, _DUES_AFTER = timedelta(days=400), timedelta(days=40)
_BY_AMOUNT_DAYS = timedelta(days=5)
_MOST_CANDIDATES = 50
_TOTAL = F("principal_minor") + F("interest_minor") + F("fee_minor") + F("penalty_minor") + F("cost_minor")


@dataclass(frozen=True, slots=True)
class Queue:
    """How many receipts wait, and their sums by currency."""

    count: int
    held_count: int
    sums: tuple[tuple[str, int], ...]


def statements(scope: Scope) -> QuerySet[BankStatement]:
    """Statements within ``scope``, newest import first."""
    rows = BankStatement.objects.visible_to(scope).select_related("creditor")
    return rows.order_by("-imported_at", "-id")


def statement(scope: Scope, public_id: str) -> BankStatement | None:
    return statements(scope).filter(public_id=public_id).first()


def entries(scope: Scope, state: str = "open", statement: BankStatement | None = None) -> QuerySet[BankEntry]:
    """Movements in one state, oldest booking day first."""
    rows = BankEntry.objects.visible_to(scope).filter(state=state).select_related("creditor", "statement")
    rows = rows if statement is None else rows.filter(statement=statement)
    return rows.order_by("booked_on", "id")


def entry(scope: Scope, public_id: str) -> BankEntry | None:
    return BankEntry.objects.visible_to(scope).select_related("creditor", "statement").filter(public_id=public_id).first()


def queue(scope: Scope) -> Queue:
    """The receipts that wait for a person."""
    waiting = BankEntry.objects.visible_to(scope).filter(state="open")
    sums = waiting.values_list("currency").annotate(whole=Sum("amount_minor")).order_by("currency")
    held = BankEntry.objects.visible_to(scope).filter(state="held").count()
    return Queue(waiting.count(), held, tuple((currency, int(whole)) for currency, whole in sums))


def postings(scope: Scope, entry_ids: Iterable[int]) -> dict[int, list[ReceiptPosting]]:
    """What was posted from each entry and still stands."""
    found: dict[int, list[ReceiptPosting]] = defaultdict(list)
    rows = ReceiptPosting.objects.visible_to(scope).filter(entry_id__in=list(entry_ids), undone_at=None)
    for row in rows.select_related("agreement").order_by("id"):
        found[row.entry_id].append(row)
    return found


def agreement(scope: Scope, wanted: str, creditor_id: int) -> Agreement | None:
    """An agreement of the creditor by public id or by the host's number."""
    rows = Agreement.objects.visible_to(scope).filter(creditor_id=creditor_id)
    return rows.filter(public_id=wanted).first() or rows.filter(reference=wanted).first()


def receipt_of(row: BankEntry) -> Receipt:
    """What matching may look at. Opens the sealed text; nothing of it leaves but normal reference tokens."""
    lines = sealing.open_sealed(row.text_sealed).split("\n") if row.text_sealed else []
    fields = {normal_reference(line) for line in lines[:2]} - {""}
    return Receipt(
        amount_minor=row.amount_minor,
        currency=row.currency,
        booked_on=row.booked_on,
        fields=frozenset(fields),
        words=words_of(" ".join(lines)),
        payer_account=bytes(row.payer_account_index or b""),
        payer_name=bytes(row.payer_name_index or b""),
    )


def candidates(scope: Scope, creditor_id: int, receipt: Receipt, raw_text: str = "") -> list[Candidate]:
    """Agreements that may be meant: named in the text, paid before from this account, of a debtor with the payer's name, or
    with an instalment of exactly this amount around the booking day."""
    base = Agreement.objects.visible_to(scope).filter(creditor_id=creditor_id, currency=receipt.currency)
    ids: dict[int, None] = {}

    def take(rows: QuerySet[Agreement] | QuerySet[Any], column: str = "id") -> None:
        ids.update(dict.fromkeys(rows.values_list(column, flat=True)[:_MOST_CANDIDATES]))

    written = written_references(receipt, raw_text)
    if written:
        take(base.filter(reference__in=written))
    customers = _customers_of_account(scope, creditor_id, receipt.payer_account)
    if customers:
        take(base.filter(customer_id__in=customers))
    if receipt.payer_name:
        named = Party.objects.visible_to(scope).filter(creditor_id=creditor_id, name_index=receipt.payer_name)
        take(base.filter(customer_id__in=named.values("customer_id")))
    if not ids:
        near = (receipt.booked_on - _BY_AMOUNT_DAYS, receipt.booked_on + _BY_AMOUNT_DAYS)
        rows = ScheduleRow.objects.visible_to(scope).filter(creditor_id=creditor_id, due_on__range=near)
        rows = rows.annotate(whole=_TOTAL).filter(whole=receipt.amount_minor, agreement__currency=receipt.currency)
        take(rows.order_by("agreement_id").distinct(), "agreement_id")
    return _described(scope, list(ids), receipt)


def written_references(receipt: Receipt, raw_text: str) -> set[str]:
    """Forms of a number as a host may have written it: normal, and as it stands in the text."""
    as_written = {token.strip(".,;:-_/") for token in raw_text.split()}
    return {w for w in (*receipt.fields, *receipt.words, *as_written, *(a.upper() for a in as_written)) if 4 <= len(w) <= 64}


def _customers_of_account(scope: Scope, creditor_id: int, account: bytes) -> list[int]:
    if not account:
        return []
    rows = ReceiptPosting.objects.visible_to(scope).filter(
        creditor_id=creditor_id, undone_at=None, entry__payer_account_index=account
    )
    return list(rows.values_list("agreement__customer_id", flat=True).distinct()[:_MOST_CANDIDATES])


def _described(scope: Scope, ids: list[int], receipt: Receipt) -> list[Candidate]:
    """Candidates with their dues, positions, accounts and names, a fixed number of queries for all of them."""
    rows = list(Agreement.objects.visible_to(scope).filter(id__in=ids).order_by("id"))
    dues = _dues(scope, ids, receipt.booked_on)
    positions = _positions(scope, ids, receipt.booked_on)
    customer_ids = [row.customer_id for row in rows]
    by_agreement, by_customer = _accounts(scope, customer_ids)
    names = _names(scope, ids)
    return [
        Candidate(
            agreement_id=row.public_id,
            reference=row.reference,
            currency=row.currency,
            customer_id=str(row.customer_id),
            dues=tuple(dues.get(row.id, ())),
            overdue_minor=positions[row.id].overdue_minor if row.id in positions else None,
            owed_minor=positions[row.id].balance_minor if row.id in positions else None,
            payer_accounts=frozenset(by_agreement.get(row.id, ())),
            customer_accounts=frozenset(by_customer.get(row.customer_id, ())),
            debtor_names=frozenset(names.get(row.id, ())),
        )
        for row in rows
    ]


def _dues(scope: Scope, ids: list[int], on: date) -> dict[int, list[Due]]:
    """Instalments of the newest schedule of each agreement around ``on``, oldest first."""
    rows = ScheduleRow.objects.visible_to(scope).filter(agreement_id__in=ids)
    newest = dict(rows.values_list("agreement_id").annotate(newest=Max("event_id")).values_list("agreement_id", "newest"))
    found: dict[int, list[Due]] = defaultdict(list)
    around = rows.filter(due_on__range=(on - _DUES_BEFORE, on + _DUES_AFTER)).annotate(whole=_TOTAL).order_by("due_on", "n")
    for agreement_id, event_id, due_on, whole in around.values_list("agreement_id", "event_id", "due_on", "whole"):
        if newest[agreement_id] == event_id:
            found[agreement_id].append(Due(due_on, whole))
    return found


def _positions(scope: Scope, ids: list[int], on: date) -> dict[int, HostPosition]:
    rows = HostPosition.objects.visible_to(scope).filter(agreement_id__in=ids, as_of__lte=on)
    newest = rows.order_by("agreement_id", "-as_of", "-recorded_at").distinct("agreement_id")
    return {row.agreement_id: row for row in newest}


def _accounts(scope: Scope, customer_ids: list[int]) -> tuple[dict[int, set[bytes]], dict[int, set[bytes]]]:
    """Accounts that receipts came from before: by agreement and by customer."""
    rows = ReceiptPosting.objects.visible_to(scope).filter(
        agreement__customer_id__in=customer_ids, undone_at=None, entry__payer_account_index__isnull=False
    )
    by_agreement: dict[int, set[bytes]] = defaultdict(set)
    by_customer: dict[int, set[bytes]] = defaultdict(set)
    columns = ("agreement_id", "agreement__customer_id", "entry__payer_account_index")
    for agreement_id, customer_id, account in rows.values_list(*columns).distinct():
        by_agreement[agreement_id].add(bytes(account))
        by_customer[customer_id].add(bytes(account))
    return by_agreement, by_customer


def _names(scope: Scope, ids: list[int]) -> dict[int, set[bytes]]:
    """Name hashes of everyone who owes under each agreement."""
    rows = AgreementRole.objects.visible_to(scope).filter(
        agreement_id__in=ids, role__in=("debtor", "co_debtor", "guarantor", "heir")
    )
    found: dict[int, set[bytes]] = defaultdict(set)
    for agreement_id, name in rows.values_list("agreement_id", "party__name_index"):
        found[agreement_id].add(bytes(name))
    customers = Agreement.objects.visible_to(scope).filter(id__in=ids).values_list("id", "customer_id")
    by_customer: dict[int, list[int]] = defaultdict(list)
    for agreement_id, customer_id in customers:
        by_customer[customer_id].append(agreement_id)
    parties = Party.objects.visible_to(scope).filter(customer_id__in=list(by_customer))
    for customer_id, name in parties.values_list("customer_id", "name_index"):
        for agreement_id in by_customer[customer_id]:
            found[agreement_id].add(bytes(name))
    return found


def agreement_numbers(scope: Scope, public_ids: Iterable[str]) -> dict[str, str]:
    """The host's numbers of agreements, by public id."""
    rows = Agreement.objects.visible_to(scope).filter(public_id__in=list(public_ids))
    return dict(rows.values_list("public_id", "reference"))
