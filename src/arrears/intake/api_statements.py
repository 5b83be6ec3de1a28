"""REST: bank statements and receipts. Taken up by ``api.py``. Payers are masked; a reveal is an act."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile

from arrears.access.schemas import done
from arrears.kernel.door import Amount, Listing, Page, amount
from arrears.kernel.refusals import Refusal

from . import actions_statements as actions
from . import queries_statements as queries
from . import refusals_statements as refusals
from .models_statements import BankEntry, BankStatement, ReceiptPosting
from .statements.reading import MOST_BYTES

router = Router(tags=["receipts"])


class BankStatementOut(Schema):
    id: str
    format: str
    account: str
    currency: str
    from_on: date | None
    to_on: date | None
    opening: Amount | None
    movements: Amount | None
    closing: Amount | None
    balance_check: str
    entry_count: int
    known_count: int
    deviations: list[dict[str, str]]
    state: str
    imported_at: datetime

    @classmethod
    def of(cls, row: BankStatement) -> BankStatementOut:
        def money(minor: int | None) -> Amount | None:
            return amount(minor, row.currency) if row.currency else None

        return cls(
            id=row.public_id, format=row.format, account=row.account, currency=row.currency, from_on=row.from_on, to_on=row.to_on,
            opening=money(row.opening_minor), movements=money(row.movements_minor), closing=money(row.closing_minor),
            balance_check=row.balance_check, entry_count=row.entry_count, known_count=row.known_count, deviations=row.deviations,
            state=row.state, imported_at=row.imported_at,
        )  # fmt: skip


class ProposalOut(Schema):
    agreement: str
    points: int
    evidence: list[str]


class PostingOut(Schema):
    agreement: str
    event: str
    amount: Amount
    how: str

    @classmethod
    def of(cls, row: ReceiptPosting) -> PostingOut:
        part = Amount.model_validate(amount(row.amount_minor, row.entry.currency))
        return cls(agreement=row.agreement.public_id, event=row.event_id, amount=part, how=row.how)


class ReceiptOut(Schema):
    id: str
    state: str
    booked_on: date
    value_on: date | None
    amount: Amount
    payer_name_masked: str
    payer_account_masked: str
    bank_reference: str
    proposals: list[ProposalOut]
    note: str

    @classmethod
    def of(cls, row: BankEntry) -> ReceiptOut:
        return cls(
            id=row.public_id, state=row.state, booked_on=row.booked_on, value_on=row.value_on,
            amount=Amount.model_validate(amount(row.amount_minor, row.currency)), payer_name_masked=row.payer_name_masked,
            payer_account_masked=row.payer_account_masked, bank_reference=row.bank_reference,
            proposals=[ProposalOut(**p) for p in row.proposals], note=row.note,
        )  # fmt: skip


class TotalsOut(Schema):
    """Control totals of one currency: booked money in and out, and what was posted."""

    money_in: Amount
    money_out: Amount
    posted: Amount


class ImportOut(Schema):
    """Counts and control totals of an import; ``dry_run`` kept nothing."""

    format: str
    creditor: str
    statements: list[str]
    entry_count: int
    known_count: int
    receipt_count: int
    posted_count: int
    open_count: int
    held_count: int
    repeated: bool
    totals: list[TotalsOut]
    deviations: list[str]
    dry_run: bool


class AssignIn(Schema):
    agreement: str


class PartIn(Schema):
    agreement: str
    amount: Amount


class SplitIn(Schema):
    parts: list[PartIn]


class WhyIn(Schema):
    reason: str


class RevealedOut(Schema):
    payer_name: str
    payer_account: str
    text: str


@router.get("/bank-statements", response=Page[BankStatementOut])
def list_statements(request: HttpRequest) -> Any:
    """Statements within reach, in the order they were imported."""
    rows = BankStatement.objects.visible_to(request.actor.scope)
    return Listing(rows, ("id",), BankStatementOut.of)


@router.post("/bank-statements", response={201: ImportOut})
def import_statement(
    request: HttpRequest,
    file: File[UploadedFile],
    creditor: Form[str],
    dry_run: Form[bool] = False,
    hold: Form[bool] = False,
    account: Form[str] = "",
    currency: Form[str] = "CNY",
) -> Any:
    """Import a camt, MT940 or CSV statement: movements are kept, receipts matched, the clear ones posted."""
    if (file.size or 0) > MOST_BYTES:
        return refusals.TOO_LARGE.at("/file", size=file.size, limit=MOST_BYTES)
    run = actions.preview_statement if dry_run else actions.import_statement
    outcome = run(request.actor, file.read(), creditor, hold=hold, account=account, currency=currency)
    return done(outcome, lambda o: _import_out(o, dry_run), 201)


def _import_out(outcome: actions.StatementImport, dry_run: bool) -> ImportOut:
    totals = [
        TotalsOut(
            money_in=Amount.model_validate(amount(sums["in_minor"], currency)),
            money_out=Amount.model_validate(amount(sums["out_minor"], currency)),
            posted=Amount.model_validate(amount(sums["posted_minor"], currency)),
        )
        for currency, sums in outcome.totals.items()
    ]
    return ImportOut(**{**outcome.as_json(), "totals": totals, "dry_run": dry_run})


@router.post("/bank-statements/{statement_id}/release", response=dict[str, int])
def release_statement(request: HttpRequest, statement_id: str, data: WhyIn) -> Any:
    """Let the receipts of a held statement go into matching."""
    return done(actions.release_statement(request.actor, statement_id, data.reason), lambda posted: {"posted": posted})


@router.get("/receipts", response=Page[ReceiptOut])
def list_receipts(request: HttpRequest, state: str = "open") -> Any:
    """Receipts in one state: open, posted, held, not_ours."""
    return Listing(queries.entries(request.actor.scope, state), ("booked_on", "id"), ReceiptOut.of)


@router.get("/receipts/{receipt_id}", response=ReceiptOut)
def view_receipt(request: HttpRequest, receipt_id: str) -> Any:
    """One receipt with what is proposed for it and where its money went."""
    row = queries.entry(request.actor.scope, receipt_id)
    return refusals.NOT_FOUND.at() if row is None else ReceiptOut.of(row)


@router.post("/receipts/{receipt_id}/assign", response=list[PostingOut])
def assign_receipt(request: HttpRequest, receipt_id: str, data: AssignIn) -> Any:
    """Post the whole receipt on one agreement (id or the host's number)."""
    return done(actions.assign_receipt(request.actor, receipt_id, data.agreement), _postings)


@router.post("/receipts/{receipt_id}/split", response=list[PostingOut])
def split_receipt(request: HttpRequest, receipt_id: str, data: SplitIn) -> Any:
    """Post a receipt on several agreements; the parts must sum to it exactly."""
    row = queries.entry(request.actor.scope, receipt_id)
    if row is None:
        return refusals.NOT_FOUND.at()
    parts: list[tuple[str, int]] = []
    for n, part in enumerate(data.parts):
        if part.amount.currency != row.currency:
            return refusals.CURRENCY_MISMATCH.at(f"/parts/{n}/amount", currency=row.currency, other=part.amount.currency)
        minor = part.amount.minor
        if minor is None:
            return refusals.SPLIT_PART.at(f"/parts/{n}/amount")
        parts.append((part.agreement, minor))
    return done(actions.split_receipt(request.actor, receipt_id, parts), _postings)


def _postings(rows: list[ReceiptPosting]) -> list[PostingOut]:
    return [PostingOut.of(row) for row in rows]


@router.post("/receipts/{receipt_id}/not-ours", response=ReceiptOut)
def mark_not_ours(request: HttpRequest, receipt_id: str, data: WhyIn) -> Any:
    """The money is no payment on an agreement."""
    return done(actions.mark_not_ours(request.actor, receipt_id, data.reason), ReceiptOut.of)


@router.post("/receipts/{receipt_id}/undo", response=ReceiptOut)
def undo_receipt(request: HttpRequest, receipt_id: str, data: WhyIn) -> Any:
    """Take back what was decided: payments are reversed, the receipt waits again."""
    return done(actions.undo_receipt(request.actor, receipt_id, data.reason), ReceiptOut.of)


@router.post("/receipts/{receipt_id}/reveal", response=RevealedOut)
def reveal_receipt(request: HttpRequest, receipt_id: str, data: WhyIn) -> Any:
    """Payer and text in clear; the look is logged."""
    outcome = actions.reveal_receipt(request.actor, receipt_id, data.reason)
    return outcome if isinstance(outcome, Refusal) else done(outcome, lambda shown: RevealedOut(**shown))


@router.post("/creditors/{code}/match-receipts", response=dict[str, int])
def match_receipts(request: HttpRequest, code: str) -> Any:
    """Match the waiting receipts of a creditor anew."""
    return done(actions.match_again(request.actor, code), lambda posted: {"posted": posted})
