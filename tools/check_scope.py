"""Holds the wall between creditors: no query on customer data goes round the caller's scope. One line per breach, exit 1.

    python tools/check_scope.py

A table of customer data is a ``ScopedModel``; its rows are read through ``objects.visible_to(scope)``. What would go round
that is found here by reading the code; where it is meant it stands in the lists below.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"

Breach = tuple[int, str]

#: ``.unscoped("why")`` and raw SQL: state changes and night work, after the creditor was checked or for all on purpose.
MAY_BE_UNSCOPED = ("arrears/*/actions*.py", "arrears/*/bulk*.py", "arrears/*/jobs*.py", "arrears/house/demo*.py")
#: ``SYSTEM_SCOPE``: the product itself, with nobody asking.
MAY_BE_SYSTEM = (
    "arrears/cli/conventions.py",
    "arrears/access/actions_sign_in.py",
    "arrears/*/commands*.py",
    "arrears/*/jobs*.py",
    "arrears/house/*.py",
    "arrears/__init__.py",
    "arrears/*/frames.py",  # whole columns of one named creditor, for the book
    "arrears/session.py",  # the analyst at the server's own Python, as at its shell
)
#: ``Scope(...)`` is made where rights are read, nowhere else.
MAY_MAKE_SCOPES = ("arrears/access/hats.py", "arrears/access/queries.py")
#: The mechanism itself.
MECHANISM = ("arrears/access/scoping.py", "arrears/kernel/scope.py")
#: Raw SQL over all creditors at once, with the reason.
MAY_SKIP_CREDITOR: dict[str, str] = {}

_TABLE = r"\b(?:from|join|update|into|copy)\s+(?:only\s+)?\"?({tables})\"?\b"


def _may(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def _is_scoped(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).rsplit(".", 1)[-1] == "ScopedModel" for base in node.bases)


def scoped_tables(source: Path) -> set[str]:
    """Database tables of all scoped models, from the rooms' ``models*.py``."""
    tables = set()
    for path in source.glob("arrears/*/models*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and _is_scoped(node):
                tables.add(f"{path.parent.name}_{node.name.lower()}")
    return tables


def _managers(tree: ast.AST, path: str) -> Iterator[Breach]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        owner = ast.unparse(node.value)
        if node.attr == "everything" and not owner.lower().endswith("scope"):
            yield node.lineno, f"{owner}.everything goes round the scope"
        if node.attr in {"_base_manager", "_default_manager"}:
            yield node.lineno, f"{owner}.{node.attr} goes round the scope"
        if node.attr == "objects" and owner.rsplit(".", 1)[-1] == "Entry" and not path.startswith("arrears/journal/"):
            yield node.lineno, "journal entries are read through journal.queries"


def _calls(tree: ast.AST, path: str) -> Iterator[Breach]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        last = name.rsplit(".", 1)[-1]
        if last == "unscoped" and "." in name:
            if not _may(path, MAY_BE_UNSCOPED):
                yield node.lineno, f"{name}() belongs into actions, bulk or jobs"
            reason = node.args[0] if node.args else None
            if not (isinstance(reason, ast.Constant) and isinstance(reason.value, str) and len(reason.value) >= 10):
                yield node.lineno, f"{name}() needs its reason as literal text"
        if last in {"raw", "extra"} and ".objects" in name:
            yield node.lineno, f"{name}() goes round the scope"
        if name in {"Scope", "scope.Scope", "kernel.scope.Scope"} and not _may(path, MAY_MAKE_SCOPES):
            yield node.lineno, "a Scope is made from rights (access.queries.scope_of), not by hand"
        if last == "replace" and any(k.arg == "everything" for k in node.keywords):
            yield node.lineno, "a scope is widened by hand"


def _system(tree: ast.AST, path: str) -> Iterator[Breach]:
    if _may(path, MAY_BE_SYSTEM):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "SYSTEM_SCOPE":
            yield node.lineno, "SYSTEM_SCOPE belongs into commands and jobs"


_RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField"}


def _relations(tree: ast.AST, path: str) -> Iterator[Breach]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.ClassDef) and _is_scoped(node)):
            continue
        for call in ast.walk(node):
            if not (isinstance(call, ast.Call) and ast.unparse(call.func).rsplit(".", 1)[-1] in _RELATIONS):
                continue
            names = [k.value.value for k in call.keywords if k.arg == "related_name" and isinstance(k.value, ast.Constant)]
            if names != ["+"]:
                yield call.lineno, f'{node.name}: a relation of a scoped model has related_name="+"'


def _raw_sql(tree: ast.AST, path: str, tables: set[str]) -> Iterator[Breach]:
    if not tables or path in MAY_SKIP_CREDITOR or _may(path, MAY_BE_UNSCOPED):
        return
    pattern = re.compile(_TABLE.format(tables="|".join(sorted(tables, key=len, reverse=True))), re.IGNORECASE)
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside.update(id(part) for part in node.values)
            text = "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            text = node.value
        else:
            continue
        found = pattern.search(text)
        if found and not re.search(r"\b(creditor_id|agreement_id|party_id|customer_id|batch_id)\b", text, re.IGNORECASE):
            yield node.lineno, f"raw SQL on {found[1]} names neither creditor_id nor a key that was checked"


def breaches_in(source: str, path: str, tables: set[str]) -> list[str]:
    """All breaches of one module's text, as ``path:line: what``."""
    if path in MECHANISM:
        return []
    tree = ast.parse(source)
    found = [
        *_managers(tree, path),
        *_calls(tree, path),
        *_system(tree, path),
        *_relations(tree, path),
        *_raw_sql(tree, path, tables),
    ]
    return [f"src/{path}:{line}: scope: {what}" for line, what in sorted(set(found))]


def main(source: Path = SOURCE) -> int:
    tables = scoped_tables(source)
    found: list[str] = []
    for path in sorted(source.rglob("*.py")):
        relative = path.relative_to(source).as_posix()
        if "/migrations/" not in relative:
            found += breaches_in(path.read_text(encoding="utf-8"), relative, tables)
    print("\n".join(found) or f"the wall stands ({len(tables)} scoped tables)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
