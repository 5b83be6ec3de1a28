"""Staff pages of imports: batches, upload, mapping, one batch with its held rows, mending a row. Bank statements: ``pages_statements``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from arrears.access import queries as access_queries
from arrears.access import rights
from arrears.access.doors import needs
from arrears.access.models import Approval
from arrears.intake import actions, actions_mend, error_file, jobs, profiles, queries, refusals, running
from arrears.intake.actions import AlreadyLoaded
from arrears.intake.fields import letter, sentences
from arrears.intake.kinds import KINDS
from arrears.intake.models import Batch
from arrears.intake.reading import open_file
from arrears.intake.spool import root
from arrears.kernel.ids import new_id
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor

#: Files up to this size are checked while the person waits; larger ones by a job, with progress.
AT_ONCE_BYTES = 4 * 1024**2
_SHOWN = 50
_UPLOAD = re.compile(r"^upl_[0-9a-z]{20}$")
STEPS = ("received", "checked", "approved", "committed")


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _language() -> str:
    return get_language() or "zh-hans"


def _reasons(refusal: Refusal | None) -> list[dict[str, str]]:
    listed = (refusal, *refusal.errors) if refusal is not None else ()
    lang = _language()
    return [{"sentence": r.sentence.in_language(lang), "fix": r.fix.in_language(lang), "place": r.pointer} for r in listed]


@never_cache
@require_GET
@needs(act="import.receive")
def imports(request: HttpRequest) -> HttpResponse:
    """Batches, newest first."""
    page = Paginator(queries.batches(_actor(request).scope), _SHOWN).get_page(request.GET.get("page"))
    return render(request, "intake/imports.html", {"page": page})


def _form(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    lang = "zh" if _language().startswith("zh") else "en"
    known = [p | {"name": p["title"][lang]} for p in queries.profile_list()]
    context = {
        "creditors": access_queries.creditors(_actor(request).scope), "profiles": known, "kinds": KINDS.values(),
        "reasons": _reasons(refusal), "typed": request.POST,
    }  # fmt: skip
    return render(request, "intake/new.html", context, status=refusal.status if refusal is not None else 200)


def _store(request: HttpRequest) -> Path | Refusal:
    """The uploaded bytes in our own folder, under a random name."""
    upload = request.FILES.get("file")
    if upload is None:
        return refusals.FILE_MISSING.at()
    limit = running.limits().file_bytes
    if (upload.size or 0) > limit:
        return refusals.FILE_TOO_LARGE.at(size=upload.size, limit=limit)
    root().mkdir(parents=True, exist_ok=True, mode=0o700)
    path = root() / f"{new_id('upl')}.upload"
    with path.open("wb") as file:
        for block in upload.chunks():
            file.write(block)
    return path


@never_cache
@require_http_methods(["GET", "POST"])
@needs(act="import.receive")
def new(request: HttpRequest) -> HttpResponse:
    """Step 1: a file, whose it is, and the profile it is read with (or a proposed mapping)."""
    if request.method == "GET":
        return _form(request)
    path = _store(request)
    if isinstance(path, Refusal):
        return _form(request, path)
    name = Path(request.FILES["file"].name or "").name
    if request.POST.get("profile") == "propose":
        return _propose(request, path, name)
    chosen = running.profile(request.POST.get("profile", ""))
    return _take(request, path, name, chosen)


def _take(request: HttpRequest, path: Path, name: str, chosen: profiles.Profile | Refusal) -> HttpResponse:
    """Register the file and check it, at once or in a job."""
    outcome: Any = chosen if isinstance(chosen, Refusal) else _receive(request, path, name, chosen)
    if isinstance(outcome, AlreadyLoaded):
        path.unlink(missing_ok=True)
        messages.info(request, _("这个文件已经导入过，没有做任何事。"))
        return redirect("intake:batch", outcome.batch.public_id)
    if isinstance(outcome, Refusal):
        path.unlink(missing_ok=True)
        return _form(request, outcome)
    return redirect("intake:batch", outcome.public_id)


def _receive(request: HttpRequest, path: Path, name: str, chosen: profiles.Profile) -> Any:
    options = {k: request.POST.get(k, "") for k in ("encoding", "delimiter", "sheet")}
    options = {k: v for k, v in options.items() if v} | {"new_portfolios": bool(request.POST.get("new_portfolios"))}
    opened = open_file(path, running.hints(chosen.source, options), running.limits())
    if isinstance(opened, Refusal):
        return opened
    actor = _actor(request)
    batch = actions.receive(actor, request.POST.get("creditor", ""), chosen, opened, path, name, options, ours=True)
    if not isinstance(batch, Batch):
        return batch
    if opened.fingerprint.size <= AT_ONCE_BYTES:
        return running.check(actor, batch, opened)
    jobs.defer_check(batch.public_id)
    return batch


def _propose(request: HttpRequest, path: Path, name: str) -> HttpResponse:
    """Step 2 for a file without a profile: the proposed mapping, column by column, to be changed and saved."""
    opened = open_file(path, {}, running.limits())
    if isinstance(opened, Refusal):
        path.unlink(missing_ok=True)
        return _form(request, opened)
    columns = opened.source.columns
    kind = KINDS.get(request.POST.get("kind", "")) or profiles.best_kind(columns)
    matched = profiles.propose(columns, kind)["outputs"][0]["columns"]
    return _mapping(request, path.stem, name, kind.name, list(columns), matched)


def _mapping(
    request: HttpRequest,
    upload: str,
    name: str,
    kind: str,
    columns: list[str],
    matched: dict[str, str],
    refusal: Refusal | None = None,
) -> HttpResponse:
    lines = [{"n": i, "letter": letter(i), "column": c, "target": matched.get(c, "")} for i, c in enumerate(columns)]
    context = {
        "upload": upload, "file_name": name, "kind": KINDS[kind], "lines": lines, "reasons": _reasons(refusal), "typed": request.POST,
        "creditor": request.POST.get("creditor", ""),
    }  # fmt: skip
    return render(request, "intake/map.html", context, status=refusal.status if refusal is not None else 200)


@never_cache
@require_POST
@needs(act="profile.save")
def map_columns(request: HttpRequest) -> HttpResponse:
    """Save the mapping as a profile (a new version where it is known) and check the file with it."""
    upload, kind = request.POST.get("upload", ""), request.POST.get("kind", "")
    path = root() / f"{upload}.upload"
    if not _UPLOAD.match(upload) or not path.exists() or kind not in KINDS:
        return _form(request, refusals.FILE_MISSING.at())
    columns = request.POST.getlist("column")
    matched = {c: t for c, t in zip(columns, request.POST.getlist("target"), strict=False) if t}
    constants = {k.removeprefix("constant-"): v for k, v in request.POST.items() if k.startswith("constant-") and v}
    code = request.POST.get("code", "").strip()
    words = {
        "id": code, "version": 1, "title": {"zh": code, "en": code},
        "outputs": [{"kind": kind, "columns": matched, "constants": constants}],
    }  # fmt: skip
    saved = actions.save_profile(_actor(request), yaml.safe_dump(words, allow_unicode=True))
    if isinstance(saved, Refusal):
        return _mapping(request, upload, request.POST.get("file_name", ""), kind, columns, matched, saved)
    return _take(request, path, request.POST.get("file_name", ""), profiles.from_words(saved.words))


@never_cache
@require_GET
@needs(act="import.receive")
def batch(request: HttpRequest, public_id: str) -> HttpResponse:
    """One batch: what was found, which rows wait, how columns became fields, and what can be done next."""
    found = queries.batch(_actor(request).scope, public_id)
    if isinstance(found, Refusal):
        return render(request, "intake/batch.html", {"reasons": _reasons(found)}, status=404)
    return _batch(request, found)


def _batch(request: HttpRequest, found: Batch, refusal: Refusal | None = None) -> HttpResponse:
    actor, rule = _actor(request), request.GET.get("rule", "")
    rows = queries.held_rows(actor.scope, found, rule)
    page = Paginator(rows, _SHOWN).get_page(request.GET.get("page"))
    stored = found.refusal
    told = sentences(stored) if stored else None
    context = {
        "batch": found, "reasons": _reasons(refusal), "page": page, "rule": rule,
        "lines": [{"row": row, "places": error_file.places(found, row)} for row in page],
        "rules": _rules(found), "mapping": _columns(found), "refused": told, "refused_code": stored.get("code", ""),
        "counts": _counts(found), "differences": [d for d in _differences(found) if d["any"]], "totals": _totals(found),
        "may_commit": rights.may(actor, "import.approve"), "may_undo": rights.may(actor, "import.undo"),
        "dependents": actions.dependents(found) if found.state == "committed" else [],
        "steps": _steps(found), "running": found.state in ("received", "approved", "committing"),
        "sha": _grouped(bytes(found.sha256).hex()),
    }  # fmt: skip
    return render(request, "intake/batch.html", context, status=refusal.status if refusal is not None else 200)


def _grouped(digest: str) -> str:
    return f"{digest[:4]} {digest[4:8]} … {digest[-4:]}"


def _steps(found: Batch) -> list[tuple[str, str]]:
    """(label, ``done`` | ``here`` | ````) of the five steps."""
    at = {"received": 2, "refused": 2, "checked": 2, "awaiting": 3, "approved": 3, "committing": 4, "committed": 5}.get(
        found.state, 2
    )
    names = (_("文件"), _("对应"), _("检查"), _("审批"), _("完成"))
    return [(name, "done" if i < at else "here" if i == at else "") for i, name in enumerate(names)]


def _rules(found: Batch) -> list[dict[str, Any]]:
    lines = []
    for code, count in found.rules.items():
        lines.append({"code": code, "count": count})
    return lines


def _columns(found: Batch) -> list[dict[str, Any]]:
    """How each column became fields, with samples and the faults found in it."""
    profile = profiles.from_words(found.profile_version.words)
    if isinstance(profile, Refusal):
        return []
    samples = found.format.get("samples", {})
    targets: dict[str, list[str]] = {}
    rules: dict[str, str] = {}
    for output in profile.outputs:
        for entry in output.entries:
            for cell in entry.cells:
                name = f"{output.kind.name}.{cell.target}"
                targets.setdefault(cell.column, [])
                if name not in targets[cell.column]:
                    targets[cell.column].append(name)
                rules[cell.column] = cell.type
    ignored = [c for c in found.format.get("columns", []) if c not in targets]
    mapped = [{"column": c, "targets": t, "samples": samples.get(c, []), "type": rules[c]} for c, t in targets.items()]
    return [*mapped, *({"column": c, "targets": [], "samples": [], "type": ""} for c in ignored)]


def _counts(found: Batch) -> list[dict[str, Any]]:
    return [{"label": KINDS[k].label, **{n: v for n, v in c.items()}} for k, c in found.counts.items() if k in KINDS]


def _differences(found: Batch) -> list[dict[str, Any]]:
    return [{"label": KINDS[k].label, "any": bool(d), **d} for k, d in found.difference.items() if k in KINDS]


def _totals(found: Batch) -> list[dict[str, str]]:
    sums = [(k, c, v) for k, by in found.totals.items() if isinstance(by, dict) for c, v in by.items()]
    return [{"label": KINDS[k].label, "currency": c, "amount": v} for k, c, v in sums if k in KINDS]


@never_cache
@require_GET
@needs(act="import.receive")
def progress(request: HttpRequest, public_id: str) -> HttpResponse:
    """The progress fragment; once the work has ended the whole page is loaded again."""
    found = queries.batch(_actor(request).scope, public_id)
    if isinstance(found, Refusal):
        return HttpResponse(status=404)
    if found.state not in ("received", "approved", "committing"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "intake/_progress.html", {"batch": found})


@require_POST
@needs(act="import.approve")
def commit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Approve and queue the commit; beyond authority the request waits for a second person."""
    done = actions.approve(_actor(request), public_id)
    if isinstance(done, Refusal):
        return _again(request, public_id, done)
    if isinstance(done, Approval):
        messages.info(request, _("已提交审批，等待第二人决定。"))
    else:
        jobs.defer_commit(public_id)
        messages.success(request, _("已开始导入。"))
    return redirect("intake:batch", public_id)


@require_POST
@needs(act="import.undo")
def undo(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take a batch back."""
    done = actions.undo(_actor(request), public_id, request.POST.get("reason", ""))
    if isinstance(done, Refusal):
        return _again(request, public_id, done)
    messages.success(request, _("已提交审批，等待第二人决定。") if isinstance(done, Approval) else _("批次已撤销。"))
    return redirect("intake:batch", public_id)


@require_POST
@needs(act="import.recheck")
def recheck(request: HttpRequest, public_id: str) -> HttpResponse:
    """Check the held rows again."""
    done = actions_mend.recheck(_actor(request), public_id)
    if isinstance(done, Refusal):
        return _again(request, public_id, done)
    messages.success(request, _("已导入 %(n)s 行。") % {"n": len(done.rows)})
    return redirect("intake:batch", public_id)


@require_POST
@needs(act="import.discard")
def discard(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give up a batch that is not in."""
    done = actions.discard(_actor(request), public_id)
    return _again(request, public_id, done) if isinstance(done, Refusal) else redirect("intake:imports")


def _again(request: HttpRequest, public_id: str, refusal: Refusal) -> HttpResponse:
    found = queries.batch(_actor(request).scope, public_id)
    if isinstance(found, Refusal):
        return render(request, "intake/batch.html", {"reasons": _reasons(found)}, status=404)
    return _batch(request, found, refusal)


@never_cache
@require_http_methods(["GET", "POST"])
@needs(act="import.mend")
def errors(request: HttpRequest, public_id: str, form: str) -> HttpResponse:
    """Held rows as a file: masked (GET), or in clear with a reason that is logged (POST)."""
    actor = _actor(request)
    clear = request.method == "POST"
    found = (
        actions_mend.export_held(actor, public_id, request.POST.get("reason", ""))
        if clear
        else queries.batch(actor.scope, public_id)
    )
    if isinstance(found, Refusal):
        return _again(request, public_id, found)
    table = error_file.lines(found, queries.held_rows(actor.scope, found), _language(), clear=clear)
    data, kind = (error_file.as_csv(table), "text/csv; charset=utf-8")
    if form == "xlsx":
        data, kind = error_file.as_xlsx(table), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = f"{found.public_id}-errors.{'xlsx' if form == 'xlsx' else 'csv'}"
    return HttpResponse(data, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@never_cache
@require_http_methods(["GET", "POST"])
@needs(act="import.mend")
def held_row(request: HttpRequest, public_id: str, row: int) -> HttpResponse:
    """Mend one row in place: identity cells are shown masked; a cell left as it is keeps its value."""
    actor = _actor(request)
    found = queries.batch(actor.scope, public_id)
    held = queries.held_rows(actor.scope, found).filter(row=row).first() if isinstance(found, Batch) else None
    if isinstance(found, Refusal) or held is None:
        missing = refusals.ROW_UNKNOWN.at(row=row)
        return render(request, "intake/row.html", {"reasons": _reasons(missing)}, status=404)
    shown = error_file.masked_cells(found, held)
    if request.method == "POST":
        names, values = request.POST.getlist("column"), request.POST.getlist("value")
        changes = {c: v for c, v in zip(names, values, strict=False) if v != shown.get(c, "")}
        done = actions_mend.mend(actor, public_id, row, changes)
        if not isinstance(done, Refusal) and done.state != "held":
            messages.success(request, _("第 %(row)s 行已改正。") % {"row": row})
            return redirect("intake:batch", public_id)
        if isinstance(done, Refusal):
            return _row_page(request, found, held, shown, done)
        held.refresh_from_db()
        shown = error_file.masked_cells(found, held)
        return _row_page(request, found, held, shown, status=422)
    return _row_page(request, found, held, shown)


def _row_page(
    request: HttpRequest, found: Batch, held: Any, shown: dict[str, str], refusal: Refusal | None = None, status: int = 200
) -> HttpResponse:
    places = error_file.places(found, held)
    by_column: dict[str, list[error_file.Place]] = {}
    for one in places:
        by_column.setdefault(one.column, []).append(one)
    columns = list(dict.fromkeys([*by_column, *found.format.get("columns", [])]))
    first = int(found.format.get("first_column", 0))
    order = {c: letter(i + first) for i, c in enumerate(found.format.get("columns", []))}
    lines = [
        {"n": i, "column": c, "letter": order.get(c, ""), "value": shown.get(c, ""), "places": by_column.get(c, [])}
        for i, c in enumerate(columns)
        if c
    ]
    context = {
        "batch": found, "row": held, "lines": lines, "reasons": _reasons(refusal), "general": by_column.get("", []),
    }  # fmt: skip
    return render(request, "intake/row.html", context, status=refusal.status if refusal is not None else status)


@require_POST
@needs(act="import.drop_row")
def drop_row(request: HttpRequest, public_id: str, row: int) -> HttpResponse:
    """Give a held row up, with a reason."""
    done = actions_mend.drop(_actor(request), public_id, row, request.POST.get("reason", ""))
    return _again(request, public_id, done) if isinstance(done, Refusal) else redirect("intake:batch", public_id)
