"""State changes about people: register, update, reveal. Contact points, standing and matching stand in ``actions_*``."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from arrears.access.actions import log_view
from arrears.access.models import Creditor
from arrears.access.queries import creditors
from arrears.journal.actions import action, record
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor, Scope
from arrears.parties import identifiers, masking, refusals, sealing, standing
from arrears.parties.models import KEPT_COLUMNS, ContactPoint, Customer, Party, PartyVersion, Restriction, Vulnerability


@dataclass(frozen=True, slots=True)
class PartyData:
    """What a source says about a person or company. ``born_on`` is taken from a resident id where it is not given."""

    reference: str
    name: str
    kind: str = "person"  # person | company
    id_kind: str = ""
    id_number: str = ""
    born_on: date | None = None
    language: str = "zh-hans"
    segment: dict[str, Any] = field(default_factory=dict)
    source: str = "manual"
    customer_reference: str = ""


def checked(data: PartyData) -> dict[str, Any] | Refusal:
    """The columns of ``Party`` that ``data`` gives, sealed, masked and indexed, or why not. ``born_on`` stands in clear."""
    if not data.reference.strip():
        return refusals.VALUE_EMPTY.at(field="reference")
    if not data.name.strip():
        return refusals.VALUE_EMPTY.at(field="name")
    if data.kind not in ("person", "company"):
        return refusals.VALUE_UNKNOWN.at("kind", field="kind", value=data.kind, allowed="person, company")
    number, born_on = "", data.born_on
    if data.id_number or data.id_kind:
        found = identifiers.check_id(data.id_kind, data.id_number)
        if isinstance(found, Refusal):
            return Refusal(found.kind, "id_number", found.values)
        number = found
        if data.id_kind == "cn_resident_id":
            stated = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
            if born_on not in (None, stated):
                return refusals.BIRTH_CONFLICT.at("born_on")
            born_on = stated
    if born_on is not None and born_on > clock.now().astimezone(clock.HOME_ZONE).date():
        return refusals.BIRTH_FUTURE.at("born_on")
    name = data.name.strip()
    return {
        "kind": data.kind,
        "name_sealed": sealing.seal(name),
        "name_masked": masking.name(name) if data.kind == "person" else masking.company(name),
        "name_index": sealing.index("name", name),
        "name_initials": identifiers.initials(name),
        "id_kind": data.id_kind if number else "",
        "id_sealed": sealing.seal(number) if number else None,
        "id_masked": masking.identity(number),
        "id_index": sealing.index("id", f"{data.id_kind}:{number}") if number else None,
        "born_sealed": sealing.seal(born_on.isoformat()) if born_on else None,
        "born_index": sealing.index("born", born_on.isoformat()) if born_on else None,
        "language": data.language,
        "segment": data.segment,
        "source": data.source,
    } | {"born_on": born_on}


def _customer_for(scope: Scope, creditor: Creditor, data: PartyData, columns: dict[str, Any], now: datetime) -> Customer:
    """The named customer (or the one it was merged into), else the one of a party with the same identity number and name, else a new one."""
    from arrears.parties.queries import survivor_of  # reads stand above the acts they are shared with

    rows = Customer.objects.unscoped("the creditor was checked against the actor's scope").filter(creditor=creditor)
    if not data.customer_reference and columns["id_index"] is not None:
        same = (
            Party.objects.unscoped("the creditor was checked against the actor's scope")
            .filter(creditor=creditor, id_index=columns["id_index"], name_index=columns["name_index"], customer__isnull=False)
            .order_by("id")
            .first()
        )
        if same is not None:
            found: Customer = rows.get(id=same.customer_id)
            return found
    reference = data.customer_reference or data.reference
    existing: Customer | None = rows.filter(reference=reference).first()
    if existing is not None:
        return survivor_of(scope, existing)
    made: Customer = Customer.objects.create(creditor=creditor, reference=reference, created_at=now)
    return made


@action("party.register")
def register_party(actor: Actor, creditor_id: int, data: PartyData) -> Party | Refusal:
    """Record a person or company and the customer it belongs to. A minor by its own date of birth is restricted at once.

    Refusals: ``party.creditor_not_visible``, ``party.reference_taken``, ``party.birth_*``, those of ``checked``.
    """
    creditor = creditors(actor.scope).filter(id=creditor_id).first()
    if creditor is None:
        return refusals.CREDITOR_NOT_VISIBLE.at()
    columns = checked(data)
    if isinstance(columns, Refusal):
        return columns
    taken = Party.objects.unscoped("uniqueness within the creditor")
    if taken.filter(creditor=creditor, reference=data.reference).exists():
        return refusals.REFERENCE_TAKEN.at("reference", reference=data.reference)
    now = clock.now()
    born_on = columns.pop("born_on")
    customer = _customer_for(actor.scope, creditor, data, columns, now)
    party: Party = Party.objects.create(creditor=creditor, customer=customer, reference=data.reference, created_at=now, **columns)
    note_party(actor, "party.registered", party, {"kind": party.kind, "source": party.source, "reference": party.reference})
    if born_on is not None and party.kind == "person":
        restrict_minor(actor, party, born_on)
    return party


def restrict_minor(actor: Actor, party: Party, born_on: date) -> Restriction | None:
    """Stop contact with a minor until the 18th birthday in the creditor's zone. None for an adult. Part of an action."""
    now = clock.now()
    zone = ZoneInfo(party.creditor.time_zone)
    if not standing.is_minor(born_on, now.astimezone(zone).date()):
        return None
    until = datetime.combine(standing.adult_on(born_on), time.min, zone)
    rows = Restriction.objects.unscoped("the party was checked against the actor's scope")
    if rows.filter(party=party, kind="minor", lifted_at=None, effective_until=until).exists():
        return None
    row: Restriction = Restriction.objects.create(
        creditor_id=party.creditor_id,
        party=party,
        kind="minor",
        effective_from=now,
        effective_until=until,
        recorded_at=now,
        reason="minor by the recorded date of birth",
        evidence_reference="date of birth",
    )
    note_party(actor, "party.restricted", party, {"restriction": row.public_id, "kind": "minor"})
    return row


def visible_party(actor: Actor, public_id: str, *, lock: bool = False) -> Party | Refusal:
    """The party, if ``actor`` may see it. ``lock`` holds its row until the transaction ends."""
    rows = Party.objects.visible_to(actor.scope).select_related("creditor").filter(public_id=public_id)
    party: Party | None = (rows.select_for_update(of=("self",)) if lock else rows).first()
    return party or refusals.NOT_FOUND.at(kind="party", id=public_id)


def note_party(actor: Actor, act: str, party: Party, payload: dict[str, Any]) -> None:
    """The journal entry of an act upon ``party``. Part of an action."""
    subject = ("party", party.public_id)
    record(actor, act, subject, creditor_id=party.creditor_id, customer_id=party.customer_id, payload=payload)


@action("party.update")
def update_party(actor: Actor, public_id: str, changes: dict[str, Any], source: str = "manual") -> Party | Refusal:
    """Change what is recorded; the former row is kept as a ``PartyVersion``. Keys of ``changes``: fields of ``PartyData``
    except ``reference``, ``customer_reference`` and ``source``.

    Refusals: ``party.not_found``, ``party.value_unknown``, ``party.nothing_changed``, those of ``checked``.
    """
    party = visible_party(actor, public_id, lock=True)
    if isinstance(party, Refusal):
        return party
    allowed = {f.name for f in fields(PartyData)} - {"reference", "customer_reference", "source"}
    if unknown := sorted(set(changes) - allowed):
        return refusals.VALUE_UNKNOWN.at(unknown[0], field="changes", value=unknown[0], allowed=", ".join(sorted(allowed)))
    present = _clear(party)
    if "id_number" in changes or "id_kind" in changes:
        present["born_on"] = None if present["id_kind"] == "cn_resident_id" else present["born_on"]
    wanted = present | changes
    changed = sorted(name for name in changes if wanted[name] != _clear(party)[name])
    if not changed:
        return refusals.NOTHING_CHANGED.at()
    columns = checked(PartyData(reference=party.reference, source=source, **wanted))
    if isinstance(columns, Refusal):
        return columns
    born_on = columns.pop("born_on")
    PartyVersion.objects.create(
        creditor_id=party.creditor_id,
        party=party,
        replaced_at=clock.now(),
        replaced_by=actor.id,
        **{name: getattr(party, name) for name in KEPT_COLUMNS},
    )
    for name, value in columns.items():
        setattr(party, name, value)
    party.save()
    note_party(actor, "party.updated", party, {"fields": changed, "source": source})
    if {"born_on", "id_number"} & set(changed) and born_on is not None and party.kind == "person":
        restrict_minor(actor, party, born_on)
    return party


def _clear(party: Party) -> dict[str, Any]:
    born = sealing.open_sealed(party.born_sealed) if party.born_sealed else None
    return {
        "kind": party.kind,
        "name": sealing.open_sealed(party.name_sealed),
        "id_kind": party.id_kind,
        "id_number": sealing.open_sealed(party.id_sealed) if party.id_sealed else "",
        "born_on": date.fromisoformat(born) if born else None,
        "language": party.language,
        "segment": party.segment,
    }


#: (subject kind, field) -> the sealed column.
REVEALABLE = {
    ("party", "name"): "name_sealed",
    ("party", "id"): "id_sealed",
    ("party", "born"): "born_sealed",
    ("contact_point", "value"): "value_sealed",
    ("vulnerability", "note"): "note_sealed",
}
_TABLES = {"party": Party, "contact_point": ContactPoint, "vulnerability": Vulnerability}


@action("party.reveal")
def reveal(actor: Actor, subject: tuple[str, str], field_name: str, reason: str = "") -> str | Refusal:
    """Show one masked field in clear: one line in the access log and one journal entry, then the text.

    ``subject`` is (``party`` | ``contact_point`` | ``vulnerability``, public id); fields as in ``REVEALABLE``. Refusals:
    ``party.value_unknown``, ``party.not_found``, ``reveal.empty``.
    """
    column = REVEALABLE.get((subject[0], field_name))
    if column is None:
        allowed = ", ".join(f"{k}.{f}" for k, f in REVEALABLE)
        return refusals.VALUE_UNKNOWN.at(field="field", value=f"{subject[0]}.{field_name}", allowed=allowed)
    row = _TABLES[subject[0]].objects.visible_to(actor.scope).filter(public_id=subject[1]).first()
    if row is None:
        return refusals.NOT_FOUND.at(kind=subject[0], id=subject[1])
    sealed = getattr(row, column)
    if sealed is None:
        return refusals.REVEAL_EMPTY.at(field=field_name)
    owner = row if isinstance(row, Party) else Party.objects.visible_to(actor.scope).get(id=row.party_id)
    log_view(actor, row.creditor_id, subject, [field_name], reason)
    record(
        actor,
        "party.revealed",
        subject,
        creditor_id=row.creditor_id,
        customer_id=owner.customer_id,
        payload={"field": field_name, "reason": reason[:200]},
    )
    return sealing.open_sealed(sealed)
