"""Intake of a tape against a plain COPY of the same rows: wall time, ratio, peak memory.

    python bench/intake.py --rows 1000000 --kind positions

Makes a tape of month-end positions (or payments) for ``--agreements`` agreements, then times (a) COPY of the typed rows into an
ordinary table with the same columns and no key, (b) COPY into a table with the same keys, foreign keys and indexes as the real one,
(c) the import: detection, hash, mapping, every check, sealing, difference marks, commit in parts with journal entries. Needs
PostgreSQL as the tests do (embedded by default); makes and drops its own database.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import threading
import time
from pathlib import Path

import polars as pl


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--agreements", type=int, default=0, help="default: rows (positions), rows / 10 (payments)")
    parser.add_argument("--kind", choices=("positions", "payments"), default="positions")
    parser.add_argument("--durable", action="store_true", help="with fsync, as in production (default: as the test suite)")
    return parser.parse_args()


class Peak:
    """Highest resident memory of this process while running, sampled."""

    def __enter__(self) -> Peak:
        self.top, self.stop = 0, threading.Event()

        def watch() -> None:
            while not self.stop.wait(0.02):
                pages = int(Path("/proc/self/statm").read_text().split()[1])
                self.top = max(self.top, pages * resource.getpagesize())

        self.thread = threading.Thread(target=watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()


def prepare(rows: int, agreements: int) -> int:
    """A creditor with one customer and ``agreements`` agreements. Returns its id."""
    from django.db import connection

    from arrears.access.models import Creditor, Portfolio
    from arrears.kernel import clock
    from arrears.parties.copying import copy_into, public_ids
    from arrears.parties.models import Customer

    creditor = Creditor.objects.create(code="BENCH", name="bench")
    portfolio = Portfolio.objects.create(creditor=creditor, code="P", name="P")
    customer = Customer.objects.create(creditor=creditor, reference="C", created_at=clock.now())
    frame = pl.DataFrame({"reference": [f"L{i:09d}" for i in range(agreements)]}).with_columns(
        public_ids("agr", agreements),
        pl.lit(creditor.pk).alias("creditor_id"), pl.lit(portfolio.pk).alias("portfolio_id"), pl.lit(customer.pk).alias("customer_id"),
        pl.lit("consumer_loan").alias("product"), pl.lit("CNY").alias("currency"), pl.lit("2024-01-05").alias("opened_on"),
        pl.lit("host").alias("keeping"), pl.lit("").alias("secured_by"), pl.lit("{}").alias("attributes"), pl.lit("bench").alias("source"),
        pl.lit(clock.now().isoformat()).alias("created_at"),
    )  # fmt: skip
    copy_into("ledger_agreement", frame)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ledger_agreement")
    return int(creditor.pk)


def tape(folder: Path, kind: str, rows: int, agreements: int) -> Path:
    """A CSV as a core system writes it."""
    n = pl.int_range(rows, eager=True)
    reference = "L" + (n % agreements).cast(pl.String).str.zfill(9)

    def money(x: pl.Series) -> pl.Series:
        return (x // 100).cast(pl.String) + "." + (x % 100).cast(pl.String).str.zfill(2)

    base = (n * 7919 + 13) % 9_000_000
    if kind == "positions":
        frame = pl.DataFrame(
            {
                "借据号": reference,
                "数据日期": pl.select(pl.lit("2026-09-30").repeat_by(1)).to_series().explode().new_from_index(0, rows)
                if agreements >= rows
                else pl.Series([f"2026-{1 + (i // agreements) % 9:02d}-28" for i in range(rows)]),
                "贷款余额": money(base + 100_000), "剩余本金": money(base), "逾期金额": money(base // 7), "逾期本金": money(base // 9),
                "逾期利息": money(base // 90), "逾期罚息": money(base // 900), "逾期费用": money(base // 9000),
                "逾期天数": (base % 240).cast(pl.String),
            }
        )  # fmt: skip
    else:
        frame = pl.DataFrame(
            {
                "流水号": "T" + n.cast(pl.String).str.zfill(10), "借据号": reference, "交易类型": ["还款"] * rows,
                "记账日期": pl.Series([f"2026-{1 + i % 9:02d}-{1 + i % 28:02d}" for i in range(rows)]), "金额": money(base + 100),
                "币种": ["人民币"] * rows, "渠道": ["代扣"] * rows,
            }
        )  # fmt: skip
    path = folder / f"{kind}.csv"
    frame.write_csv(path)
    return path


def plain_copy(kind: str, like: str) -> float:
    """COPY of the very rows that the import wrote into a table with the same columns; ``like`` adds keys and indexes."""
    from django.db import connection

    table = "ledger_hostposition" if kind == "positions" else "ledger_event"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
        )
        columns = [r[0] for r in cursor.fetchall()]
        with cursor.copy(f"COPY {table} ({', '.join(columns)}) TO STDOUT (FORMAT csv)") as copy:
            data = [bytes(b) for b in copy]
        cursor.execute("DROP TABLE IF EXISTS bench_copy")
        cursor.execute(f"CREATE TABLE bench_copy (LIKE {table} {like})")
        if like:
            for column, target in (("creditor_id", "access_creditor"), ("agreement_id", "ledger_agreement")):
                cursor.execute(
                    f"ALTER TABLE bench_copy ADD FOREIGN KEY ({column}) REFERENCES {target} DEFERRABLE INITIALLY DEFERRED"
                )
        cursor.execute("CHECKPOINT")
        started = time.monotonic()
        with cursor.copy(f"COPY bench_copy ({', '.join(columns)}) FROM STDIN (FORMAT csv)") as copy:
            for i in range(0, len(data), 500):
                copy.write(b"".join(data[i : i + 500]))
        spent = time.monotonic() - started
        cursor.execute("DROP TABLE bench_copy")
    return spent


def main() -> None:
    given = arguments()
    rows = given.rows
    agreements = given.agreements or (rows if given.kind == "positions" else max(1, rows // 10))
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        os.environ |= {
            "ARREARS_HOME": str(home / "home"), "DJANGO_SETTINGS_MODULE": "arrears.house.settings", "ARREARS_ENVIRONMENT": "test",
            "ARREARS_SECRET_IDENTITY": "bench" * 8, "ARREARS_SECRET_IDENTITY_INDEX": "bench" * 8, "ARREARS_SECRET_DJANGO": "bench" * 8,
        }  # fmt: skip
        from arrears.house import postgres

        server, _ = postgres.start(home, durable=given.durable)
        os.environ["DATABASE_URL"] = server.url(postgres.OWNER)
        try:
            measure(given, home, rows, agreements)
        finally:
            postgres.stop(home)


def measure(given: argparse.Namespace, home: Path, rows: int, agreements: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from arrears.intake import running
    from arrears.kernel.scope import SYSTEM_SCOPE, Actor

    actor = Actor(SYSTEM_SCOPE, "system", "bench", "python")
    prepare(rows, agreements)
    path = tape(home, given.kind, rows, agreements)
    profile = running.profile(f"core-{given.kind}")
    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    with Peak() as peak:
        started = time.monotonic()
        batch = running.begin(actor, path, "BENCH", profile)
        checked = time.monotonic() - started
        assert batch.rows_good == rows, batch
        done = running.commit(actor, batch.public_id)
        spent = time.monotonic() - started
    assert done.state == "committed", done
    bare, keyed = plain_copy(given.kind, ""), plain_copy(given.kind, "INCLUDING ALL")
    print(
        json.dumps(
            {
                "kind": given.kind, "rows": rows, "agreements": agreements, "file_mb": round(path.stat().st_size / 1e6, 1),
                "check_s": round(checked, 2), "commit_s": round(spent - checked, 2), "import_s": round(spent, 2),
                "copy_bare_s": round(bare, 2), "copy_same_keys_s": round(keyed, 2),
                "ratio_to_bare_copy": round(spent / bare, 2), "ratio_to_copy_with_keys": round(spent / keyed, 2),
                "peak_mb": round(peak.top / 1e6), "before_mb": round(before / 1e6), "rows_per_s": round(rows / spent),
            },
            indent=2,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
