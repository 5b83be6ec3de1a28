"""``arrears import statement``: bank statements on the command line. Taken up by ``commands.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from arrears.cli import conventions
from arrears.kernel.refusals import Refusal

_NAMES = {
    "entry_count": ("笔数", "movements"),
    "known_count": ("其中已导入过", "of them known already"),
    "receipt_count": ("收款", "receipts"),
    "posted_count": ("已入账", "posted"),
    "open_count": ("待处理", "waiting in the queue"),
    "held_count": ("挂起", "held"),
}


def statement(
    file: Annotated[Path, typer.Argument(help="camt.052, camt.053, camt.054, MT940, MT942 or CSV.", exists=True, dir_okay=False)],
    creditor: Annotated[str, typer.Option("--creditor", help="Code of the creditor whose account it is.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; keep nothing.")] = False,
    hold: Annotated[bool, typer.Option("--hold", help="Keep a statement whose balances do not add up; post nothing.")] = False,
    account: Annotated[str, typer.Option("--account", help="Account number, for CSV files that name none.")] = "",
    currency: Annotated[str, typer.Option("--currency", help="Currency, for CSV files that name none.")] = "CNY",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Import a bank statement: keep its movements, match its receipts, post the clear ones."""
    from arrears.intake import actions_statements as actions

    actor = conventions.system_actor("import-statement")
    run = actions.preview_statement if dry_run else actions.import_statement
    with conventions.unit_of_work():
        outcome = run(actor, file.read_bytes(), creditor, hold=hold, account=account, currency=currency)
    if isinstance(outcome, Refusal):
        conventions.refuse(outcome, as_json=as_json)
    if as_json:
        conventions.put({**outcome.as_json(), "dry_run": dry_run})
        return
    chinese = conventions.language().startswith("zh")
    if outcome.repeated:
        conventions.say("这份文件已导入过，没有变化。" if chinese else "This file was imported before; nothing changed.")
    conventions.say(f"{outcome.format}{' · dry run' if dry_run else ''}")
    for name, (zh, en) in _NAMES.items():
        conventions.say(f"  {zh if chinese else en}: {getattr(outcome, name)}")
    for line in outcome.deviations:
        conventions.say(f"  ! {line}")
