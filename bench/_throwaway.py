"""What the benchmarks inside PostgreSQL share: the size as argument, a throw-away database, the figures as JSON."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arrears.house.settings")
import django

import arrears.house.testing  # noqa: F401 - starts the throw-away cluster


def measure(run: Callable[[int], dict[str, object]], doc: str | None, size: str, *, small: int, full: int = 1_000_000) -> None:
    """Print ``run(n)``, ``n`` from ``--<size>`` (``full`` where not given) or ``small`` with ``--small``."""
    options = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(f"--{size}", type=int, default=full)
    options.add_argument("--small", action="store_true")
    given = options.parse_args()
    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        print(json.dumps(run(small if given.small else getattr(given, size)), indent=2))
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
