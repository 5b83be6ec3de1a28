"""Who does the work: keep the case where it was, else the least loaded of the team, never over anybody's capacity. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

#: Work of a day that one person can do, where the team says nothing else. A house default, no law.
CAPACITY = 120
#: Channels a person works by hand; the others go out by themselves and take nobody's hours.
BY_HAND = frozenset({"voice", "visit", "internal"})


@dataclass(frozen=True, slots=True)
class Work:
    """One step to be owned. ``kept_by``: public id of who had the case until now. ``is_today``: counts against capacity."""

    row: int
    team: str
    mode: str  # keep_case | round_robin | team
    channel: str
    kept_by: str = ""
    is_today: bool = True


@dataclass(frozen=True, slots=True)
class Team:
    """``members``: (public id, capacity of the day). ``lead``: who answers for what nobody works by hand."""

    code: str
    members: tuple[tuple[str, int], ...] = ()
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Owned:
    """``owner`` empty means the team's common queue; ``why``: kept | least_loaded | team_lead | over_capacity | team_empty | team_missing."""

    row: int
    team: str
    owner: str
    why: str


def assign(work: Iterable[Work], teams: Mapping[str, Team], fallback: str = "") -> list[Owned]:
    """Owners for ``work`` in the order given (the most important first). Same input, same answer; ties by user id.

    A team that is not set up falls back to ``fallback``; where that is missing too the work has no team (``team_missing``).
    """
    load: dict[str, int] = {}
    limit = {user: capacity for team in teams.values() for user, capacity in team.members}
    queues = {code: [(0, user) for user, _ in sorted(team.members)] for code, team in teams.items()}
    for queue in queues.values():
        heapq.heapify(queue)
    return [_one(item, teams, fallback, load, limit, queues) for item in work]


def _one(
    item: Work, teams: Mapping[str, Team], fallback: str, load: dict[str, int], limit: Mapping[str, int],
    queues: Mapping[str, list[tuple[int, str]]],
) -> Owned:  # fmt: skip
    code = item.team if item.team in teams else fallback
    team = teams.get(code)
    if team is None:
        return Owned(item.row, "", "", "team_missing")
    if item.mode == "team" or item.channel not in BY_HAND:
        return Owned(item.row, code, team.lead, "team_lead" if team.lead else "team_empty")
    counts = item.is_today
    kept = item.kept_by
    if kept and item.mode == "keep_case" and kept in limit and kept in {u for u, _ in team.members}:
        if not counts or load.get(kept, 0) < limit[kept]:
            load[kept] = load.get(kept, 0) + counts
            return Owned(item.row, code, kept, "kept")
        return Owned(item.row, code, "", "over_capacity")
    user = _least_loaded(queues[code], load, limit, counts)
    if not user:
        return Owned(item.row, code, "", "over_capacity" if team.members else "team_empty")
    return Owned(item.row, code, user, "least_loaded")


def _least_loaded(queue: list[tuple[int, str]], load: dict[str, int], limit: Mapping[str, int], counts: bool) -> str:
    """The member with the least work today. Work of later days is dealt out in turn, without using today's hours."""
    while queue:
        seen, user = heapq.heappop(queue)
        if counts and load.get(user, 0) >= limit[user]:
            continue  # full for today; work of later days is judged on that day
        load[user] = load.get(user, 0) + counts
        heapq.heappush(queue, (seen + 1, user))
        return user
    return ""


def totals(owned: Sequence[Owned]) -> dict[str, int]:
    """How often each reason was given."""
    found: dict[str, int] = {}
    for one in owned:
        found[one.why] = found.get(one.why, 0) + 1
    return dict(sorted(found.items()))
