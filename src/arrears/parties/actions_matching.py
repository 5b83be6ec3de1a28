"""One customer across all loans: find parties that are one person, merge what is certain, let a person decide the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from arrears.access.queries import creditors
from arrears.journal.actions import action, record
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.parties import merging, refusals
from arrears.parties.models import Customer, CustomerMerge, MatchCandidate, Party

#: A name shared by more parties than this with one phone or birthday proves nothing; such groups are counted, not paired.
LARGEST_GROUP = 20

#: Same identity number and same name, different customers: certain.
_CERTAIN = """
select array_agg(distinct customer_id order by customer_id)
from parties_party
where creditor_id = %(creditor)s and id_index is not null and customer_id is not null
group by id_index, name_index
having count(distinct customer_id) > 1
order by 1
"""

#: Doubtful pairs: (left, right, score, reasons). Two different checked identity numbers are two people, whatever else agrees.
_DOUBTFUL = """
with party as (
    select id, customer_id, kind, name_index, id_kind, id_index, born_index
    from parties_party where creditor_id = %(creditor)s and customer_id is not null
), shared as (
    select p.id as party_id, p.name_index as key_a, c.value_index as key_b, 'name_and_phone' as reason, 900 as score
    from party p join parties_contactpoint c on c.party_id = p.id and c.kind in ('mobile', 'landline') and c.closed_at is null
    union
    select id, name_index, born_index, 'name_and_birth_date', 700 from party where born_index is not null
    union
    select id, id_index, id_index, 'same_id_other_name', 600 from party where id_index is not null
), grouped as (
    select *, count(*) over (partition by reason, key_a, key_b) as size from shared
), pair as (
    select a.party_id as left_id, b.party_id as right_id, a.reason, a.score
    from grouped a join grouped b using (reason, key_a, key_b)
    where a.party_id < b.party_id and a.size <= %(largest)s
)
select l.id, r.id, least(990, max(pair.score) + 50 * (count(distinct pair.reason) - 1)),
       array_agg(distinct pair.reason order by pair.reason)
from pair join party l on l.id = pair.left_id join party r on r.id = pair.right_id
where l.customer_id <> r.customer_id and l.kind = r.kind
  and not coalesce(l.id_kind = r.id_kind and l.id_index <> r.id_index and l.id_kind in ('cn_resident_id', 'cn_uscc'), false)
group by l.id, r.id
order by 1, 2
"""

_TOO_LARGE = """
select count(*) from (
    select 1 from parties_party p join parties_contactpoint c on c.party_id = p.id and c.kind in ('mobile', 'landline')
    where p.creditor_id = %(creditor)s and c.closed_at is null
    group by p.name_index, c.value_index having count(distinct p.id) > %(largest)s
    union all
    select 1 from parties_party where creditor_id = %(creditor)s and born_index is not null
    group by name_index, born_index having count(*) > %(largest)s
) groups
"""


@dataclass(frozen=True, slots=True)
class Found:
    """Outcome of a search for matches. ``left_out`` counts groups too large to prove anything."""

    merged: int
    candidates: int
    left_out: int


@action("party.find_matches")
def find_matches(actor: Actor, creditor_id: int) -> Found | Refusal:
    """Merge customers that certainly are one (same identity number and name) and file doubtful pairs for review.

    Doubtful: same name and phone, same name and birth date, same identity number under another name. A pair once decided is
    not filed again. Refusal: ``party.creditor_not_visible``.
    """
    creditor = creditors(actor.scope).filter(id=creditor_id).first()
    if creditor is None:
        return refusals.CREDITOR_NOT_VISIBLE.at()
    values = {"creditor": creditor.id, "largest": LARGEST_GROUP}
    merged = 0
    for group in _rows(_CERTAIN, values):
        merged += _merge_group(actor, list(group[0]))
    now = clock.now()
    pairs = [
        MatchCandidate(creditor=creditor, left_id=left, right_id=right, score_permille=score, reasons=list(reasons), found_at=now)
        for left, right, score, reasons in _rows(_DOUBTFUL, values)
    ]
    before = MatchCandidate.objects.visible_to(actor.scope).filter(creditor=creditor).count()
    MatchCandidate.objects.bulk_create(pairs, ignore_conflicts=True, batch_size=5_000)
    after = MatchCandidate.objects.visible_to(actor.scope).filter(creditor=creditor).count()
    [(left_out,)] = _rows(_TOO_LARGE, values)
    found = Found(merged, after - before, left_out)
    payload = {"merged": merged, "candidates": found.candidates, "left_out": left_out}
    record(actor, "match.searched", ("creditor", creditor.code), creditor_id=creditor.id, payload=payload)
    return found


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _merge_group(actor: Actor, customer_ids: list[int]) -> int:
    """Merge all into the oldest. Groups overlap when a customer has several parties, so ids are read again each time."""
    rows = Customer.objects.unscoped("ids come from a query on one visible creditor")
    present = {c.id: c for c in rows.filter(id__in=customer_ids)}
    gone = set(
        CustomerMerge.objects.unscoped("ids come from a query on one visible creditor")
        .filter(absorbed_id__in=customer_ids, undone_at=None)
        .values_list("absorbed_id", flat=True)
    )
    alive = [present[i] for i in sorted(customer_ids) if i not in gone]
    merged = 0
    for absorbed in alive[1:]:
        if not _was_separated(alive[0], absorbed):
            _merge(actor, alive[0], absorbed, ["same_id_and_name"])
            merged += 1
    return merged


def _was_separated(one: Customer, other: Customer) -> bool:
    """A person undid this merge before: no search does it again."""
    rows = CustomerMerge.objects.unscoped("both customers are of one visible creditor").filter(undone_at__isnull=False)
    both = [one.id, other.id]
    return bool(rows.filter(survivor_id__in=both, absorbed_id__in=both).exists())


def _merge(actor: Actor, survivor: Customer, absorbed: Customer, reasons: list[str]) -> CustomerMerge:
    parties = Party.objects.unscoped("both customers were checked").filter(customer=absorbed)
    moved: dict[str, list[int]] = {"parties": sorted(parties.values_list("id", flat=True))}
    parties.update(customer=survivor)
    for key, move in merging.followers().items():
        moved[key] = move(actor, absorbed.id, survivor.id, None)
    merge: CustomerMerge = CustomerMerge.objects.create(
        creditor_id=survivor.creditor_id,
        survivor=survivor,
        absorbed=absorbed,
        moved=moved,
        reasons=reasons,
        merged_at=clock.now(),
        merged_by=actor.id,
    )
    record(
        actor,
        "customer.merged",
        ("customer", survivor.public_id),
        creditor_id=survivor.creditor_id,
        customer_id=survivor.id,
        payload={
            "merge": merge.public_id, "absorbed": absorbed.public_id, "reasons": reasons,
            "moved": {key: len(ids) for key, ids in moved.items()},
        },
    )  # fmt: skip
    return merge


@action("party.merge")
def merge_customers(actor: Actor, survivor_public_id: str, absorbed_public_id: str, reason: str) -> CustomerMerge | Refusal:
    """Make two customers one. Undone by ``separate``. Refusals: ``party.not_found``, ``merge.*``, ``party.reason_missing``."""
    found = Customer.objects.visible_to(actor.scope).select_for_update(of=("self",)).order_by("id")
    by_id = {c.public_id: c for c in found.filter(public_id__in=[survivor_public_id, absorbed_public_id])}
    for public_id in (survivor_public_id, absorbed_public_id):
        if public_id not in by_id:
            return refusals.NOT_FOUND.at(kind="customer", id=public_id)
    survivor, absorbed = by_id[survivor_public_id], by_id[absorbed_public_id]
    if survivor.id == absorbed.id:
        return refusals.MERGE_SAME.at()
    if survivor.creditor_id != absorbed.creditor_id:
        return refusals.MERGE_CREDITORS.at()
    gone = CustomerMerge.objects.visible_to(actor.scope).filter(absorbed__in=[survivor, absorbed], undone_at=None).first()
    if gone is not None:
        return refusals.MERGE_GONE.at(id=gone.public_id)
    if not reason.strip():
        return refusals.REASON_MISSING.at("reason")
    return _merge(actor, survivor, absorbed, [reason.strip()])


@action("party.decide_match")
def decide_match(actor: Actor, public_id: str, same: bool, note: str = "") -> MatchCandidate | Refusal:
    """A person says whether a doubtful pair is one. ``same`` merges the two customers (the older stays).

    Refusals: ``party.not_found``, ``match.decided``.
    """
    rows = MatchCandidate.objects.visible_to(actor.scope).select_related("left", "right").select_for_update(of=("self",))
    pair: MatchCandidate | None = rows.filter(public_id=public_id).first()
    if pair is None:
        return refusals.NOT_FOUND.at(kind="match", id=public_id)
    if pair.state != "open":
        return refusals.MATCH_DECIDED.at(state=pair.state)
    if same and pair.left.customer_id != pair.right.customer_id:
        customers = Customer.objects.visible_to(actor.scope).filter(id__in=[pair.left.customer_id, pair.right.customer_id])
        survivor, absorbed = customers.order_by("id")
        _merge(actor, survivor, absorbed, [f"match:{pair.public_id}", *pair.reasons])
    pair.state, pair.decided_at, pair.decided_by, pair.note = "same" if same else "different", clock.now(), actor.id, note
    pair.save()
    record(
        actor,
        "match.decided",
        ("match", pair.public_id),
        creditor_id=pair.creditor_id,
        customer_id=pair.left.customer_id,
        payload={"state": pair.state, "left": pair.left.public_id, "right": pair.right.public_id, "note": note},
    )
    return pair


@action("party.separate")
def separate(actor: Actor, merge_public_id: str, reason: str) -> CustomerMerge | Refusal:
    """Undo a merge: exactly what it moved goes back. Later merges of the same customers are undone first.

    Refusals: ``party.not_found``, ``merge.undone``, ``merge.later_merge``, ``party.reason_missing``.
    """
    rows = CustomerMerge.objects.visible_to(actor.scope)
    merge: CustomerMerge | None = (
        rows.select_related("survivor", "absorbed").select_for_update(of=("self",)).filter(public_id=merge_public_id).first()
    )
    if merge is None:
        return refusals.NOT_FOUND.at(kind="merge", id=merge_public_id)
    if merge.undone_at is not None:
        return refusals.MERGE_UNDONE.at()
    if not reason.strip():
        return refusals.REASON_MISSING.at("reason")
    later = rows.filter(id__gt=merge.id, undone_at=None, absorbed=merge.survivor).order_by("-id").first()
    if later is not None:
        return refusals.MERGE_LATER.at(id=later.public_id)
    moved = merge.moved
    Party.objects.visible_to(actor.scope).filter(id__in=moved["parties"], customer=merge.survivor).update(customer=merge.absorbed)
    for key, move in merging.followers().items():
        move(actor, merge.survivor_id, merge.absorbed_id, moved.get(key, []))
    merge.undone_at, merge.undone_by = clock.now(), actor.id
    merge.save(update_fields=["undone_at", "undone_by"])
    # the pairs that led here must not be merged again by the next search
    MatchCandidate.objects.visible_to(actor.scope).filter(
        left_id__in=moved["parties"], right__customer=merge.survivor, state="same"
    ).update(state="different")
    MatchCandidate.objects.visible_to(actor.scope).filter(
        right_id__in=moved["parties"], left__customer=merge.survivor, state="same"
    ).update(state="different")
    record(
        actor,
        "customer.separated",
        ("customer", merge.survivor.public_id),
        creditor_id=merge.creditor_id,
        customer_id=merge.survivor_id,
        payload={"merge": merge.public_id, "restored": merge.absorbed.public_id, "reason": reason.strip()},
    )
    return merge
