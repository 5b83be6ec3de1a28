"""Addresses for machines that watch the product: alive, ready, version, metrics."""

from __future__ import annotations

import threading
from collections import Counter

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from arrears import __version__
from arrears.kernel.scope import Role


class Counts:
    """Requests by door, method and status class, since this web process began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, int]] = Counter()

    def note(self, door: str, method: str, status: int) -> None:
        known = method if method in {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"} else "OTHER"
        with self._lock:
            self._counts[door, known, status] += 1

    def lines(self) -> list[str]:
        with self._lock:
            rows = sorted(self._counts.items())
        head = ["# HELP arrears_requests_total Requests answered by this process.", "# TYPE arrears_requests_total counter"]
        return head + [f'arrears_requests_total{{door="{d}",method="{m}",status="{s}"}} {n}' for (d, m, s), n in rows]


COUNTS = Counts()


@require_safe
@transaction.non_atomic_requests
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing else."""
    return JsonResponse({"status": "ok"})


@require_safe
@transaction.non_atomic_requests
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and its schema is that of this version: 200, else 503 with what is missing."""
    try:
        executor = MigrationExecutor(connection)
        waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        checks = {"database": "ok", "schema": "ok" if not waiting else f"{waiting} migrations wait"}
    except DatabaseError:
        checks = {"database": "unreachable", "schema": "unknown"}
    ready = all(v == "ok" for v in checks.values())
    return JsonResponse({"status": "ok" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


@require_safe
@transaction.non_atomic_requests
def version(request: HttpRequest) -> HttpResponse:
    """Version of the product and of the API, and the environment's name."""
    from django.conf import settings

    return JsonResponse({"version": __version__, "api": "v1", "environment": settings.ENVIRONMENT})


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text: requests of this process, and jobs by state. For operators and their API keys only."""
    from arrears.api import authentication, problems, refusals

    try:
        actor = authentication.authenticate(request)
    except problems.RefusedError as problem:
        return problems.answer(request, problem.refusal)
    if not actor.scope.may(Role.OPERATOR, Role.AUDITOR):
        return problems.answer(request, refusals.METRICS.at())
    with connection.cursor() as cursor:
        cursor.execute("select status::text, count(*) from procrastinate_jobs group by 1 order by 1")
        jobs = cursor.fetchall()
    lines = COUNTS.lines()
    lines += ["# HELP arrears_jobs Background jobs by state.", "# TYPE arrears_jobs gauge"]
    lines += [f'arrears_jobs{{state="{state}"}} {count}' for state, count in jobs]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")
