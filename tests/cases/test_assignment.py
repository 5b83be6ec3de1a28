"""Who does the work: never over capacity, always an owner or a stated reason, the same answer for the same day."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.cases.assignment import BY_HAND, Team, Work, assign, totals

TEAMS = {
    "early": Team("early", (("u1", 2), ("u2", 1)), "lead"),
    "late": Team("late", (("u2", 1), ("u3", 3)), "lead"),
    "empty": Team("empty"),
}


def one(**changes):
    base = {"row": 1, "team": "early", "mode": "keep_case", "channel": "voice"}
    return assign([Work(**{**base, **changes})], TEAMS, "early")[0]


@pytest.mark.parametrize(
    ("changes", "owner", "why"),
    [
        ({}, "u1", "least_loaded"),
        ({"kept_by": "u2"}, "u2", "kept"),
        ({"kept_by": "u9"}, "u1", "least_loaded"),
        ({"kept_by": "u2", "mode": "round_robin"}, "u1", "least_loaded"),
        ({"channel": "letter"}, "lead", "team_lead"),
        ({"mode": "team"}, "lead", "team_lead"),
        ({"team": "empty"}, "", "team_empty"),
        ({"team": "empty", "channel": "sms"}, "", "team_empty"),
        ({"team": "none"}, "u1", "least_loaded"),
    ],
)
def test_each_reason(changes, owner, why):
    found = one(**changes)
    assert (found.owner, found.why) == (owner, why)


def test_a_full_team_keeps_the_work_in_its_queue():
    found = assign([Work(n, "early", "round_robin", "voice") for n in range(5)], TEAMS)
    assert [f.why for f in found] == ["least_loaded"] * 3 + ["over_capacity"] * 2
    assert totals(found) == {"least_loaded": 3, "over_capacity": 2}


def test_a_creditor_without_teams_is_said():
    assert assign([Work(1, "early", "keep_case", "voice")], {})[0].why == "team_missing"


work = st.builds(
    Work,
    row=st.integers(0, 10**6),
    team=st.sampled_from(["early", "late", "empty", "none"]),
    mode=st.sampled_from(["keep_case", "round_robin", "team"]),
    channel=st.sampled_from(["voice", "visit", "internal", "sms", "letter"]),
    kept_by=st.sampled_from(["", "u1", "u2", "u3", "u9"]),
    is_today=st.booleans(),
)


@given(st.lists(work, max_size=40))
def test_never_over_capacity_and_always_a_reason(items):
    found = assign(items, TEAMS, "late")
    assert found == assign(items, TEAMS, "late")
    assert len(found) == len(items)
    limit = {u: n for t in TEAMS.values() for u, n in t.members}
    load = Counter()
    for item, owned in zip(items, found, strict=True):
        assert owned.why
        assert owned.owner or owned.why in ("over_capacity", "team_empty", "team_missing")
        if owned.why in ("kept", "least_loaded"):
            assert item.channel in BY_HAND
            assert owned.owner in {u for u, _ in TEAMS[owned.team].members}
            load[owned.owner] += item.is_today
    assert all(load[u] <= limit[u] for u in load)
