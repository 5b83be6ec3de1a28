"""``arrears import``: files and bank statements on the command line.

``arrears import FILE --profile P --creditor C`` checks and says what would happen; ``--commit`` brings it in. Everything else is a
subcommand; a word that is none is taken for a file.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import click
import typer
from typer.core import TyperGroup

from arrears.cli import conventions
from arrears.kernel.refusals import Refusal

from . import commands_profiles, commands_statements

NAME = "import"


class _FileFirst(TyperGroup):
    """``arrears import loans.csv …`` is ``arrears import file loans.csv …``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["file", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_FileFirst, no_args_is_help=True, help="Import files and bank statements.")
app.command("statement")(commands_statements.statement)
app.add_typer(commands_profiles.app, name="profile")
app.command("kinds")(commands_profiles.kinds)

_JSON = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
_BATCH = Annotated[str, typer.Argument(help="Id of the batch: bat_…")]


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,}{f' / {total:,}' if total else ''}", end="", file=sys.stderr, flush=True)


def _told(outcome: Any, as_json: bool) -> None:
    """Print the outcome of a step and leave with its exit code."""
    from arrears.access.models import Approval
    from arrears.intake import running
    from arrears.intake.actions import AlreadyLoaded

    if isinstance(outcome, Refusal):
        conventions.refuse(outcome, as_json=as_json)
    if isinstance(outcome, Approval):
        conventions.put({"awaiting_approval": outcome.public_id}) if as_json else conventions.say(f"awaiting {outcome.public_id}")
        return
    again = isinstance(outcome, AlreadyLoaded)
    batch = outcome.batch if isinstance(outcome, AlreadyLoaded) else outcome
    document = running.summary(batch) | {"already_loaded": again}
    if as_json:
        conventions.put(document)
    if again:
        zh = conventions.language().startswith("zh")
        conventions.say("已导入过，没有做任何事。" if zh else "Already loaded, nothing done.")
    _say(document)
    if batch.state == "refused":
        sys.exit(int(conventions.Exit.VALIDATION))


def _say(document: dict[str, Any]) -> None:
    from arrears.intake.fields import sentences

    lang = conventions.language()
    conventions.say(
        f"{document['id']}  {document['state']}  {document['file']}  {document['profile']} v{document['profile_version']}"
    )
    conventions.say(f"rows {document['rows_total']:,}  good {document['rows_good']:,}  held {document['rows_held']:,}")
    for kind, counts in document["counts"].items():
        conventions.say(f"  {kind}: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))
    for kind, counts in document["difference"].items():
        if counts:
            conventions.say(
                f"  {kind} since the last load: new {counts['new']:,}, gone {counts['gone']:,}, changed {counts['changed']:,}"
            )
    for rule, count in document["rules"].items():
        conventions.say(f"  {rule}: {count:,}")
    if document["refusal"]:
        sentence, fix = sentences(document["refusal"])
        conventions.say(f"{document['refusal']['code']}: {sentence.in_language(lang)} {fix.in_language(lang)}")


@app.command("file")
def file(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX, Parquet or JSON lines.", exists=True, dir_okay=False)],
    profile: Annotated[
        str, typer.Option("--profile", "-p", help="Profile id (see: arrears import profile list), or a YAML file.")
    ],
    creditor: Annotated[str, typer.Option("--creditor", "-c", help="Code of the creditor.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run/--commit", help="Only check (the default), or bring the good rows in.")
    ] = True,
    encoding: Annotated[str, typer.Option(help="Encoding, where detection is not wanted.")] = "",
    delimiter: Annotated[str, typer.Option(help="Delimiter, where detection is not wanted.")] = "",
    sheet: Annotated[str, typer.Option(help="Sheet of a workbook (default: the first).")] = "",
    header_row: Annotated[int, typer.Option(help="Line of the header.")] = 0,
    manifest: Annotated[
        Path | None, typer.Option(help="Control figures: JSON or YAML with rows, total, sha256.", exists=True)
    ] = None,
    new_portfolios: Annotated[bool, typer.Option("--new-portfolios", help="Create portfolios that are not there.")] = False,
    as_json: _JSON = False,
) -> None:
    """Check a file against a profile; with --commit bring the good rows in, bad rows wait (arrears import errors BATCH)."""
    from arrears.intake import profiles, running
    from arrears.intake.models import Batch

    actor = conventions.system_actor("import")
    chosen = (
        profiles.read(Path(profile).read_text(encoding="utf-8"))
        if profile.endswith((".yaml", ".yml"))
        else running.profile(profile)
    )
    if isinstance(chosen, Refusal):
        conventions.refuse(chosen, as_json=as_json)
    stated = running.manifest(manifest)
    if isinstance(stated, Refusal):
        conventions.refuse(stated, as_json=as_json)
    options = {
        "encoding": encoding, "delimiter": delimiter.replace("\\t", "\t"), "sheet": sheet, "header_row": header_row or None,
        "new_portfolios": new_portfolios, "manifest": stated,
    }  # fmt: skip
    outcome: Any = running.begin(actor, path.resolve(), creditor, chosen, options, progress=_progress)
    if isinstance(outcome, Batch) and outcome.state == "checked" and not dry_run:
        outcome = running.commit(actor, outcome.public_id, _progress)
    _told(outcome, as_json)


@app.command("list")
def list_batches(as_json: _JSON = False, limit: Annotated[int, typer.Option(help="How many, newest first.")] = 20) -> None:
    """Batches, newest first."""
    from arrears.intake import queries, running

    found = [running.summary(b) for b in queries.batches(conventions.system_actor().scope)[:limit]]
    if as_json:
        conventions.put(found)
    for one in found:
        conventions.say(
            f"{one['id']}  {one['state']:10}  {one['rows_good']:>10,} / {one['rows_total']:<10,}  {one['profile']}  {one['file']}"
        )


@app.command("show")
def show(batch: _BATCH, as_json: _JSON = False) -> None:
    """State, counts, totals and rules of a batch."""
    from arrears.intake import queries

    _told(queries.batch(conventions.system_actor().scope, batch), as_json)


@app.command("commit")
def commit(batch: _BATCH, as_json: _JSON = False) -> None:
    """Bring the good rows of a checked batch in."""
    from arrears.intake import running

    _told(running.commit(conventions.system_actor("import"), batch, _progress), as_json)


@app.command("resume")
def resume(
    batch: _BATCH,
    path: Annotated[Path | None, typer.Option("--file", help="The same file, if it moved.", exists=True)] = None,
    as_json: _JSON = False,
) -> None:
    """Go on with a batch whose process was killed, from the check or from the next part."""
    from arrears.intake import running

    _told(running.resume(conventions.system_actor("import"), batch, path, _progress), as_json)


@app.command("undo")
def undo(batch: _BATCH, reason: Annotated[str, typer.Option(help="Why.")] = "", as_json: _JSON = False) -> None:
    """Take back what a batch brought; refused, with a list, where later records stand on it."""
    from arrears.intake import running

    _told(running.undo(conventions.system_actor("import"), batch, reason), as_json)


@app.command("errors")
def errors(
    batch: _BATCH,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the held rows to this .csv or .xlsx: same columns and three more.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Identity columns in clear; logged with the reason.")] = False,
    reason: Annotated[str, typer.Option(help="Why the clear file is needed.")] = "",
    rule: Annotated[str, typer.Option(help="Only this rule.")] = "",
    as_json: _JSON = False,
) -> None:
    """Held rows: row, column, masked value, rule, sentence, fix."""
    from dataclasses import asdict

    from arrears.intake import actions_mend, error_file, queries

    actor, lang = conventions.system_actor("import"), conventions.language()
    found = queries.batch(actor.scope, batch)
    if isinstance(found, Refusal):
        conventions.refuse(found, as_json=as_json)
    rows = queries.held_rows(actor.scope, found, rule)
    if out is not None:
        if clear:
            with conventions.unit_of_work():
                allowed = actions_mend.export_held(actor, batch, reason)
            if isinstance(allowed, Refusal):
                conventions.refuse(allowed, as_json=as_json)
        table = error_file.lines(found, rows, lang, clear=clear)
        out.write_bytes(error_file.as_xlsx(table) if out.suffix == ".xlsx" else error_file.as_csv(table))
        conventions.say(f"{rows.count():,} → {out}")
        return
    told = [place for row in rows for place in error_file.places(found, row)]
    if as_json:
        conventions.put([asdict(p) | {"sentence": asdict(p.sentence), "fix": asdict(p.fix)} for p in told])
        return
    for p in told:
        conventions.say(
            f"{p.row:>8} {p.letter:>3} {p.column}  {p.masked}  {p.rule}  {p.sentence.in_language(lang)} {p.fix.in_language(lang)}"
        )


@app.command("mend")
def mend(
    batch: _BATCH,
    row: Annotated[int, typer.Option("--row", help="Number of the held row.")],
    cells: Annotated[list[str], typer.Option("--set", help="COLUMN=VALUE, again for each cell.")],
    as_json: _JSON = False,
) -> None:
    """Correct cells of a held row and check only that row again; without a fault it goes in."""
    from arrears.intake import actions_mend

    changes = dict(c.partition("=")[::2] for c in cells)
    with conventions.unit_of_work():
        done = actions_mend.mend(conventions.system_actor("import"), batch, row, changes)
    _mended(done, as_json)


@app.command("recheck")
def recheck(batch: _BATCH, as_json: _JSON = False) -> None:
    """Check all held rows again and bring in those whose cause was mended elsewhere."""
    from arrears.intake import actions_mend

    with conventions.unit_of_work():
        done = actions_mend.recheck(conventions.system_actor("import"), batch)
    if isinstance(done, Refusal):
        conventions.refuse(done, as_json=as_json)
    if as_json:
        conventions.put({"state": done.state, "rows": list(done.rows)})
    conventions.say(f"{len(done.rows):,} rows taken in")


@app.command("drop")
def drop(
    batch: _BATCH,
    row: Annotated[int, typer.Option("--row", help="Number of the held row.")],
    reason: Annotated[str, typer.Option(help="Why it is given up.")],
    as_json: _JSON = False,
) -> None:
    """Give a held row up."""
    from arrears.intake import actions_mend

    with conventions.unit_of_work():
        done = actions_mend.drop(conventions.system_actor("import"), batch, row, reason)
    _mended(done, as_json)


def _mended(done: Any, as_json: bool) -> None:
    from arrears.intake.fields import sentences

    if isinstance(done, Refusal):
        conventions.refuse(done, as_json=as_json)
    if as_json:
        conventions.put({"state": done.state, "rows": list(done.rows), "faults": list(done.faults)})
    lang = conventions.language()
    conventions.say(done.state)
    for fault in done.faults:
        sentence, fix = sentences(fault)
        conventions.say(f"  {fault['code']} {fault['column']}: {sentence.in_language(lang)} {fix.in_language(lang)}")
    if done.state == "held":
        sys.exit(int(conventions.Exit.VALIDATION))
