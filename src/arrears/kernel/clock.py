"""The one place that reads the clock. Business date is a parameter everywhere else.

``ARREARS_BUSINESS_DATE=2026-11-23`` freezes the *default* business date (demo, time travel in a test tenant);
``recorded_at`` always is the real instant, so the two dates of the ledger stay independent.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

HOME_ZONE = ZoneInfo(os.environ.get("ARREARS_TIME_ZONE", "Asia/Shanghai"))


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def today(zone: ZoneInfo = HOME_ZONE) -> date:
    """Default business date: the frozen one if set, else the civil date in ``zone``."""
    frozen = os.environ.get("ARREARS_BUSINESS_DATE")
    return date.fromisoformat(frozen) if frozen else now().astimezone(zone).date()


def monotonic() -> float:
    """Seconds of a clock that never steps back; for durations only."""
    return time.monotonic()
