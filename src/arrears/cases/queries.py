"""Reads of the cases room."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from arrears.access.models import Creditor, Grant, Team, User
from arrears.cases import assignment
from arrears.cases.models import CustomerCase
from arrears.kernel.scope import Role, Scope

#: Which roles do a team's work where no grant names the team itself.
ROLES_OF_TEAM = {"legal": (Role.LEGAL,)}


def open_cases(scope: Scope, creditor_id: int) -> dict[tuple[int, str], CustomerCase]:
    """Open cases by customer id and currency."""
    rows = CustomerCase.objects.visible_to(scope).filter(creditor_id=creditor_id, closed_on=None)
    return {(row.customer_id, row.currency): row for row in rows}


def cases_of(scope: Scope, customer_public_id: str) -> list[CustomerCase]:
    """Every case of a customer, open ones first, newest first."""
    rows = CustomerCase.objects.visible_to(scope).filter(customer__public_id=customer_public_id)
    return list(rows.order_by("-closed_on", "-opened_on", "-id"))


def teams(creditor: Creditor, on: date) -> dict[str, assignment.Team]:
    """Teams of a creditor with their people on a day: by grants to the team, else by role at the creditor."""
    valid = Q(valid_from=None) | Q(valid_from__lte=on)
    valid &= Q(valid_until=None) | Q(valid_until__gte=on)
    grants = list(
        Grant.objects.filter(valid, creditor=creditor, user__is_active=True, agency=None)
        .order_by("user_id")
        .values_list("user__public_id", "role", "team__code")
    )
    made = {}
    for code in Team.objects.filter(creditor=creditor).order_by("code").values_list("code", flat=True):
        workers = ROLES_OF_TEAM.get(code, (Role.COLLECTOR,))
        named = [u for u, role, team in grants if team == code and role in (*workers, Role.COLLECTOR, Role.FIELD)]
        common = [u for u, role, team in grants if team is None and role in workers]
        leads = [u for u, role, team in grants if role == Role.LEAD and team in (code, None)]
        people = tuple((u, assignment.CAPACITY) for u in dict.fromkeys(named or common))
        made[code] = assignment.Team(code, people, leads[0] if leads else (people[0][0] if people else ""))
    return made


def names_of(public_ids: Iterable[str]) -> dict[str, str]:
    """Display names of people by public id."""
    return dict(User.objects.filter(public_id__in=set(public_ids)).values_list("public_id", "display_name"))
