"""Rate limits: a token bucket per caller and web process, so that one client cannot starve the others.

The buckets live in the process: with N web processes a caller may reach N times the rate. ``ARREARS_API_RATE`` is the number of
requests a minute (default 1200), ``0`` turns the limit off.
"""

from __future__ import annotations

import math
import os
import threading
from dataclasses import dataclass

from arrears.kernel import clock

_FORGET_ABOVE = 10_000


@dataclass(slots=True)
class Bucket:
    tokens: float
    at: float


def refill(bucket: Bucket, at: float, per_minute: int) -> Bucket:
    """The bucket at instant ``at`` (seconds): it fills by ``per_minute`` a minute up to ``per_minute``."""
    gained = (at - bucket.at) * per_minute / 60
    return Bucket(min(float(per_minute), bucket.tokens + max(gained, 0.0)), at)


class Limits:
    """``take(who)`` gives (seconds to wait, or 0; tokens left)."""

    def __init__(self, per_minute: int | None = None) -> None:
        self._fixed = per_minute
        self._buckets: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    @property
    def per_minute(self) -> int:
        return self._fixed if self._fixed is not None else int(os.environ.get("ARREARS_API_RATE", "1200"))

    def take(self, who: str, at: float | None = None) -> tuple[int, int]:
        rate = self.per_minute
        if rate <= 0:
            return 0, 0
        at = clock.monotonic() if at is None else at
        with self._lock:
            if len(self._buckets) > _FORGET_ABOVE:
                self._buckets.clear()
            bucket = refill(self._buckets.get(who, Bucket(float(rate), at)), at, rate)
            wait = 0 if bucket.tokens >= 1 else math.ceil((1 - bucket.tokens) * 60 / rate)
            if not wait:
                bucket.tokens -= 1
            self._buckets[who] = bucket
            return wait, int(bucket.tokens)


LIMITS = Limits()
