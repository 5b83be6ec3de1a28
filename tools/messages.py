"""Translations without GNU gettext: ``check`` (complete?), ``extract`` (add missing msgids), ``compile`` (.po to .mo).

The source language is Chinese; every room keeps its English in ``src/arrears/<room>/locale/en/LC_MESSAGES/django.po``.
"""

from __future__ import annotations

import io
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arrears.house.settings")

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent / "src" / "arrears"
KEYWORDS = {
    "gettext": None, "gettext_lazy": None, "gettext_noop": None, "later": None, "_": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip


def _messages(path: Path):
    text = path.read_text(encoding="utf-8")
    if path.suffix in {".html", ".txt"}:
        text = templatize(text)
    for line, message, _comments, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
        yield line, message, context


def wanted(room: Path) -> dict[tuple[str | None, str], tuple[object, str]]:
    """All messages of a room: (context, id) -> (id or (singular, plural), place)."""
    found = {}
    files = [p for p in room.rglob("*") if p.suffix in {".py", ".html", ".txt"} and "migrations" not in p.parts]
    for path in sorted(files):
        for line, message, context in _messages(path):
            key = message[0] if isinstance(message, tuple) else message
            if key:
                found[(context, key)] = (message, f"{path.relative_to(ROOT.parent.parent)}:{line}")
    return found


def catalog_of(room: Path) -> tuple[Path, Catalog]:
    path = room / "locale" / "en" / "LC_MESSAGES" / "django.po"
    if path.exists():
        with path.open("rb") as handle:
            return path, read_po(handle, locale="en")
    return path, Catalog(locale="en", charset="utf-8", fuzzy=False)


def rooms() -> list[Path]:
    return sorted(p for p in ROOT.iterdir() if p.is_dir() and (p / "__init__.py").exists())


def check() -> int:
    faults = []
    for room in rooms():
        path, catalog = catalog_of(room)
        for (context, key), (_, place) in wanted(room).items():
            entry = catalog.get(key, context)
            if entry is None or not entry.string or (isinstance(entry.string, tuple) and not all(entry.string)):
                faults.append(f"{place}: no English for {key!r}")
            elif entry.fuzzy:
                faults.append(f"{place}: English is fuzzy for {key!r}")
            elif entry.python_format and list(entry.check()):
                faults.append(f"{place}: placeholders differ in {key!r}")
        mo = path.with_suffix(".mo")
        if path.exists() and (not mo.exists() or mo.read_bytes() != compiled(catalog)):
            faults.append(f"{mo}: not compiled from {path.name}; run tools/messages.py compile")
    print("\n".join(faults) or "translations complete")
    return 1 if faults else 0


def compiled(catalog: Catalog) -> bytes:
    """The same bytes at any minute: Babel would write the present one where the catalogue names none."""
    catalog.creation_date = datetime(2000, 1, 1, tzinfo=UTC)
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def extract_all() -> int:
    for room in rooms():
        path, catalog = catalog_of(room)
        missing = [(k, v) for k, v in wanted(room).items() if catalog.get(k[1], k[0]) is None]
        for (context, _), (message, _) in missing:
            catalog.add(message, context=context)
        if missing:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as handle:
                write_po(handle, catalog, width=120, omit_header=False)
            print(f"{path}: {len(missing)} added")
    return 0


def compile_all() -> int:
    for room in rooms():
        path, catalog = catalog_of(room)
        if path.exists():
            path.with_suffix(".mo").write_bytes(compiled(catalog))
    return 0


if __name__ == "__main__":
    verbs = {"check": check, "extract": extract_all, "compile": compile_all}
    sys.exit(verbs[sys.argv[1]]())
