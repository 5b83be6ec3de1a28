"""The postings of instalment loans and cards as file rows: payments, and everything irregular that happens to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from arrears.house.generating.behaviour import Habit
from arrears.house.generating.loans import BY_KEY, Contracts, Dues, Paid, is_old_case, money, months_after

COLUMNS = (
    "流水号", "借据号", "交易类型", "记账日期", "金额", "币种", "科目", "到期日期", "截止日期", "原流水号", "最低还款额", "渠道",
    "分配本金", "分配利息", "分配费用", "分配罚息", "事由",
)  # fmt: skip
CHANNELS = np.array(["代扣", "手机银行", "柜台", "第三方支付"])


@dataclass
class Postings:
    """Rows gathered in columns; ``late`` holds those that come with a later file."""

    parts: list[pl.DataFrame] = field(default_factory=list)
    late: list[pl.DataFrame] = field(default_factory=list)

    def add(self, late: bool = False, **columns: pl.Series | np.ndarray | list[str] | str | None) -> None:
        given = {name: value for name, value in columns.items() if value is not None}
        height = max((len(v) for v in given.values() if not isinstance(v, str)), default=0)
        if height == 0:
            return
        shaped = {n: pl.Series([v] * height) if isinstance(v, str) else pl.Series(v).cast(pl.String) for n, v in given.items()}
        frame = pl.DataFrame(shaped)
        frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(c) for c in COLUMNS if c not in frame.columns)
        (self.late if late else self.parts).append(frame.select(COLUMNS))

    def frame(self, late: bool = False) -> pl.DataFrame:
        parts = self.late if late else self.parts
        empty = pl.DataFrame(schema={c: pl.String for c in COLUMNS})
        return pl.concat(parts).sort("记账日期", "借据号", maintain_order=True) if parts else empty


def key(prefix: str, row: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Reference of a posting, unique inside its agreement."""
    if not len(place):
        return np.empty(0, dtype=str)  # zfill knows no width of nothing
    return np.char.add(prefix, np.char.zfill((place + 1).astype(str), 3))


def of_loans(rng: np.random.Generator, loans: Contracts, owed: Dues, paid: Paid, until: date, out: Postings) -> None:
    """Payments with reversals, chargebacks and late arrivals; then what servicing does to old cases."""
    reference = loans.reference[paid.row]
    names = key("P", paid.row, paid.place)
    channel = CHANNELS[rng.integers(0, len(CHANNELS), len(names))]
    recent = paid.day > np.datetime64(until) - np.timedelta64(40, "D")
    later = recent & (rng.random(len(names)) < 0.02)
    for mask, late in ((~later, False), (later, True)):
        out.add(
            late, 流水号=names[mask], 借据号=reference[mask], 交易类型="还款", 记账日期=paid.day[mask].astype(str),
            金额=money(paid.amount[mask]), 币种="人民币", 渠道=channel[mask], 事由="补记" if late else None,
        )  # fmt: skip
    _twice(rng, paid, reference, until, out)
    _returned(rng, loans, paid, reference, names, later, until, out)
    _relief(rng, loans, _missed(loans, owed, paid, until), until, out)
    _endings(rng, loans, owed, paid, until, out)


def shared(loans: Contracts) -> np.ndarray:
    """Loans that the host keeps too: nothing happens to them that its figures do not know."""
    return loans.kind == BY_KEY["host_schedule"]


def _twice(rng: np.random.Generator, paid: Paid, reference: np.ndarray, until: date, out: Postings) -> None:
    """Posted twice by mistake and reversed the next day."""
    at = np.flatnonzero((rng.random(len(paid.row)) < 0.004) & (paid.day < np.datetime64(until)))
    again = key("D", paid.row[at], paid.place[at])
    day = paid.day[at]
    out.add(
        流水号=again, 借据号=reference[at], 交易类型="还款", 记账日期=day.astype(str), 金额=money(paid.amount[at]), 币种="人民币"
    )
    out.add(
        流水号=key("R", paid.row[at], paid.place[at]), 借据号=reference[at], 交易类型="冲正", 记账日期=(day + 1).astype(str),
        原流水号=again, 事由="重复入账",
    )  # fmt: skip


def _returned(
    rng: np.random.Generator, loans: Contracts, paid: Paid, reference: np.ndarray, names: np.ndarray, later: np.ndarray,
    until: date, out: Postings,
) -> None:  # fmt: skip
    """Direct debits returned by the bank three days later; most are paid anew a few days after."""
    ours = ~shared(loans)[paid.row]
    at = np.flatnonzero((rng.random(len(paid.row)) < 0.002) & ours & ~later & (paid.day + 3 <= np.datetime64(until)))
    out.add(
        流水号=key("B", paid.row[at], paid.place[at]), 借据号=reference[at], 交易类型="撤销还款",
        记账日期=(paid.day[at] + 3).astype(str), 金额=money(paid.amount[at]), 币种="人民币", 原流水号=names[at], 事由="代扣退回",
    )  # fmt: skip
    once_more = at[(rng.random(len(at)) < 0.8) & (paid.day[at] + 7 <= np.datetime64(until))]
    out.add(
        流水号=key("N", paid.row[once_more], paid.place[once_more]), 借据号=reference[once_more], 交易类型="还款",
        记账日期=(paid.day[once_more] + 7).astype(str), 金额=money((paid.amount[once_more] + 199) // 100 * 100), 币种="人民币",
        渠道="柜台",
    )  # fmt: skip


def _missed(loans: Contracts, owed: Dues, paid: Paid, until: date) -> np.ndarray:
    """Instalments that fell due and were never paid."""
    due_so_far = (owed.exists & (owed.due <= np.datetime64(until))).sum(axis=1)
    return due_so_far - np.bincount(paid.row, minlength=len(loans))


def _relief(rng: np.random.Generator, loans: Contracts, missed: np.ndarray, until: date, out: Postings) -> None:
    """Fees on debtors who have long stopped paying (half of them waived in full), pauses, some ended early."""
    now = np.datetime64(until)
    in_trouble = np.isin(loans.habit, [Habit.STOPPED, Habit.NEVER, Habit.BEHIND, Habit.PARTIAL])
    old_enough = loans.disbursed + 95 < now
    fee = np.flatnonzero(is_old_case(loans) & ~shared(loans) & old_enough & (missed >= 3) & (rng.random(len(loans)) < 0.3))
    charged_on = now - rng.integers(31, 60, len(fee)).astype("timedelta64[D]")
    charged_on = np.maximum(charged_on, loans.disbursed[fee] + 32)
    fifty = money(np.full(len(fee), 5_000))
    out.add(流水号=["F001"] * len(fee), 借据号=loans.reference[fee], 交易类型="收费", 记账日期=charged_on.astype(str), 金额=fifty,
            币种="人民币", 科目="费用", 事由="催收函工本费")  # fmt: skip
    waived = rng.random(len(fee)) < 0.5
    out.add(流水号=["W001"] * int(waived.sum()), 借据号=loans.reference[fee[waived]], 交易类型="减免",
            记账日期=(charged_on[waived] + 15).astype(str), 金额=fifty.filter(pl.Series(waived)), 币种="人民币", 科目="费用",
            事由="客户申请减免")  # fmt: skip
    at = np.flatnonzero(in_trouble & old_enough & (rng.random(len(loans)) < 0.12))
    begins = now - rng.integers(20, 60, len(at)).astype("timedelta64[D]")
    out.add(流水号=["Z001"] * len(at), 借据号=loans.reference[at], 交易类型="暂停", 记账日期=begins.astype(str),
            截止日期=(begins + 45).astype(str), 事由="住院治疗")  # fmt: skip
    ended = np.flatnonzero(rng.random(len(at)) < 0.4)
    out.add(流水号=["H001"] * len(ended), 借据号=loans.reference[at[ended]], 交易类型="恢复",
            记账日期=(begins[ended] + 18).astype(str), 原流水号=["Z001"] * len(ended), 事由="恢复履约")  # fmt: skip


def _endings(rng: np.random.Generator, loans: Contracts, owed: Dues, paid: Paid, until: date, out: Postings) -> None:
    """Fully paid loans are closed; old cases are accelerated or written off."""
    now = np.datetime64(until)
    count = np.bincount(paid.row, minlength=len(loans))
    last = np.full(len(loans), np.datetime64("1900-01-01", "D"))
    np.maximum.at(last, paid.row, paid.day)
    whole = np.isin(loans.habit, [Habit.PROMPT]) & (count == owed.n) & (last + 10 <= now)
    done = np.flatnonzero(whole & (rng.random(len(loans)) < 0.9))
    out.add(流水号=["E001"] * len(done), 借据号=loans.reference[done], 交易类型="结清", 记账日期=(last[done] + 10).astype(str),
            事由="全部还清")  # fmt: skip
    missed = np.where(is_old_case(loans), _missed(loans, owed, paid, until), 0)
    far = np.flatnonzero((missed >= 7) & ~shared(loans) & (rng.random(len(loans)) < 0.35))
    out.add(流水号=["A001"] * len(far), 借据号=loans.reference[far], 交易类型="加速到期", 记账日期=(now - np.full(len(far), 25)).astype(str),
            事由="合同第十二条")  # fmt: skip
    gone = np.flatnonzero((missed >= 11) & (rng.random(len(loans)) < 0.6))
    out.add(流水号=["X001"] * len(gone), 借据号=loans.reference[gone], 交易类型="核销", 记账日期=(now - np.full(len(gone), 12)).astype(str),
            事由="核销批次")  # fmt: skip


def of_cards(rng: np.random.Generator, cards: Contracts, until: date, out: Postings) -> None:
    """Month by month: spending, a statement on the 5th, the minimum due on the 25th, and what the holder pays.

    The minimum is a tenth of the closing balance, at least 100 yuan, and whatever of earlier minimums is unpaid.
    """
    count = len(cards)
    balance, unpaid = np.zeros(count, np.int64), np.zeros(count, np.int64)
    now = np.datetime64(until)
    begin = months_after(cards.disbursed, np.ones(count, np.int64)).astype("datetime64[M]")
    months = int((now.astype("datetime64[M]") - begin.min()).astype(np.int64)) + 1 if count else 0
    full = (rng.random(count) < 0.6) & (cards.habit == Habit.PROMPT)
    stop_from = now.astype("datetime64[M]") - rng.integers(1, 12, count)
    for month in (begin.min() + m for m in range(months)):
        active = month >= begin
        cut = np.datetime64(month, "D") + 4
        due = np.datetime64(month, "D") + 24
        place = np.full(count, int(month.astype(np.int64)))
        room = np.maximum(cards.principal - balance, 0)
        spent = np.minimum(rng.integers(50, 4000, count) * 100 + rng.integers(0, 100, count), room)
        spends = active & (unpaid == 0) & (rng.random(count) < 0.85) & (spent > 0) & (cut <= now)
        _post(out, cards, spends, key("U", place, place), "用信", np.full(count, cut - 3), spent)
        balance = np.where(spends, balance + spent, balance)
        bills = active & (balance > 0) & (cut <= now)
        minimum = np.minimum(unpaid + np.maximum((balance - unpaid) // 10, np.minimum(10_000, balance - unpaid)), balance)
        out.add(
            流水号=key("S", place, place)[bills], 借据号=cards.reference[bills], 交易类型="出账",
            记账日期=np.full(int(bills.sum()), str(cut)), 金额=money(balance[bills]), 币种="人民币",
            到期日期=np.full(int(bills.sum()), str(due)), 最低还款额=money(minimum[bills]),
        )  # fmt: skip
        stops = (np.isin(cards.habit, [Habit.STOPPED, Habit.NEVER, Habit.PARTIAL]) & (month >= stop_from)) | (
            cards.habit == Habit.NEVER
        )
        pays = bills & ~stops
        paid = np.where(full, balance, np.minimum((minimum + 99) // 100 * 100, balance))
        day = np.full(count, due) - rng.integers(0, 4, count).astype("timedelta64[D]")
        day = np.where(cards.habit == Habit.SLOPPY, due + rng.integers(1, 10, count).astype("timedelta64[D]"), day)
        pays &= day <= now
        _post(out, cards, pays, key("P", place, place), "还款", day, paid)
        balance = np.where(pays, balance - paid, balance)
        unpaid = np.where(pays, np.maximum(minimum - paid, 0), np.where(bills, minimum, unpaid))


def _post(
    out: Postings, cards: Contracts, mask: np.ndarray, names: np.ndarray, word: str, day: np.ndarray, amount: np.ndarray
) -> None:
    out.add(
        流水号=names[mask], 借据号=cards.reference[mask], 交易类型=word, 记账日期=day[mask].astype(str), 金额=money(amount[mask]),
        币种="人民币",
    )  # fmt: skip


def faulty(first: int, loans: Contracts, until: date, out: Postings) -> int:
    """Postings that the import must refuse, each for another reason. Returns how many rows."""
    usable = np.flatnonzero((loans.kind == BY_KEY["equal_instalments"]) & (loans.habit == Habit.PROMPT))[:6]
    if len(usable) < 6:
        return 0
    names = loans.reference[usable]
    day = str(np.datetime64(until) - 3)
    rows: list[dict[str, str | None]] = [
        {"借据号": "J999999999", "记账日期": day, "金额": "100.00", "事由": "无此借据"},
        {"借据号": str(names[0]), "记账日期": str(loans.disbursed[usable[0]] - 30), "金额": "100.00", "事由": "早于放款"},
        {"借据号": str(names[1]), "记账日期": day, "金额": "100.00", "币种": "美元", "事由": "币种不符"},
        {"借据号": str(names[2]), "记账日期": day, "金额": "-100.00", "事由": "负数金额"},
        {"借据号": str(names[3]), "记账日期": day, "金额": None, "事由": "缺少金额"},
        {"借据号": str(names[4]), "记账日期": "2025-02-30", "金额": "100.00", "事由": "不存在的日期"},
        {"借据号": str(names[5]), "记账日期": day, "金额": "100.001", "事由": "小于分"},
    ]
    for n, row in enumerate(rows):
        base: dict[str, str | None] = {"流水号": f"V{first:09d}{n}", "交易类型": "还款", "币种": "人民币"}
        frame = pl.DataFrame([base | row], schema_overrides={c: pl.String for c in COLUMNS})
        missing = [pl.lit(None, dtype=pl.String).alias(c) for c in COLUMNS if c not in frame.columns]
        out.parts.append(frame.with_columns(missing).select(COLUMNS))
    return len(rows)
