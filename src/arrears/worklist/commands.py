"""``arrears run`` and ``arrears worklist export``."""

from __future__ import annotations

import csv
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from arrears.cli import conventions
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE

NAME = "worklist"
app = typer.Typer(no_args_is_help=True, help="The day's list: every overdue customer with stage, step, owner and permission.")


def run(
    date_: Annotated[str, typer.Option("--date", help="Business date, default today.")] = "",
    creditor: Annotated[str, typer.Option(help="One creditor only, by code.")] = "",
    json: Annotated[bool, typer.Option("--json", help="The summaries as one JSON document.")] = False,
) -> None:
    """Build the book of the day and write the list: stage, next step, date, channel, owner and permission for everybody overdue."""
    from arrears.access import queries as access
    from arrears.worklist.actions import run as make

    day = date.fromisoformat(date_) if date_ else clock.today()
    actor = conventions.system_actor("run")
    documents = []
    codes = [c.code for c in access.creditors(SYSTEM_SCOPE) if not creditor or c.code == creditor]
    for code in codes or [creditor]:
        with conventions.unit_of_work():
            made = make(actor, day, code)
        if isinstance(made, Refusal):
            conventions.refuse(made, as_json=json)
        s = made.summary
        conventions.say(
            f"{code} {day}: {s['customers']} overdue customers, {s['with_step']} with a next step, {s['without_owner']} without an "
            f"owner; stages {s['stages']}; permits {s['permits']}"
        )
        documents.append({"creditor": code, "date": day, "run": made.public_id, "digest": made.digest, **s})
    if json:
        conventions.put(documents)


@app.command("list")
def show(
    date_: Annotated[str, typer.Option("--date", help="Business date, default the newest run's.")] = "",
    creditor: Annotated[str, typer.Option(help="One creditor only, by code.")] = "",
    stage: Annotated[str, typer.Option(help="early, middle, late or legal.")] = "",
    limit: Annotated[int, typer.Option(help="Lines to show.", min=1)] = 20,
) -> None:
    """The first lines of the list, each with its reasons, as JSON."""
    from arrears.worklist import queries

    newest = queries.last_run(SYSTEM_SCOPE)
    day = date.fromisoformat(date_) if date_ else (newest.business_date if newest else clock.today())
    rows = queries.items(SYSTEM_SCOPE, day, creditor=creditor, stage=stage)
    conventions.put([queries.as_row(i) for i in rows[:limit]])
    conventions.say(f"{rows.count()} lines")


@app.command("export")
def export(
    date_: Annotated[str, typer.Option("--date", help="Business date, default the newest run's.")] = "",
    creditor: Annotated[str, typer.Option(help="One creditor only, by code.")] = "",
    out: Annotated[Path | None, typer.Option(help="File to write; default stdout.")] = None,
) -> None:
    """The list as CSV (UTF-8 with BOM, ISO dates, amounts in minor units): public ids only, no personal data."""
    from arrears.worklist import queries

    newest = queries.last_run(SYSTEM_SCOPE)
    day = date.fromisoformat(date_) if date_ else (newest.business_date if newest else clock.today())
    rows = [queries.as_row(i) for i in queries.items(SYSTEM_SCOPE, day, creditor=creditor)]
    if not rows:
        conventions.stop(f"no list of {day}; run arrears run --date {day}", conventions.Exit.NOT_FOUND)
    handle = out.open("w", encoding="utf-8-sig", newline="") if out else sys.stdout
    writer = csv.DictWriter(handle, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    if out:
        handle.close()
    conventions.say(f"{len(rows)} rows")


ROOT = {"run": run}
