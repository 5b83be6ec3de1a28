"""An import killed with SIGKILL at random points and gone on with: the totals are those of an import that was left alone.

``ARREARS_KILLS`` sets how many kills (12 here; 200 before a release).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Sum
from intake_files import AGREEMENTS, CUSTOMERS, PAYMENTS, Importer

from arrears.access.models import Creditor
from arrears.intake.models import Batch, BatchRow
from arrears.journal.models import Entry
from arrears.kernel.scope import SYSTEM_SCOPE
from arrears.ledger.models import Event

KILLS = int(os.environ.get("ARREARS_KILLS", "12"))
ROWS = 600


class Zygote:
    """Drives ``kill_zygote.py``."""

    def __init__(self, spool: Path) -> None:
        d = connection.settings_dict
        url = f"postgresql://{d['USER']}:{d['PASSWORD']}@{d['HOST']}:{d['PORT']}/{d['NAME']}"
        env = os.environ | {"DATABASE_URL": url, "KILL_SPOOL": str(spool)}
        script = Path(__file__).with_name("kill_zygote.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
        )

    def run(self, path: Path, kill_after: float | None) -> tuple[bool, float]:
        """One attempt. (whether it was killed, seconds it ran)."""
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline())
        started = time.monotonic()
        over = threading.Event()

        def strike() -> None:
            if not over.wait(kill_after):
                os.kill(pid, signal.SIGKILL)

        if kill_after is not None:
            threading.Thread(target=strike).start()
        status = int(self.process.stdout.readline())
        over.set()
        assert status in (0, signal.SIGKILL), status
        return status != 0, time.monotonic() - started

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=30)


def tape(folder: Path, n: int) -> Path:
    lines = [
        f"F{n}-{i},J1,还款,2026-02-{1 + i % 28 if i % 28 > 9 else 11:02d},{1 + i % 97}.{i % 100:02d},,,," for i in range(ROWS - 3)
    ]
    lines[100:100] = [f"F{n}-bad,J9,还款,2026-02-11,1.00,,,,", f"F{n}-p,J1,还款,2026-02-11,5.00,,,,"]
    lines.insert(5, f"F{n}-r,J1,冲正,2026-02-12,,,,,F{n}-p")
    path = folder / f"tape{n}.csv"
    path.write_text(PAYMENTS + "\n".join(lines) + "\n")
    return path


def told(n: int) -> tuple[object, ...]:
    """What the base holds of tape ``n``, without ids and times."""
    events = Event.objects.visible_to(SYSTEM_SCOPE).filter(dedup_key__startswith=f"F{n}-")
    batch = Batch.objects.visible_to(SYSTEM_SCOPE).get(file_name=f"tape{n}.csv", state="committed")
    total = events.aggregate(s=Sum("amount_minor"))["s"]
    rows = BatchRow.objects.visible_to(SYSTEM_SCOPE).filter(batch=batch, state="held").count()
    parts = Entry.objects.filter(act="import.part_committed", subject_id=batch.public_id).count()
    assert parts == batch.parts == batch.part_cursor
    assert set(events.values_list("batch_id", flat=True)) == {batch.pk}
    reversal = events.get(kind="reversed")
    assert reversal.target.dedup_key == f"F{n}-p"
    return events.count(), total, batch.rows_good, batch.rows_held, batch.rows_done, rows, batch.counts, batch.parts


@pytest.mark.django_db(transaction=True)
def test_killed_at_random_points_and_gone_on_with(settings, tmp_path):
    Creditor.objects.create(code="BANK-A", name="甲银行")
    settings.INTAKE_DIR = tmp_path / "spool"
    load = Importer(tmp_path)
    load("core-customers", CUSTOMERS + "K1,王小明,个人,居民身份证,110101199003070919,1990-03-07\n")
    load(
        "core-agreements", AGREEMENTS + "J1,K1,P1,消费贷,人民币,2026-01-10,2026-01-10,1200.00,12,等额本金,12,2026-02-10,本系统\n"
    )
    chance = random.Random(20261123)
    zygote = Zygote(tmp_path / "spool")
    try:
        zygote.run(tape(tmp_path, 0), None)
        _, whole = zygote.run(tape(tmp_path, 1), None)
        left_alone = told(1)
        assert left_alone[0] == ROWS - 1
        kills, n = 0, 1
        while kills < KILLS:
            n += 1
            path = tape(tmp_path, n)
            for _ in range(8):  # several kills of one import, wherever it stands
                killed, _ = zygote.run(path, chance.uniform(0.01, whole))
                kills += killed
                if not killed or kills >= KILLS:
                    break
            zygote.run(path, None)
            assert told(n) == left_alone, f"tape {n} after {kills} kills"
    finally:
        zygote.close()
    assert kills == KILLS
