"""Sealing: entries get their place in the Merkle log and the new root is signed. Run every minute by the job queue."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from arrears.journal import checkpoints, keys
from arrears.journal.merkle import Frontier, leaf_hash
from arrears.journal.models import Checkpoint, Leaf, Pending

#: Number of the advisory lock that lets one sealer work at a time.
SEALER_LOCK = 0x61_72_72_65_61_72_73
#: Entries of one checkpoint at most, so that one sealing stays short.
BATCH = 50_000


class SealBrokenError(RuntimeError):
    """The last checkpoint does not fit its own hashes: nothing is sealed on top of a broken log."""


def leaf_of(entry_id: int, content_hash: bytes) -> bytes:
    """Leaf hash of an entry: over its number and its content hash, so neither can be exchanged."""
    # written out, since it runs for every entry: equal to canonical_bytes({"entry": ..., "content": ...})
    return leaf_hash(b'{"content":"%b","entry":%d}' % (bytes(content_hash).hex().encode(), entry_id))


def seal(now: datetime, batch: int = BATCH) -> Checkpoint | None:
    """Seal up to ``batch`` waiting entries in ascending order and sign the root. None when nothing waits or another one seals.

    No journal entry of its own: sealing is what happens to entries. Runs in its own transaction.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
            if not cursor.fetchone()[0]:
                return None
        ids = list(Pending.objects.order_by("entry_id").values_list("entry_id", flat=True)[:batch])
        if not ids:
            return None
        last = Checkpoint.objects.order_by("-size").first()
        frontier = Frontier.from_bytes(last.size, bytes(last.frontier)) if last else Frontier()
        if last is not None and frontier.root() != bytes(last.root_hash):
            raise SealBrokenError(f"checkpoint {last.size} was altered; run `arrears journal verify`")
        with connection.cursor() as cursor:
            cursor.execute("select id, content_hash from journal_entry where id = any(%s) order by id", [ids])
            entries = cursor.fetchall()
            with cursor.copy("COPY journal_leaf (index, entry_id, leaf_hash) FROM STDIN") as copy:
                for entry_id, content_hash in entries:
                    hashed = leaf_of(entry_id, content_hash)
                    copy.write_row((frontier.size, entry_id, hashed))
                    frontier.append(hashed)
            cursor.execute("delete from journal_pending where entry_id = any(%s)", [ids])
        signer = keys.signer()
        root = frontier.root()
        return Checkpoint.objects.create(
            size=frontier.size,
            root_hash=root,
            signed_at=now,
            key_id=signer.public.key_id,
            signature=signer.sign(checkpoints.body(frontier.size, root, now)),
            frontier=frontier.to_bytes(),
        )


def seal_all(now: datetime, batch: int = BATCH) -> int:
    """Seal until nothing waits. Returns how many entries were sealed."""
    before = Leaf.objects.count()
    while seal(now, batch) is not None:
        pass
    return Leaf.objects.count() - before
