"""Statement of one loan: fold and derive every line, loan by loan, on random histories. Aim: p95 at most 20 ms.

    python bench/statement.py --loans 500 --instalments 36

Prints p50, p95 and the worst in one run, on the wall and of the processor (the steadier on a shared machine), beside the
fold alone, so that the cost of the derivation is a ratio.
"""

from __future__ import annotations

import argparse
import random
import time
from datetime import UTC, date, datetime, timedelta

from arrears.ledger.events import Component, Event, EventKind, ScheduleRow
from arrears.ledger.position import position_of
from arrears.ledger.servicing import ServicingTerms
from arrears.ledger.statement import statement_of

OPENED = date(2023, 1, 15)
TERMS = ServicingTerms.from_dict(
    {
        "waterfall": "cn.civil_code_561",
        "penalty": {
            "contract_multiple": "1.5",
            "contract_rates": [
                {"from_on": f"{y}-{m:02}-20", "annual_percent": "11.4"} for y in (2023, 2024, 2025) for m in (1, 7)
            ],
            "compound_base": ["interest"],
        },
        "cap": {"profile": "cn.financial_24", "formed_on": OPENED.isoformat()},
        "grace_days": 3,
    }
)


def loan(rng: random.Random, instalments: int) -> tuple[list[ScheduleRow], list[Event]]:
    """A troubled loan: late and partial payments, some reversed, late fees, waivers, a pause."""
    rows = [
        ScheduleRow(n, OPENED + timedelta(30 * n), rng.randint(20_000, 90_000), rng.randint(500, 5_000))
        for n in range(1, instalments + 1)
    ]
    told: list[Event] = []

    def add(kind: EventKind, day: date, **words: object) -> None:
        told.append(Event(len(told) + 1, kind, day, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=len(told)), **words))  # type: ignore[arg-type]

    add(EventKind.DISBURSED, OPENED, amount_minor=sum(r.principal_minor for r in rows))
    for row in rows:
        if rng.random() < 0.85:
            amount = row.total_minor if rng.random() < 0.5 else row.total_minor // 3 + 1
            add(EventKind.PAID, row.due_on + timedelta(rng.randint(-5, 60)), amount_minor=amount)
        if rng.random() < 0.2:
            add(EventKind.CHARGED, row.due_on + timedelta(10), amount_minor=2_000, component=Component.FEE)
        if rng.random() < 0.05:
            add(EventKind.WAIVED, row.due_on + timedelta(40), amount_minor=1_000, component=Component.PENALTY)
        if rng.random() < 0.03:
            add(EventKind.REVERSED, row.due_on + timedelta(41), target_id=len(told))
    add(EventKind.PAUSED, OPENED + timedelta(200), until=OPENED + timedelta(230))
    return rows, told


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--loans", type=int, default=300)
    ask.add_argument("--instalments", type=int, default=36)
    ask.add_argument("--seed", type=int, default=11)
    wanted = ask.parse_args()
    rng = random.Random(wanted.seed)
    as_of = OPENED + timedelta(30 * wanted.instalments + 20)
    took: dict[str, list[float]] = {
        "fold only, wall": [],
        "statement, wall": [],
        "fold only, processor": [],
        "statement, processor": [],
    }
    lines = 0
    for _ in range(wanted.loans):
        rows, told = loan(rng, wanted.instalments)
        begin, cpu = time.perf_counter(), time.process_time()
        position = position_of(TERMS, told, rows, as_of)
        between, cpu_between = time.perf_counter(), time.process_time()
        lines += len(statement_of(position, "total", "all").lines)
        end, cpu_end = time.perf_counter(), time.process_time()
        for name, seconds in zip(took, (between - begin, end - begin, cpu_between - cpu, cpu_end - cpu), strict=True):
            took[name].append(seconds)
    for name, seconds_of in took.items():
        ranked = sorted(seconds_of)
        p50, p95 = ranked[len(ranked) // 2], ranked[int(len(ranked) * 0.95)]
        print(f"{name:22} p50 {p50 * 1e3:7.2f} ms   p95 {p95 * 1e3:7.2f} ms   worst {ranked[-1] * 1e3:7.2f} ms")
    ratio = sum(took["statement, processor"]) / sum(took["fold only, processor"])
    print(f"loans {wanted.loans}, instalments {wanted.instalments}, {lines / wanted.loans:.0f} lines for each, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
