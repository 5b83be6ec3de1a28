"""Rooms above that hold customers follow a merge and its undoing.

A room registers one follower beside its actions::

    merging.follow("agreements", move)

``move(actor, from_customer_id, to_customer_id, only)`` re-points its rows from one customer to the other and returns the ids it
moved. ``only`` is None for a merge; for an undoing it is what the merge returned, so exactly those rows go back.
"""

from __future__ import annotations

from collections.abc import Callable

from arrears.access.loading import import_actions
from arrears.kernel.scope import Actor

Follower = Callable[[Actor, int, int, list[int] | None], list[int]]
FOLLOWERS: dict[str, Follower] = {}


def follow(key: str, move: Follower) -> None:
    """Register ``move`` under ``key`` (kept in the record of every merge). Raises ``ValueError`` on a second one."""
    if FOLLOWERS.setdefault(key, move) is not move:
        raise ValueError(f"a follower named {key} is registered already")


def followers() -> dict[str, Follower]:
    """All followers, whichever room registers them (a room does so in an ``actions*`` file)."""
    import_actions()
    return FOLLOWERS
