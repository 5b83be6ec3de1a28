"""REST: the day's list, and the runs that made it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router

from arrears.access.schemas import done
from arrears.kernel.door import Listing, Page
from arrears.worklist import actions, queries, refusals, schemas

PREFIX = ""
router = Router(tags=["worklist"])


@router.get("/worklist", response=Page[schemas.ItemOut])
def list_items(
    request: HttpRequest,
    day: date | None = None,
    creditor: str = "",
    stage: str = "",
    channel: str = "",
    permit: str = "",
    owner: str = "",
) -> Any:
    """Lines of a business date (default: the newest run's) in order of rank. ``owner=none``: the common queues."""
    newest = queries.last_run(request.actor.scope)
    wanted = day or (newest.business_date if newest is not None else None)
    if wanted is None:
        return refusals.NO_RUN.at(day="today")
    rows = queries.items(request.actor.scope, wanted, creditor=creditor, stage=stage, channel=channel, permit=permit, owner=owner)
    return Listing(rows, ("rank", "id"), schemas.ItemOut.of)


@router.get("/runs", response=Page[schemas.RunOut])
def list_runs(request: HttpRequest) -> Any:
    """Runs, the newest business date first."""
    return Listing(queries.runs(request.actor.scope), ("-business_date", "-id"), schemas.RunOut.of)


@router.post("/runs", response=schemas.RunOut)
def run_day(request: HttpRequest, data: schemas.RunIn) -> Any:
    """Make the list of a creditor's business date. Again changes nothing where no fact has changed."""
    return done(actions.run(request.actor, data.date, data.creditor), schemas.RunOut.of)
