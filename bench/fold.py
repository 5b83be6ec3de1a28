"""Columnar fold of all balances from raw events, against money-warp loan by loan and against only reading the events.

    python bench/fold.py --loans 1000000 --instalments 24

Writes a seeded portfolio to Parquet (schedule rows, events, products), then in one run: reads the events only; folds every
agreement; asks money-warp for the balances of a sample of the same loans; checks a sample of the answers against the one-loan fold.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from arrears.ledger import columnar
from arrears.ledger.events import ScheduleRow
from arrears.ledger.position import position_of
from arrears.ledger.servicing import ServicingTerms

EPOCH = date(1970, 1, 1)
OPENED = (date(2024, 7, 1) - EPOCH).days
AS_OF = date(2026, 6, 30)
RATES = [{"from_on": "2024-01-01", "annual_percent": "12"}, {"from_on": "2025-06-01", "annual_percent": "11.4"}]
#: Product 1: instalment by instalment with penalty interest; 2: without; 3: costs, interest, principal over all arrears, compound too.
TERMS = {
    1: ServicingTerms.from_dict(
        {"waterfall": "cn.instalment_561", "penalty": {"contract_multiple": "1.5", "contract_rates": RATES}, "grace_days": 3}
    ),
    2: ServicingTerms.from_dict({"waterfall": "penalty_fee_interest_principal"}),
    3: ServicingTerms.from_dict(
        {
            "waterfall": "cn.civil_code_561",
            "penalty": {"contract_multiple": "1.3", "contract_rates": RATES, "compound_base": ["interest"]},
        }
    ),
}


def write(folder: Path, loans: int, instalments: int, seed: int) -> None:
    """Facts in files sorted by agreement, in parts of 250,000 loans: rows, events, and which agreement has which product."""
    for part, begin in enumerate(range(0, loans, 250_000)):
        _write_part(folder, part, begin, min(250_000, loans - begin), instalments, np.random.default_rng([seed, part]))


def _write_part(folder: Path, part: int, begin: int, size: int, instalments: int, rng: np.random.Generator) -> None:
    ids = np.arange(begin + 1, begin + size + 1, dtype=np.int64)
    opened = OPENED + rng.integers(0, 250, size)
    principal = rng.integers(20_000, 400_000, size)
    loan = np.repeat(np.arange(size), instalments)
    n = np.tile(np.arange(1, instalments + 1), size)
    due = opened[loan] + 30 * n + n // 2
    interest = principal[loan] * (instalments - n + 1) // 100
    rows = pl.DataFrame(
        {
            "agreement_id": ids[loan],
            "version": np.zeros_like(n),
            "n": n,
            "due_on": due,
            "principal_minor": principal[loan],
            "interest_minor": interest,
        }
    ).with_columns(pl.col("due_on").cast(pl.Int32).cast(pl.Date))
    rows.write_parquet(folder / f"rows-{part:03}.parquet")
    habit = rng.choice(4, size, p=[0.72, 0.14, 0.09, 0.05])[loan]  # prompt, late, in parts, gives up
    draw = rng.random(len(n))
    pays = np.where(habit == 3, draw < 0.4 - 0.02 * n, draw < 0.985)
    late = np.where(habit == 0, -rng.integers(0, 3, len(n)), rng.integers(1, 45, len(n)))
    share = np.where((habit == 2) & (draw < 0.5), 60, 100)
    moving = [_events(ids[loan], "paid", due + late, (principal[loan] + interest) * share // 100, pays)]
    moving.append(_events(ids, "disbursed", opened, principal * instalments, np.ones(size, bool)))
    moving.append(_events(ids[loan], "charged", due + 10, 2_000 + 0 * n, (habit > 0) & (rng.random(len(n)) < 0.03), "fee"))
    moving.append(_events(ids[loan], "waived", due + 50, 1_500 + 0 * n, (habit > 0) & (rng.random(len(n)) < 0.004), "penalty"))
    moving.append(
        _events(ids, "paused", opened + 200, 0 * principal, rng.random(size) < 0.01).with_columns(
            until=pl.col("effective_on") + pl.duration(days=30)
        )
    )
    moving.append(_events(ids, "refunded", opened + 300, 500 + 0 * principal, rng.random(size) < 0.001))
    events = pl.concat(moving, how="diagonal").filter(pl.col("effective_on") <= AS_OF).sort("agreement_id", "effective_on")
    events = events.with_row_index("id", offset=part * 100_000_000 + 1).with_columns(
        pl.col("id").cast(pl.Int64),
        recorded_at=pl.col("effective_on").cast(pl.Datetime("us", "UTC")),
        target_id=pl.lit(None, pl.Int64),
    )
    bounced = events.filter(pl.col("kind") == "paid").filter(pl.Series(rng.random((events["kind"] == "paid").sum()) < 0.002))
    undone = bounced.with_columns(
        kind=pl.lit("reversed"),
        target_id=pl.col("id"),
        id=pl.col("id") + 50_000_000,
        effective_on=pl.col("effective_on") + pl.duration(days=4),
    )
    pl.concat([events, undone]).sort("agreement_id", "id").write_parquet(folder / f"events-{part:03}.parquet")
    product = rng.choice([1, 2, 3], size, p=[0.6, 0.25, 0.15])
    pl.DataFrame({"agreement_id": ids, "product": product}).write_parquet(folder / f"products-{part:03}.parquet")


def _events(
    ids: np.ndarray, kind: str, day: np.ndarray, amount: np.ndarray, keep: np.ndarray, component: str | None = None
) -> pl.DataFrame:
    frame = pl.DataFrame({"agreement_id": ids[keep], "effective_on": day[keep], "amount_minor": amount[keep]})
    return frame.with_columns(
        pl.col("effective_on").cast(pl.Int32).cast(pl.Date), kind=pl.lit(kind), component=pl.lit(component, pl.String)
    )


class Took(NamedTuple):
    """Seconds on the wall and of the processor (the steadier of the two on a shared machine)."""

    wall: float
    cpu: float

    @classmethod
    def since(cls, begin: Took) -> Took:
        return cls(time.perf_counter() - begin.wall, time.process_time() - begin.cpu)

    @classmethod
    def now(cls) -> Took:
        return cls(time.perf_counter(), time.process_time())

    def __add__(self, other: object) -> Took:
        assert isinstance(other, Took)
        return Took(self.wall + other.wall, self.cpu + other.cpu)

    def each(self, count: int) -> Took:
        return Took(self.wall / count, self.cpu / count)


def read_only(folder: Path) -> tuple[Took, int]:
    """Time to read every column of the events, and how many there are."""
    begin = Took.now()
    count = sum(len(pl.read_parquet(path)) for path in sorted(folder.glob("events-*.parquet")))
    return Took.since(begin), count


def money_warp(folder: Path, sample: int, instalments: int) -> Took:
    """Time that money-warp takes for one loan of the sample: build it, record its payments, ask what is owed."""
    from money_warp import InterestRate, Loan, Money, Warp

    events = pl.read_parquet(folder / "events-000.parquet", n_rows=sample * 40).filter(pl.col("kind") == "paid")
    rows = pl.read_parquet(folder / "rows-000.parquet", n_rows=sample * instalments)
    took = Took(0, 0)
    for loan in range(1, sample + 1):
        mine, laid = events.filter(pl.col("agreement_id") == loan), rows.filter(pl.col("agreement_id") == loan)
        dues, payments = laid["due_on"].to_list(), mine.select("effective_on", "amount_minor").rows()
        total, opened = laid["principal_minor"].sum(), dues[0].toordinal() - 30
        begin = Took.now()
        one = Loan(
            Money(total / 100),
            InterestRate("12% annual"),
            dues,
            disbursement_date=datetime.fromordinal(opened).replace(tzinfo=UTC),
            mora_interest_rate=InterestRate("18% annual"),
        )
        for day, amount in payments:
            if float(one.current_balance.raw_amount) <= 0.01:
                break
            one.record_payment(Money(amount / 100), datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        with Warp(one, datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC)) as then:
            _ = then.current_balance, then.principal_balance
        took += Took.since(begin)
    return took.each(sample)


def check(folder: Path, answer: pl.DataFrame, sample: int) -> tuple[int, Took]:
    """One-loan fold of a spread-out sample: how many rows differ (must be 0), and the time for each."""
    ids = answer["agreement_id"].gather_every(max(1, len(answer) // sample)).to_list()
    mine = pl.col("agreement_id").is_in(ids)
    rows = pl.scan_parquet(folder / "rows-*.parquet").filter(mine).collect().partition_by("agreement_id", as_dict=True)
    events = (
        pl.scan_parquet(folder / "events-*.parquet")
        .filter(mine)
        .with_columns(due_on=pl.lit(None, pl.Date), data=pl.lit(None, pl.String))
    )
    told = events.collect().partition_by("agreement_id", as_dict=True)
    product = dict(pl.scan_parquet(folder / "products-*.parquet").filter(mine).collect().rows())
    expected = {row["agreement_id"]: row for row in answer.filter(mine).to_dicts()}
    wrong, took = 0, Took(0, 0)
    for i in ids:
        laid = [ScheduleRow(r["n"], r["due_on"], r["principal_minor"], r["interest_minor"]) for r in rows[(i,)].to_dicts()]
        facts = [columnar.as_event(e) for e in told[(i,)].to_dicts()]
        begin = Took.now()
        at = position_of(TERMS[product[i]], facts, laid, AS_OF)
        took += Took.since(begin)
        wrong += columnar.as_row(i, at, expected[i]["lane"]) != expected[i]
    return wrong, took.each(len(ids))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--loans", type=int, default=20_000)
    ask.add_argument("--instalments", type=int, default=24)
    ask.add_argument("--sample", type=int, default=30, help="loans asked of money-warp")
    ask.add_argument("--seed", type=int, default=7)
    wanted = ask.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, wanted.loans, wanted.instalments, wanted.seed)
        reading, count = read_only(folder)
        begin = Took.now()
        scans = [pl.scan_parquet(folder / f"{kind}-*.parquet") for kind in ("rows", "events", "products")]
        answer = columnar.fold(scans[0], scans[1], AS_OF, None, TERMS, scans[2])
        took = Took.since(begin)
        other = money_warp(folder, min(wanted.sample, wanted.loans), wanted.instalments)
        wrong, scalar = check(folder, answer, 400)
    lanes = dict(answer.group_by("lane").len().rows())
    loan = took.each(wanted.loans)
    print(f"loans {wanted.loans:,}  instalments {wanted.instalments}  events {count:,}  lanes {lanes}")
    print(f"overdue loans {(answer['overdue_minor'] > 0).sum():,}  overdue {answer['overdue_minor'].sum() / 100:,.2f}")
    print(f"{'':24}{'wall':>12}{'processor':>14}")
    print(f"read events only        {reading.wall:10.2f} s {reading.cpu:11.2f} s")
    print(f"columnar fold, all      {took.wall:10.2f} s {took.cpu:11.2f} s")
    print(f"  x reading             {took.wall / reading.wall:10.1f}   {took.cpu / reading.cpu:11.1f}")
    print(f"columnar fold, per loan {loan.wall * 1e6:10.1f} us{loan.cpu * 1e6:11.1f} us")
    for name, one in (("one-loan fold", scalar), ("money-warp", other)):
        print(f"{name + ', per loan':24}{one.wall * 1e3:10.2f} ms{one.cpu * 1e3:11.2f} ms")
        print(f"  columnar is faster by {one.wall / loan.wall:10,.0f} x {one.cpu / loan.cpu:11,.0f} x")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"checked against the one-loan fold: {wrong} differ; peak memory {memory:.1f} GB")
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
