"""REST: import batches, their held rows, profiles and kinds. Taken up by ``api.py``. Held cells are never given in clear here."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import yaml
from django.http import HttpRequest
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile

from arrears.access.models import Approval
from arrears.intake import actions, actions_mend, error_file, jobs, queries, refusals, running
from arrears.intake.actions import AlreadyLoaded
from arrears.intake.commands_profiles import kind_document
from arrears.intake.models import Batch, BatchRow
from arrears.intake.spool import root
from arrears.kernel.door import Answer, Listing, Page
from arrears.kernel.ids import new_id
from arrears.kernel.refusals import Refusal

router = Router(tags=["imports"])


class BatchOut(Schema):
    id: str
    state: str
    creditor: str
    profile: str
    profile_version: int
    file: str
    sha256: str
    size: int
    rows_total: int
    rows_good: int
    rows_held: int
    rows_done: int
    counts: dict[str, Any]
    totals: dict[str, Any]
    difference: dict[str, Any]
    rules: dict[str, int]
    refusal: dict[str, Any]
    received_at: datetime
    committed_at: datetime | None
    undone_at: datetime | None
    already_loaded: bool = False

    @classmethod
    def of(cls, row: Batch) -> BatchOut:
        return cls(**{k: v for k, v in running.summary(row).items() if k in cls.model_fields})


class FaultOut(Schema):
    row: int
    column: str
    letter: str
    value_masked: str
    rule: str
    sentence: dict[str, str]
    fix: dict[str, str]


class HeldRowOut(Schema):
    row: int
    state: str
    faults: list[FaultOut]


class MendIn(Schema):
    cells: dict[str, str]


class MendedOut(Schema):
    state: str
    rows: list[int]
    faults: list[dict[str, Any]]


class ReasonIn(Schema):
    reason: str


class ImportIn(Schema):
    creditor: str
    profile: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    new_portfolios: bool = False
    manifest: str = ""


def _held(batch: Batch, row: BatchRow) -> HeldRowOut:
    faults = [
        FaultOut(
            row=p.row, column=p.column, letter=p.letter, value_masked=p.masked, rule=p.rule,
            sentence={"zh": p.sentence.zh, "en": p.sentence.en}, fix={"zh": p.fix.zh, "en": p.fix.en},
        )
        for p in error_file.places(batch, row)
    ]  # fmt: skip
    return HeldRowOut(row=row.row, state=row.state, faults=faults)


@router.get("/imports", response=Page[BatchOut])
def list_batches(request: HttpRequest) -> Any:
    """Import batches, newest first."""
    return Listing(queries.batches(request.actor.scope).order_by(), ("-received_at", "-id"), BatchOut.of)


@router.post("/imports", response={201: BatchOut, 200: BatchOut})
def import_file(request: HttpRequest, data: Form[ImportIn], file: File[UploadedFile]) -> Any:
    """Receive and check a file: the dry run. Commit it with ``POST /imports/{id}/commit``. The same file again answers 200 with the
    batch that took it."""
    chosen = running.profile(data.profile)
    if isinstance(chosen, Refusal):
        return chosen
    try:
        manifest = json.loads(data.manifest) if data.manifest else {}
    except ValueError:
        return refusals.FILE_FORMAT.at("/manifest", found="manifest")
    root().mkdir(parents=True, exist_ok=True, mode=0o700)
    path = root() / f"{new_id('upl')}.upload"
    with path.open("wb") as out:
        for block in file.chunks():
            out.write(block)
    options = {k: v for k, v in data.dict().items() if k in ("encoding", "delimiter", "sheet", "new_portfolios") and v}
    options |= {"manifest": manifest} if manifest else {}
    outcome = running.begin(request.actor, path, data.creditor, chosen, options, file_name=file.name or "", ours=True)
    path.unlink(missing_ok=True)
    if isinstance(outcome, AlreadyLoaded):
        return Answer(BatchOut.of(outcome.batch).model_copy(update={"already_loaded": True}), 200)
    return outcome if isinstance(outcome, Refusal) else Answer(BatchOut.of(outcome), 201, f"/api/v1/imports/{outcome.public_id}")


@router.get("/imports/{batch_id}", response=BatchOut)
def view_batch(request: HttpRequest, batch_id: str) -> Any:
    """One batch with counts, control totals, difference from the last load and errors by rule."""
    found = queries.batch(request.actor.scope, batch_id)
    return found if isinstance(found, Refusal) else BatchOut.of(found)


@router.get("/imports/{batch_id}/held", response=Page[HeldRowOut])
def list_held_rows(request: HttpRequest, batch_id: str, rule: str = "") -> Any:
    """Rows that wait: place, masked value, rule, sentence, fix."""
    found = queries.batch(request.actor.scope, batch_id)
    if isinstance(found, Refusal):
        return found
    return Listing(queries.held_rows(request.actor.scope, found, rule).order_by(), ("row", "id"), lambda row: _held(found, row))


@router.post("/imports/{batch_id}/commit", response={202: BatchOut})
def commit_batch(request: HttpRequest, batch_id: str) -> Any:
    """Bring the good rows in, as a job. Beyond the caller's authority it waits for a second person (state ``awaiting``)."""
    outcome = actions.approve(request.actor, batch_id)
    if isinstance(outcome, Refusal):
        return outcome
    if not isinstance(outcome, Approval):
        jobs.defer_commit(batch_id)
    found = queries.batch(request.actor.scope, batch_id)
    return found if isinstance(found, Refusal) else Answer(BatchOut.of(found), 202, f"/api/v1/imports/{batch_id}")


@router.post("/imports/{batch_id}/undo", response={200: BatchOut, 202: BatchOut})
def undo_batch(request: HttpRequest, batch_id: str, data: ReasonIn) -> Any:
    """Take a batch back; refused with a list where later records stand on it. 202 where a second person has to agree first."""
    outcome = actions.undo(request.actor, batch_id, data.reason)
    if isinstance(outcome, Refusal):
        return outcome
    found = queries.batch(request.actor.scope, batch_id)
    if isinstance(found, Refusal):
        return found
    return Answer(BatchOut.of(found), 202 if isinstance(outcome, Approval) else 200)


@router.post("/imports/{batch_id}/recheck", response=MendedOut)
def recheck_batch(request: HttpRequest, batch_id: str) -> Any:
    """Check all held rows again and take in those whose cause was mended elsewhere."""
    return _mended(actions_mend.recheck(request.actor, batch_id))


@router.post("/imports/{batch_id}/held/{row}/mend", response=MendedOut)
def mend_row(request: HttpRequest, batch_id: str, row: int, data: MendIn) -> Any:
    """Correct cells of a held row; only it is checked again, and goes in when nothing is wrong."""
    return _mended(actions_mend.mend(request.actor, batch_id, row, data.cells))


@router.post("/imports/{batch_id}/held/{row}/drop", response=MendedOut)
def drop_row(request: HttpRequest, batch_id: str, row: int, data: ReasonIn) -> Any:
    """Give a held row up."""
    return _mended(actions_mend.drop(request.actor, batch_id, row, data.reason))


def _mended(outcome: Any) -> Any:
    if isinstance(outcome, Refusal):
        return outcome
    return MendedOut(state=outcome.state, rows=list(outcome.rows), faults=list(outcome.faults))


@router.get("/import-kinds")
def list_kinds(request: HttpRequest) -> Any:
    """What can be imported: fields, types, rules, keys, undo."""
    return kind_document()


@router.get("/import-profiles")
def list_profiles(request: HttpRequest) -> Any:
    """Mapping profiles with their newest versions."""
    return queries.profile_list()


class ProfileIn(Schema):
    words: dict[str, Any]


class ProfileOut(Schema):
    id: str
    version: int


@router.post("/import-profiles", response={201: ProfileOut})
def save_profile(request: HttpRequest, data: ProfileIn) -> Any:
    """Keep a profile; changed content makes a new version."""
    saved = actions.save_profile(request.actor, yaml.safe_dump(data.words, allow_unicode=True))
    return saved if isinstance(saved, Refusal) else Answer(ProfileOut(id=saved.profile.code, version=saved.version), 201)
