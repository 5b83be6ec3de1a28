"""API shapes of the journal room."""

from __future__ import annotations

from typing import Any

from ninja import Schema
from pydantic import AwareDatetime, Field

from arrears.journal.models import Checkpoint, Entry


class EntryOut(Schema):
    """One act. ``leaf_index`` is its place in the sealed log, null while it waits to be sealed."""

    id: int
    recorded_at: AwareDatetime
    actor_kind: str
    actor_id: str
    via: str
    act: str
    subject_kind: str
    subject_id: str
    payload: dict[str, Any]
    request_id: str
    content_hash: str
    leaf_index: int | None = None

    @classmethod
    def of(cls, row: Entry) -> EntryOut:
        leaf = getattr(row, "leaf", None)
        own = {n: getattr(row, n) for n in cls.model_fields if n not in ("content_hash", "leaf_index")}
        return cls(**own, content_hash=bytes(row.content_hash).hex(), leaf_index=leaf.index if leaf else None)


class ProofOut(Schema):
    """Proof that one entry is in the sealed log; ``arrears journal check-proof`` or ``journal.proofs.check`` reads it offline."""

    form: str
    entry: int
    content: dict[str, Any]
    leaf_index: int
    path: list[str] = Field(description="Audit path of RFC 6962, base64, from the leaf up")
    checkpoint: str = Field(description="Signed note (C2SP) over the root")
    verifier: str = Field(description="Public key, a convenience: trust the one you were given")


class CheckpointOut(Schema):
    size: int
    root_hash: str
    signed_at: AwareDatetime
    key_id: str
    note: str
    waiting: int = Field(description="Entries not sealed yet")

    @classmethod
    def of(cls, row: Checkpoint, note: str, waiting: int) -> CheckpointOut:
        return cls(
            size=row.size,
            root_hash=bytes(row.root_hash).hex(),
            signed_at=row.signed_at,
            key_id=row.key_id,
            note=note,
            waiting=waiting,
        )
