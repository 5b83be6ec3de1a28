"""Does the journal still say what was sealed? Finds every edit, deletion, insertion and reordering, and names the entry.

What is compared: each entry's content with its content hash; each leaf with its entry; the places of the leaves without gaps and,
inside one sealing, in ascending order; the root over the leaves with every signed checkpoint; the signature with the public
keys; and entries that neither have a leaf nor wait for one. Against the removal of the newest checkpoints together with their
entries only a checkpoint kept outside helps: pass it as ``witness``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from arrears.journal import canonical, checkpoints
from arrears.journal.actions_seal import leaf_of
from arrears.journal.checkpoints import SignedRoot, Verifier
from arrears.journal.merkle import Frontier
from arrears.journal.models import Checkpoint, Entry, Leaf, Pending
from arrears.kernel.refusals import Text

#: At most so many faults are listed one by one; the count goes on.
LISTED = 100

_SENTENCES = {
    "content": Text("记录 {at} 的内容被改动", "entry {at} was edited"),
    "hash": Text("记录 {at} 的内容与哈希被一起改动", "entry {at} was edited together with its hash"),
    "leaf": Text("记录 {at} 的封存位置被改动", "the leaf of entry {at} was altered"),
    "deleted": Text("记录 {at} 已被删除", "entry {at} was deleted"),
    "leaf_missing": Text("第 {at} 号封存位置缺失", "leaf {at} is missing"),
    "order": Text("记录 {at} 被调换了位置", "entry {at} was reordered"),
    "root": Text("封存位置 {at} 之间与签名的根不符", "leaves {at} do not give the signed root"),
    "tail": Text("第 {at} 号之后的封存位置被删除", "the leaves from {at} on were removed"),
    "signature": Text("检查点 {at} 的签名不符", "the signature of checkpoint {at} does not verify"),
    "frontier": Text("检查点 {at} 的中间哈希被改动", "the subtree hashes of checkpoint {at} were altered"),
    "unsealed": Text("记录 {at} 未封存也不在等待封存之列", "entry {at} is neither sealed nor waiting"),
    "beyond": Text("封存位置 {at} 超出最后的检查点", "leaf {at} lies beyond the last checkpoint"),
    "witness": Text("日志与外部保存的检查点 {at} 不符", "the log does not contain the checkpoint {at} kept outside"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. ``at`` is the number of an entry, a leaf, a range of leaves or a checkpoint size."""

    kind: str
    at: str

    @property
    def sentence(self) -> Text:
        return _SENTENCES[self.kind].format(at=self.at)


@dataclass(slots=True)
class Report:
    """What a verification saw. ``faults`` lists the first hundred, ``fault_count`` counts all."""

    entries: int = 0
    checkpoints: int = 0
    waiting: int = 0
    root: str = ""
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0

    def add(self, kind: str, at: object) -> None:
        self.fault_count += 1
        if len(self.faults) < LISTED:
            self.faults.append(Fault(kind, str(at)))

    @property
    def is_whole(self) -> bool:
        return self.fault_count == 0


_FIELDS = (
    "recorded_at", "creditor_id", "actor_kind", "actor_id", "via", "act", "subject_kind", "subject_id", "customer_id",
    "payload", "request_id",
)  # fmt: skip


def content_of(entry: Entry) -> dict[str, Any]:
    """The content that ``actions.record`` hashed."""
    content = {name: getattr(entry, name) for name in _FIELDS}
    return content | {"recorded_at": entry.recorded_at.isoformat()}


def _leaves() -> Iterator[tuple[Leaf, Entry | None]]:
    """Leaves in order with their entries, read in stretches."""
    after = -1
    while True:
        stretch = list(Leaf.objects.filter(index__gt=after).order_by("index")[:5_000])
        if not stretch:
            return
        entries = Entry.objects.in_bulk([leaf.entry_id for leaf in stretch])
        for leaf in stretch:
            yield leaf, entries.get(leaf.entry_id)
        after = stretch[-1].index


def verify(verifiers: list[Verifier], witness: SignedRoot | None = None) -> Report:
    """Check the whole journal in one consistent view of the database (repeatable read where it starts the transaction)."""
    report = Report()
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
        _check_tree(report, verifiers, witness)
        _check_unsealed(report)
        report.waiting = Pending.objects.count()
    return report


class _Walk:
    """State of one pass over the leaves: the tree of stored leaf hashes, and the one recomputed from the entries.

    An edited entry leaves the stored tree right, an edited leaf the recomputed one; a checkpoint is kept by either.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.stored, self.recomputed = Frontier(), Frontier()
        self.expected = 0
        self.last_entry_id = -1
        self.clean_until = 0
        self.suspects: list[int] = []  # entries that fit their own hash but not their leaf

    def take(self, leaf: Leaf, entry: Entry | None) -> None:
        for missing in range(self.expected, leaf.index):
            self.report.add("leaf_missing", missing)
        self.expected = leaf.index + 1
        kept = bytes(leaf.leaf_hash)
        if leaf.entry_id < self.last_entry_id:
            self.report.add("order", leaf.entry_id)
        self.last_entry_id = leaf.entry_id
        self.stored.append(kept)
        self.recomputed.append(self._judged(leaf, entry, kept))

    def _judged(self, leaf: Leaf, entry: Entry | None, kept: bytes) -> bytes:
        if entry is None:
            self.report.add("deleted", leaf.entry_id)
            return kept
        self.report.entries += 1
        actual = canonical.sha256(content_of(entry))
        if actual == bytes(entry.content_hash):
            right = leaf_of(entry.id, actual)
            if right != kept:
                self.suspects.append(entry.id)
            return right
        self.report.add("content", entry.id)
        return kept

    def reach(self, checkpoint: Checkpoint) -> None:
        root = bytes(checkpoint.root_hash)
        stored_right, recomputed_right = self.stored.root() == root, self.recomputed.root() == root
        whole = self.expected == checkpoint.size
        for entry_id in self.suspects:
            self.report.add("leaf" if recomputed_right and not stored_right else "hash", entry_id)
        if whole and not stored_right and not recomputed_right and not self.suspects:
            self.report.add("root", f"{self.clean_until}-{checkpoint.size - 1}")
        self.suspects = []
        self.clean_until = checkpoint.size
        self.last_entry_id = -1
        signed = frontier_of(checkpoint)
        if signed is None:
            self.report.add("frontier", checkpoint.size)
        else:  # go on from what was signed, so that one fault is told once
            self.stored, self.recomputed = signed, Frontier(signed.size, signed.roots)


def frontier_of(checkpoint: Checkpoint) -> Frontier | None:
    """The subtree roots kept with a checkpoint, if they give its root."""
    try:
        frontier = Frontier.from_bytes(checkpoint.size, bytes(checkpoint.frontier))
    except ValueError:
        return None
    return frontier if frontier.root() == bytes(checkpoint.root_hash) else None


def _check_tree(report: Report, verifiers: list[Verifier], witness: SignedRoot | None) -> None:
    marks = list(Checkpoint.objects.order_by("size"))
    report.checkpoints = len(marks)
    for mark in marks:
        text = checkpoints.body(mark.size, bytes(mark.root_hash), mark.signed_at)
        if not any(v.key_id == mark.key_id and v.verifies(text, bytes(mark.signature)) for v in verifiers):
            report.add("signature", mark.size)
    walk = _Walk(report)
    waiting = iter(marks)
    mark = next(waiting, None)
    for leaf, entry in _leaves():
        while mark is not None and leaf.index >= mark.size:
            _fill(walk, mark)
            walk.reach(mark)
            mark = next(waiting, None)
        if mark is None:
            report.add("beyond", leaf.index)
            continue
        walk.take(leaf, entry)
    while mark is not None:
        if walk.expected < mark.size:
            report.add("tail", walk.expected)
            break
        walk.reach(mark)
        mark = next(waiting, None)
    report.root = bytes(marks[-1].root_hash).hex() if marks else ""
    if witness is not None and not any((m.size, bytes(m.root_hash)) == (witness.size, witness.root) for m in marks):
        report.add("witness", witness.size)


def _fill(walk: _Walk, mark: Checkpoint) -> None:
    for missing in range(walk.expected, mark.size):
        walk.report.add("leaf_missing", missing)
    walk.expected = mark.size


def _check_unsealed(report: Report) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select e.id from journal_entry e left join journal_leaf l on l.entry_id = e.id "
            "left join journal_pending p on p.entry_id = e.id where l.entry_id is null and p.entry_id is null order by e.id"
        )
        for (entry_id,) in cursor.fetchall():
            report.add("unsealed", entry_id)
        # what waits is checked too: its content can already be compared with its hash
        cursor.execute("select entry_id from journal_pending order by entry_id")
        ids = [row[0] for row in cursor.fetchall()]
    for start in range(0, len(ids), 5_000):
        for entry in Entry.objects.filter(id__in=ids[start : start + 5_000]).order_by("id"):
            report.entries += 1
            if canonical.sha256(content_of(entry)) != bytes(entry.content_hash):
                report.add("content", entry.id)
