"""What the host system itself says: schedules of loans it computes, and month-end positions, some of them wrong on purpose."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from arrears.house.generating.behaviour import Habit, months_stopped
from arrears.house.generating.loans import (
    BY_KEY,
    SCALED_PENALTIES,
    SCALED_RATES,
    Contracts,
    Dues,
    Paid,
    _interest_each,
    money,
    months_after,
)

#: Share of positions of both-kept loans that differ from the truth: reconciliation must find them.
WRONG = 0.03


def schedule_rows(loans: Contracts, owed: Dues) -> pl.DataFrame:
    """One row per instalment of loans with a host schedule."""
    rows, places = np.nonzero(owed.exists & (loans.kind == BY_KEY["host_schedule"])[:, None])
    return pl.DataFrame(
        {
            "借据号": loans.reference[rows],
            "期次": (places + 1).astype(str),
            "应还日期": owed.due[rows, places].astype(str),
            "应还本金": money(owed.principal[rows, places]),
            "应还利息": money(owed.interest[rows, places]),
            "应还费用": pl.Series([None] * len(rows), dtype=pl.String),
            "应还罚息": pl.Series([None] * len(rows), dtype=pl.String),
        }
    )


def days_reported(until: date, count: int = 7) -> list[np.datetime64]:
    """The last ``count`` month ends before ``until``, and ``until``."""
    month = np.datetime64(until, "M")
    ends = [np.datetime64(month - back, "D") - 1 for back in range(count - 1, -1, -1)]
    return [*ends, np.datetime64(until, "D")]


def _frame(loans: Contracts, on: np.ndarray, day: np.datetime64, figures: dict[str, np.ndarray]) -> pl.DataFrame:
    oldest = figures["oldest"][on].astype(str)
    late = figures["days"][on] > 0
    return pl.DataFrame(
        {
            "借据号": loans.reference[on],
            "数据日期": np.full(int(on.sum()), str(day)),
            "币种": np.full(int(on.sum()), "人民币"),
            "贷款余额": money(figures["balance"][on]),
            "剩余本金": money(figures["principal_left"][on]),
            "逾期金额": money((figures["principal"] + figures["interest"] + figures["penalty"])[on]),
            "逾期本金": money(figures["principal"][on]),
            "逾期利息": money(figures["interest"][on]),
            "逾期罚息": money(figures["penalty"][on]),
            "逾期费用": np.full(int(on.sum()), "0.00"),
            "逾期天数": figures["days"][on].astype(str),
            "最早逾期日": pl.Series(oldest).set(pl.Series(~late), None),
            "最低还款额": pl.Series([None] * int(on.sum()), dtype=pl.String),
        }
    )


def both_kept(rng: np.random.Generator, loans: Contracts, owed: Dues, paid: Paid, until: date) -> pl.DataFrame:
    """Positions of loans that both sides keep. Whole instalments are paid or not, so the figures are exact, but for ``WRONG``."""
    mine = loans.kind == BY_KEY["host_schedule"]
    shape = owed.due.shape
    paid_on = np.full(shape, np.datetime64("2999-01-01", "D"))
    paid_on[paid.row, paid.place] = paid.day
    parts = []
    for day in days_reported(until, 3):
        here = mine & (loans.disbursed <= day)
        open_ = owed.exists & (owed.due < day) & (paid_on > day)
        days = np.where(open_, (day - owed.due).astype(np.int64), 0)
        penalty = _interest_each(owed.principal, SCALED_PENALTIES[loans.rate], days)
        gone = owed.exists & (paid_on <= day)
        left = loans.principal - (owed.principal * gone).sum(axis=1)
        slip = np.where(rng.random(len(loans)) < WRONG, rng.integers(1, 500, len(loans)) * 100, 0)
        figures = {
            "principal": (owed.principal * open_).sum(axis=1),
            "interest": (owed.interest * open_).sum(axis=1),
            "penalty": (penalty * open_).sum(axis=1) + slip,
            "days": days.max(axis=1),
            "oldest": np.where(open_, owed.due, np.datetime64("2999-01-01", "D")).min(axis=1),
            "balance": left + (owed.interest * owed.exists * ~gone).sum(axis=1),
            "principal_left": left,
        }
        parts.append(_frame(loans, here, day, figures))
    return pl.concat(parts)


def host_kept(rng: np.random.Generator, loans: Contracts, until: date) -> pl.DataFrame:
    """Month-end positions of loans that only the host keeps: equal principal parts, interest on what is left."""
    mine = loans.only(loans.kind == BY_KEY["host_kept"])
    count = len(mine)
    stopped = np.isin(mine.habit, [Habit.STOPPED, Habit.NEVER, Habit.BEHIND, Habit.PARTIAL])
    due_now = np.maximum(_months_between(mine.disbursed, np.datetime64(until, "D")), 0)
    gap = np.where(mine.habit == Habit.BEHIND, 1, months_stopped(rng, count))
    kept_up = np.where(stopped, np.maximum(due_now - gap, 0), due_now)
    parts = []
    for day in days_reported(until):
        here = mine.disbursed <= day
        fallen = np.maximum(_months_between(mine.disbursed, day), 0)
        behind = np.maximum(fallen - kept_up, 0)
        part = mine.principal // mine.count
        left = mine.principal - part * np.minimum(fallen, kept_up)
        interest = left * SCALED_RATES[mine.rate] // 1_200_000
        oldest = months_after(mine.disbursed, np.minimum(fallen, kept_up) + 1)
        days = np.where(behind > 0, (day - oldest).astype(np.int64), 0)
        figures = {
            "principal": part * behind, "interest": interest * behind, "penalty": part * behind * days // 7200, "days": days,
            "oldest": oldest, "balance": left + interest * behind, "principal_left": left,
        }  # fmt: skip
        parts.append(_frame(mine, here, day, figures))
    return pl.concat(parts)


def _months_between(start: np.ndarray, day: np.datetime64) -> np.ndarray:
    """Instalments fallen due before ``day`` for loans with a monthly due day of the start."""
    months = (day.astype("datetime64[M]") - start.astype("datetime64[M]")).astype(np.int64)
    in_month = (start - start.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    today = int((day - day.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64))
    return months - (in_month >= today)
