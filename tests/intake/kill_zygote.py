"""A process that has loaded the product once and forks a child for every import it is told to run; the test kills the children.

Lines in: ``run <file>`` and ``done <file>``; lines out: the child's pid, or the state of the file's batch. Polars is imported but not
used before a fork, so that its threads start in the child.
"""

from __future__ import annotations

import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "arrears.house.settings"

import django
from django.conf import settings

django.setup()

from pathlib import Path  # noqa: E402

from django.db import connections  # noqa: E402

from arrears.intake import queries, running  # noqa: E402
from arrears.intake.reading import Limits  # noqa: E402
from arrears.kernel.scope import SYSTEM_SCOPE, Actor  # noqa: E402

ACTOR = Actor(SYSTEM_SCOPE, "system", "kill", "python")
running.limits = lambda: Limits(block_bytes=6_000)


def work(path: Path) -> None:
    """Begin the file's import, or go on with it."""
    settings.INTAKE_DIR = Path(os.environ["KILL_SPOOL"])
    batch = queries.batches(SYSTEM_SCOPE).filter(file_name=path.name).exclude(state="superseded").first()
    if batch is None:
        batch = running.begin(ACTOR, path, "BANK-A", running.profile("core-payments"))
    while batch.state not in ("committed", "refused"):
        batch = running.resume(ACTOR, batch.public_id, path)
        assert batch, batch.sentence


def main() -> None:
    for line in sys.stdin:
        path = Path(line.strip())
        pid = os.fork()
        if pid == 0:
            connections.close_all()
            work(path)
            os._exit(0)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(status, flush=True)


main()
