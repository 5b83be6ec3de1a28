"""What holds the house: clock, float money, actions, sizes, names, markers, registry addresses. One line per breach, exit 1.

Each check is a function from a parsed module to breaches; ``tests/house/test_house_checks.py`` shows each one failing.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "arrears"
MODULE_LINES = 600
FUNCTION_LINES = 70
MONEY_NAME = re.compile(r"amount|balance|principal|interest|penalty|fee|overdue_minor|_minor$")
CLOCK_CALLS = {
    ("date", "today"), ("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("timezone", "now"),
    ("timezone", "localdate"), ("timezone", "localtime"), ("time", "time"), ("time", "monotonic"),
}  # fmt: skip
BANNED_NAMES = re.compile(r"(Manager|Helper|Util|Utils)$")
ALLOWED_NAMES = {"ScopedManager", "UserManager"}  # Django's own term for the query factory of a model
WRITES = {"save", "delete", "create", "bulk_create", "bulk_update", "update", "get_or_create", "update_or_create"}

DML = re.compile(r"\s*(insert|update|delete|copy\s+\S+\s*(\(.*\))?\s+from)\b", re.I | re.S)

Breach = tuple[int, str]


def clock(tree: ast.AST, path: str) -> Iterator[Breach]:
    """The clock is read in kernel/clock.py only (the log formatter stamps from the record)."""
    if path.endswith("kernel/clock.py"):
        return
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name | ast.Attribute)
        ):
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else node.func.value.attr
            converts = node.func.attr in {"localtime", "localdate"} and node.args  # of a given instant: reads no clock
            if (owner, node.func.attr) in CLOCK_CALLS and not converts:
                yield node.lineno, f"clock: {owner}.{node.func.attr}() outside kernel/clock.py"


def float_money(tree: ast.AST, path: str) -> Iterator[Breach]:
    """No float is made of, annotated for or stored as money."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            text = ast.unparse(node)
            if MONEY_NAME.search(text):
                yield node.lineno, f"float money: {text[:60]}"
        if isinstance(node, ast.AnnAssign | ast.arg) and isinstance(getattr(node, "annotation", None), ast.Name):
            target = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)
            if node.annotation.id == "float" and MONEY_NAME.search(target):
                yield node.lineno, f"float money: {target}: float"
        if isinstance(node, ast.Attribute) and node.attr == "FloatField":
            yield node.lineno, "float money: FloatField"


def _is_action_file(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name.startswith("actions") or "/migrations/" in path


#: Files that write rows outside actions for a stated reason.
WRITERS = {
    "arrears/access/scoping.py": "the mechanism itself",
    "arrears/api/idempotency.py": "the door's own bookkeeping, in the request's transaction",
}


def state_change(tree: ast.AST, path: str) -> Iterator[Breach]:
    """Rows are written in actions*.py only (``Model.objects.<write>``, ``.save()``, COPY and DML strings)."""
    if _is_action_file(path) or any(path.endswith(p) for p in WRITERS):
        return
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        text = ast.unparse(node.func)
        if node.func.attr in WRITES and (".objects" in text or node.func.attr in {"save", "bulk_create", "bulk_update"}):
            yield node.lineno, f"state change outside actions: {text[:70]}()"
        statement = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
        if node.func.attr in {"execute", "copy"} and DML.match(str(statement)):
            yield node.lineno, "state change outside actions: SQL write"
        if node.func.attr in {"commit", "rollback"} and "connection" in text:
            yield node.lineno, f"commit inside application code: {text}()"


def sizes(tree: ast.AST, path: str) -> Iterator[Breach]:
    """A function fits a screen; a module is about one noun."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > FUNCTION_LINES:
                yield node.lineno, f"size: {node.name} has {size} lines (at most {FUNCTION_LINES})"


def names(tree: ast.AST, path: str) -> Iterator[Breach]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and BANNED_NAMES.search(node.name) and node.name not in ALLOWED_NAMES:
            yield node.lineno, f"name: {node.name} says nothing about its noun"


def falsy_refusals(tree: ast.AST, path: str) -> Iterator[Breach]:
    """A refusal is falsy: ``if refusal:`` never runs. Ask ``is not None`` or ``isinstance(x, Refusal)``."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.If | ast.IfExp | ast.While):
            continue
        test = node.test.target if isinstance(node.test, ast.NamedExpr) else node.test
        if isinstance(test, ast.Name) and test.id in {"refusal", "refused"}:
            yield test.lineno, f"falsy refusal: `{ast.unparse(node.test)[:60]}` is never true"


TREE_CHECKS = (clock, float_money, state_change, sizes, names, falsy_refusals)


def breaches_in(source: str, path: str) -> list[str]:
    """All breaches of one module's text, as ``path:line: what``."""
    tree = ast.parse(source)
    found = [f"{path}:{line}: {what}" for check in TREE_CHECKS for line, what in check(tree, path)]
    lines = source.count("\n") + 1
    if lines > MODULE_LINES:
        found.append(f"{path}:1: size: module has {lines} lines (at most {MODULE_LINES})")
    return found


def markers(root: Path) -> Iterator[str]:
    """No left-over markers, no skipped tests."""
    pattern = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError|pytest\.mark\.(skip|xfail)")
    for folder in ("src", "tests"):
        for path in sorted((root / folder).rglob("*.py")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if pattern.search(line) and "house_checks" not in path.name:
                    yield f"{path.relative_to(root)}:{number}: marker: {line.strip()[:80]}"


def templates(root: Path) -> Iterator[str]:
    """Pages pass the strict content policy: no inline script, style or handler."""
    pattern = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|<style|\sstyle=|\son[a-z]+=\"|javascript:", re.I
    )
    for path in sorted((root / "src").rglob("templates/**/*.html")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if pattern.search(line):
                yield f"{path.relative_to(root)}:{number}: content policy: {line.strip()[:80]}"
            if "<form" in line and 'method="post"' not in line and 'method="get"' not in line:
                yield f"{path.relative_to(root)}:{number}: a form names its method: {line.strip()[:80]}"


def addresses(root: Path) -> Iterator[str]:
    """Locks carry hashes and no registry address."""
    for lock in sorted(root.glob("requirements*.lock")):
        text = lock.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if "://" in line or line.startswith("--index") or line.startswith("--extra-index"):
                yield f"{lock.name}:{number}: address in a lock: {line[:60]}"
        if "--hash=sha256:" not in text:
            yield f"{lock.name}:1: no hashes"


def dark_blocks(root: Path) -> Iterator[str]:
    """The two dark blocks of tokens.css (system and chosen) hold the same values."""
    path = root / "src/arrears/web/static/web/tokens.css"
    if not path.exists():
        return
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    blocks = re.findall(r"(?:\[data-theme=\"?dark\"?\]|not\(\[data-theme=\"?light\"?\]\))[^{]*\{([^}]*)\}", text)
    values = [sorted(v.strip() for v in block.split(";") if v.strip()) for block in blocks]
    if len(values) < 2 or any(v != values[0] for v in values[1:]):
        yield "src/arrears/web/static/web/tokens.css:1: the dark blocks differ"


def main() -> int:
    found: list[str] = []
    for path in sorted(SOURCE.rglob("*.py")):
        relative = str(path.relative_to(ROOT / "src"))
        if "/migrations/" not in relative:
            found += breaches_in(path.read_text(encoding="utf-8"), relative)
    for check in (markers, templates, addresses, dark_blocks):
        found += check(ROOT)
    print("\n".join(found) or "the house stands")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
