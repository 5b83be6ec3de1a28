"""REST: customers, parties, contact points, consents, restrictions, matching. Everything is masked; a reveal is an act."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import AwareDatetime

from arrears.access.queries import creditor as find_creditor
from arrears.access.schemas import ApprovalOut, done
from arrears.kernel import clock
from arrears.kernel.door import Answer, Listing, Page, guarded_by
from arrears.kernel.refusals import Refusal
from arrears.parties import actions, actions_matching, actions_points, actions_standing, queries, refusals, schemas

PREFIX = ""
router = Router(tags=["parties"])
_HITS = 50


def moment(as_of: date | None) -> tuple[date, datetime]:
    """The day asked about and its last instant in the house zone; today means now."""
    if as_of is None or as_of == clock.today():
        return clock.today(), clock.now()
    return as_of, datetime.combine(as_of, time.max, clock.HOME_ZONE)


def made(row: Any) -> schemas.MadeOut:
    return schemas.MadeOut(id=getattr(row, "public_id", None) or str(row.pk))


@router.get("/customers", response=Page[schemas.CustomerLine])
def list_customers(request: HttpRequest, creditor: str = "", reference: str = "") -> Any:
    """Customers within reach, in the order they were first recorded."""
    rows = queries.customers(request.actor.scope)
    rows = rows.filter(creditor__code=creditor) if creditor else rows
    return Listing(rows.filter(reference=reference) if reference else rows, ("id",), schemas.CustomerLine.of)


@router.post("/customers/search", response=schemas.SearchOut)
def search_customers(request: HttpRequest, data: schemas.SearchIn) -> Any:
    """Find customers. A POST, so that what is searched for never stands in an address or a log."""
    hits = queries.search(request.actor.scope, data.text, _HITS + 1)
    shown = [
        schemas.HitOut(
            customer_id=h.customer_public_id, reference=h.reference, name_masked=h.name_masked, id_masked=h.id_masked, why=h.why
        )
        for h in hits[:_HITS]
    ]
    return schemas.SearchOut(data=shown, has_more=len(hits) > _HITS)


@router.get("/customers/{customer_id}", response=schemas.CustomerOut)
def view_customer(
    request: HttpRequest, customer_id: str, as_of: date | None = None, known_at: AwareDatetime | None = None
) -> Any:
    """One customer with all parties, as of a day and as known at an instant."""
    on, at = moment(as_of)
    view = queries.customer_view(request.actor.scope, customer_id, on, at, known_at)
    if view is None:
        return refusals.NOT_FOUND.at(kind="customer", id=customer_id)
    return schemas.CustomerOut.of(view, on, known_at)


@router.post("/customers/{customer_id}/merge", response={201: schemas.MadeOut, 202: ApprovalOut})
def merge_customers(request: HttpRequest, customer_id: str, data: schemas.MergeIn) -> Any:
    """Make two customers one. The answer's id undoes it."""
    return done(actions_matching.merge_customers(request.actor, customer_id, data.absorbed_id, data.reason), made, 201)


@router.post("/merges/{merge_id}/separate", response=schemas.MadeOut)
def separate(request: HttpRequest, merge_id: str, data: schemas.ReasonIn) -> Any:
    """Undo a merge: exactly what it moved goes back."""
    return done(actions_matching.separate(request.actor, merge_id, data.reason), made)


@router.post("/creditors/{code}/find-matches", response=schemas.FoundOut)
def find_matches(request: HttpRequest, code: str) -> Any:
    """Merge customers that certainly are one, and file doubtful pairs for review."""
    creditor = find_creditor(request.actor.scope, code)
    if creditor is None:
        return refusals.CREDITOR_NOT_VISIBLE.at()
    found = actions_matching.find_matches(request.actor, creditor.id)
    return done(found, lambda f: schemas.FoundOut(merged=f.merged, candidates=f.candidates, left_out=f.left_out))


@router.get("/matches", response=Page[schemas.MatchOut])
def list_matches(request: HttpRequest, state: str = "open", as_of: date | None = None) -> Any:
    """Doubtful pairs, the likeliest first."""
    on, at = moment(as_of)
    rows = queries.matches(request.actor.scope, on, at, state, limit=2_000)

    def shape(m: queries.MatchView) -> schemas.MatchOut:
        left, right = schemas.PartyOut.of(m.left), schemas.PartyOut.of(m.right)
        return schemas.MatchOut(
            id=m.public_id,
            score_permille=m.score_permille,
            reasons=list(m.reasons),
            state=m.state,
            found_at=m.found_at,
            left=left,
            right=right,
        )

    return Listing(rows, (), shape)


@router.post("/matches/{match_id}/decide", response=schemas.MadeOut)
def decide_match(request: HttpRequest, match_id: str, data: schemas.DecideMatchIn) -> Any:
    """Say whether a doubtful pair is one person."""
    return done(actions_matching.decide_match(request.actor, match_id, data.same, data.note), made)


@router.post("/parties", response={201: schemas.MadeOut})
def register_party(request: HttpRequest, data: schemas.PartyIn) -> Any:
    """Record a person or company, and the customer it belongs to."""
    creditor = find_creditor(request.actor.scope, data.creditor)
    if creditor is None:
        return refusals.CREDITOR_NOT_VISIBLE.at("/creditor")
    row = actions.register_party(request.actor, creditor.id, data.data())
    return row if isinstance(row, Refusal) else done(row, made, 201, f"/api/v1/parties/{row.public_id}")


@router.get("/parties/{party_id}", response=schemas.PartyOut)
def view_party(request: HttpRequest, party_id: str) -> Any:
    """One party as it is recorded now, masked."""
    found = queries.party(request.actor.scope, party_id)
    if found is None:
        return refusals.NOT_FOUND.at(kind="party", id=party_id)
    on, at = moment(None)
    view = queries.party_views(request.actor.scope, [found], on, at)[0]
    return Answer(schemas.PartyOut.of(view), 200, version=str(queries.version_of(request.actor.scope, found)))


@router.patch("/parties/{party_id}", response=schemas.MadeOut)
@guarded_by(view_party)
def update_party(request: HttpRequest, party_id: str, data: schemas.PartyChange) -> Any:
    """Change what is recorded of a party; the former state is kept. Needs ``If-Match``."""
    changes = data.model_dump(exclude_unset=True)
    return done(actions.update_party(request.actor, party_id, changes, source="api"), made)


@router.post("/parties/{party_id}/contact-points", response={201: schemas.MadeOut})
def add_contact_point(request: HttpRequest, party_id: str, data: schemas.PointIn) -> Any:
    """Record a way to reach a party, with where it came from."""
    return done(actions_points.add_contact_point(request.actor, party_id, data.data()), made, 201)


@router.post("/contact-points/{point_id}/close", response=schemas.MadeOut)
def close_contact_point(request: HttpRequest, point_id: str, data: schemas.CloseIn) -> Any:
    """End the use of a contact point. The record stays."""
    return done(actions_points.close_contact_point(request.actor, point_id, data.reason, data.valid_until), made)


@router.post("/contact-points/{point_id}/right-party", response={201: schemas.MadeOut})
def record_right_party(request: HttpRequest, point_id: str, data: schemas.RightPartyIn) -> Any:
    """What an attempt proved about a contact point."""
    return done(actions_points.record_right_party(request.actor, point_id, data.outcome, data.at, data.evidence), made, 201)


@router.post("/parties/{party_id}/consents", response={201: schemas.MadeOut})
def give_consent(request: HttpRequest, party_id: str, data: schemas.ConsentIn) -> Any:
    """Record a consent for a channel and a purpose, with its proof."""
    return done(
        actions_standing.give_consent(
            request.actor, party_id, data.channel, data.purpose, data.proof(), data.effective_at, data.until, source="api"
        ),
        made,
        201,
    )


@router.post("/parties/{party_id}/consents/withdraw", response={201: schemas.MadeOut})
def withdraw_consent(request: HttpRequest, party_id: str, data: schemas.ConsentIn) -> Any:
    """Record a withdrawal. It counts at once."""
    return done(
        actions_standing.withdraw_consent(
            request.actor, party_id, data.channel, data.purpose, data.proof(), data.effective_at, source="api"
        ),
        made,
        201,
    )


@router.post("/parties/{party_id}/restrictions", response={201: schemas.MadeOut})
def restrict(request: HttpRequest, party_id: str, data: schemas.RestrictionIn) -> Any:
    """Stop or narrow contact with a party. It counts at once."""
    return done(actions_standing.restrict(request.actor, party_id, data.data()), made, 201)


@router.post("/restrictions/{restriction_id}/lift", response={200: schemas.MadeOut, 202: ApprovalOut})
def lift_restriction(request: HttpRequest, restriction_id: str, data: schemas.ReasonIn) -> Any:
    """End a restriction. Those that rest on a fact or the law may need a second person (202)."""
    return done(actions_standing.lift_restriction(request.actor, restriction_id, data.reason), made)


@router.post("/parties/{party_id}/vulnerabilities", response={201: schemas.MadeOut})
def note_vulnerability(request: HttpRequest, party_id: str, data: schemas.VulnerabilityIn) -> Any:
    """Record that a party needs more care. The note is sealed."""
    return done(
        actions_standing.note_vulnerability(request.actor, party_id, data.kind, data.note, data.review_on, source="api"),
        made,
        201,
    )


@router.post("/vulnerabilities/{vulnerability_id}/end", response=schemas.MadeOut)
def end_vulnerability(request: HttpRequest, vulnerability_id: str, data: schemas.ReasonIn) -> Any:
    """The need is over."""
    return done(actions_standing.end_vulnerability(request.actor, vulnerability_id, data.reason), made)


@router.post("/parties/{party_id}/representatives", response={201: schemas.MadeOut})
def appoint_representative(request: HttpRequest, party_id: str, data: schemas.RepresentativeIn) -> Any:
    """Record who speaks for a party."""
    return done(actions_standing.appoint_representative(request.actor, party_id, data.representative_id, data.data()), made, 201)


@router.post("/reveals", response=schemas.RevealOut)
def reveal(request: HttpRequest, data: schemas.RevealIn) -> Any:
    """Show one masked field in clear. Written to the access log and the journal."""
    value = actions.reveal(request.actor, (data.subject_kind, data.subject_id), data.field, data.reason)
    return value if isinstance(value, Refusal) else schemas.RevealOut(value=value)
