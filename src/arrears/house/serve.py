"""Runs the product: granian for the pages, a procrastinate worker for the jobs, both ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from arrears.kernel import clock


def _commands(host: str, port: int, workers: int) -> list[list[str]]:
    web = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(workers),
        "--no-ws", "--respawn-failed-workers", "--log-level", "warning", "arrears.house.wsgi:application",
    ]  # fmt: skip
    jobs = [sys.executable, "-m", "django", "procrastinate", "worker", "--concurrency", "1"]
    return [web, jobs]


def run(host: str, port: int, workers: int) -> int:
    """Serve until interrupted. Returns 0 after an interrupt, else the exit code of the part that ended by itself."""
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "arrears.house.settings"}
    parts = [subprocess.Popen(command, env=env) for command in _commands(host, port, workers)]
    asked: list[int] = []

    def ask(number: int, _frame: object) -> None:
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    while not asked and all(part.poll() is None for part in parts):
        time.sleep(0.2)
    code = 0 if asked else next((part.returncode or 1 for part in parts if part.poll() is not None), 1)
    _end(parts)
    return code


def _end(parts: list[subprocess.Popen[bytes]]) -> None:
    for part in parts:
        if part.poll() is None:
            part.send_signal(signal.SIGTERM)
    patience = clock.monotonic() + 15
    while clock.monotonic() < patience and any(part.poll() is None for part in parts):
        time.sleep(0.1)
    for part in parts:
        if part.poll() is None:
            part.kill()
