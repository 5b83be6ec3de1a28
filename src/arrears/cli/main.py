"""Entry point of ``arrears``: starts the database where one is needed, sets up Django, collects the rooms' commands.

A room's ``commands.py`` has ``NAME`` (the noun) and ``app`` (a ``typer.Typer``), or ``ROOT`` (a dict of top-level verbs to
functions). A module-level ``NEEDS_DATABASE = False`` says that its commands run without one.
"""

from __future__ import annotations

import os
import sys

from arrears.cli import conventions


def _wants_database(words: list[str]) -> bool:
    """Commands that must work with no database at all: help, version, doctor, cases, db."""
    verbs = [w for w in words if not w.startswith("-")]
    return bool(verbs) and "--help" not in words and verbs[0] not in {"doctor", "cases", "db", "calc", "version", "generate"}


def main() -> None:
    """Run ``arrears``. Exit codes: 0 ok, 1 failure, 2 usage, 3 validation, 4 not found, 5 refused by gate, 6 conflict."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arrears.house.settings")
    from arrears.house import postgres

    words = sys.argv[1:]
    leased = False
    try:
        if _wants_database(words) and "DATABASE_URL" not in os.environ:
            server = postgres.acquire()
            leased = True
            owner = next((w for w in words if not w.startswith("-")), "") in {"migrate", "demo", "init"}
            os.environ["DATABASE_URL"] = server.url(postgres.OWNER if owner else postgres.APP)
            os.environ["ARREARS_EMBEDDED"] = "1"
        import django

        django.setup()
        conventions.build().main(prog_name="arrears", standalone_mode=True)
    except postgres.PostgresError as problem:
        conventions.stop(str(problem), code=1)
    finally:
        if leased:
            postgres.release()


if __name__ == "__main__":
    main()
