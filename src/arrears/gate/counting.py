"""Counters over the contact history: caps, rest periods, gaps. Civil days of the person; the strictest zone decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from arrears.gate import packs
from arrears.gate.facts import UNSETTLED, Attempt, Request, Situation


def _key_of(situation: Situation, account: str) -> str:
    return next((a.key for a in situation.accounts if a.id == account), account)


def _same_debt(attempt: Attempt, situation: Situation, account: str) -> bool:
    """An attempt or request that names no account concerns every debt."""
    if not account or not attempt.accounts:
        return True
    wanted = _key_of(situation, account)
    return any(_key_of(situation, a) == wanted for a in attempt.accounts)


def _concerns(attempt: Attempt, per: str, situation: Situation, request: Request) -> bool:
    role = situation.person.role
    if attempt.party != "self" and not (attempt.party == "debtor" and role == "debtor"):
        return False
    if per == "number":
        return not request.number or not attempt.number or attempt.number == request.number
    return per != "account" or _same_debt(attempt, situation, request.account)


def counted(count: packs.Count, situation: Situation, request: Request, at: datetime) -> Iterator[Attempt]:
    """Attempts of the counter's kind up to ``at``, in any window."""
    for attempt in situation.history:
        if attempt.at > at or attempt.channel not in count.channels or attempt.direction not in count.directions:
            continue
        if not count.with_consent and attempt.with_consent:
            continue
        if count.purposes and attempt.purpose not in count.purposes:
            continue
        strange = (count.outcomes and attempt.outcome not in count.outcomes) or attempt.outcome in count.except_outcomes
        if strange and attempt.outcome not in UNSETTLED:
            continue
        if _concerns(attempt, count.per, situation, request):
            yield attempt


def used(count: packs.Count, situation: Situation, request: Request, at: datetime, zones: Iterable[ZoneInfo]) -> int:
    """How much of the cap is used: the largest number over the person's possible zones."""
    attempts = list(counted(count, situation, request, at))
    totals = []
    for z in zones:
        first = at.astimezone(z).date() - timedelta(days=count.days - 1)
        totals.append(sum(1 for a in attempts if a.at.astimezone(z).date() >= first))
    return max(totals, default=0)


def reached(count: packs.Count, situation: Situation, request: Request, at: datetime, zones: Iterable[ZoneInfo]) -> bool:
    return used(count, situation, request, at, zones) >= count.limit


def resting(rest: packs.Rest, situation: Situation, request: Request, at: datetime, zones: Iterable[ZoneInfo]) -> bool:
    """Inside the rest that such an outcome began, in any zone."""
    zones = tuple(zones)
    for attempt in situation.history:
        if attempt.at > at or attempt.channel not in rest.channels:
            continue
        if attempt.outcome not in rest.outcomes and attempt.outcome not in UNSETTLED:
            continue
        if not _concerns(attempt, rest.per, situation, request):
            continue
        if any((at.astimezone(z).date() - attempt.at.astimezone(z).date()).days < rest.days for z in zones):
            return True
    return False


def _minutes(gap: packs.Gap, situation: Situation) -> int:
    return int(situation.settings.get(gap.setting, gap.minutes)) if gap.setting else gap.minutes


def too_soon(gap: packs.Gap, situation: Situation, at: datetime) -> bool:
    span = timedelta(minutes=_minutes(gap, situation))
    return any(
        a.direction == "outbound" and a.channel in gap.channels and a.party == "self" and a.at <= at < a.at + span
        for a in situation.history
    )


def gap_ends(rules: Iterable[packs.Rule], situation: Situation) -> Iterator[datetime]:
    """Instants at which a gap is over."""
    for rule in rules:
        if rule.gap is not None:
            span = timedelta(minutes=_minutes(rule.gap, situation))
            yield from (a.at + span for a in situation.history if a.channel in rule.gap.channels)
