"""``arrears journal``: seal, verify, show, export, proofs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from arrears.cli import conventions
from arrears.journal import checkpoints, proofs, refusals
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal, Text
from arrears.kernel.scope import SYSTEM_SCOPE

NAME = "journal"
app = typer.Typer(no_args_is_help=True, help="What was done, sealed and verifiable.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def _say(text: Text, **values: Any) -> None:
    conventions.say(text.format(**values).in_language(conventions.language()))


def _public_keys(path: Path | None) -> list[checkpoints.Verifier]:
    """Keys from a file (one a line), else the installation's own."""
    if path is None:
        from arrears.journal import keys

        return keys.verifiers()
    try:
        return [checkpoints.Verifier.parse(line) for line in path.read_text().splitlines() if line.strip()]
    except (OSError, ValueError):
        conventions.refuse(refusals.KEY_UNREADABLE.at(path.name))


@app.command()
def seal(as_json: Json = False) -> None:
    """Seal every waiting entry and sign the new root."""
    from arrears.journal import actions_seal, queries

    sealed = actions_seal.seal_all(clock.now())
    mark = queries.last_checkpoint()
    if as_json:
        conventions.put({"sealed": sealed, "size": mark.size if mark else 0})
    _say(
        Text("已封存 {n} 条，日志共 {size} 条。", "{n} entries sealed, {size} in the log."),
        n=sealed,
        size=mark.size if mark else 0,
    )


@app.command()
def verify(
    as_json: Json = False,
    public_key: Annotated[Path | None, typer.Option(help="File with public keys kept outside.")] = None,
    witness: Annotated[Path | None, typer.Option(help="A checkpoint kept outside; the log must contain it.")] = None,
) -> None:
    """Find every edit, deletion, insertion and reordering. Exit 1 and the exact entry where something is wrong."""
    from arrears.journal.verification import verify as check

    known = _public_keys(public_key)
    signed = None
    if witness is not None:
        signed = checkpoints.read_note(witness.read_text(), known) if witness.exists() else None
        if signed is None:
            conventions.refuse(refusals.NOTE_UNREADABLE.at(witness.name))
    report = check(known, signed)
    language = conventions.language()
    if as_json:
        conventions.put(
            {
                "whole": report.is_whole,
                "entries": report.entries,
                "checkpoints": report.checkpoints,
                "waiting": report.waiting,
                "root": report.root,
                "fault_count": report.fault_count,
                "faults": [{"kind": f.kind, "at": f.at, "sentence": f.sentence.in_language(language)} for f in report.faults],
            }
        )
    for fault in report.faults:
        conventions.say(fault.sentence.in_language(language))
    counts = {"n": report.entries, "c": report.checkpoints, "w": report.waiting, "f": report.fault_count}
    if not report.is_whole:
        _say(Text("日志不完整：{f} 处不符（{n} 条记录）。", "The journal is not whole: {f} faults in {n} entries."), **counts)
        raise typer.Exit(int(conventions.Exit.FAILURE))
    _say(
        Text(
            "日志完整：{n} 条记录，{c} 个检查点，{w} 条待封存。",
            "The journal is whole: {n} entries, {c} checkpoints, {w} waiting.",
        ),
        **counts,
    )


@app.command()
def show(
    as_json: Json = False,
    subject: Annotated[str, typer.Option(help="Public id of a subject.")] = "",
    act: Annotated[str, typer.Option(help="An act, or a noun with a full stop: payment.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """Print entries, newest first."""
    from arrears.journal import queries
    from arrears.journal.verification import content_of

    rows = queries.search(SYSTEM_SCOPE, act=act, subject_id=subject)[:limit]
    if as_json:
        conventions.put([{"entry": row.id, **content_of(row)} for row in rows])
        return
    for row in rows:
        conventions.say(f"{row.id:>8}  {row.recorded_at:%Y-%m-%d %H:%M:%S}  {row.act:<32} {row.subject_id:<26} {row.actor_id}")


@app.command()
def export(
    out: Annotated[Path | None, typer.Option(help="Folder for entries.jsonl, checkpoint.txt and public-key.txt.")] = None,
) -> None:
    """Write every entry as JSON lines (stdout without --out), with the newest checkpoint and the public keys beside them."""
    from arrears.journal import keys, queries

    rows = queries.export(SYSTEM_SCOPE)
    if out is None:
        for row in rows:
            sys.stdout.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")
        return
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    with (out / "entries.jsonl").open("w", encoding="utf-8") as handle:
        for row in rows:
            handle.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")
            count += 1
    mark = queries.last_checkpoint()
    if mark is not None:
        (out / "checkpoint.txt").write_text(queries.note_of(mark), encoding="utf-8")
    (out / "public-key.txt").write_text("".join(f"{key}\n" for key in keys.verifiers()), encoding="utf-8")
    _say(Text("已写出 {n} 条记录。", "{n} entries written."), n=count)


@app.command()
def key() -> None:
    """Print the public keys that verify checkpoints, one a line."""
    from arrears.journal import keys

    for one in keys.verifiers():
        print(one)


@app.command()
def proof(entry: Annotated[int, typer.Argument(help="Number of the entry.")]) -> None:
    """Print a JSON proof that one entry is in the sealed log; `check-proof` verifies it without a database."""
    from arrears.journal import queries

    document = queries.proof(SYSTEM_SCOPE, entry)
    if isinstance(document, Refusal):
        conventions.refuse(document)
    conventions.put(document)


@app.command("check-proof")
def check_proof(
    file: Annotated[Path, typer.Argument(help="A proof written by `arrears journal proof`.")],
    public_key: Annotated[Path, typer.Option(help="File with the creditor's public keys.")],
) -> None:
    """Verify a proof offline, with nothing but the public key."""
    known = _public_keys(public_key)
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        document = {}
    if not isinstance(document, dict) or not proofs.check(document, known):
        _say(Text("证明不成立。", "The proof does not hold."))
        raise typer.Exit(int(conventions.Exit.FAILURE))
    _say(Text("证明成立：记录 {n} 在已签名的日志中。", "The proof holds: entry {n} is in the signed log."), n=document["entry"])
