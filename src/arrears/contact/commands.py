"""``arrears letter render | issue | reprint``."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from arrears.cli import conventions
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE

NAME = "letter"
app = typer.Typer(no_args_is_help=True, help="Letters as PDF, with amounts from the ledger.")


@app.command("render")
def render(
    customer: Annotated[str, typer.Argument(help="Public id of the customer (cus_…).")],
    lang: Annotated[str, typer.Option(help="zh-hans or en.")] = "zh-hans",
    date_: Annotated[str, typer.Option("--date", help="As of this day, default today.")] = "",
    out: Annotated[Path, typer.Option(help="PDF to write.")] = Path("letter.pdf"),
) -> None:
    """Render the reminder as it would read (numbered PREVIEW). Rendering is no contact; sending is ``letter issue``."""
    from arrears.contact.queries import preview

    answer = preview(SYSTEM_SCOPE, customer, date.fromisoformat(date_) if date_ else clock.today(), lang)
    if isinstance(answer, Refusal):
        conventions.refuse(answer)
    out.write_bytes(answer)
    conventions.say(f"{out}: {len(answer)} bytes")


@app.command("issue")
def issue(
    customer: Annotated[str, typer.Argument(help="Public id of the customer (cus_…).")],
    lang: Annotated[str, typer.Option(help="zh-hans or en.")] = "zh-hans",
    out: Annotated[Path, typer.Option(help="PDF to write.")] = Path("letter.pdf"),
) -> None:
    """Issue the reminder: takes a permit from the gate, records the letter. Exit code 5 when the gate refuses."""
    from arrears.contact.actions import issue as run

    with conventions.unit_of_work():
        answer = run(conventions.system_actor("letter"), customer, language=lang)
    if isinstance(answer, Refusal):
        conventions.refuse(answer)
    out.write_bytes(answer.pdf)
    conventions.put({"letter": answer.letter.public_id, "number": answer.letter.number, "sha256": answer.letter.pdf_sha256})


@app.command("batch")
def batch(
    out: Annotated[Path, typer.Option(help="Folder for the PDFs; made where it is missing.")],
    date_: Annotated[str, typer.Option("--date", help="List of this business date, default the newest run's.")] = "",
    creditor: Annotated[str, typer.Option(help="One creditor only, by code.")] = "",
    lang: Annotated[str, typer.Option(help="zh-hans or en.")] = "zh-hans",
    limit: Annotated[int, typer.Option(help="At most so many letters.", min=1)] = 1000,
) -> None:
    """Issue every letter that the list wants today, each with its own permit; what the gate refuses is listed with its reason.

    Each letter is a transaction of its own: stopped halfway, a second call goes on, and no letter leaves twice. Writes
    ``index.csv`` with number, file, amount and hash, and prints control totals.
    """
    from arrears.contact.actions import issue as run
    from arrears.worklist import queries

    newest = queries.last_run(SYSTEM_SCOPE)
    day = date.fromisoformat(date_) if date_ else (newest.business_date if newest else clock.today())
    out.mkdir(parents=True, exist_ok=True)
    totals: dict[str, int] = {}
    refused: dict[str, int] = {}
    lines = []
    for item in queries.items(SYSTEM_SCOPE, day, creditor=creditor, channel="letter").filter(due_on=day)[:limit]:
        with conventions.unit_of_work():
            made = run(
                conventions.system_actor("letter"),
                item.customer.public_id,
                language=lang,
                currency=item.currency,
                step=item.step_key,
            )
        if isinstance(made, Refusal):
            refused[made.code] = refused.get(made.code, 0) + 1
            continue
        letter = made.letter
        (out / f"{letter.number}.pdf").write_bytes(made.pdf)
        lines.append([letter.number, f"{letter.number}.pdf", letter.currency, letter.total_minor, letter.pdf_sha256])
        totals[letter.currency] = totals.get(letter.currency, 0) + letter.total_minor
    with (out / "index.csv").open("a", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(lines)
    conventions.put({"date": day, "letters": len(lines), "total_minor": totals, "refused": refused})


@app.command("reprint")
def reprint(
    letter: Annotated[str, typer.Argument(help="Public id of the letter (ltr_…).")],
    out: Annotated[Path, typer.Option(help="PDF to write.")] = Path("letter.pdf"),
) -> None:
    """The same bytes again; refused if they would differ."""
    from arrears.contact.actions import reprint as run

    with conventions.unit_of_work():
        answer = run(conventions.system_actor("letter"), letter)
    if isinstance(answer, Refusal):
        conventions.refuse(answer)
    out.write_bytes(answer)
