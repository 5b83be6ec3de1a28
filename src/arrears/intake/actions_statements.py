"""Bank statements in, receipts out: import, release, assign, split, mark as not ours, undo. Payments go through the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction

from arrears.access import queries as access_queries
from arrears.access.actions import log_view
from arrears.access.models import Creditor
from arrears.journal.actions import action, record
from arrears.kernel import clock
from arrears.kernel.money import format_major
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.ledger.models import Agreement
from arrears.parties import masking, sealing

from . import matching, posting
from . import queries_statements as queries
from . import refusals_statements as refusals
from .models_statements import BankEntry, BankStatement, ReceiptPosting
from .statements import Entry, Statement, StatementFile, read
from .statements.model import Status

_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class StatementImport:
    """What an import did, or, as a preview, would do. ``repeated``: the same file was imported before, nothing changed."""

    format: str
    creditor: str
    statement_ids: tuple[str, ...] = ()
    entry_count: int = 0
    known_count: int = 0
    receipt_count: int = 0
    posted_count: int = 0
    open_count: int = 0
    held_count: int = 0
    totals: dict[str, dict[str, int]] = field(default_factory=dict)  # currency -> in, out, posted in minor units
    deviations: tuple[str, ...] = ()
    repeated: bool = False

    def as_json(self) -> dict[str, Any]:
        counts = {
            name: getattr(self, name)
            for name in ("entry_count", "known_count", "receipt_count", "posted_count", "open_count", "held_count", "repeated")
        }
        return {
            "format": self.format,
            "creditor": self.creditor,
            "statements": list(self.statement_ids),
            **counts,
            "totals": self.totals,
            "deviations": list(self.deviations),
        }


def preview_statement(actor: Actor, data: bytes, creditor: str, **options: Any) -> StatementImport | Refusal:
    """What ``import_statement`` would do, with nothing left behind: it runs in a savepoint that is rolled back."""
    with transaction.atomic():
        result = import_statement(actor, data, creditor, **options)
        transaction.set_rollback(True)
    return result


@action("statement.import")
def import_statement(
    actor: Actor, data: bytes, creditor: str, *, hold: bool = False, account: str = "", currency: str = "CNY"
) -> StatementImport | Refusal:
    """Read a bank statement, keep its movements, match its receipts, post the clear ones.

    ``creditor`` is the code of the creditor whose account it is; ``account`` and ``currency`` stand in for CSV files that name
    none. Idempotent: the same file changes nothing, a movement that an earlier file brought is not taken twice. A statement
    whose balances do not add up is refused (``statement.balances_differ``) or, with ``hold``, kept with all its receipts held.
    """
    owner = access_queries.creditor(actor.scope, creditor)
    if owner is None:
        return refusals.UNKNOWN_CREDITOR.at("/creditor", creditor=creditor)
    parsed = read(data, account=account, currency=currency)
    if isinstance(parsed, Refusal):
        return parsed
    if parsed.refusals and not hold:
        return replace(parsed.refusals[0], errors=parsed.refusals[1:])
    former = BankStatement.objects.visible_to(actor.scope).filter(creditor=owner, file_hash=parsed.sha256).order_by("n")
    if former:
        record(actor, "statement.import_repeated", ("bank_statement", former[0].public_id), creditor_id=owner.id, payload={})
        known = sum(row.entry_count for row in former)
        ids = tuple(row.public_id for row in former)
        return StatementImport(parsed.format, owner.code, ids, known, known, repeated=True)
    return _import(actor, owner, parsed)


def _import(actor: Actor, owner: Creditor, parsed: StatementFile) -> StatementImport:
    ids: list[str] = []
    fresh: list[BankEntry] = []
    entry_count = known_count = 0
    for n, statement in enumerate(parsed.statements, 1):
        row = _statement_row(actor, owner, parsed, statement, n)
        row.save(force_insert=True)
        taken, known = _keep_entries(actor, row, statement)
        BankStatement.objects.visible_to(actor.scope).filter(id=row.id).update(known_count=known)
        fresh += taken
        ids.append(row.public_id)
        entry_count, known_count = entry_count + len(statement.entries), known_count + known
    posted = _match_and_post(actor, [e for e in fresh if e.state == "open"])
    states = [e.state for e in fresh]
    result = StatementImport(
        format=parsed.format,
        creditor=owner.code,
        statement_ids=tuple(ids),
        entry_count=entry_count,
        known_count=known_count,
        receipt_count=len([s for s in states if s != "none"]),
        posted_count=posted,
        open_count=states.count("open"),
        held_count=states.count("held"),
        totals=_totals(fresh),
        deviations=tuple(f"{d.at}: {d.what}" for d in _deviations(parsed)),
    )
    payload = {**result.as_json(), "file_hash": parsed.sha256}
    record(actor, "statement.imported", ("bank_statement", ids[0]), creditor_id=owner.id, payload=payload)
    return result


def _deviations(parsed: StatementFile) -> list[Any]:
    return [*parsed.deviations, *(d for s in parsed.statements for d in s.deviations)]


def _totals(fresh: Iterable[BankEntry]) -> dict[str, dict[str, int]]:
    """Control totals of the entries taken, by currency."""
    totals: dict[str, dict[str, int]] = {}
    for row in fresh:
        of = totals.setdefault(row.currency, {"in_minor": 0, "out_minor": 0, "posted_minor": 0})
        if row.status == Status.BOOKED:
            of["in_minor" if row.amount_minor >= 0 else "out_minor"] += abs(row.amount_minor)
        if row.state == "posted":
            of["posted_minor"] += row.amount_minor
    return totals


def _statement_row(actor: Actor, owner: Creditor, parsed: StatementFile, statement: Statement, n: int) -> BankStatement:
    return BankStatement(
        creditor=owner,
        format=parsed.format,
        file_hash=parsed.sha256,
        n=n,
        statement_id=statement.statement_id[:80],
        sequence=statement.sequence[:40],
        account=statement.account[:60],
        currency=statement.currency,
        from_on=statement.from_on,
        to_on=statement.to_on,
        opening_minor=statement.opening.amount_minor if statement.opening else None,
        closing_minor=statement.closing.amount_minor if statement.closing else None,
        movements_minor=statement.movements_minor,
        balance_check=str(statement.check),
        entry_count=len(statement.entries),
        deviations=[{"at": d.at, "what": d.what} for d in (*(parsed.deviations if n == 1 else ()), *statement.deviations)],
        state="held" if statement.refusal() is not None else "loaded",
        imported_at=clock.now(),
        imported_by=actor.id,
    )


def _keep_entries(actor: Actor, row: BankStatement, statement: Statement) -> tuple[list[BankEntry], int]:
    """Movements that are new, and how many were known.

    A pending one that is now booked is taken up again. One that only looks like a known one (no bank reference, no running
    balance) is kept in the queue as a possible duplicate: equal payments of one day are real.
    """
    keys = [e.key for e in statement.entries]
    former = {e.key: e for e in BankEntry.objects.visible_to(actor.scope).filter(creditor_id=row.creditor_id, key__in=keys)}
    fresh: list[BankEntry] = []
    taken_up: list[BankEntry] = []
    known = 0
    for one in statement.entries:
        kept = former.get(one.key)
        if kept is None:
            fresh.append(_entry_row(row, one))
        elif kept.status == Status.PENDING and one.status is Status.BOOKED:
            kept.status, kept.state, kept.statement = str(one.status), _state_of(row, one), row
            kept.save(update_fields=["status", "state", "statement"])
            taken_up.append(kept)
            known += 1
        elif one.is_identified or not one.is_receipt:
            known += 1
        else:
            double = _entry_row(row, replace(one, key=hashlib.sha256(f"{one.key}|{row.file_hash}".encode()).hexdigest()))
            double.note = refusals.POSSIBLE_DUPLICATE.code
            fresh.append(double)
    BankEntry.objects.bulk_create(fresh, batch_size=_BATCH)
    return [*fresh, *taken_up], known


def _state_of(row: BankStatement, one: Entry) -> str:
    if not one.is_receipt:
        return "none"
    return "held" if row.state == "held" else "open"


def _entry_row(row: BankStatement, one: Entry) -> BankEntry:
    text = "\n".join((one.end_to_end_id, one.structured_reference, one.remittance))
    name, account = one.counterparty_name, one.counterparty_account
    return BankEntry(
        creditor_id=row.creditor_id,
        statement=row,
        n=one.n,
        place=one.at[:40],
        key=one.key,
        booked_on=one.booked_on,
        value_on=one.value_on,
        amount_minor=one.amount_minor,
        currency=one.currency,
        status=str(one.status),
        is_reversal=one.is_reversal,
        bank_reference=one.bank_reference[:140],
        code=one.code[:20],
        text_sealed=sealing.seal(text) if text.strip() else None,
        payer_name_sealed=sealing.seal(name) if name else None,
        payer_name_masked=masking.name(name)[:200] if name else "",
        payer_name_index=sealing.index("name", name) if name else None,
        payer_account_sealed=sealing.seal(account) if account else None,
        payer_account_masked=masking.card(account)[:60] if account else "",
        payer_account_index=sealing.index("account", account) if account else None,
        state=_state_of(row, one),
    )


def _match_and_post(actor: Actor, rows: Sequence[BankEntry]) -> int:
    """Propose for every receipt, post the clear ones. One that the ledger refuses stays in the queue with the reason."""
    posted = 0
    for row in rows:
        chosen = _propose(actor, row)
        if chosen is None or row.note == refusals.POSSIBLE_DUPLICATE.code:
            continue
        wanted = queries.agreement(actor.scope, chosen.agreement_id, row.creditor_id)
        if wanted is None:
            continue
        outcome = _post(actor, row, [(wanted, row.amount_minor)], "matched", chosen.points)
        if isinstance(outcome, Refusal):
            row.note = outcome.code
            row.save(update_fields=["note"])
        else:
            posted += 1
    return posted


def _propose(actor: Actor, row: BankEntry) -> matching.Proposal | None:
    receipt = queries.receipt_of(row)
    raw = sealing.open_sealed(row.text_sealed) if row.text_sealed else ""
    proposals = matching.propose(receipt, queries.candidates(actor.scope, row.creditor_id, receipt, raw))
    row.proposals = [
        {"agreement": p.agreement_id, "points": p.points, "evidence": [str(e) for e in p.evidence]} for p in proposals
    ]
    row.save(update_fields=["proposals"])
    return matching.clear(proposals)


def _post(
    actor: Actor, row: BankEntry, parts: Sequence[tuple[Agreement, int]], how: str, points: int | None = None
) -> list[ReceiptPosting] | Refusal:
    """Record one payment for each part and close the receipt, all or nothing."""
    with transaction.atomic():
        made: list[ReceiptPosting] = []
        for wanted, amount_minor in parts:
            event_id = posting.post_payment(actor, row, wanted, amount_minor)
            if isinstance(event_id, Refusal):
                transaction.set_rollback(True)
                return event_id
            made.append(
                ReceiptPosting.objects.create(
                    creditor_id=row.creditor_id, entry=row, agreement=wanted, event_id=event_id, amount_minor=amount_minor,
                    how=how, points=points, posted_at=clock.now(), posted_by=actor.id,
                )
            )  # fmt: skip
        _close(actor, row, "posted")
    payload = {
        "how": how,
        "points": points,
        "parts": [{"agreement": p.agreement.public_id, "event": p.event_id, "amount_minor": p.amount_minor} for p in made],
    }
    first = made[0].agreement
    record(
        actor,
        "receipt.posted",
        ("receipt", row.public_id),
        creditor_id=row.creditor_id,
        customer_id=first.customer_id,
        payload=payload,
    )
    return made


def _close(actor: Actor, row: BankEntry, state: str, note: str = "") -> None:
    row.state, row.note, row.decided_at, row.decided_by = state, note[:200], clock.now(), actor.id
    row.save(update_fields=["state", "note", "decided_at", "decided_by"])


def _locked(actor: Actor, public_id: str) -> BankEntry | None:
    """The receipt, locked until the transaction ends: two people cannot post it twice."""
    rows = BankEntry.objects.visible_to(actor.scope).select_for_update(of=("self",))
    return rows.filter(public_id=public_id).first()


def _open_receipt(actor: Actor, public_id: str) -> BankEntry | Refusal:
    row = _locked(actor, public_id)
    if row is None:
        return refusals.NOT_FOUND.at("/receipt")
    if row.state == "none":
        return refusals.NOT_A_CREDIT.at("/receipt")
    if row.state != "open":
        return refusals.NOT_OPEN.at("/receipt", state=row.state)
    return row


@action("receipt.assign")
def assign_receipt(actor: Actor, receipt: str, agreement: str) -> list[ReceiptPosting] | Refusal:
    """Post the whole receipt as a payment on one agreement (public id, or the host's number)."""
    row = _open_receipt(actor, receipt)
    if isinstance(row, Refusal):
        return row
    part = _part(actor, row, agreement, row.amount_minor, "/agreement")
    return part if isinstance(part, Refusal) else _post(actor, row, [part], "assigned")


@action("receipt.split")
def split_receipt(actor: Actor, receipt: str, parts: Sequence[tuple[str, int]]) -> list[ReceiptPosting] | Refusal:
    """Post a receipt on several agreements. ``parts`` are (agreement, minor units); they must sum to the receipt exactly."""
    row = _open_receipt(actor, receipt)
    if isinstance(row, Refusal):
        return row
    if not parts or any(amount_minor <= 0 for _, amount_minor in parts):
        return refusals.SPLIT_PART.at("/parts")
    total = sum(amount_minor for _, amount_minor in parts)
    if total != row.amount_minor:
        shown = {"total": format_major(total, row.currency), "amount": format_major(row.amount_minor, row.currency)}
        return refusals.SPLIT_SUM.at("/parts", currency=row.currency, **shown)
    found: list[tuple[Agreement, int]] = []
    for n, (agreement, amount_minor) in enumerate(parts):
        part = _part(actor, row, agreement, amount_minor, f"/parts/{n}")
        if isinstance(part, Refusal):
            return part
        found.append(part)
    if len({wanted.id for wanted, _ in found}) != len(found):
        return refusals.SPLIT_PART.at("/parts")
    return _post(actor, row, found, "split")


def _part(actor: Actor, row: BankEntry, agreement: str, amount_minor: int, at: str) -> tuple[Agreement, int] | Refusal:
    wanted = queries.agreement(actor.scope, agreement.strip(), row.creditor_id)
    if wanted is None:
        return refusals.NO_AGREEMENT.at(at, agreement=agreement)
    if wanted.currency != row.currency:
        return refusals.CURRENCY_MISMATCH.at(at, currency=row.currency, other=wanted.currency)
    return wanted, amount_minor


@action("receipt.mark_not_ours")
def mark_not_ours(actor: Actor, receipt: str, reason: str) -> BankEntry | Refusal:
    """The money is no payment on an agreement (own transfer, wrong transfer). It leaves the queue with a reason."""
    row = _open_receipt(actor, receipt)
    if isinstance(row, Refusal):
        return row
    if not reason.strip():
        return refusals.REASON_NEEDED.at("/reason")
    _close(actor, row, "not_ours", reason.strip())
    record(actor, "receipt.marked_not_ours", ("receipt", row.public_id), creditor_id=row.creditor_id, payload={"reason": reason})
    return row


@action("receipt.undo")
def undo_receipt(actor: Actor, receipt: str, reason: str) -> BankEntry | Refusal:
    """Take back what was decided on a receipt: its payments are reversed, and it waits in the queue again."""
    row = _locked(actor, receipt)
    if row is None:
        return refusals.NOT_FOUND.at("/receipt")
    if row.state not in ("posted", "not_ours"):
        return refusals.NOTHING_TO_UNDO.at("/receipt", state=row.state)
    if not reason.strip():
        return refusals.REASON_NEEDED.at("/reason")
    undone = []
    for made in queries.postings(actor.scope, [row.id]).get(row.id, []):
        outcome = posting.reverse_payment(actor, made, reason)
        if isinstance(outcome, Refusal):
            return outcome
        made.undone_at, made.undone_by = clock.now(), actor.id
        made.save(update_fields=["undone_at", "undone_by"])
        undone.append(made.event_id)
    _close(actor, row, "open")
    _propose(actor, row)
    payload = {"reason": reason, "reversed_events": undone}
    record(actor, "receipt.undone", ("receipt", row.public_id), creditor_id=row.creditor_id, payload=payload)
    return row


@action("receipt.match")
def match_again(actor: Actor, creditor: str) -> int | Refusal:
    """Match the waiting receipts of a creditor anew, after agreements or payers became known. Gives how many were posted."""
    owner = access_queries.creditor(actor.scope, creditor)
    if owner is None:
        return refusals.UNKNOWN_CREDITOR.at("/creditor", creditor=creditor)
    rows = queries.entries(actor.scope).filter(creditor=owner).select_for_update(of=("self",))
    posted = _match_and_post(actor, list(rows))
    record(actor, "receipt.matched_again", ("creditor", owner.code), creditor_id=owner.id, payload={"posted": posted})
    return posted


@action("statement.release")
def release_statement(actor: Actor, statement: str, reason: str) -> int | Refusal:
    """Let the receipts of a held statement go into matching although its balances did not add up. Gives how many were posted."""
    row = BankStatement.objects.visible_to(actor.scope).select_for_update(of=("self",)).filter(public_id=statement).first()
    if row is None:
        return refusals.NOT_FOUND.at("/statement")
    if row.state != "held":
        return refusals.NOT_HELD.at("/statement", state=row.state)
    if not reason.strip():
        return refusals.REASON_NEEDED.at("/reason")
    row.state = "loaded"
    row.save(update_fields=["state"])
    waiting = list(queries.entries(actor.scope, "held", row))
    for one in waiting:
        one.state = "open"
        one.save(update_fields=["state"])
    posted = _match_and_post(actor, waiting)
    payload = {"reason": reason, "receipts": len(waiting), "posted": posted}
    record(actor, "statement.released", ("bank_statement", row.public_id), creditor_id=row.creditor_id, payload=payload)
    return posted


@action("receipt.reveal")
def reveal_receipt(actor: Actor, receipt: str, reason: str = "") -> dict[str, str] | Refusal:
    """Payer, account and remittance text of one receipt in clear; the look is logged."""
    row = queries.entry(actor.scope, receipt)
    if row is None:
        return refusals.NOT_FOUND.at("/receipt")
    shown = ["payer_name", "payer_account", "text"]
    log_view(actor, row.creditor_id, ("receipt", row.public_id), shown, reason)
    record(actor, "receipt.revealed", ("receipt", row.public_id), creditor_id=row.creditor_id, payload={"fields": shown})
    columns = {"payer_name": row.payer_name_sealed, "payer_account": row.payer_account_sealed, "text": row.text_sealed}
    return {name: sealing.open_sealed(sealed) if sealed else "" for name, sealed in columns.items()}
