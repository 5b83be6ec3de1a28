"""REST: entries of the journal, proofs of single entries, the newest signed checkpoint."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Router

from arrears.journal import queries, refusals
from arrears.journal.schemas import CheckpointOut, EntryOut, ProofOut
from arrears.kernel.door import Listing, Page
from arrears.kernel.scope import Role

PREFIX = "/journal"
router = Router(tags=["journal"])
_READERS = (Role.AUDITOR, Role.COMPLIANCE, Role.LEAD, Role.LEGAL, Role.OPERATOR)
EntryId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/entries", response=Page[EntryOut])
def list_entries(request: HttpRequest, act: str = "", actor_id: str = "", subject_id: str = "") -> Any:
    """What was done, the newest first. ``act`` may be a whole noun: ``payment.``"""
    if not request.actor.scope.may(*_READERS):
        return refusals.NOT_ALLOWED.at()
    rows = queries.search(request.actor.scope, act=act, actor_id=actor_id, subject_id=subject_id).select_related("leaf")
    return Listing(rows, ("-id",), EntryOut.of)


@router.get("/entries/{entry_id}", response=EntryOut)
def view_entry(request: HttpRequest, entry_id: EntryId) -> Any:
    """One entry."""
    if not request.actor.scope.may(*_READERS):
        return refusals.NOT_ALLOWED.at()
    row = queries.entry(request.actor.scope, entry_id)
    return EntryOut.of(row) if row else refusals.NOT_FOUND.at(id=entry_id)


@router.get("/entries/{entry_id}/proof", response=ProofOut)
def prove_entry(request: HttpRequest, entry_id: EntryId) -> Any:
    """Proof that this entry is in the sealed log, checkable offline with the public key."""
    if not request.actor.scope.may(*_READERS):
        return refusals.NOT_ALLOWED.at()
    return queries.proof(request.actor.scope, entry_id)


@router.get("/checkpoint", response=CheckpointOut)
def view_checkpoint(request: HttpRequest) -> Any:
    """The newest signed root; keep it outside to prove later that nothing was cut off."""
    row = queries.last_checkpoint()
    return CheckpointOut.of(row, queries.note_of(row), queries.waiting()) if row else refusals.NOT_SEALED.at(id=0)
