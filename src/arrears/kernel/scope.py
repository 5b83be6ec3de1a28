"""Who is asking, and what they may see. Every query on customer data takes a ``Scope``; every action an ``Actor``."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    COLLECTOR = "collector"
    LEAD = "lead"
    ANALYST = "analyst"
    FIELD = "field"
    LEGAL = "legal"
    COMPLIANCE = "compliance"
    AGENCY = "agency"
    INTEGRATOR = "integrator"
    OPERATOR = "operator"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a caller may see. ``creditor_ids`` are always named one by one: there is no "all" except ``SYSTEM``.

    Empty ``portfolio_ids``, ``team_ids`` or ``agency_ids`` mean "not narrowed by that"; a non-empty set narrows.
    """

    creditor_ids: frozenset[int]
    roles: frozenset[Role] = frozenset()
    portfolio_ids: frozenset[int] = frozenset()
    team_ids: frozenset[int] = frozenset()
    agency_ids: frozenset[int] = frozenset()
    everything: bool = False

    def may(self, *roles: Role) -> bool:
        return self.everything or bool(self.roles.intersection(roles))


#: For migrations, night jobs and the product's own upkeep. A check lists the files that may name it.
SYSTEM_SCOPE = Scope(creditor_ids=frozenset(), everything=True)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does an act, through which door. Stands in every journal entry."""

    scope: Scope
    kind: str  # person | api_key | system | rule
    id: str  # user public id, key prefix, or job name; never a name or an address
    via: str  # web | api | cli | python | job
    request_id: str = ""
    labels: dict[str, str] = field(default_factory=dict, hash=False, compare=False)
