"""Reads of the intake room: batches, profiles, and what a check asks the base. All take the caller's scope."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from django.db.models import F, Min, OuterRef, Q, QuerySet, Subquery

from arrears.access.models import Creditor, Portfolio
from arrears.access.queries import creditors
from arrears.intake import profiles, refusals
from arrears.intake.kinds.common import (
    AGREEMENT_CURRENCY,
    AGREEMENT_ID,
    CUSTOMER_ID,
    DISBURSED,
    OPENED_ON,
    PARTY_ID,
)  # fmt: skip
from arrears.intake.models import Batch, BatchRow, ImportProfile, ImportProfileVersion
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Scope
from arrears.ledger.actions_bulk import FIGURES
from arrears.ledger.models import Agreement, AgreementRole, Event, HostPosition, ScheduleRow
from arrears.parties.copying import copied, copied_sql
from arrears.parties.models import ConsentEvent, ContactPoint, Party

SHIPPED = Path(__file__).parent / "profiles"
#: Up to so many agreements or parties of a creditor, a check reads them all at once instead of asking chunk by chunk.
ALL_AT_ONCE = 2_000_000


def creditor(scope: Scope, code: str) -> Creditor | Refusal:
    found = creditors(scope).filter(code=code).first()
    return found or refusals.CREDITOR_UNKNOWN.at(code=code)


# -- batches


def batches(scope: Scope) -> QuerySet[Batch]:
    """Newest first."""
    return Batch.objects.visible_to(scope).select_related("creditor", "profile_version__profile").order_by("-id")


def batch(scope: Scope, public_id: str) -> Batch | Refusal:
    found = batches(scope).filter(public_id=public_id).first()
    return found or refusals.BATCH_UNKNOWN.at(id=public_id)


def held_rows(scope: Scope, one: Batch, rule: str = "", states: Iterable[str] = ("held", "mended")) -> QuerySet[BatchRow]:
    rows = BatchRow.objects.visible_to(scope).filter(batch=one, state__in=list(states)).order_by("row")
    return rows.filter(faults__contains=[{"code": rule}]) if rule else rows


def same_file(scope: Scope, creditor_id: int, sha256: bytes, profile_code: str) -> Batch | None:
    """The batch that already took this very file with this profile, if it was not undone."""
    found = batches(scope).filter(creditor_id=creditor_id, sha256=sha256, profile_version__profile__code=profile_code)
    return found.filter(state__in=("awaiting", "approved", "committing", "committed")).first()


def last_committed(scope: Scope, one: Batch) -> Batch | None:
    """The load of the same profile before ``one``."""
    found = batches(scope).filter(
        creditor_id=one.creditor_id, state="committed", profile_version__profile=one.profile_version.profile
    )
    return found.exclude(pk=one.pk).first()


# -- profiles


def shipped_profiles() -> dict[str, str]:
    """Texts of the profiles that come with the product, by id."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(SHIPPED.glob("*.yaml"))}


def profile_list() -> list[dict[str, Any]]:
    """Every profile with its newest version, shipped ones included."""
    found: dict[str, dict[str, Any]] = {}
    for name, text in shipped_profiles().items():
        one = profiles.read(text)
        if isinstance(one, profiles.Profile):
            found[name] = _listed(one, "shipped")
    for code in ImportProfile.objects.values_list("code", flat=True):
        version = newest_version(code)
        one = profiles.from_words(version.words) if version else None
        if version and isinstance(one, profiles.Profile):
            found[code] = _listed(one, "shipped" if version.shipped else "saved") | {"version": version.version}
    return [found[code] for code in sorted(found)]


def _listed(one: profiles.Profile, origin: str) -> dict[str, Any]:
    return {
        "id": one.id, "version": one.version, "origin": origin, "title": {"zh": one.title.zh, "en": one.title.en},
        "kinds": [o.kind.name for o in one.outputs], "columns": list(one.columns),
    }  # fmt: skip


def newest_version(code: str) -> ImportProfileVersion | None:
    return ImportProfileVersion.objects.filter(profile__code=code).order_by("-version").first()


def profile_words(code: str) -> dict[str, Any] | None:
    """Words of the newest version: the stored one, unless the shipped file is newer."""
    version = newest_version(code)
    text = shipped_profiles().get(code)
    if text is not None and (version is None or version.shipped):
        one = profiles.read(text)
        return dict(one.words) if isinstance(one, profiles.Profile) else None
    return dict(version.words) if version else None


# -- what a check asks the base


def agreement_frame(scope: Scope, creditor_id: int, references: Iterable[str] | None, *, disbursed: bool) -> pl.DataFrame:
    """``reference`` with key, first day, currency and (``disbursed``) the amount disbursed. Void agreements are not there.

    The first day is the day of disbursement where there is one: nothing can be posted before it.
    """
    rows = Agreement.objects.visible_to(scope).filter(creditor_id=creditor_id).exclude(attributes__has_key="void")
    if references is not None:
        rows = rows.filter(reference__in=list(references))
    schema: dict[str, Any] = {"reference": pl.String, AGREEMENT_ID: pl.Int64, OPENED_ON: pl.Date, AGREEMENT_CURRENCY: pl.String}
    if not disbursed:
        return copied(rows.values_list("reference", "id", "opened_on", "currency"), schema)
    begun = Event.objects.visible_to(scope).filter(agreement_id=OuterRef("pk"), kind="disbursed").order_by("id")
    rows = rows.annotate(begun=Subquery(begun.values("effective_on")[:1]), paid_out=Subquery(begun.values("amount_minor")[:1]))
    late = {"__begun": pl.Date, DISBURSED: pl.Int64}
    frame = copied(rows.values_list("reference", "id", "opened_on", "currency", "begun", "paid_out"), schema | late)
    return frame.with_columns(pl.coalesce("__begun", OPENED_ON).alias(OPENED_ON)).drop("__begun")


def party_frame(scope: Scope, creditor_id: int, references: Iterable[str] | None) -> pl.DataFrame:
    rows = Party.objects.visible_to(scope).filter(creditor_id=creditor_id)
    if references is not None:
        rows = rows.filter(reference__in=list(references))
    schema = {"reference": pl.String, PARTY_ID: pl.Int64, CUSTOMER_ID: pl.Int64}
    return copied(rows.values_list("reference", "id", "customer_id"), schema)


def counts(scope: Scope, creditor_id: int) -> tuple[int, int]:
    """(agreements, parties) of the creditor."""
    return (
        Agreement.objects.visible_to(scope).filter(creditor_id=creditor_id).count(),
        Party.objects.visible_to(scope).filter(creditor_id=creditor_id).count(),
    )


def portfolio_codes(creditor_id: int) -> set[str]:
    return set(Portfolio.objects.filter(creditor_id=creditor_id).values_list("code", flat=True))


def known_parties(scope: Scope, creditor_id: int, references: list[str]) -> pl.DataFrame:
    rows = Party.objects.visible_to(scope).filter(creditor_id=creditor_id, reference__in=references)
    names = ("reference", "kind", "name_index", "id_kind", "id_index", "born_index", "language", "segment")
    return copied(rows.values_list(*names), dict.fromkeys(names, pl.String))


def known_points(scope: Scope, party_ids: list[int]) -> pl.DataFrame:
    rows = ContactPoint.objects.visible_to(scope).filter(party_id__in=party_ids, closed_at=None)
    return copied(
        rows.values_list("party_id", "kind", "value_index"), {PARTY_ID: pl.Int64, "kind": pl.String, "value_index": pl.String}
    )


def known_agreements(scope: Scope, creditor_id: int, references: list[str]) -> pl.DataFrame:
    """``reference``, the content mark of the import that brought it, and whether it is void."""
    rows = Agreement.objects.visible_to(scope).filter(creditor_id=creditor_id, reference__in=references)
    rows = rows.annotate(content=F("attributes__import_content"), void=Q(attributes__has_key="void"))
    return copied(
        rows.values_list("reference", "content", "void"), {"reference": pl.String, "content": pl.String, "void": pl.Boolean}
    )


def known_roles(scope: Scope, agreement_ids: list[int]) -> pl.DataFrame:
    rows = AgreementRole.objects.visible_to(scope).filter(agreement_id__in=agreement_ids, valid_until=None)
    return copied(
        rows.values_list("agreement_id", "party_id", "role"), {AGREEMENT_ID: pl.Int64, PARTY_ID: pl.Int64, "role": pl.String}
    )


def known_consents(scope: Scope, party_ids: list[int]) -> pl.DataFrame:
    rows = ConsentEvent.objects.visible_to(scope).filter(party_id__in=party_ids)
    names = {PARTY_ID: pl.Int64, "event": pl.String, "channel": pl.String, "purpose": pl.String}
    return copied(
        rows.values_list("party_id", "event", "channel", "purpose", "effective_at"),
        names | {"effective_at": pl.Datetime("us", "UTC")},
    )


def _walls(scope: Scope) -> tuple[str, list[int]]:
    """The outer scope for a select by hand; what it asks about was looked up within the scope before."""
    return ("TRUE", []) if scope.everything else ("x.creditor_id = ANY(%s)", sorted(scope.creditor_ids))


def known_positions(scope: Scope, wanted: pl.DataFrame) -> pl.DataFrame:
    """Newest figures of each agreement and day in ``wanted`` (``__agreement_id as_of``)."""
    wall, creditor_ids = _walls(scope)
    pairs = wanted.select(AGREEMENT_ID, "as_of").drop_nulls().unique()
    figures = ", ".join(f"x.{f}" for f in FIGURES)
    statement = f"""
        SELECT DISTINCT ON (x.agreement_id, x.as_of) x.agreement_id, x.as_of, {figures}
        FROM unnest(%s::bigint[], %s::date[]) AS w(a, d) JOIN ledger_hostposition x ON x.agreement_id = w.a AND x.as_of = w.d
        WHERE {wall} ORDER BY x.agreement_id, x.as_of, x.recorded_at DESC, x.id DESC"""
    values: list[Any] = [pairs[AGREEMENT_ID].to_list(), pairs["as_of"].to_list(), *([creditor_ids] if creditor_ids else [])]
    kinds = {c: pl.Date if c == "oldest_due_on" else pl.Int64 for c in FIGURES}
    return copied_sql(statement, values, {AGREEMENT_ID: pl.Int64, "as_of": pl.Date, **kinds})


def has_positions(scope: Scope, creditor_id: int) -> bool:
    return HostPosition.objects.visible_to(scope).filter(creditor_id=creditor_id).exists()


EVENT_SCHEMA = {
    AGREEMENT_ID: pl.Int64, "reference": pl.String, "event_id": pl.Int64, "event": pl.String, "effective_on": pl.Date,
    "amount_minor": pl.Int64, "component": pl.String, "due_on": pl.Date, "until": pl.Date, "target_id": pl.Int64,
}  # fmt: skip
_EVENT = ("agreement_id", "dedup_key", "id", "kind", "effective_on", "amount_minor", "component", "due_on", "until", "target_id")


def known_events(scope: Scope, agreement_ids: list[int], kinds: tuple[str, ...]) -> pl.DataFrame:
    """Events of agreements of some kinds."""
    rows = Event.objects.visible_to(scope).filter(agreement_id__in=agreement_ids, kind__in=kinds)
    return copied(rows.values_list(*_EVENT), EVENT_SCHEMA)


def events_by_key(scope: Scope, agreement_ids: list[int | None], keys: list[str | None]) -> pl.DataFrame:
    """Events under (agreement, key) pairs, one probe of the unique index for each."""
    wall, creditor_ids = _walls(scope)
    pairs = pl.DataFrame({"a": agreement_ids, "k": keys}, schema={"a": pl.Int64, "k": pl.String}).drop_nulls().unique()
    if pairs.is_empty():
        return pl.DataFrame(schema=EVENT_SCHEMA)
    columns = ", ".join(f"x.{c}" for c in _EVENT)
    statement = f"""
        SELECT {columns} FROM unnest(%s::bigint[], %s::text[]) AS w(a, k)
        JOIN ledger_event x ON x.agreement_id = w.a AND x.dedup_key = w.k WHERE {wall}"""
    values: list[Any] = [pairs["a"].to_list(), pairs["k"].to_list(), *([creditor_ids] if creditor_ids else [])]
    return copied_sql(statement, values, EVENT_SCHEMA)


def reversed_ids(scope: Scope, event_ids: list[int]) -> set[int]:
    """Which of the events are taken back by a reversal."""
    rows = Event.objects.visible_to(scope).filter(target_id__in=event_ids, kind="reversed")
    return set(rows.values_list("target_id", flat=True))


def current_schedules(scope: Scope, agreement_ids: list[int]) -> pl.DataFrame:
    """Rows of the newest schedule of each agreement that is not reversed."""
    events = known_events(scope, agreement_ids, ("schedule_set", "restructured"))
    gone = reversed_ids(scope, events["event_id"].to_list())
    newest = (
        events.filter(~pl.col("event_id").is_in(list(gone))).sort("event_id").group_by(AGREEMENT_ID).last()["event_id"].to_list()
    )
    rows = ScheduleRow.objects.visible_to(scope).filter(event_id__in=newest)
    names = ("n", "due_on", "principal_minor", "interest_minor", "fee_minor", "penalty_minor", "cost_minor")
    schema = {AGREEMENT_ID: pl.Int64, "n": pl.Int64, "due_on": pl.Date, **dict.fromkeys(names[2:], pl.Int64)}
    return copied(rows.values_list("agreement_id", *names), schema)


def first_posting(scope: Scope, agreement_id: int) -> date | None:
    found = Event.objects.visible_to(scope).filter(agreement_id=agreement_id, kind="disbursed").aggregate(d=Min("effective_on"))
    return found["d"] if isinstance(found["d"], date) else None
