"""How debtors pay: each customer has a habit, each instalment gets a day of payment and a share paid. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np


class Habit(IntEnum):
    """Habits, with their share of customers in ``SHARES``."""

    PROMPT = 0  # on the day, now and then a few days late
    SLOPPY = 1  # always some days late
    BEHIND = 2  # since some instalment one behind
    STOPPED = 3  # has not paid since some instalment
    PARTIAL = 4  # since some instalment pays a part
    NEVER = 5  # has never paid
    CURED = 6  # left out two, then caught up


SHARES = (0.800, 0.070, 0.025, 0.065, 0.020, 0.005, 0.015)
UNPAID = 32_000  # days late of what was never paid


@dataclass(frozen=True, slots=True)
class Paying:
    """Per instalment (agreement x place): days late (``UNPAID`` for never) and percent paid of what was due."""

    late: np.ndarray
    percent: np.ndarray


def habits(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.choice(len(SHARES), size=count, p=SHARES).astype(np.int8)


def months_stopped(rng: np.random.Generator, count: int) -> np.ndarray:
    """For how many instalments a stopped debtor has not paid: most are young cases, some old."""
    return np.minimum(rng.geometric(0.22, count), 16)


def paying(rng: np.random.Generator, habit: np.ndarray, due_count: np.ndarray, width: int) -> Paying:
    """``due_count``: instalments due so far of each agreement. Only those places of the answer mean something."""
    count = len(habit)
    place = np.arange(width)[None, :]
    late = np.where(rng.random((count, width)) < 0.04, rng.integers(1, 5, (count, width)), 0)
    sloppy = rng.integers(2, 21, (count, width))
    late = np.where((habit == Habit.SLOPPY)[:, None], sloppy, late)
    percent = np.full((count, width), 100)
    gap = months_stopped(rng, count)
    start = np.maximum(due_count - gap, 0)[:, None]
    after = place >= start
    late = np.where((habit == Habit.BEHIND)[:, None] & after, 30 + rng.integers(0, 6, (count, width)), late)
    late = np.where((habit == Habit.STOPPED)[:, None] & after, UNPAID, late)
    late = np.where((habit == Habit.NEVER)[:, None], UNPAID, late)
    share = rng.integers(3, 9, (count, width)) * 10
    percent = np.where((habit == Habit.PARTIAL)[:, None] & after, share, percent)
    # both before the third falls due, the older first
    late = np.where((habit == Habit.CURED)[:, None] & after, np.where(place == start, 50, 25) * (place < start + 2), late)
    return Paying(late.astype(np.int32), percent.astype(np.int32))
