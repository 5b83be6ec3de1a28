"""The judgement: pure, total, the same answer for the same inputs. Laws of the engine:

1. Default deny: no rule that allows, an unknown pack, zone, channel, role, purpose or act: refused.
2. Strictest wins over all packs; a rule that allows never outdoes one that refuses, except by the consent the rule names.
3. An attempt under way or of unknown outcome counts as the worst it can be.
4. Judged at the moment of sending, in the local time of the person; several possible zones: open in all of them.
5. The decision names pack versions, the inputs' words and every matched rule.
6. Rules are dated: the date decides the version.
7. Days are civil days in the person's zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from arrears.gate import counting, windows, words
from arrears.gate.facts import ACTIONS, CHANNELS, PURPOSES, ROLES, Request, Situation, zone
from arrears.gate.packs import Pack, Rule
from arrears.kernel.refusals import Text

HORIZON_DAYS = 40


@dataclass(frozen=True, slots=True)
class Reason:
    """One matched rule. ``clause`` is where it stands; ``authority`` how strong; ``may_decide`` who may decide otherwise."""

    rule: str
    pack: str
    effect: str
    authority: str
    clause: str
    sentence: Text
    may_decide: str = ""  # "" = nobody


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. ``until``: first later instant at which the same request would be refused; ``next_permitted``: allowed."""

    allowed: bool
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    next_permitted: datetime | None
    until: datetime | None
    packs: tuple[tuple[str, str, str], ...]  # id, version, kind of sign-off
    row: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(r.rule for r in self.reasons)


@dataclass(frozen=True, slots=True)
class _Verdict:
    allowed: bool
    denials: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    settled: bool  # the clock alone cannot change the answer
    row: Mapping[str, Any]


#: What the engine itself refuses, by code.
UNKNOWN = {
    "unknown_pack": Text("规则包 {what} 未载入", "rule pack {what} is not loaded"),
    "unknown_time_zone": Text(
        "对方所在时区未知，无法判断当地时间", "the person's time zone is not known, so local time cannot be judged"
    ),
    "unknown_channel": Text("渠道 {what} 未知", "channel {what} is not known"),
    "unknown_role": Text("身份 {what} 未知", "role {what} is not known"),
    "unknown_purpose": Text("目的 {what} 未知", "purpose {what} is not known"),
    "unknown_action": Text("动作 {what} 未知", "act {what} is not known"),
    "no_permitting_rule": Text("没有规则允许此事", "no rule permits this"),
    "pack_expired": Text("规则包 {what} 的签署已到期", "the sign-off of rule pack {what} has expired"),
}


def _unknown(code: str, what: str = "") -> Reason:
    return Reason(code, "", "deny", "engine", "regulation digest 0.3, law 1", UNKNOWN[code].format(what=what))


def decide(situation: Situation, request: Request, packs: Mapping[str, Pack]) -> Decision:
    """Judge ``request`` at ``request.at``. ``packs`` holds every loaded pack; the situation names those in force.

    Never raises for unknown words: they are refused with a reason (law 1). ``next_permitted`` and ``until`` look
    ``HORIZON_DAYS`` ahead and assume that nothing else happens.
    """
    verdict = _judge(situation, request, packs, request.at)
    later = None
    if not (verdict.settled and not verdict.allowed):
        later = _turn(situation, request, packs, verdict.allowed)
    known = tuple((p.id, p.version, p.signoff.kind) for i in situation.packs if (p := packs.get(i)) is not None)
    return Decision(
        allowed=verdict.allowed,
        reasons=verdict.denials,
        warnings=verdict.warnings,
        next_permitted=None if verdict.allowed else later,
        until=later if verdict.allowed else None,
        packs=known,
        row=verdict.row,
    )


def _turn(situation: Situation, request: Request, packs: Mapping[str, Pack], allowed: bool) -> datetime | None:
    """First later instant at which the answer is the other one, or None inside the horizon."""
    for instant in _moments(situation, request, packs):
        if _judge(situation, request, packs, instant).allowed is not allowed:
            return instant
    return None


def _judge(situation: Situation, request: Request, packs: Mapping[str, Pack], at: datetime) -> _Verdict:
    denials = list(_strange(situation, request, packs))
    warnings: list[Reason] = []
    if denials:
        return _Verdict(False, tuple(denials), (), True, {})
    row = words.row_of(situation, request, at)
    permitted, settled = False, False
    zones = _zones(situation)
    for loaded in (packs[i] for i in situation.packs):
        if request.action == "contact" and at.astimezone(ZoneInfo(loaded.zone)).date() > loaded.signoff.expires_on:
            denials.append(_unknown("pack_expired", loaded.id))
        for rule in _in_force(loaded, request, situation, at):
            if rule.needs_zone and zones is None:
                if not any(d.rule == "unknown_time_zone" for d in denials):
                    denials.append(_unknown("unknown_time_zone"))
                    settled = True
                continue
            if not _matches(rule, situation, request, at, row, zones or ()):
                continue
            effect = _effect(rule, situation)
            if effect == "allow":
                permitted = True
            elif effect in ("deny", "hold"):
                denials.append(_reason(rule, loaded, effect))
                settled = settled or not rule.timed
            elif effect in ("warn", "review"):
                warnings.append(_reason(rule, loaded, effect))
    if not permitted:
        denials.append(_unknown("no_permitting_rule"))
    return _Verdict(not denials, tuple(denials), tuple(warnings), settled, row)


def _strange(situation: Situation, request: Request, packs: Mapping[str, Pack]) -> Iterator[Reason]:
    if not situation.packs:
        yield _unknown("unknown_pack", "—")
    for name in situation.packs:
        if name not in packs:
            yield _unknown("unknown_pack", name)
    if request.action not in ACTIONS:
        yield _unknown("unknown_action", request.action)
    if request.action == "contact" and request.channel not in CHANNELS:
        yield _unknown("unknown_channel", request.channel)
    if situation.person.role not in ROLES:
        yield _unknown("unknown_role", situation.person.role)
    if request.purpose not in PURPOSES:
        yield _unknown("unknown_purpose", request.purpose)


def _zones(situation: Situation) -> tuple[ZoneInfo, ...] | None:
    """All possible zones, or None where none or a strange one is given."""
    found = tuple(zone(name) for name in situation.person.time_zones)
    known = tuple(z for z in found if z is not None)
    return known if known and len(known) == len(found) else None


def _in_force(loaded: Pack, request: Request, situation: Situation, at: datetime) -> Iterator[Rule]:
    today = at.astimezone(ZoneInfo(loaded.zone)).date()
    for rule in loaded.rules:
        dated = rule.since <= today and (rule.until is None or today <= rule.until)
        if dated and rule.applies.to(request.channel, situation.person.role, request.purpose, request.action):
            yield rule


def _effect(rule: Rule, situation: Situation) -> str:
    """A rule may leave its effect to the institution: ``off``, ``warn`` or ``deny``."""
    return str(situation.settings.get(rule.effect_setting, "off")) if rule.effect_setting else rule.effect


def _matches(
    rule: Rule, situation: Situation, request: Request, at: datetime, row: Mapping[str, Any], zones: tuple[ZoneInfo, ...]
) -> bool:
    if rule.condition is not None and not rule.condition.holds(row):
        return False
    if rule.hours is not None:
        return not windows.open_at(rule.hours, situation, request.channel, at, zones)
    if rule.inconvenient:
        return windows.inconvenient_at(situation.person.inconvenient, at, zones)
    if rule.count is not None:
        return counting.reached(rule.count, situation, request, at, zones)
    if rule.rest is not None:
        return counting.resting(rule.rest, situation, request, at, zones)
    if rule.gap is not None:
        return counting.too_soon(rule.gap, situation, at)
    return True


def _reason(rule: Rule, loaded: Pack, effect: str) -> Reason:
    return Reason(
        rule=rule.id,
        pack=loaded.id,
        effect=effect,
        authority=rule.authority.level,
        clause=rule.authority.ref,
        sentence=rule.sentence,
        may_decide="compliance" if rule.authority.level == "firm" else "",
    )


def _moments(situation: Situation, request: Request, packs: Mapping[str, Pack]) -> Iterator[datetime]:
    """Instants at which the answer may change, ascending, after ``request.at``."""
    rules = [r for i in situation.packs if i in packs for r in packs[i].rules]
    zones = _zones(situation) or ()
    found: set[datetime] = set()
    times = windows.edges(rules, situation)
    for z in (*zones, *(ZoneInfo(packs[i].zone) for i in situation.packs if i in packs)):
        first = request.at.astimezone(z).date()
        for day in range(HORIZON_DAYS + 1):
            for edge in times:
                found.update(windows.instants(first + timedelta(days=day), edge, z))
    found.update(counting.gap_ends(rules, situation))
    for consent in situation.consents:
        found.update(i for i in (consent.given_at, consent.withdrawn_at, consent.until) if i is not None)
    for stop in situation.stops:
        found.update(i for i in (stop.since, stop.until) if i is not None)
    limit = request.at + timedelta(days=HORIZON_DAYS)
    yield from sorted(i for i in found if request.at < i <= limit)


def usage(situation: Situation, request: Request, packs: Mapping[str, Pack]) -> tuple[tuple[str, int, int], ...]:
    """How much of each applicable cap is used: (rule, used, limit), in order of the packs. Empty where zones are unknown."""
    zones = _zones(situation)
    if zones is None:
        return ()
    found = []
    for loaded in (packs[i] for i in situation.packs if i in packs):
        for rule in _in_force(loaded, request, situation, request.at):
            if rule.count is not None:
                found.append((rule.id, counting.used(rule.count, situation, request, request.at, zones), rule.count.limit))
    return tuple(found)
