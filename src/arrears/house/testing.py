"""pytest plugin (``-p arrears.house.testing``): real PostgreSQL for every test that asks for ``db``.

One throw-away cluster per machine and user, one database per test run. Loaded before Django reads its settings.
Set ``DATABASE_URL`` to run against another server.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import settings

settings.register_profile("arrears", deadline=None)  # timing lives in bench/, never in a test
settings.load_profile("arrears")

_HOME = Path(os.environ.get("ARREARS_TEST_HOME", f"{tempfile.gettempdir()}/arrears-tests-{os.geteuid()}"))
os.environ.setdefault("ARREARS_HOME", str(_HOME / "home"))
os.environ.setdefault("ARREARS_ENVIRONMENT", "test")
os.environ.setdefault("ARREARS_SECRET_DJANGO", "only-for-tests-only-for-tests-only-for-tests")
os.environ.setdefault("ARREARS_SECRET_IDENTITY", "only-for-tests-only-for-tests-only-for-tests")
os.environ.setdefault("ARREARS_TEST_DATABASE", f"test_arrears_{os.getpid()}")
os.environ.setdefault("PGOPTIONS", "-c arrears.may_truncate=test")  # transactional tests empty append-only tables

if "DATABASE_URL" not in os.environ:
    from arrears.house import postgres

    _server, _ = postgres.start(_HOME, durable=False)
    os.environ["DATABASE_URL"] = _server.url(postgres.OWNER)
