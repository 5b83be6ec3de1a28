"""``arrears gate check | replay | packs``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from arrears.cli import conventions
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE

NAME = "gate"
app = typer.Typer(no_args_is_help=True, help="May we contact, and why or why not.")


@app.command("check")
def check(
    customer: Annotated[str, typer.Argument(help="Public id of the customer (cus_…).")],
    at: Annotated[str, typer.Option(help="Instant with offset, default now.")] = "",
) -> None:
    """May this customer be contacted, by channel, with clause and next permitted time. Nothing is reserved."""
    from arrears.gate import answers, queries, refusals

    try:
        moment = datetime.fromisoformat(at) if at else clock.now()
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        conventions.refuse(refusals.REQUEST_WRONG.at("--at", detail=f"{at}: an instant with offset, 2026-11-23T14:00:00+08:00"))
    lines = queries.permit_strip(SYSTEM_SCOPE, customer, moment)
    if not lines:
        conventions.refuse(refusals.UNKNOWN_PERSON.at("customer"))
    conventions.put(
        [
            {
                "channel": line.channel,
                "state": line.state,
                "used": [{"rule": r, "used": n, "limit": limit} for r, n, limit in line.used],
                "answer": answers.as_data(line.decision) if line.decision is not None else None,
            }
            for line in lines
        ]
    )


@app.command("replay")
def replay(decision: Annotated[str, typer.Argument(help="Public id of the decision (dec_…).")]) -> None:
    """Judge a stored decision again from its own inputs and pack texts. Exit code 1 where the answer differs."""
    from arrears.gate import queries

    told = queries.replay(SYSTEM_SCOPE, decision)
    if isinstance(told, Refusal):
        conventions.refuse(told)
    row = told.decision
    conventions.put(
        {"decision": row.public_id, "same": told.same, "judged_at": row.judged_at, "packs": row.packs, "answer": told.answer,
         "request": row.request, "situation": row.situation}
    )  # fmt: skip
    if not told.same:
        conventions.stop("the answer differs from the stored one")


@app.command("packs")
def packs() -> None:
    """Rule packs in force: version, sign-off and its end, rules with clause and confidence, open questions."""
    from arrears.gate import queries

    conventions.put(
        [
            {
                "id": p.id, "version": p.version, "zh": p.title.zh, "en": p.title.en, "signed_as": p.signoff.kind,
                "expires_on": p.signoff.expires_on, "open_questions": [u.en for u in p.uncertainties],
                "rules": [
                    {"id": r.id, "limb": r.limb, "level": r.authority.level, "clause": r.authority.ref,
                     "confidence": r.authority.confidence, "last_checked": r.authority.last_checked, "en": r.title.en}
                    for r in p.rules
                ],
            }
            for p in queries.packs_list()
        ]
    )  # fmt: skip
