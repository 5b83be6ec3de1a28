"""``arrears calc``: every statutory calculator on the command line, with its working."""

from __future__ import annotations

import json as json_text
from datetime import date
from typing import Annotated, Any

import typer

from arrears.cli import conventions
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.statutes.registry import CALCULATORS, calculate

NAME = "calc"
app = typer.Typer(no_args_is_help=True, help="Statutory calculators: fees, interest, caps, each with its working and clauses.")


def _inputs(words: list[str]) -> dict[str, Any]:
    """``name=value`` words; a value that is JSON (a list, a map, true) is read as such, anything else stays text."""
    found: dict[str, Any] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            conventions.stop(f"{word}: write name=value", conventions.Exit.USAGE)
        try:
            parsed = json_text.loads(value, parse_float=str)
        except json_text.JSONDecodeError:
            parsed = value
        found[name] = parsed if isinstance(parsed, list | dict | bool) or name.endswith("days") else value
    return found


@app.command("list")
def list_calculators() -> None:
    """Name, title and inputs of every calculator."""
    language = conventions.language()
    conventions.put({c.name: {"title": c.title.in_language(language), "inputs": sorted(c.inputs)} for c in CALCULATORS.values()})


@app.command("run")
def run(
    name: Annotated[str, typer.Argument(help="Calculator, e.g. cn.acceptance_fee")],
    inputs: Annotated[list[str], typer.Argument(help="Inputs as name=value, e.g. claim_amount=150000.00")],
    as_of: Annotated[str, typer.Option(help="Day whose rules apply (default: today).")] = "",
) -> None:
    """Calculate, and show the working step by step with its clauses."""
    day = date.fromisoformat(as_of) if as_of else clock.today()
    answer = calculate(name, _inputs(inputs), day)
    if isinstance(answer, Refusal):
        conventions.refuse(answer, as_json=True)
    conventions.put(answer.as_json(conventions.language()))
