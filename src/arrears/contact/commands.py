"""``arrears letter render | issue | reprint``."""

from __future__ import annotations

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
