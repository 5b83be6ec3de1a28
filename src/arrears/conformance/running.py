"""Runs cases through the kinds that the rooms declare, and counts: passed, failed, different by decision, not run.

A case of a kind nobody declares is *not run*, never passed. A malformed case is failed. A case whose words the product does not
know (``UnsupportedCase``) is failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arrears.kernel.declare import UnsupportedCase

from . import decisions
from .comparing import Difference, Tolerance, differences
from .loading import Case, find, load

Runner = Callable[[dict[str, Any]], Any]
OUTCOMES = ("passed", "failed", "different", "not_run")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case. ``outcome`` is one of ``OUTCOMES``; ``reason`` says why where it did not pass."""

    case: Case
    outcome: str
    reason: str = ""
    differences: tuple[Difference, ...] = ()

    def as_json(self) -> dict[str, Any]:
        document = {
            "id": self.case.id, "kind": self.case.kind, "source": self.case.source,
            "file": self.case.file, "line": self.case.line, "reason": self.reason,
        }  # fmt: skip
        return {**document, "differences": [d.as_json() for d in self.differences]}


@dataclass(slots=True)
class Report:
    results: list[Result] = field(default_factory=list)

    def summary(self) -> list[dict[str, Any]]:
        """One line for each source and kind: ``{kind, source, passed, failed, different, not_run}``."""
        lines: dict[tuple[str, str], dict[str, Any]] = {}
        for r in self.results:
            kind, source = r.case.kind or "unknown", r.case.source
            line = lines.setdefault((source, kind), {"kind": kind, "source": source, **dict.fromkeys(OUTCOMES, 0)})
            line[r.outcome] += 1
        return [lines[key] for key in sorted(lines)]

    def of(self, outcome: str) -> list[Result]:
        return [r for r in self.results if r.outcome == outcome]

    def as_json(self) -> dict[str, Any]:
        return {
            "summary": self.summary(),
            "failures": [r.as_json() for r in self.of("failed")],
            "different": [r.as_json() for r in self.of("different")],
        }


def run(paths: Iterable[Path], kinds: Mapping[str, Runner], only_kind: str | None = None) -> Report:
    """Run every case under ``paths``. ``only_kind`` leaves the cases of other kinds out altogether (faulty files stay in)."""
    report = Report()
    seen: dict[str, str] = {}
    for path in find(paths):
        for case in load(path):
            if only_kind is not None and case.kind and case.kind != only_kind:
                continue
            report.results.append(_unique(case, seen) or run_case(case, kinds))
    return report


def _unique(case: Case, seen: dict[str, str]) -> Result | None:
    """An id is never re-used: the second case with it is failed."""
    place = f"{case.file}:{case.line}"
    if case.id and seen.setdefault(case.id, place) != place:
        return Result(case, "failed", f"the id {case.id} is already used at {seen[case.id]}")
    return None


def run_case(case: Case, kinds: Mapping[str, Runner]) -> Result:
    """Run one case and compare."""
    if case.fault:
        return Result(case, "failed", f"malformed: {case.fault}")
    runner = kinds.get(case.kind)
    if runner is None:
        return Result(case, "not_run", f"kind {case.kind!r} is not implemented")
    try:
        produced = runner(case.content)
    except UnsupportedCase as problem:
        return Result(case, "failed", f"not supported: {problem}")
    except Exception as problem:  # a case must never stop the run; the fault is reported as a failure of the case
        return Result(case, "failed", f"{type(problem).__name__}: {problem}")
    expected, produced = _in_one_form(case.content, produced)
    found = differences(expected, produced, Tolerance.of(case.content.get("tolerance")))
    if not found:
        return Result(case, "passed")
    reason = decisions.reason(case.content, found)
    return Result(case, "different" if reason else "failed", reason or "the answer differs", tuple(found))


def _in_one_form(content: Mapping[str, Any], produced: Any) -> tuple[Any, Any]:
    """Expected and produced, brought to one form: answers of checks as a list, collected values without an order."""
    expected = expectation(content)
    if "expect" not in content and isinstance(produced, Mapping) and "checks" in produced:
        produced = [check.get("expect") if isinstance(check, Mapping) else check for check in produced["checks"]]
    if content.get("hit_policy") == "collect" and isinstance(produced, list | tuple):
        return _unordered(expected), _unordered(list(produced))
    return expected, produced


def _unordered(answers: list[Any]) -> list[Any]:
    return [sorted(a, key=str) if isinstance(a, list) else a for a in answers]


def expectation(content: Mapping[str, Any]) -> Any:
    """What is expected: ``expect``, or the ``expect`` of every check for kinds that ask several questions."""
    if "expect" in content:
        return content["expect"]
    return [check["expect"] for check in content["checks"]]
