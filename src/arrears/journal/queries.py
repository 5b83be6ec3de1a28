"""Reads of the journal. Entries of a creditor are seen within the caller's scope; those of no creditor only by the product."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from arrears.journal import checkpoints, keys, merkle, proofs, refusals
from arrears.journal.canonical import plain
from arrears.journal.checkpoints import Verifier
from arrears.journal.models import Checkpoint, Entry, Leaf, Pending
from arrears.journal.verification import content_of
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Scope


def entries(scope: Scope) -> QuerySet[Entry]:
    """Entries that ``scope`` may see, newest first."""
    rows = Entry.objects.order_by("-id")
    return rows if scope.everything else rows.filter(creditor_id__in=scope.creditor_ids)


def search(
    scope: Scope, *, act: str = "", actor_id: str = "", subject_id: str = "", before_id: int | None = None
) -> QuerySet[Entry]:
    """Entries by act (or its noun: ``payment.``), by who did it and by subject, newest first. ``before_id`` pages on."""
    rows = entries(scope)
    if act:
        rows = rows.filter(act__startswith=act) if act.endswith(".") else rows.filter(act=act)
    if actor_id:
        rows = rows.filter(actor_id=actor_id)
    if subject_id:
        rows = rows.filter(subject_id=subject_id)
    return rows.filter(id__lt=before_id) if before_id else rows


def entry(scope: Scope, entry_id: int) -> Entry | None:
    return entries(scope).filter(id=entry_id).select_related("leaf").first()


def timeline(scope: Scope, *, customer_id: int, before_id: int | None = None, limit: int = 30) -> list[Entry]:
    """What happened to one customer, newest first."""
    rows = entries(scope).filter(customer_id=customer_id)
    return list((rows.filter(id__lt=before_id) if before_id else rows)[:limit])


def of_subject(scope: Scope, kind: str, public_id: str, limit: int = 100) -> list[Entry]:
    """What happened to one subject, newest first."""
    return list(entries(scope).filter(subject_kind=kind, subject_id=public_id)[:limit])


def last_checkpoint() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-size").first()


def waiting() -> int:
    """Entries not sealed yet."""
    return Pending.objects.count()


def _verifier_of(mark: Checkpoint) -> Verifier:
    known = keys.verifiers()
    return next((v for v in known if v.key_id == mark.key_id), known[0])


def note_of(mark: Checkpoint) -> str:
    """A checkpoint as signed note, to be kept outside."""
    key_hash = bytes.fromhex(mark.key_id)
    return checkpoints.note(mark.size, bytes(mark.root_hash), mark.signed_at, key_hash, bytes(mark.signature))


def proof(scope: Scope, entry_id: int) -> dict[str, Any] | Refusal:
    """The proof document of one sealed entry against the newest checkpoint.

    Refusals: ``journal.not_found``, ``journal.not_sealed``.
    """
    found = entry(scope, entry_id)
    if found is None:
        return refusals.NOT_FOUND.at(id=entry_id)
    leaf = Leaf.objects.filter(entry=found).first()
    mark = last_checkpoint()
    if leaf is None or mark is None or leaf.index >= mark.size:
        return refusals.NOT_SEALED.at(id=entry_id)
    hashes = [
        bytes(h)
        for h in Leaf.objects.filter(index__lt=mark.size).order_by("index").values_list("leaf_hash", flat=True).iterator()
    ]
    path = merkle.inclusion_proof(hashes, leaf.index)
    return proofs.document(found.id, content_of(found), leaf.index, path, note_of(mark), _verifier_of(mark))


def consistency(old_size: int) -> dict[str, Any] | None:
    """Proof that the log signed at ``old_size`` is a beginning of the newest one. None where a size is unknown."""
    old, new = Checkpoint.objects.filter(size=old_size).first(), last_checkpoint()
    if old is None or new is None:
        return None
    hashes = [bytes(h) for h in Leaf.objects.filter(index__lt=new.size).order_by("index").values_list("leaf_hash", flat=True)]
    path = merkle.consistency_proof(hashes, old_size)
    return {"old": note_of(old), "new": note_of(new), "path": [node.hex() for node in path]}


def export(scope: Scope) -> Iterator[dict[str, Any]]:
    """Every visible entry, oldest first, with its content, hash and place in the log."""
    rows = entries(scope).order_by("id").select_related("leaf")
    for row in rows.iterator(chunk_size=2_000):
        leaf = getattr(row, "leaf", None)
        yield {
            "entry": row.id,
            "content": plain(content_of(row)),
            "content_hash": bytes(row.content_hash).hex(),
            "leaf_index": leaf.index if leaf else None,
        }
