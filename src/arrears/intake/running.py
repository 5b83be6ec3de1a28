"""The steps of an import in their order, each in its own transaction, so that a killed process can go on where it stopped.

Screen, API and command line call ``begin`` (receive and check), ``approve`` and ``commit``; ``resume`` finds out what is left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from django.conf import settings
from django.db import transaction

from arrears.access.models import Approval
from arrears.intake import actions, actions_mend, profiles, queries, refusals
from arrears.intake.actions import AlreadyLoaded
from arrears.intake.check_run import CheckRun
from arrears.intake.kinds.common import CheckContext
from arrears.intake.models import Batch
from arrears.intake.reading import Limits, Opened, open_file
from arrears.intake.spool import Spool
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor

Progress = Callable[[int, int], None]


def _silent(done: int, total: int) -> None:
    return None


def limits() -> Limits:
    """Guards from the settings."""
    return Limits(file_bytes=settings.MAX_UPLOAD_BYTES)


def hints(source: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """How to open a file: what the person stated binds, what the profile says of its source is a hint."""
    told = {k: v for k, v in source.items() if k != "encoding"}
    return told | {"encoding_hint": source.get("encoding", "")} | dict(options)


def profile(code: str) -> profiles.Profile | Refusal:
    """The newest version of a profile, saved or shipped. Refusal: ``profile.not_found``."""
    words = queries.profile_words(code)
    if words is None:
        return refusals.PROFILE_UNKNOWN.at(id=code, known=", ".join(p["id"] for p in queries.profile_list()))
    return profiles.from_words(words)


def manifest(path: Path | None) -> dict[str, Any] | Refusal:
    """A manifest file (JSON or YAML): ``rows total sha256``. Refusal: ``file.format_unknown``."""
    if path is None:
        return {}
    try:
        words = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        words = None
    return words if isinstance(words, dict) else refusals.FILE_FORMAT.at(str(path.name), found=path.suffix)


def begin(
    actor: Actor, path: Path, creditor: str, chosen: profiles.Profile, options: dict[str, Any] | None = None, *,
    file_name: str = "", ours: bool = False, progress: Progress = _silent,
) -> Batch | AlreadyLoaded | Refusal:  # fmt: skip
    """Receive a file and check it: the dry run. Nothing of it is in the base afterwards but the batch with its findings.

    ``options``: ``encoding delimiter sheet header_row`` (else the profile's hints), ``new_portfolios``, ``manifest``. A file that
    cannot be opened is refused without a batch; one that fails in the check leaves a batch in state ``refused``.
    """
    options = {k: v for k, v in (options or {}).items() if v not in (None, "", False)}
    opened = open_file(path, hints(chosen.source, options), limits())
    if isinstance(opened, Refusal):
        return opened
    stated = options.get("manifest") or {}
    if stated.get("sha256") and str(stated["sha256"]).lower() != opened.fingerprint.sha256.hex():
        return refusals.CONTROL_HASH.at()
    with transaction.atomic():
        batch = actions.receive(actor, creditor, chosen, opened, path, file_name or path.name, options, ours=ours)
    if not isinstance(batch, Batch):
        return batch
    return check(actor, batch, opened, progress)


def check(actor: Actor, batch: Batch, opened: Opened, progress: Progress = _silent) -> Batch | Refusal:
    """The dry run of a received batch. Killed half way it leaves the batch as it was received; running it again starts anew."""
    chosen = profiles.from_words(batch.profile_version.words)
    if isinstance(chosen, Refusal):
        return chosen
    former = queries.last_committed(actor.scope, batch)
    context = context_of(actor, batch)
    spool = Spool(batch.public_id)
    run = CheckRun(chosen, context, opened.source, spool, Spool(former.public_id) if former else None)

    def told(done: int) -> None:
        with transaction.atomic():
            actions.note_progress(batch.pk, done)
        progress(done, 0)

    result = run.run(batch.options.get("manifest") or {}, told)
    with transaction.atomic():
        checked = actions.record_check(actor, batch.public_id, result)
    if isinstance(result, Refusal) or isinstance(checked, Refusal):
        spool.shed()
    if batch.file_is_ours:
        Path(batch.file_path).unlink(missing_ok=True)  # the clear file goes; what is needed further is sealed
    return checked


def context_of(actor: Actor, batch: Batch) -> CheckContext:
    return CheckContext(
        scope=actor.scope, creditor_id=batch.creditor_id, today=clock.today(), now=clock.now(), zone=ZoneInfo(batch.creditor.time_zone),
        source=f"batch:{batch.public_id}", new_portfolios=bool(batch.options.get("new_portfolios")),
    )  # fmt: skip


def commit(actor: Actor, public_id: str, progress: Progress = _silent) -> Batch | Approval | Refusal:
    """Approve (where that is open) and bring all parts in, each in its own transaction, then rows mended before, then close.

    Killed at any point, calling it again goes on with the next part. An ``Approval`` means that a second person is needed.
    """
    with transaction.atomic():
        done = actions.approve(actor, public_id)
    if not isinstance(done, Batch):
        return done
    while done.part_cursor < done.parts:
        with transaction.atomic():
            step = actions.commit_part(actor, public_id, done.part_cursor + 1)
        if isinstance(step, Refusal):
            return step
        done = step
        progress(done.rows_done, done.rows_good)
    with transaction.atomic():
        closed = actions.finish(actor, public_id)
    if isinstance(closed, Refusal):
        return closed
    for row in queries.held_rows(actor.scope, closed, states=("mended",)).values_list("row", flat=True):
        with transaction.atomic():
            actions_mend.commit_mended(actor, public_id, row)
    transaction.on_commit(Spool(public_id).shed)
    return _fresh(actor, public_id)


def resume(actor: Actor, public_id: str, path: Path | None = None, progress: Progress = _silent) -> Batch | Approval | Refusal:
    """Go on with a batch whose process ended: check again if the check was not done (the file must be the same), else commit on."""
    batch = queries.batch(actor.scope, public_id)
    if isinstance(batch, Refusal):
        return batch
    if batch.state == "received":
        opened = _same_file(batch, path)
        return opened if isinstance(opened, Refusal) else check(actor, batch, opened, progress)
    if batch.state == "awaiting":
        return refusals.BATCH_STATE.at(state=batch.state)
    return commit(actor, public_id, progress)


def _same_file(batch: Batch, path: Path | None) -> Opened | Refusal:
    found = path or Path(batch.file_path)
    opened = open_file(found, hints(batch.profile_version.words.get("source", {}), batch.options), limits())
    if isinstance(opened, Opened) and opened.fingerprint.sha256 != bytes(batch.sha256):
        return refusals.FILE_CHANGED.at()
    return opened


def undo(actor: Actor, public_id: str, reason: str = "") -> Batch | Approval | Refusal:
    """Take a batch back in one transaction. Refusals of ``actions.undo``."""
    with transaction.atomic():
        return actions.undo(actor, public_id, reason)


def _fresh(actor: Actor, public_id: str) -> Batch | Refusal:
    return queries.batch(actor.scope, public_id)


def summary(batch: Batch) -> dict[str, Any]:
    """A batch as plain data, for ``--json``, the API and tests."""
    return {
        "id": batch.public_id, "state": batch.state, "creditor": batch.creditor.code, "profile": batch.profile_version.profile.code,
        "profile_version": batch.profile_version.version, "file": batch.file_name, "sha256": bytes(batch.sha256).hex(),
        "size": batch.file_size, "format": batch.format, "rows_total": batch.rows_total, "rows_good": batch.rows_good,
        "rows_held": batch.rows_held, "rows_warned": batch.rows_warned, "rows_done": batch.rows_done, "parts": batch.parts,
        "parts_done": batch.part_cursor, "counts": batch.counts, "totals": batch.totals, "difference": batch.difference,
        "rules": batch.rules, "refusal": batch.refusal, "received_at": batch.received_at, "committed_at": batch.committed_at,
        "undone_at": batch.undone_at,
    }  # fmt: skip


def as_json(batch: Batch) -> str:
    return json.dumps(summary(batch), ensure_ascii=False, default=str)
