"""How failed sign-ins slow down the next ones. Pure.

The same for known and unknown user names, so that the answer never tells which exist. Attempts made while locked are refused
unread and do not lengthen the lock, so a person is never kept out for longer than the longest lock after the last real attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """``free`` failures cost nothing, each further one locks twice as long up to ``longest``; after ``window`` it starts anew."""

    free: int
    first: timedelta
    longest: timedelta
    window: timedelta


#: One user name. OWASP Authentication Cheat Sheet: lock after a few failures with a growing delay, never for ever.
USER = Limits(free=4, first=timedelta(seconds=30), longest=timedelta(hours=1), window=timedelta(hours=24))
#: One address. Wider, since a whole office may share it.
ADDRESS = Limits(free=49, first=timedelta(seconds=60), longest=timedelta(minutes=15), window=timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class State:
    failed_count: int
    window_from: datetime
    locked_until: datetime | None = None

    def wait_seconds(self, now: datetime) -> int:
        """Whole seconds until the next attempt is read; 0 when now."""
        if self.locked_until is None or self.locked_until <= now:
            return 0
        return -int(-(self.locked_until - now).total_seconds() // 1)


def after_failure(state: State, now: datetime, limits: Limits) -> State:
    """State after one more failure at ``now``. ``window_from`` is the instant of the newest failure."""
    count = 1 if now - state.window_from > limits.window else state.failed_count + 1
    over = count - limits.free
    if over <= 0:
        return State(count, now, None)
    delay = min(limits.first * 2 ** min(over - 1, 30), limits.longest)
    return State(count, now, now + delay)
