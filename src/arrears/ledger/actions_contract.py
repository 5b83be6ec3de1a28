"""Acts on the contract itself: opening, schedules, restructuring, who stands how in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from arrears.access import approvals
from arrears.access.actions import Granted, require_authority
from arrears.access.models import Approval, Portfolio
from arrears.journal.actions import action, record
from arrears.journal.canonical import plain
from arrears.kernel import clock
from arrears.kernel.ids import new_id
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor

from . import models, queries, refusals, schedule
from .actions import NewEvent, append, locked, repeated
from .checks import check_rows, facts_of
from .events import EventKind, ScheduleRow
from .servicing import ServicingTerms
from .terms import ScheduleTerms


@dataclass(frozen=True, slots=True)
class AgreementData:
    """What an agreement is. ``schedule`` and ``servicing`` are terms as JSON words (see terms.py and servicing.py)."""

    reference: str
    debtor: str  # public id of the party
    portfolio_id: int
    product: str
    currency: str
    opened_on: date
    keeping: str = "computed"
    schedule: dict[str, Any] | None = None
    servicing: dict[str, Any] | None = None
    secured_by: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    source: str = ""


def servicing_of(words: dict[str, Any] | None, currency: str) -> ServicingTerms | Refusal:
    """Read servicing words; refuses them with the reason."""
    try:
        return ServicingTerms.from_dict({"currency": currency, **(words or {})})
    except (ValueError, KeyError, TypeError) as wrong:
        cause = refusals.ROW_WRONG.at("/servicing", n=0, zh=str(wrong), en=str(wrong))
        return Refusal(refusals.TERMS_WRONG, "/servicing", {}, (cause,))


@action("ledger.open_agreement")
def open_agreement(actor: Actor, data: AgreementData) -> models.Agreement | Refusal:
    """Register an agreement with its debtor and terms; nothing is owed until it is disbursed and scheduled."""
    party = queries.party(actor.scope, data.debtor)
    if party is None or party.customer is None:
        return refusals.PARTY_UNKNOWN.at("/debtor", reference=data.debtor)
    portfolio = Portfolio.objects.filter(pk=data.portfolio_id, creditor_id=party.creditor_id).first()
    if portfolio is None:
        return refusals.AGREEMENT_UNKNOWN.at("/portfolio", reference=data.portfolio_id)
    servicing = servicing_of(data.servicing, data.currency)
    if isinstance(servicing, Refusal):
        return servicing
    if data.schedule is not None:
        terms = ScheduleTerms.from_dict(data.schedule)
        if isinstance(terms, Refusal):
            return terms
    taken = models.Agreement.objects.visible_to(actor.scope).filter(creditor_id=party.creditor_id, reference=data.reference)
    if taken.exists():
        return refusals.AGREEMENT_EXISTS.at("/reference", reference=data.reference)
    row: models.Agreement = models.Agreement.objects.create(
        creditor_id=party.creditor_id, portfolio=portfolio, customer=party.customer, reference=data.reference,
        product=data.product, currency=data.currency, opened_on=data.opened_on, keeping=data.keeping, secured_by=data.secured_by,
        attributes=data.attributes, source=data.source or actor.via, created_at=clock.now(),
    )  # fmt: skip
    models.AgreementRole.objects.create(
        creditor_id=row.creditor_id, agreement=row, party=party, role="debtor", valid_from=data.opened_on, source=row.source
    )
    words = {"schedule": data.schedule, "servicing": servicing.to_dict()}
    opened = append(actor, row, NewEvent(EventKind.OPENED, data.opened_on, data=words, key="opened", source=row.source))
    return opened if isinstance(opened, Refusal) else row


@action("ledger.add_role")
def add_role(
    actor: Actor, agreement: str, party: str, role: str, *, guarantee_kind: str = "", guarantee_from: date | None = None,
    guarantee_until: date | None = None, guarantee_cap_minor: int | None = None, valid_from: date | None = None, source: str = "",
) -> models.AgreementRole | Refusal:  # fmt: skip
    """Someone stands in an agreement: co-debtor, guarantor with kind and period, heir, representative, contact person."""
    found = locked(actor, agreement)
    if isinstance(found, Refusal):
        return found
    person = queries.party(actor.scope, party)
    if person is None or person.creditor_id != found.creditor_id:
        return refusals.PARTY_UNKNOWN.at("/party", reference=party)
    row: models.AgreementRole = models.AgreementRole.objects.create(
        creditor_id=found.creditor_id, agreement=found, party=person, role=role, guarantee_kind=guarantee_kind,
        guarantee_from=guarantee_from, guarantee_until=guarantee_until, guarantee_cap_minor=guarantee_cap_minor,
        valid_from=valid_from, source=source or actor.via,
    )  # fmt: skip
    record(
        actor, "role.added", ("agreement", found.public_id), creditor_id=found.creditor_id, customer_id=found.customer_id,
        payload={"party": person.public_id, "role": role},
    )  # fmt: skip
    return row


def _store_rows(agreement: models.Agreement, event: models.Event, rows: Sequence[ScheduleRow]) -> None:
    if models.ScheduleRow.objects.unscoped("rows of an event just written").filter(event=event).exists():
        return
    models.ScheduleRow.objects.bulk_create(
        models.ScheduleRow(
            creditor_id=agreement.creditor_id, agreement=agreement, event=event, n=r.n, due_on=r.due_on,
            principal_minor=r.principal_minor, interest_minor=r.interest_minor, fee_minor=r.fee_minor,
            penalty_minor=r.penalty_minor, cost_minor=r.cost_minor,
        )
        for r in rows
    )  # fmt: skip


def _rows_of(words: dict[str, Any]) -> tuple[ScheduleRow, ...] | Refusal:
    terms = ScheduleTerms.from_dict(words)
    if isinstance(terms, Refusal):
        return terms
    rows = schedule.build(terms)
    return rows if isinstance(rows, Refusal) else schedule.minor_rows(rows, terms.currency)


@action("ledger.set_schedule")
def set_schedule(
    actor: Actor,
    agreement: str,
    on: date,
    *,
    rows: Sequence[ScheduleRow] | None = None,
    terms: dict[str, Any] | None = None,
    key: str = "",
) -> models.Event | Refusal:
    """The obligations: ``rows`` as the host gives them, or computed from ``terms`` (default: the terms of the opening).

    Principal must sum to what was disbursed. A later call replaces the schedule for the whole history (a correction);
    a change agreed with the debtor is a restructuring.
    """
    found = locked(actor, agreement)
    if isinstance(found, Refusal):
        return found
    told = queries.events(actor.scope, [found.pk]).get(found.pk, [])
    facts = facts_of(found.currency, told)
    origin = "host" if rows is not None else "computed"
    if rows is None:
        words = terms or next((e.data.get("schedule") for e in told if e.kind is EventKind.OPENED), None)
        built = _rows_of(words) if words else refusals.SCHEDULE_EMPTY.at("/terms")
        if isinstance(built, Refusal):
            return built
        rows = built
    disbursed = facts.counted(EventKind.DISBURSED)
    principal = sum(e.amount_minor or 0 for e in disbursed) if disbursed else None
    refused = check_rows(rows, principal, found.currency, facts.started_on)
    if refused is not None:
        return refused
    totals = {"origin": origin, "rows": len(rows), "principal_minor": sum(r.principal_minor for r in rows)}
    event = append(actor, found, NewEvent(EventKind.SCHEDULE_SET, on, data=totals, key=key))
    if isinstance(event, Refusal):
        return event
    _store_rows(found, event, rows)
    return event


@action("ledger.restructure")
def restructure(
    actor: Actor, agreement: str, on: date, *, reason: str, rows: Sequence[ScheduleRow] | None = None,
    terms: dict[str, Any] | None = None, servicing: dict[str, Any] | None = None, keep_arrears: bool = False, key: str = "",
) -> models.Event | Approval | Refusal:  # fmt: skip
    """A new schedule agreed with the debtor takes the place of what is open from ``on``.

    Principal of the new schedule must sum to the principal it replaces. Beyond authority it waits for a second person.
    """
    found = locked(actor, agreement)
    if isinstance(found, Refusal):
        return found
    done = repeated(actor, found, key, kind=EventKind.RESTRUCTURED.value, effective_on=on)
    if done is not None:
        return done
    built = rows if rows is not None else _rows_of(terms or {})
    if isinstance(built, Refusal):
        return built
    rows = [replace(r, version=0) for r in built]
    at = queries.positions(actor.scope, [found], on)[0].position
    replaced = at.principal_outstanding_minor
    refused = check_rows(rows, None if keep_arrears else replaced, found.currency, on)
    if refused is not None:
        return refused
    new_servicing = servicing_of(servicing, found.currency) if servicing else None
    if isinstance(new_servicing, Refusal):
        return new_servicing
    key = key or new_id("key")
    payload = {
        "agreement": found.public_id, "on": on.isoformat(), "reason": reason, "keep_arrears": keep_arrears, "key": key,
        "servicing": servicing, "rows": plain([asdict(r) for r in rows]),
    }  # fmt: skip
    subject = ("agreement", found.public_id)
    granted = require_authority(
        actor, "ledger.restructure", replaced, found.currency, found.creditor_id, subject, payload, reason
    )
    if not isinstance(granted, Granted):
        return granted
    data: dict[str, Any] = {"reason": reason, "rows": len(rows), "keep_arrears": keep_arrears}
    if new_servicing is not None:
        data["servicing"] = new_servicing.to_dict()
    event = append(actor, found, NewEvent(EventKind.RESTRUCTURED, on, data=data, key=key))
    if isinstance(event, Refusal):
        return event
    _store_rows(found, event, rows)
    return event


def _execute_restructure(actor: Actor, approval: Approval) -> Any:
    words = approval.payload
    rows = [ScheduleRow(**(r | {"due_on": date.fromisoformat(r["due_on"])})) for r in words["rows"]]
    return restructure(
        actor, words["agreement"], date.fromisoformat(words["on"]), reason=words["reason"], rows=rows,
        servicing=words["servicing"], keep_arrears=words["keep_arrears"], key=words["key"],
    )  # fmt: skip


approvals.register("ledger.restructure", _execute_restructure)
