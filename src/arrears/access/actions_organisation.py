"""The lender's own organisation: creditors, portfolios, teams, agencies. A code that is there already is left as it is."""

from __future__ import annotations

from dataclasses import dataclass

from arrears.access import queries, refusals
from arrears.access.models import Agency, Creditor, Portfolio, Team
from arrears.journal.actions import action, record
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor


@dataclass(frozen=True, slots=True)
class CreditorData:
    """A lender. ``code`` is what files, keys and commands call it; ``time_zone`` an IANA name; ``jurisdiction`` ISO 3166."""

    code: str
    name: str
    name_en: str = ""
    kind: str = "bank"
    jurisdiction: str = "CN"
    time_zone: str = "Asia/Shanghai"
    phone: str = ""
    is_demo: bool = False


@action("creditor.open")
def open_creditor(actor: Actor, data: CreditorData) -> Creditor | Refusal:
    """A new creditor, or the one with that code. Only from the server's shell: nobody else reaches beyond their own creditors.

    Refusals: ``access.value_empty``, ``access.creditor_not_visible``.
    """
    if not actor.scope.everything:
        return refusals.CREDITOR_NOT_VISIBLE.at("creditor")
    if not data.code.strip() or not data.name.strip():
        return refusals.VALUE_EMPTY.at(field="code" if not data.code.strip() else "name")
    values = {name: getattr(data, name) for name in data.__slots__ if name != "code"}
    row, made = Creditor.objects.get_or_create(code=data.code.strip(), defaults=values)
    record(actor, "creditor.opened" if made else "creditor.repeated", ("creditor", row.code), creditor_id=row.pk)
    return row


@action("creditor.add_portfolio")
def add_portfolio(actor: Actor, creditor: str, code: str, name: str) -> Portfolio | Refusal:
    """A portfolio of a creditor. Refusals: ``access.creditor_not_visible``, ``access.value_empty``."""
    found = queries.creditor(actor.scope, creditor)
    if found is None:
        return refusals.CREDITOR_NOT_VISIBLE.at("creditor")
    if not code.strip():
        return refusals.VALUE_EMPTY.at(field="code")
    row, made = Portfolio.objects.get_or_create(creditor=found, code=code.strip(), defaults={"name": name or code})
    record(actor, "portfolio.added" if made else "portfolio.repeated", ("portfolio", row.code), creditor_id=found.pk)
    return row


@action("creditor.add_team")
def add_team(actor: Actor, creditor: str, code: str, name: str) -> Team | Refusal:
    """A team of a creditor. Refusals: ``access.creditor_not_visible``, ``access.value_empty``."""
    found = queries.creditor(actor.scope, creditor)
    if found is None:
        return refusals.CREDITOR_NOT_VISIBLE.at("creditor")
    if not code.strip():
        return refusals.VALUE_EMPTY.at(field="code")
    row, made = Team.objects.get_or_create(creditor=found, code=code.strip(), defaults={"name": name or code})
    record(actor, "team.added" if made else "team.repeated", ("team", row.code), creditor_id=found.pk)
    return row


@action("agency.register")
def register_agency(actor: Actor, code: str, name: str) -> Agency | Refusal:
    """An outside agency. Agencies are shared by all creditors, so only the server's shell registers them.

    Refusals: ``access.value_empty``, ``access.creditor_not_visible``.
    """
    if not actor.scope.everything:
        return refusals.CREDITOR_NOT_VISIBLE.at("creditor")
    if not code.strip():
        return refusals.VALUE_EMPTY.at(field="code")
    row, made = Agency.objects.get_or_create(code=code.strip(), defaults={"name": name or code})
    record(actor, "agency.registered" if made else "agency.repeated", ("agency", row.code), creditor_id=None)
    return row
