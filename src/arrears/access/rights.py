"""Which role may do which act: the one table and the one check.

``check(actor, act)`` is asked by every ``@action`` itself (installed in ``apps.py`` as the journal's guard), so no door can
forget it; pages, API and command line ask it too where they show or hide a control. An act that an allowed act performs
inside itself is not asked again, nor is an act that a second person has just approved.

Patterns: an exact act (``ledger.waive``), or all acts of a noun (``ledger.*``); the exact one wins. What no pattern names is
refused to every person and key: a room that adds acts calls ``allow`` beside them. The product's own jobs and the person at
the server's shell (scope ``everything``) may do all acts; the journal says that it was them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from arrears.access import refusals
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor, Role

COLLECTOR, LEAD, ANALYST, FIELD, LEGAL = Role.COLLECTOR, Role.LEAD, Role.ANALYST, Role.FIELD, Role.LEGAL
COMPLIANCE, AGENCY, INTEGRATOR, OPERATOR, AUDITOR = (
    Role.COMPLIANCE, Role.AGENCY, Role.INTEGRATOR, Role.OPERATOR, Role.AUDITOR,
)  # fmt: skip

_EVERYONE = frozenset(Role)
_DESK = frozenset({COLLECTOR, LEAD, FIELD, LEGAL, AGENCY})
_STAFF = frozenset({COLLECTOR, LEAD, LEGAL, COMPLIANCE, OPERATOR})
_FEEDS = frozenset({OPERATOR, INTEGRATOR})

#: act or ``noun.*`` -> roles.
RIGHTS: dict[str, frozenset[Role]] = {
    # oneself
    "account.*": _EVERYONE,
    # access
    "user.*": frozenset({OPERATOR}),
    "grant.*": frozenset({OPERATOR}),
    "api_key.*": frozenset({OPERATOR, INTEGRATOR}),
    "authority.*": frozenset({COMPLIANCE, OPERATOR}),
    "creditor.*": frozenset({OPERATOR}),
    "agency.*": frozenset({OPERATOR}),
    "approval.decide": frozenset({LEAD, COMPLIANCE, OPERATOR, LEGAL}),
    "approval.withdraw": _EVERYONE,
    # parties
    "party.reveal": _DESK | {COMPLIANCE, AUDITOR},
    "party.register": _STAFF | {INTEGRATOR},
    "party.update": _STAFF | {INTEGRATOR},
    "party.add_contact_point": _DESK | _STAFF | {INTEGRATOR},
    "party.close_contact_point": _DESK | _STAFF | {INTEGRATOR},
    "party.record_right_party": _DESK | {INTEGRATOR},
    "party.give_consent": _DESK | {COMPLIANCE, INTEGRATOR},
    "party.withdraw_consent": _DESK | {COMPLIANCE, INTEGRATOR},
    "party.restrict": _DESK | {COMPLIANCE, INTEGRATOR},
    "party.lift_restriction": frozenset({LEAD, COMPLIANCE, LEGAL}),
    "party.note_vulnerability": _DESK | {COMPLIANCE, INTEGRATOR},
    "party.end_vulnerability": frozenset({LEAD, COMPLIANCE}),
    "party.appoint_representative": _DESK | {COMPLIANCE, INTEGRATOR},
    "party.find_matches": frozenset({LEAD, ANALYST, OPERATOR, COMPLIANCE}),
    "party.decide_match": frozenset({LEAD, OPERATOR, COMPLIANCE}),
    "party.merge": frozenset({LEAD, OPERATOR, COMPLIANCE}),
    "party.separate": frozenset({LEAD, OPERATOR, COMPLIANCE}),
    "party.reseal": frozenset({OPERATOR}),
    "parties.*": _FEEDS,
    # ledger
    "ledger.*": _FEEDS | {LEAD, LEGAL},
    "ledger.record_payment": _FEEDS | {COLLECTOR, LEAD, FIELD, LEGAL, AGENCY},
    "ledger.waive": frozenset({COLLECTOR, LEAD, OPERATOR, LEGAL}),
    "ledger.pause": frozenset({LEAD, COMPLIANCE, OPERATOR, LEGAL}),
    "ledger.resume": frozenset({LEAD, COMPLIANCE, OPERATOR, LEGAL}),
    "ledger.write_off": frozenset({OPERATOR, LEAD}),
    # judgement
    "book.*": _FEEDS | {ANALYST},
    "rules.*": frozenset({ANALYST, COMPLIANCE}),
    "gate.*": frozenset({COMPLIANCE}),
    "permit.*": _DESK | {OPERATOR, INTEGRATOR},
    "diagnosis.*": frozenset({ANALYST}),
    "strategy.*": frozenset({ANALYST, LEAD}),
    # work
    "case.*": _DESK | {OPERATOR, COMPLIANCE},
    "cases.*": _DESK | {OPERATOR, COMPLIANCE},
    "worklist.*": _DESK | {OPERATOR},
    "task.*": _DESK | {OPERATOR},
    "contact.*": _DESK | {OPERATOR, INTEGRATOR},
    "letter.*": _DESK | {OPERATOR, COMPLIANCE},
    "run.*": frozenset({OPERATOR}),
    # doors
    "import.*": _FEEDS,
    "intake.*": _FEEDS,
    "receipt.*": _FEEDS | {LEAD},
    "statement.*": _FEEDS | {LEAD},
    "profile.*": _FEEDS,
    "journal.*": frozenset({OPERATOR, AUDITOR, COMPLIANCE}),
    "insight.*": frozenset({ANALYST, LEAD, COMPLIANCE, OPERATOR}),
    "demo.*": frozenset({OPERATOR}),
}  # fmt: skip

#: (act, unit, role) -> (alone up to, may decide up to), where a creditor has no ``AuthorityLimit`` of its own for the act.
#: Amounts in minor units (``*`` any currency) or rows. House defaults, no figures of law: change them per creditor.
DEFAULT_LIMITS: dict[tuple[str, str, Role], tuple[int, int]] = {
    ("import.commit", "rows", OPERATOR): (10_000, 100_000_000),
    ("import.commit", "rows", INTEGRATOR): (10_000, 0),
    ("import.commit", "rows", LEAD): (0, 1_000_000),
    ("import.undo", "rows", OPERATOR): (1_000, 100_000_000),
    ("import.undo", "rows", LEAD): (0, 1_000_000),
    ("ledger.waive", "*", COLLECTOR): (200_00, 0),
    ("ledger.waive", "*", LEAD): (2_000_00, 20_000_00),
    ("ledger.waive", "*", LEGAL): (2_000_00, 20_000_00),
    ("ledger.waive", "*", COMPLIANCE): (0, 100_000_00),
    ("ledger.waive", "*", OPERATOR): (0, 1_000_000_00),
    ("ledger.restructure", "*", LEAD): (0, 200_000_00),
    ("ledger.restructure", "*", LEGAL): (0, 200_000_00),
    ("ledger.restructure", "*", OPERATOR): (0, 10_000_000_00),
    ("ledger.write_off", "*", LEAD): (0, 100_000_00),
    ("ledger.write_off", "*", OPERATOR): (0, 10_000_000_00),
    ("ledger.transfer", "*", LEAD): (0, 100_000_00),
    ("ledger.transfer", "*", OPERATOR): (0, 10_000_000_00),
    ("party.lift_restriction", "count", LEAD): (0, 1),
    ("party.lift_restriction", "count", COMPLIANCE): (1, 100),
}


def allow(rights: Mapping[str, Iterable[Role]]) -> None:
    """Add a room's acts to the table. Raises ``ValueError`` where an act stands there with other roles."""
    for act, roles in rights.items():
        wanted = frozenset(roles)
        if RIGHTS.setdefault(act, wanted) != wanted:
            raise ValueError(f"rights of {act} declared twice")


def roles_for(act: str) -> frozenset[Role]:
    """Roles that may do ``act``; empty when nobody may."""
    return RIGHTS.get(act) or RIGHTS.get(act.partition(".")[0] + ".*") or frozenset()


def _carried(act: str, acts: Iterable[str]) -> bool:
    return any(one == act or one == "*" or (one.endswith(".*") and act.startswith(one[:-1])) for one in acts)


def check(actor: Actor, act: str) -> Refusal | None:
    """Why ``actor`` may not do ``act``, or None.

    Refusals: ``access.act_unknown``, ``access.not_allowed``, and for API keys ``access.key_not_scoped``.
    """
    if actor.scope.everything:
        return None
    roles = roles_for(act)
    if not roles:
        return refusals.ACT_UNKNOWN.at(act=act)
    if not actor.scope.roles & roles:
        return refusals.NOT_ALLOWED.at(act=act, roles=", ".join(sorted(roles)))
    if actor.kind == "api_key" and not _carried(act, actor.labels.get("acts", "").split()):
        return refusals.KEY_NOT_SCOPED.at(act=act)
    return None


def may(actor: Actor, act: str) -> bool:
    """``check`` as a yes or no, for showing or hiding a control."""
    return check(actor, act) is None
