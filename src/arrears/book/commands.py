"""``arrears book build | columns | list``."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from arrears.cli import conventions
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE

NAME = "book"
app = typer.Typer(no_args_is_help=True, help="The book: one row per customer and day, as Parquet.")


@app.command("build")
def build(
    date_: Annotated[str, typer.Option("--date", help="Business date, default today.")] = "",
    creditor: Annotated[str, typer.Option(help="One creditor only, by code.")] = "",
    force: Annotated[bool, typer.Option(help="Build anew even if nothing changed.")] = False,
) -> None:
    """Build the book of a day for every creditor (or one). Unchanged inputs build nothing."""
    from arrears.access import queries as access
    from arrears.book.actions import build as run

    day = date.fromisoformat(date_) if date_ else clock.today()
    codes = [c.code for c in access.creditors(SYSTEM_SCOPE) if not creditor or c.code == creditor] or [creditor]
    made = []
    for code in codes:
        with conventions.unit_of_work():
            built = run(conventions.system_actor("book.build"), day, code, force=force)
        if isinstance(built, Refusal):
            conventions.refuse(built)
        word = "unchanged" if built.unchanged else "built"
        conventions.say(f"{code} {day}: {word}, {built.rows} rows, {built.overdue_customers} overdue")
        made.append(built.as_json())
    conventions.put(made)


@app.command("columns")
def columns() -> None:
    """Every column: the vocabulary of all rules."""
    from arrears.book.queries import vocabulary

    conventions.put(vocabulary())


@app.command("list")
def list_books() -> None:
    """Days that have a book."""
    from arrears.book.queries import days

    conventions.put([d.isoformat() for d in days(SYSTEM_SCOPE)])
