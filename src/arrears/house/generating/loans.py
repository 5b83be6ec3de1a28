"""Instalment loans: contracts, due amounts computed by the product's own schedules, and the payments of each debtor's habit."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from arrears.house.generating.behaviour import UNPAID, Habit, paying
from arrears.intake.terms import Built, of_row

WIDTH = 36
PRINCIPALS = (3_000, 5_000, 8_000, 10_000, 12_000, 15_000, 20_000, 30_000, 50_000, 80_000, 100_000, 150_000, 200_000)  # yuan
RATES = ("4.35", "7.2", "10.8", "14.4", "18", "23.4")
PENALTIES = ("6.525", "10.8", "16.2", "21.6", "24", "24")  # 1.5 times the contract rate, at most 24
COUNTS = (6, 12, 24, 36)
#: The same rates in thousandths of a percent, for arithmetic in whole numbers.
SCALED_RATES, SCALED_PENALTIES = (
    np.array([int(Decimal(r) * 1000) for r in rates], dtype=np.int64) for rates in (RATES, PENALTIES)
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of agreement with the words of the import file. ``share`` of the agreements of persons."""

    key: str
    product: str
    repayment: str
    keeping: str
    portfolio: str
    method: str  # of intake.terms; "" where no schedule is computed
    share: float


KINDS = (
    Kind("equal_instalments", "消费贷", "等额本息", "本系统", "消费贷款", "equal_instalments", 0.36),
    Kind("equal_principal", "现金分期", "等额本金", "本系统", "现金分期", "equal_principal", 0.14),
    Kind("fixed_payment", "消费贷", "固定还款额", "本系统", "消费贷款", "fixed_payment", 0.04),
    Kind("interest_only", "小微经营贷", "先息后本", "本系统", "小微贷款", "interest_only", 0.05),
    Kind("bullet", "小微经营贷", "到期还本付息", "本系统", "小微贷款", "bullet", 0.03),
    Kind("card", "信用卡", "循环", "本系统", "信用卡", "", 0.20),
    Kind("host_schedule", "车贷", "", "两者", "车贷", "equal_instalments", 0.08),
    Kind("host_kept", "房贷", "", "主机", "房贷", "", 0.10),
)
BY_KEY = {k.key: n for n, k in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Contracts:
    """Agreements of one part of the file, one array element each. ``kind`` indexes ``KINDS``; money in fen."""

    reference: np.ndarray
    owner: np.ndarray  # row of the customer within the part
    kind: np.ndarray
    principal: np.ndarray
    rate: np.ndarray  # index into RATES
    count: np.ndarray
    disbursed: np.ndarray  # datetime64[D]
    habit: np.ndarray

    def only(self, mask: np.ndarray) -> Contracts:
        return Contracts(*(getattr(self, name)[mask] for name in self.__slots__))

    def __len__(self) -> int:
        return len(self.reference)


def contracts(rng: np.random.Generator, first: int, company: np.ndarray, habit: np.ndarray, until: date) -> Contracts:
    """One to three agreements for every borrower; companies take business loans."""
    owner = np.repeat(np.arange(len(company)), rng.choice([1, 2, 3], size=len(company), p=[0.72, 0.22, 0.06]))
    count = len(owner)
    kind = rng.choice(len(KINDS), size=count, p=[k.share for k in KINDS])
    business = rng.choice([BY_KEY["interest_only"], BY_KEY["bullet"], BY_KEY["equal_instalments"]], size=count)
    kind = np.where(company[owner], business, kind)
    months = np.where(kind == BY_KEY["bullet"], 12, np.array(COUNTS)[rng.choice(4, size=count, p=[0.1, 0.45, 0.3, 0.15])])
    months = np.where((kind == BY_KEY["interest_only"]) & (months > 12), 12, months)
    months = np.where(kind == BY_KEY["host_kept"], rng.choice([120, 240, 360], size=count), months)
    age = rng.integers(5, 730, count)
    disbursed = np.datetime64(until) - age.astype("timedelta64[D]")
    beyond = disbursed.astype("datetime64[M]")
    day = np.minimum((disbursed - beyond.astype("datetime64[D]")).astype(np.int64), 27)
    disbursed = beyond.astype("datetime64[D]") + day.astype("timedelta64[D]")
    principal = np.array(PRINCIPALS)[rng.integers(0, len(PRINCIPALS), count)] * 100
    principal = np.where(kind == BY_KEY["host_kept"], principal * 20, principal)
    rate = np.where(kind == BY_KEY["host_kept"], 0, rng.integers(0, len(RATES), count))
    reference = np.char.add("J", np.char.zfill((first + np.arange(count)).astype(str), 9))
    return Contracts(reference, owner, kind, principal, rate, months, disbursed, habit[owner])


def months_after(day: np.ndarray, months: np.ndarray) -> np.ndarray:
    """The same day of the month, ``months`` later. Days here never pass 28."""
    month = day.astype("datetime64[M]")
    return (month + months.astype("timedelta64[M]")).astype("datetime64[D]") + (day - month.astype("datetime64[D]"))


@functools.cache
def _template(method: str, principal: int, rate: str, count: int) -> tuple[tuple[int, int], ...]:
    """Principal and interest of every instalment, from the product's own schedule. Whole periods: no date changes it."""
    row: dict[str, Any] = {
        "currency": "CNY", "principal": principal, "annual_rate": rate, "disbursed_on": date(2025, 1, 10), "repayment": method,
        "first_due_on": date(2025, 2, 10), "instalment_count": count, "keeping": "computed", "penalty_rate": None,
    }  # fmt: skip
    if method == "fixed_payment":
        row |= {"fixed_instalment": fixed_instalment(principal), "instalment_count": WIDTH}  # at most so many
    built = of_row(row)
    if not isinstance(built, Built):
        raise ValueError(f"no schedule for {method} {principal} {rate} {count}: {built}")
    return tuple((r.principal_minor, r.interest_minor) for r in built.rows)


def fixed_instalment(principal: int) -> int:
    """A twentieth of the loan, in whole yuan."""
    return principal // 2000 * 100


@dataclass(frozen=True, slots=True)
class Dues:
    """What falls due when: agreement x place. ``n`` of each agreement; beyond it nothing is due."""

    due: np.ndarray  # datetime64[D]
    principal: np.ndarray
    interest: np.ndarray
    n: np.ndarray

    @property
    def exists(self) -> np.ndarray:
        return np.arange(self.due.shape[1])[None, :] < self.n[:, None]

    @property
    def total(self) -> np.ndarray:
        return self.principal + self.interest


def dues(loans: Contracts) -> Dues:
    """Instalments of loans whose kind has a schedule."""
    rows = len(loans)
    place = np.broadcast_to(np.arange(1, WIDTH + 1)[None, :], (rows, WIDTH))
    due = months_after(np.repeat(loans.disbursed[:, None], WIDTH, axis=1), place)
    principal, interest = np.zeros((rows, WIDTH), np.int64), np.zeros((rows, WIDTH), np.int64)
    n = loans.count.astype(np.int64).copy()
    for at in range(rows):
        method = KINDS[loans.kind[at]].method
        if method in ("interest_only", "bullet"):
            continue
        made = _template(method, int(loans.principal[at]), RATES[loans.rate[at]], int(loans.count[at]))
        n[at] = len(made)
        principal[at, : len(made)] = [p for p, _ in made]
        interest[at, : len(made)] = [i for _, i in made]
    _by_days(loans, due, principal, interest, n)
    return Dues(due, principal, interest, n)


def _by_days(loans: Contracts, due: np.ndarray, principal: np.ndarray, interest: np.ndarray, n: np.ndarray) -> None:
    """Interest by days, actual/360: monthly with the principal at the end, or all of it at the end."""
    scaled = SCALED_RATES[loans.rate]
    for method in ("interest_only", "bullet"):
        at = np.flatnonzero(loans.kind == BY_KEY[method])
        if not len(at):
            continue
        final = months_after(loans.disbursed[at], loans.count[at])
        if method == "bullet":
            days = (final - loans.disbursed[at]).astype(np.int64)[:, None]
            due[at, 0], n[at] = final, 1
            interest[at, :1], principal[at, 0] = _interest(loans.principal[at], scaled[at], days), loans.principal[at]
            continue
        begins = np.concatenate([loans.disbursed[at][:, None], due[at, :-1]], axis=1)
        every = _interest(loans.principal[at], scaled[at], (due[at] - begins).astype(np.int64))
        interest[at] = np.where(np.arange(WIDTH)[None, :] < n[at][:, None], every, 0)
        principal[at, n[at] - 1] = loans.principal[at]


def _interest(principal: np.ndarray, scaled: np.ndarray, days: np.ndarray) -> np.ndarray:
    """principal x rate x days / 360, half up, in whole fen."""
    base = 360 * 100_000
    return (principal[:, None] * scaled[:, None] * days * 2 + base) // (2 * base)


@dataclass(frozen=True, slots=True)
class Paid:
    """One element per payment: row of the agreement, place of the instalment, day, amount in fen."""

    row: np.ndarray
    place: np.ndarray
    day: np.ndarray
    amount: np.ndarray
    late: np.ndarray


def payments(rng: np.random.Generator, loans: Contracts, owed: Dues, until: date) -> Paid:
    """What was paid by ``until``. Who pays late pays the penalty interest of those days with it, to the cent."""
    now = np.datetime64(until)
    due_so_far = (owed.exists & (owed.due <= now)).sum(axis=1)
    how = paying(rng, loans.habit, due_so_far, WIDTH)
    scaled = SCALED_PENALTIES[loans.rate]
    penalty = _interest_each(owed.principal, scaled, how.late)
    amount = owed.total + np.where((how.late > 0) & (how.late < UNPAID), penalty, 0)
    amount = np.where(how.percent < 100, amount * how.percent // 100, amount)
    day = owed.due + how.late.astype("timedelta64[D]")
    rows, places = np.nonzero(owed.exists & (how.late < UNPAID) & (day <= now) & (amount > 0))
    return Paid(rows, places, day[rows, places], amount[rows, places], how.late[rows, places])


def _interest_each(principal: np.ndarray, scaled: np.ndarray, days: np.ndarray) -> np.ndarray:
    base = 360 * 100_000
    return (principal * scaled[:, None] * np.minimum(days, 4000) * 2 + base) // (2 * base)


def money(fen: np.ndarray | pl.Series) -> pl.Series:
    """Fen as a decimal text of yuan, exactly."""
    values = pl.Series(fen)
    return pl.select(pl.format("{}.{}", values // 100, (values % 100).cast(pl.String).str.zfill(2))).to_series()


def agreement_rows(loans: Contracts, customers: pl.Series) -> pl.DataFrame:
    """The contract file of this part."""
    kinds = [KINDS[k] for k in loans.kind]
    has_terms = np.array([bool(k.method) and k.repayment != "" for k in kinds])
    is_card = loans.kind == BY_KEY["card"]
    lends = ~is_card
    first_due = months_after(loans.disbursed, np.ones(len(loans), np.int64)).astype(str)
    last = months_after(loans.disbursed, loans.count).astype(str)
    by_days = np.isin(loans.kind, [BY_KEY["interest_only"], BY_KEY["bullet"]])
    fixed = loans.kind == BY_KEY["fixed_payment"]

    def text(values: Any, mask: np.ndarray) -> pl.Series:
        column = pl.Series(values).cast(pl.String)
        return column.set(pl.Series(~mask), None)

    every = np.ones(len(loans), bool)
    return pl.DataFrame(
        {
            "借据号": loans.reference,
            "客户号": customers.gather(loans.owner),
            "资产组合": [k.portfolio for k in kinds],
            "产品": [k.product for k in kinds],
            "币种": "人民币",
            "签约日期": loans.disbursed.astype(str),
            "放款日期": text(loans.disbursed.astype(str), lends),
            "放款本金": text(money(loans.principal), lends),
            "年利率": text(np.array(RATES)[loans.rate], lends),
            "罚息年利率": text(np.array(PENALTIES)[loans.rate], lends),
            "还款方式": text([k.repayment for k in kinds], np.array([bool(k.repayment) for k in kinds])),
            "期数": text(np.where(fixed, WIDTH, loans.count), has_terms & (loans.kind != BY_KEY["bullet"])),
            "还款周期": text(["每月"] * len(loans), has_terms),
            "首期应还日": text(first_due, has_terms & (loans.kind != BY_KEY["bullet"])),
            "到期日": text(last, by_days),
            "固定还款额": text(money(np.array([fixed_instalment(int(p)) for p in loans.principal])), fixed),
            "计息基础": text(["实际/360"] * len(loans), has_terms),
            "宽限天数": text(np.where(loans.kind == BY_KEY["equal_principal"], 3, 0), every),
            "担保方式": np.select(
                [loans.kind == BY_KEY["host_kept"], loans.kind == BY_KEY["host_schedule"]], ["抵押", "车辆抵押"], "信用"
            ),
            "核算方式": [k.keeping for k in kinds],
            "授信额度": text(money(loans.principal), is_card),
            "账单日": text(["5"] * len(loans), is_card),
            "渠道": np.where(loans.owner % 3 == 0, "线下", "线上"),
        }
    )


def is_old_case(loans: Contracts) -> np.ndarray:
    return np.isin(loans.habit, [Habit.STOPPED, Habit.NEVER])
