"""Commands of the house itself: migrate, serve, worker, doctor, version, db."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from arrears import __version__
from arrears.cli import conventions
from arrears.house import doctor as physician
from arrears.house import postgres
from arrears.kernel import clock

NAME = "db"
app = typer.Typer(no_args_is_help=True, help="The embedded database: start, stop, status.")


@app.command()
def start() -> None:
    """Start the embedded PostgreSQL and leave it running."""
    server, fresh = postgres.start()
    (postgres.default_home() / "postgres.auto").unlink(missing_ok=True)
    conventions.say(f"PostgreSQL {server.version} 127.0.0.1:{server.port} {'started' if fresh else 'was running'}")


@app.command()
def stop() -> None:
    """Stop the embedded PostgreSQL."""
    conventions.say("stopped" if postgres.stop() else "was not running")


@app.command()
def status() -> None:
    """Say whether the embedded PostgreSQL runs, and where its data is. Exit code 1 when it does not."""
    server = postgres.running()
    conventions.put(
        {"running": server is not None, "home": str(postgres.default_home()), "port": server.port if server else None}
    )
    sys.exit(0 if server else 1)


def migrate() -> None:
    """Bring the database schema up to date (runs as the owner role)."""
    from django.core.management import call_command

    call_command("migrate", verbosity=1)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Web processes.")] = 2,
) -> None:
    """Run the product: pages, API and background jobs, until interrupted."""
    from arrears.house import serve as server

    conventions.say(f"http://{host}:{port}/")
    code = server.run(host, port, workers)
    if code:
        conventions.stop("a part of the product ended by itself; see the lines above", code)


def worker() -> None:
    """Run only the background jobs (imports, nightly work)."""
    from django.core.management import call_command

    call_command("procrastinate", "worker", concurrency=1)


def doctor(json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False) -> None:
    """Check settings, database, fonts and disk, and say how to mend. Exit code 1 when something is wrong."""
    language = conventions.language()
    findings = physician.examine()
    if json:
        conventions.put([f.as_json(language) for f in findings])
    for f in findings:
        line = f"{ {'ok': 'ok   ', 'warn': 'warn ', 'wrong': 'WRONG'}[f.state] } {f.check:12} {f.found.in_language(language)}"
        conventions.say(line + (f"\n        -> {f.mend.in_language(language)}" if f.mend.en else ""))
    if any(f.state == "wrong" for f in findings):
        sys.exit(1)


def version() -> None:
    """Print the version and the environment."""
    conventions.put({"version": __version__, "environment": os.environ.get("ARREARS_ENVIRONMENT", "demo")})


def generate(
    out: Annotated[str, typer.Option(help="Folder for the files.")],
    customers: Annotated[int, typer.Option(min=1, help="How many customers (about 1.25 agreements each).")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 1,
    until: Annotated[str, typer.Option(help="Last business date the files know, default today.")] = "",
    parquet: Annotated[bool, typer.Option("--parquet", help="Parquet instead of CSV.")] = False,
) -> None:
    """Make a synthetic Chinese portfolio as import files, with two years of payments and realistic dirt."""
    from datetime import date
    from pathlib import Path

    from arrears.house import generator

    day = date.fromisoformat(until) if until else clock.today()
    plan = generator.Plan(customers, seed, day, "parquet" if parquet else "csv")
    made = generator.write(plan, Path(out))
    for name, rows in made.rows.items():
        conventions.say(f"{name:16} {rows:>12,} rows, {made.faulty.get(name, 0):,} to be refused")
    conventions.put({"folder": out, "rows": made.rows, "faulty": made.faulty, "agreements": made.kinds})


def demo(
    customers: Annotated[int, typer.Option(min=1, help="How many customers, when the demo is made.")] = 20_000,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    serve_after: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve when all is loaded.")] = True,
) -> None:
    """Load a made-up bank and a real card portfolio through the ordinary doors, then serve. A second call only serves."""
    from django.conf import settings

    from arrears.house import demo as demonstration
    from arrears.house import serve as server

    began = clock.monotonic()
    try:
        demonstration.prepare(customers)
    except demonstration.DemoError as refused:
        conventions.stop(str(refused))
    names = ", ".join(role.value for role in demonstration.PEOPLE)
    conventions.say(f"{clock.monotonic() - began:7.1f} s")
    conventions.say(f"{names}\n{settings.FIXTURE_PASSWORD}")
    if not serve_after:
        return
    if os.environ.get("ARREARS_EMBEDDED") and (embedded := postgres.running()) is not None:
        os.environ["DATABASE_URL"] = embedded.url(postgres.APP)  # loaded as the owner, served as the role that cannot rewrite
    conventions.say(f"http://127.0.0.1:{port}/")
    code = server.run("127.0.0.1", port, 2)
    if code:
        conventions.stop("a part of the product ended by itself; see the lines above", code)


ROOT = {
    "demo": demo,
    "generate": generate,
    "migrate": migrate,
    "serve": serve,
    "worker": worker,
    "doctor": doctor,
    "version": version,
}
