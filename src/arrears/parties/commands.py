"""``arrears parties``: matching and keys, from the server's own shell."""

from __future__ import annotations

from typing import Annotated

import typer

from arrears.cli import conventions
from arrears.kernel.refusals import Refusal, Text

NAME = "parties"
app = typer.Typer(no_args_is_help=True, help="People and companies.")


@app.command()
def match(creditor: Annotated[str, typer.Argument(help="Code of the creditor.")]) -> None:
    """Merge customers that certainly are one and file doubtful pairs for review."""
    from arrears.access.models import Creditor
    from arrears.parties import actions_matching, refusals

    found = Creditor.objects.filter(code=creditor).first()
    if found is None:
        conventions.refuse(refusals.CREDITOR_NOT_VISIBLE.at("creditor"))
    with conventions.unit_of_work():
        result = actions_matching.find_matches(conventions.system_actor(), found.id)
    if isinstance(result, Refusal):
        conventions.refuse(result)
    conventions.put({"merged": result.merged, "candidates": result.candidates, "left_out": result.left_out})


@app.command()
def reseal() -> None:
    """Seal identity fields with the newest key of the ring; says which keys are still in use."""
    from arrears.parties import actions_keys

    changed = actions_keys.reseal_all(conventions.system_actor())
    conventions.put({"changed": changed, "keys_in_use": actions_keys.keys_in_use()})
    text = Text("已重新加密 {n} 行。", "{n} rows sealed again.").format(n=changed)
    conventions.say(text.in_language(conventions.language()))
