"""Case files: found, read with line numbers, defaults merged, form checked. What cannot be read is a fault, never dropped."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

#: A case file larger than this is no case file.
MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Case:
    """One case after merging. ``fault`` says why it cannot be run (form), else empty."""

    id: str
    kind: str
    source: str
    file: str
    line: int
    content: dict[str, Any] = field(hash=False)
    fault: str = ""


class _Loader(yaml.SafeLoader):
    """YAML that refuses a key written twice, remembers lines, and keeps unquoted decimals as they are written."""


_LINE = "\0line"


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: dict[Any, Any] = {}
    loader.flatten_mapping(node)
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
        seen[key] = loader.construct_object(value_node, deep=True)
    seen[_LINE] = node.start_mark.line + 1
    return seen


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def find(paths: Iterable[Path]) -> list[Path]:
    """The case files under ``paths``, in name order. A path that does not exist is returned as it is, to be reported."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml") and p.is_file())
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def load(path: Path) -> Iterator[Case]:
    """Every case of one file. A file that cannot be read gives one faulty case that names the line."""
    folder = path.parent.name or "."
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"file is larger than {MOST_BYTES} bytes")
        documents = list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=_Loader))
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 0
        yield Case("", "", folder, str(path), line, {}, f"not YAML: {problem.problem or problem.context}")
        return
    except (OSError, ValueError, yaml.YAMLError) as problem:
        yield Case("", "", folder, str(path), 0, {}, f"cannot be read: {problem}")
        return
    documents = [d for d in documents if d is not None]
    if not documents:
        yield Case("", "", folder, str(path), 0, {}, "holds no cases")
    for document in documents:
        yield from _document(document, path, folder)


def _document(document: Any, path: Path, folder: str) -> Iterator[Case]:
    if not isinstance(document, dict):
        yield Case("", "", folder, str(path), 1, {}, "a document must be a map with `cases`, or one case")
        return
    line = document.get(_LINE, 1)
    if "cases" not in document:
        yield _case({}, document, path, folder)
        return
    unknown = set(document) - {"defaults", "cases", _LINE}
    cases, defaults = document["cases"], document.get("defaults") or {}
    if unknown or not isinstance(cases, list) or not cases or not isinstance(defaults, dict):
        what = f"unknown key {sorted(unknown)[0]!r}" if unknown else "`cases` must be a list and `defaults` a map"
        yield Case("", "", folder, str(path), line, {}, what)
        return
    for one in cases:
        if isinstance(one, dict):
            yield _case(defaults, one, path, folder)
        else:
            yield Case("", "", folder, str(path), line, {}, f"a case must be a map, not {one!r}")


def merge(defaults: Mapping[str, Any], case: Mapping[str, Any]) -> dict[str, Any]:
    """Defaults fill missing top-level keys; maps are merged key by key and the case wins."""
    merged = dict(defaults)
    for key, value in case.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **value} if both else value
    return merged


def _case(defaults: dict[str, Any], one: dict[str, Any], path: Path, folder: str) -> Case:
    line = int(one.get(_LINE, 0))
    content = clean(merge(defaults, one))
    source = content.get("source")
    project = source.get("project") if isinstance(source, dict) else None
    kind = content.get("kind")
    return Case(
        id=str(content.get("id", "")),
        kind=kind if isinstance(kind, str) else "",
        source=project if isinstance(project, str) and project else folder,
        file=str(path),
        line=line,
        content=content,
        fault=fault(plain(content)),
    )


def clean(value: Any) -> Any:
    """Without the line marks: what kinds receive. Unquoted dates are ``date`` values, quoted ones text, as written."""
    if isinstance(value, dict):
        return {k: clean(v) for k, v in value.items() if k != _LINE}
    return [clean(v) for v in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """Dates as ISO text: the form the schema checks. Keys that YAML read as booleans (``on``, ``yes``) stay visible as faults."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


@lru_cache(maxsize=1)
def validator() -> Draft202012Validator:
    text = files("arrears.conformance").joinpath("data/case.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def fault(content: dict[str, Any]) -> str:
    """Why a case has not the form of ``case.schema.json``; empty when it has."""
    if not isinstance(content.get("kind"), str):
        return "`kind` is missing"
    if any(not isinstance(key, str) for key in content):
        return "a key is not text (quote it)"
    errors = sorted(validator().iter_errors(content), key=lambda e: (len(e.absolute_path), str(e.message)))
    if not errors:
        return ""
    deepest = errors[0]
    place = "/".join(str(p) for p in deepest.absolute_path)
    return f"{place + ': ' if place else ''}{deepest.message[:300]}"
