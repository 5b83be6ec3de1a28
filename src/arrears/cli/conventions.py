"""How every command speaks: people's text on stderr, one JSON document on stdout with ``--json``, fixed exit codes."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, NoReturn

import click
import typer

from arrears.house import rooms
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import SYSTEM_SCOPE, Actor


class Exit(IntEnum):
    OK = 0
    FAILURE = 1
    USAGE = 2
    VALIDATION = 3
    NOT_FOUND = 4
    REFUSED = 5
    CONFLICT = 6


def language() -> str:
    """``zh-hans`` or ``en``: ``ARREARS_LANGUAGE``, else the terminal's locale."""
    chosen = os.environ.get("ARREARS_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or "en"
    return "zh-hans" if chosen.lower().startswith("zh") else "en"


def say(text: str) -> None:
    """A line for the person at the terminal (stderr)."""
    print(text, file=sys.stderr)


def put(document: Any) -> None:
    """The result as one JSON document on stdout."""
    from arrears.journal.canonical import plain

    print(json.dumps(plain(document), ensure_ascii=False, indent=2))


def stop(text: str, code: int = Exit.FAILURE) -> NoReturn:
    say(text)
    sys.exit(int(code))


def refuse(refusal: Refusal, *, as_json: bool = False) -> NoReturn:
    """Print a refusal (sentence, fix, place) and leave with the exit code its HTTP status maps to."""
    lang = language()
    if as_json:
        put(refusal.as_problem(lang))
    for one in (refusal, *refusal.errors):
        place = f" [{one.pointer}]" if one.pointer else ""
        say(f"{one.code}{place}: {one.sentence.in_language(lang)} {one.fix.in_language(lang)}")
    by_status = {404: Exit.NOT_FOUND, 403: Exit.REFUSED, 409: Exit.CONFLICT, 412: Exit.CONFLICT}
    sys.exit(int(by_status.get(refusal.status, Exit.VALIDATION)))


def system_actor(job: str = "cli") -> Actor:
    """The person at the server's own shell acts as the operator of the installation; the journal says so."""
    return Actor(scope=SYSTEM_SCOPE, kind="system", id=job, via="cli")


@contextlib.contextmanager
def unit_of_work() -> Iterator[None]:
    """One transaction for one command."""
    from django.db import transaction

    with transaction.atomic():
        yield


def build() -> click.Command:
    """The whole command tree."""
    root = typer.Typer(no_args_is_help=True, add_completion=True, help="Arrears: recovery of overdue loans.")

    @root.callback()
    def _root() -> None:
        """Arrears: recovery of overdue loans, lawful by construction."""

    for module in [*rooms.declared("commands"), *_house()]:
        if hasattr(module, "app"):
            root.add_typer(module.app, name=module.NAME)
        for verb, function in getattr(module, "ROOT", {}).items():
            root.command(verb)(function)
    return typer.main.get_command(root)


def _house() -> list[Any]:
    from arrears.house import commands

    return [commands]
