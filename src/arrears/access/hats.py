"""Grants become hats: what one person may see and do *at one time*. Pure.

Roles and narrowings of different grants must not mix: a lead at one creditor who is auditor at another is never lead at both,
and a collector narrowed to one team who is analyst of the whole portfolio works either as the one or as the other. So grants
with the same reach are put together, and each distinct reach is one hat; a person wears one at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from arrears.kernel.scope import Role, Scope


@dataclass(frozen=True, slots=True)
class GrantFact:
    """One grant as a value. Dates are both included; None is open."""

    role: Role
    creditor_id: int
    portfolio_id: int | None = None
    team_id: int | None = None
    agency_id: int | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    def in_force(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_until is None or on <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Hat:
    """Roles with one reach. ``key`` names it in a session (no personal data)."""

    creditor_ids: frozenset[int]
    roles: frozenset[Role]
    portfolio_ids: frozenset[int] = frozenset()
    team_ids: frozenset[int] = frozenset()
    agency_ids: frozenset[int] = frozenset()

    def __str__(self) -> str:
        return ", ".join(sorted(self.roles))

    @property
    def key(self) -> str:
        def joined(ids: Iterable[int]) -> str:
            return ".".join(str(i) for i in sorted(ids))

        reach = (self.creditor_ids, self.portfolio_ids, self.team_ids, self.agency_ids)
        return "/".join([*(joined(ids) for ids in reach), "+".join(sorted(self.roles))])

    @property
    def scope(self) -> Scope:
        return Scope(self.creditor_ids, self.roles, self.portfolio_ids, self.team_ids, self.agency_ids)


_Reach = tuple[frozenset[int], frozenset[int], frozenset[int]]


def _reach_of_role(grants: list[GrantFact]) -> set[_Reach]:
    """Reaches of one role at one creditor: a wholly open grant swallows the rest; else those of one shape are united."""
    if any(g.portfolio_id is None and g.team_id is None and g.agency_id is None for g in grants):
        return {(frozenset(), frozenset(), frozenset())}
    reaches: set[_Reach] = set()
    single: dict[str, set[int]] = defaultdict(set)
    for g in grants:
        named = {"p": g.portfolio_id, "t": g.team_id, "a": g.agency_id}
        given = {k: v for k, v in named.items() if v is not None}
        if len(given) == 1:
            [(k, v)] = given.items()
            single[k].add(v)
        else:  # narrowed twice: united with another such grant it would reach more than either
            reaches.add(tuple(frozenset() if named[k] is None else frozenset({named[k]}) for k in "pta"))  # type: ignore[arg-type]
    for k, ids in single.items():
        reaches.add(tuple(frozenset(ids) if k == one else frozenset() for one in "pta"))  # type: ignore[arg-type]
    return reaches


def hats_of(grants: Iterable[GrantFact], on: date) -> list[Hat]:
    """The hats that ``grants`` give on ``on``, widest first, in a stable order."""
    by_role: dict[tuple[int, Role], list[GrantFact]] = defaultdict(list)
    for grant in grants:
        if grant.in_force(on):
            by_role[grant.creditor_id, grant.role].append(grant)
    roles_at: dict[tuple[int, _Reach], set[Role]] = defaultdict(set)
    for (creditor_id, role), some in by_role.items():
        for reach in _reach_of_role(some):
            roles_at[creditor_id, reach].add(role)
    creditors: dict[tuple[_Reach, frozenset[Role]], set[int]] = defaultdict(set)
    for (creditor_id, reach), roles in roles_at.items():
        creditors[reach, frozenset(roles)].add(creditor_id)
    hats = [Hat(frozenset(ids), roles, *reach) for (reach, roles), ids in creditors.items()]
    width = {h: (-len(h.creditor_ids), len(h.portfolio_ids | h.team_ids | h.agency_ids), -len(h.roles), h.key) for h in hats}
    return sorted(hats, key=lambda h: width[h])
