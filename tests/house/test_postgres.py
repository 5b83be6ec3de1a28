"""The launcher: a cluster in a folder of one's choice, last one out stops it, clear words when it cannot be had."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

from arrears.house import doctor, postgres


def test_start_lease_and_stop(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = Path(f"/tmp/arrears-launcher-{os.getpid()}")
    try:
        server = postgres.acquire(home)
        again, started = postgres.start(home)
        assert (again.port, started) == (server.port, False)
        with psycopg.connect(server.url(postgres.APP)) as connection:
            row = connection.execute("select current_user, current_setting('data_checksums')").fetchone()
        assert row == (postgres.APP, "on")
        (home / "leases" / "999999999").write_text("")  # a process that died without giving its lease back
        postgres.release(home)
        assert postgres.running(home) is None
        assert (home / "postgres.json").stat().st_mode & 0o077 == 0
    finally:
        postgres.stop(home)


def test_only_loopback_and_password(tmp_path: Path) -> None:
    server = postgres.running(Path(os.environ.get("ARREARS_TEST_HOME", f"/tmp/arrears-tests-{os.geteuid()}")))
    if server is None:  # another server was given by DATABASE_URL
        return
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://{postgres.APP}:wrong@127.0.0.1:{server.port}/postgres", connect_timeout=3)


def test_no_binaries_says_how_to_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_PG_BIN", str(tmp_path))
    with pytest.raises(postgres.PostgresError, match="DATABASE_URL"):
        postgres.start(tmp_path / "home")


def test_doctor_names_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_ENVIRONMENT", "production")
    monkeypatch.delenv("ARREARS_ALLOWED_HOSTS", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/none")
    wrong = {f.check: f for f in doctor.examine() if f.state == "wrong"}
    assert set(wrong) == {"hosts", "database"}
    assert "DATABASE_URL" in wrong["database"].mend.en
    assert wrong["database"].mend.zh
