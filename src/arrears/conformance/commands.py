"""``arrears cases run PATH...``: golden cases against the product. Needs no database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from arrears.cli import conventions
from arrears.house import rooms

from . import running

NAME = "cases"
NEEDS_DATABASE = False
app = typer.Typer(no_args_is_help=True, help="Golden cases: facts and the answer expected from them.")


def kinds() -> dict[str, running.Runner]:
    """Every kind of case that an installed room can run."""
    return {kind.kind: kind.run for module in rooms.declared("case_kinds") for kind in module.KINDS}


@app.callback()
def _noun() -> None:
    """Golden cases: facts and the answer expected from them."""


@app.command("run")
def run(
    paths: Annotated[list[Path], typer.Argument(help="Case files, or folders of them.")],
    kind: Annotated[str | None, typer.Option("--kind", help="Only cases of this kind.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Run cases and say which pass, fail, differ by decision, or are of a kind not yet run. Exit status 1 if any failed."""
    report = running.run(paths, kinds(), kind)
    if as_json:
        conventions.put(report.as_json())
    else:
        _print(report)
    if report.of("failed"):
        raise typer.Exit(int(conventions.Exit.FAILURE))


@app.command("kinds")
def list_kinds() -> None:
    """The kinds of cases that this installation can run."""
    conventions.put(sorted(kinds()))


def _print(report: running.Report) -> None:
    for result in (*report.of("failed"), *report.of("different")):
        case = result.case
        label = "FAILED" if result.outcome == "failed" else "different by decision"
        conventions.say(f"{label} {case.id or '(no id)'} ({case.file}:{case.line}): {result.reason}")
        for d in (one.as_json() for one in result.differences[:12]):
            conventions.say(f"    {d['at']}: expected {d['expected']}, got {d['produced']}")
        if len(result.differences) > 12:
            conventions.say(f"    … and {len(result.differences) - 12} more differences")
    _print_table(report.summary())


def _print_table(lines: list[dict[str, Any]]) -> None:
    width = max([len("source"), *(len(line["source"]) for line in lines)])
    print(f"{'source':<{width}}  {'kind':<14} {'passed':>7} {'failed':>7} {'different':>10} {'not run':>8}")
    for line in lines:
        counts = f"{line['passed']:>7} {line['failed']:>7} {line['different']:>10} {line['not_run']:>8}"
        print(f"{line['source']:<{width}}  {line['kind']:<14} {counts}")
