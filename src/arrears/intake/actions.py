"""State changes of batches and profiles: receive, record the check, approve, commit part by part, finish, undo.

Held rows are mended in ``actions_mend``; bank statements stand in ``actions_statements``. The order of the steps and their
transactions are ``running``'s.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from arrears.access import approvals
from arrears.access.actions import Granted, require_authority
from arrears.access.models import Approval
from arrears.intake import profiles, queries, refusals
from arrears.intake.check_run import CheckResult
from arrears.intake.committing import commit as commit_frame
from arrears.intake.fields import Fault
from arrears.intake.models import Batch, BatchRow, ImportProfile, ImportProfileVersion
from arrears.intake.reading import Opened
from arrears.intake.reading.source import ROW
from arrears.intake.spool import Spool
from arrears.journal import canonical
from arrears.journal.actions import action, record
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.ledger import actions_bulk_undo as ledger_undo
from arrears.parties import actions_bulk_undo as parties_undo
from arrears.parties import sealing


@dataclass(frozen=True, slots=True)
class AlreadyLoaded:
    """The same file went in before with the same profile: nothing was done."""

    batch: Batch


def _note(actor: Actor, act: str, batch: Batch, **payload: Any) -> None:
    record(actor, act, ("batch", batch.public_id), creditor_id=batch.creditor_id, payload=payload)


def locked_batch(actor: Actor, public_id: str, *states: str) -> Batch | Refusal:
    """The batch, held until the transaction ends, if it is in one of ``states``. Refusals: ``batch.not_found``, ``batch.state``."""
    rows = (
        Batch.objects.visible_to(actor.scope)
        .select_for_update(of=("self",))
        .select_related("profile_version__profile", "creditor")
    )
    batch: Batch | None = rows.filter(public_id=public_id).first()
    if batch is None:
        return refusals.BATCH_UNKNOWN.at(id=public_id)
    return batch if not states or batch.state in states else refusals.BATCH_STATE.at(state=batch.state)


@action("profile.save")
def save_profile(actor: Actor, text: str) -> ImportProfileVersion | Refusal:
    """Keep a profile. Changed content makes a new version; old batches keep theirs. Refusals: ``profile.*``."""
    read = profiles.read(text)
    return read if isinstance(read, Refusal) else _version(actor, read, shipped=False)


def _version(actor: Actor, profile: profiles.Profile, *, shipped: bool) -> ImportProfileVersion:
    """The stored version with this very content, made if there is none. Part of an action."""
    words = {k: v for k, v in profile.words.items() if k != "version"}
    content = canonical.sha256(words)
    row, _ = ImportProfile.objects.get_or_create(code=profile.id, defaults={"created_at": clock.now()})
    newest = queries.newest_version(profile.id)
    if newest is not None and bytes(newest.sha256) == content:
        record(actor, "profile.unchanged", ("profile", profile.id), creditor_id=None, payload={"version": newest.version})
        return newest
    number = max(newest.version + 1 if newest else 1, profile.version)
    made = ImportProfileVersion.objects.create(
        profile=row, version=number, words=dict(profile.words) | {"version": number}, sha256=content, shipped=shipped,
        saved_at=clock.now(), saved_by=actor.id,
    )  # fmt: skip
    record(actor, "profile.saved", ("profile", profile.id), creditor_id=None, payload={"version": number, "shipped": shipped})
    return made


@action("import.receive")
def receive(
    actor: Actor, creditor_code: str, profile: profiles.Profile, opened: Opened, path: Path, file_name: str,
    options: dict[str, Any], *, ours: bool = False,
) -> Batch | AlreadyLoaded | Refusal:  # fmt: skip
    """Register a file. The same file with the same profile, already in, is answered with that batch; an unfinished dry run of it is
    superseded. Refusals: ``batch.creditor_unknown``."""
    creditor = queries.creditor(actor.scope, creditor_code)
    if isinstance(creditor, Refusal):
        return creditor
    sha256 = opened.fingerprint.sha256
    known = queries.same_file(actor.scope, creditor.pk, sha256, profile.id)
    if known is not None:
        _note(actor, "import.repeated", known)
        return AlreadyLoaded(known)
    shipped = queries.shipped_profiles().get(profile.id) is not None
    version = _version(actor, profile, shipped=shipped)
    earlier = Batch.objects.visible_to(actor.scope).filter(
        creditor=creditor, sha256=sha256, profile_version__profile=version.profile
    )
    for one in earlier.filter(state__in=("received", "checked", "refused")):
        one.state = "superseded"
        one.save(update_fields=["state"])
        Spool(one.public_id).shed()
    source = opened.source
    batch: Batch = Batch.objects.create(
        creditor=creditor, profile_version=version, file_name=Path(file_name).name[:200], file_path=str(path), file_is_ours=ours,
        file_size=opened.fingerprint.size, sha256=sha256, options=options,
        format={"format": source.format, "columns": list(source.columns), "first_column": source.first_column, **source.notes},
        received_at=clock.now(), received_by=actor.id,
    )  # fmt: skip
    _note(actor, "import.received", batch, sha256=sha256.hex(), size=batch.file_size, profile=profile.id, version=version.version)
    return batch


def note_progress(batch_id: int, rows_done: int) -> None:
    """How far a check is: a technical figure for the screen, no fact."""
    Batch.objects.unscoped("progress of a running check").filter(pk=batch_id).update(rows_done=rows_done)


def _held(batch: Batch, row: int, cells: dict[str, str], faults: list[Fault], group: str) -> BatchRow:
    return BatchRow(
        creditor_id=batch.creditor_id, batch=batch, row=row, group_key=group,
        cells_sealed=sealing.seal(json.dumps(cells, ensure_ascii=False)), faults=[f.stored() for f in faults],
    )  # fmt: skip


@action("import.record_check")
def record_check(actor: Actor, public_id: str, result: CheckResult | Refusal) -> Batch | Refusal:
    """Keep what the dry run found: counts, totals, difference, held rows (their cells sealed). A refused file is marked so."""
    batch = locked_batch(actor, public_id, "received", "checked", "refused")
    if isinstance(batch, Refusal):
        return batch
    rows = BatchRow.objects.visible_to(actor.scope).filter(batch=batch)
    rows.delete()
    batch.checked_at = clock.now()
    if isinstance(result, Refusal):
        values = {k: v if isinstance(v, int) else str(v) for k, v in result.values.items()}
        batch.state, batch.refusal = "refused", {"code": result.code, "values": values, "pointer": result.pointer}
        batch.save()
        _note(actor, "import.refused", batch, code=result.code)
        return batch
    batch.state, batch.refusal = "checked", {}
    batch.rows_total, batch.rows_good, batch.rows_held = result.rows_total, result.rows_good, len(result.held)
    batch.rows_warned, batch.parts, batch.part_cursor, batch.rows_done = result.warned_rows, result.parts, 0, result.rows_total
    batch.counts, batch.totals, batch.difference, batch.rules = result.counts, result.totals, result.difference, result.rules()
    batch.format = {**batch.format, "samples": result.samples}
    batch.save()
    held = (_held(batch, row, cells, faults, group) for row, (cells, faults, group) in sorted(result.held.items()))
    BatchRow.objects.bulk_create(held, batch_size=2000)
    _note(actor, "import.checked", batch, rows=result.rows_total, good=result.rows_good, held=len(result.held), rules=batch.rules)
    return batch


@action("import.approve")
def approve(actor: Actor, public_id: str) -> Batch | Approval | Refusal:
    """Let a checked batch go in. Beyond the actor's authority in rows it waits for a second person (the approval is returned).

    Refusals: ``batch.not_found``, ``batch.state``, ``batch.spool_lost``, ``batch.nothing_good``.
    """
    batch = locked_batch(actor, public_id, "checked", "awaiting", "approved", "committing")
    if isinstance(batch, Refusal):
        return batch
    if batch.state in ("approved", "committing"):
        _note(actor, "import.approve_repeated", batch)
        return batch
    if not Spool(batch.public_id).exists():
        return refusals.SPOOL_LOST.at()
    if batch.rows_good == 0 and batch.rows_held:
        return refusals.NOTHING_GOOD.at()
    subject, payload = ("batch", batch.public_id), {"batch": batch.public_id}
    granted = require_authority(actor, "import.commit", batch.rows_good, "rows", batch.creditor_id, subject, payload)
    if isinstance(granted, Refusal):
        return granted
    if not isinstance(granted, Granted):
        batch.state = "awaiting"
        batch.save(update_fields=["state"])
        return granted
    batch.state, batch.approved_by, batch.rows_done = "approved", actor.id, 0
    batch.save(update_fields=["state", "approved_by", "rows_done"])
    _note(actor, "import.approved", batch, rows=batch.rows_good)
    return batch


def _execute_commit(actor: Actor, approval: Approval) -> Any:
    from arrears.intake import jobs

    done = approve(actor, approval.payload["batch"])
    if isinstance(done, Batch):
        jobs.defer_commit(done.public_id)
    return done


approvals.register("import.commit", _execute_commit)


@action("import.commit_part")
def commit_part(actor: Actor, public_id: str, number: int) -> Batch | Refusal:
    """Bring part ``number`` in and move the cursor, in one transaction: a part is in once or not at all.

    Refusals: ``batch.state``, ``batch.busy`` (another process did this part), ``batch.spool_lost``, those of the bulk actions.
    """
    batch = locked_batch(actor, public_id, "approved", "committing")
    if isinstance(batch, Refusal):
        return batch
    if batch.part_cursor != number - 1:
        return refusals.BATCH_BUSY.at()
    spool = Spool(batch.public_id)
    parts = spool.read("parts")
    if parts is None:
        return refusals.SPOOL_LOST.at()
    excluded = spool.read("excluded")
    kinds = [o["kind"] for o in batch.profile_version.words["outputs"]]
    for index, kind in enumerate(kinds):
        frame = spool.read_part(number, index)
        if frame is None:
            continue
        if excluded is not None:
            frame = frame.join(excluded, on=ROW, how="anti", maintain_order="left")
        done = commit_frame(actor, batch, kind, frame, _extra(spool, number, index))
        if isinstance(done, Refusal):
            return done
        _add(batch.counts.setdefault(kind, {}), done.plain())
    batch.part_cursor, batch.state = number, "committing"
    batch.rows_done += int(parts.filter(pl.col("part") == number)["rows"].sum())
    batch.save(update_fields=["part_cursor", "state", "rows_done", "counts"])
    _note(actor, "import.part_committed", batch, part=number, of=batch.parts)
    return batch


def _extra(spool: Spool, number: int, index: int) -> dict[str, pl.DataFrame]:
    found = {"schedule": spool.read(f"part-{number:06d}-{index}-schedule"), "groups": spool.read("groups")}
    return {k: v for k, v in found.items() if v is not None}


def _add(counts: dict[str, Any], done: dict[str, int]) -> None:
    for name, value in done.items():
        counts[name] = counts.get(name, 0) + value


@action("import.discard")
def discard(actor: Actor, public_id: str) -> Batch | Refusal:
    """Give up a batch that is not in: its held rows and what the check prepared are forgotten. Refusals: ``batch.state``."""
    batch = locked_batch(actor, public_id, "received", "checked", "refused", "approved")
    if isinstance(batch, Refusal):
        return batch
    if batch.part_cursor:
        return refusals.BATCH_STATE.at(state=batch.state)
    BatchRow.objects.visible_to(actor.scope).filter(batch=batch).delete()
    batch.state = "superseded"
    batch.save(update_fields=["state"])
    Spool(batch.public_id).shed()
    if batch.file_is_ours:
        Path(batch.file_path).unlink(missing_ok=True)
    _note(actor, "import.discarded", batch)
    return batch


@action("import.finish")
def finish(actor: Actor, public_id: str) -> Batch | Refusal:
    """Close a batch whose parts are all in."""
    batch = locked_batch(actor, public_id, "approved", "committing")
    if isinstance(batch, Refusal):
        return batch
    if batch.part_cursor != batch.parts:
        return refusals.BATCH_BUSY.at()
    batch.state, batch.committed_at, batch.rows_done = "committed", clock.now(), batch.rows_good
    batch.file_path = ""
    batch.save(update_fields=["state", "committed_at", "rows_done", "file_path"])
    _note(actor, "import.committed", batch, rows=batch.rows_good, counts=batch.counts)
    return batch


def dependents(batch: Batch) -> list[str]:
    """What was recorded later and stands on this batch, in words for a person. Empty when it can be undone."""
    kinds = {o["kind"] for o in batch.profile_version.words["outputs"]}
    found: list[str] = []
    if kinds & {"payments", "schedules", "agreements"}:
        found += ledger_undo.event_dependents(batch.pk)
    if "agreements" in kinds:
        found += ledger_undo.agreement_dependents(batch.creditor_id, batch.public_id, batch.pk)
    if "customers" in kinds:
        found += parties_undo.party_dependents(batch.creditor_id, batch.public_id)
    return found


@action("import.undo")
def undo(actor: Actor, public_id: str, reason: str = "") -> Batch | Approval | Refusal:
    """Take back what a batch brought, by the rule of each kind (``arrears import kinds``); all or nothing.

    Refusals: ``batch.state``, ``batch.undo_dependents`` (lists what stands on it). Beyond authority it waits for a second person.
    """
    batch = locked_batch(actor, public_id, "committed", "committing", "approved")
    if isinstance(batch, Refusal):
        return batch
    if blocking := dependents(batch):
        return refusals.UNDO_DEPENDENTS.at(dependents="; ".join(blocking[:20]))
    granted = require_authority(
        actor, "import.undo", batch.rows_done, "rows", batch.creditor_id, ("batch", batch.public_id),
        {"batch": batch.public_id, "reason": reason}, reason,
    )  # fmt: skip
    if not isinstance(granted, Granted):
        return granted
    done: dict[str, Any] = {}
    for kind in reversed([o["kind"] for o in batch.profile_version.words["outputs"]]):
        for step in _UNDO[kind]:
            count = step(actor, batch)
            if isinstance(count, Refusal):
                return count
            done[kind] = count.plain()
    batch.state, batch.undone_at = "undone", clock.now()
    batch.save(update_fields=["state", "undone_at"])
    Spool(batch.public_id).shed()
    _note(actor, "import.undone", batch, reason=reason, counts=done)
    return batch


approvals.register("import.undo", lambda actor, approval: undo(actor, approval.payload["batch"], approval.payload["reason"]))


def _events(actor: Actor, batch: Batch) -> Any:
    return ledger_undo.undo_events(actor, batch.creditor_id, batch.public_id, batch.pk)


_UNDO: dict[str, list[Any]] = {
    "customers": [lambda a, b: parties_undo.undo_parties(a, b.creditor_id, b.public_id)],
    "contact_points": [lambda a, b: parties_undo.undo_contact_points(a, b.creditor_id, b.public_id)],
    "consents": [lambda a, b: parties_undo.undo_consents(a, b.creditor_id, b.public_id)],
    "agreements": [_events, lambda a, b: ledger_undo.void_agreements(a, b.creditor_id, b.public_id, b.pk)],
    "roles": [lambda a, b: ledger_undo.undo_roles(a, b.creditor_id, b.public_id)],
    "schedules": [_events],
    "positions": [lambda a, b: ledger_undo.undo_positions(a, b.creditor_id, b.public_id, b.pk)],
    "payments": [_events],
}
