"""``arrears import``: files and bank statements on the command line."""

from __future__ import annotations

import typer

from . import commands_statements

NAME = "import"
app = typer.Typer(no_args_is_help=True, help="Import files and bank statements.")


@app.callback()
def _noun() -> None:
    """Import files and bank statements."""


app.command("statement")(commands_statements.statement)
