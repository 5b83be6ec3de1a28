"""Mapping profiles: how the columns of a file become fields of one or several kinds. Read from YAML, checked, proposed. Pure.

A cell's target is a ``field`` of the kind or a ``word`` that only expressions use. ``derive`` computes a field from fields and
words by an SQL expression, with the assumption it rests on; amounts in expressions are integer minor units. ``unpivot`` makes
several rows of one: each entry adds its own columns and constants.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlglot
import yaml
from sqlglot import exp

from arrears.intake import refusals
from arrears.intake.fields import TYPES, Field, Kind
from arrears.intake.kinds import KINDS
from arrears.intake.reading.header import folded
from arrears.kernel.refusals import Refusal, Text

ALLOWED = (
    exp.Column, exp.Identifier, exp.Literal, exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Paren, exp.Case, exp.If, exp.Least,
    exp.Greatest, exp.Coalesce, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.And, exp.Or, exp.Not, exp.Is, exp.Null,
    exp.Boolean, exp.DPipe, exp.Abs, exp.In, exp.Between,
)  # fmt: skip
_TOP = ("id", "version", "title", "attribution", "source", "constants", "assumptions", "ignore", "outputs", "trailer")
_OUTPUT = ("kind", "columns", "constants", "derive", "unpivot", "assumptions")
_CELL = ("field", "word", "type", "date", "values", "prefix", "scientific", "measurement_only")


@dataclass(frozen=True, slots=True)
class Cell:
    """One column feeding one target."""

    column: str
    target: str
    type: str
    is_word: bool = False
    date: tuple[str, ...] = ()
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    prefix: str = ""
    scientific: bool = False
    measurement_only: bool = False


@dataclass(frozen=True, slots=True)
class Derivation:
    target: str
    expression: str
    assumption: Text | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row made of each source row."""

    cells: tuple[Cell, ...]
    constants: Mapping[str, str]
    assumptions: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    kind: Kind
    entries: tuple[Entry, ...]
    derive: tuple[Derivation, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c.column for e in self.entries for c in e.cells))

    def column_of(self, target: str) -> str:
        """The file's column that a field comes from; for a derived field the first column of its expression's words."""
        for entry in self.entries:
            for cell in entry.cells:
                if cell.target == target:
                    return cell.column
        for one in self.derive:
            if one.target == target:
                return next((self.column_of(n) for n in sorted(names_in(one.expression)) if n != target), "")
        return ""


@dataclass(frozen=True, slots=True)
class Profile:
    id: str
    version: int
    title: Text
    outputs: tuple[Output, ...]
    source: Mapping[str, Any]
    ignore: tuple[str, ...] = ()
    assumptions: tuple[Text, ...] = ()
    trailer: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    attribution: str = ""
    words: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c for o in self.outputs for c in o.columns))

    def required_columns(self) -> tuple[str, ...]:
        """Columns without which a required field would be empty."""
        needed: dict[str, None] = {}
        for output in self.outputs:
            must = {f.name for f in output.kind.fields if f.required}
            used = {n for d in output.derive for n in names_in(d.expression)}
            for entry in output.entries:
                needed |= dict.fromkeys(c.column for c in entry.cells if c.target in must or c.target in used)
        return tuple(needed)


def names_in(expression: str) -> set[str]:
    return {c.name for c in sqlglot.parse_one(expression, dialect="postgres").find_all(exp.Column)}


class _Reader:
    def __init__(self) -> None:
        self.found: list[Refusal] = []

    def wrong(self, pointer: str, zh: str, en: str) -> None:
        self.found.append(refusals.PROFILE_INVALID.at(pointer, why=zh, why_en=en, pointer=pointer))

    def known(self, words: Any, allowed: Sequence[str], pointer: str) -> Mapping[str, Any]:
        if not isinstance(words, Mapping):
            self.wrong(pointer, "应为键值对", "a mapping is needed")
            return {}
        for word in words:
            if word not in allowed:
                self.wrong(
                    f"{pointer}/{word}",
                    f"不认识“{word}”，可用：{', '.join(allowed)}",
                    f"unknown {word}; known: {', '.join(allowed)}",
                )
        return words

    def text(self, value: Any, pointer: str) -> Text | None:
        if isinstance(value, str) and value:
            return Text(value, value)
        if isinstance(value, Mapping) and set(value) == {"zh", "en"}:
            return Text(str(value["zh"]), str(value["en"]))
        self.wrong(pointer, "应写明 zh 和 en", "zh and en are needed")
        return None

    def texts(self, values: Any, pointer: str) -> tuple[Text, ...]:
        found = (self.text(v, f"{pointer}/{i}") for i, v in enumerate(values or ()))
        return tuple(t for t in found if t is not None)


def read(text: str) -> Profile | Refusal:
    """A profile from its YAML text. Refuses (``profile.invalid``, ``profile.expression``) with every reason in ``errors``."""
    try:
        words = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        said = str(problem).replace("\n", " ")[:200]
        return refusals.PROFILE_INVALID.at("/", why=said, why_en=said, pointer="/")
    return from_words(words)


def from_words(words: Any) -> Profile | Refusal:
    """A profile from plain data. ``words`` of the result are what was given, for storing."""
    reader = _Reader()
    top = reader.known(words, _TOP, "")
    name = str(top.get("id") or "")
    if not name or not all(c.isalnum() or c in "-_." for c in name):
        reader.wrong("/id", "需要由字母、数字、连字符组成的编号", "an id of letters, digits and hyphens is needed")
    outputs = top.get("outputs")
    if not isinstance(outputs, list) or not outputs:
        reader.wrong("/outputs", "至少要有一个输出", "at least one output is needed")
        outputs = []
    shared = dict(reader.known(top.get("constants") or {}, list(top.get("constants") or {}), "/constants"))
    made = [_output(reader, o, shared, f"/outputs/{i}") for i, o in enumerate(outputs)]
    title = reader.text(top.get("title") or name, "/title")
    assumptions = reader.texts(top.get("assumptions"), "/assumptions")
    if reader.found:
        return dataclasses.replace(reader.found[0], errors=tuple(reader.found[1:]))
    return Profile(
        name, int(top.get("version") or 1), title or Text(name, name), tuple(o for o in made if o is not None),
        dict(top.get("source") or {}), tuple(top.get("ignore") or ()), assumptions, dict(top.get("trailer") or {}),
        str(top.get("attribution") or ""), _plain(top),
    )  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value


def _output(reader: _Reader, words: Any, shared: dict[str, Any], at: str) -> Output | None:
    words = reader.known(words, _OUTPUT, at)
    kind = KINDS.get(str(words.get("kind")))
    if kind is None:
        reader.wrong(f"{at}/kind", f"可用：{', '.join(KINDS)}", f"known: {', '.join(KINDS)}")
        return None
    own = words.get("constants") or {}
    constants = {k: v for k, v in shared.items() if kind.field(k)} | {f.name: f.default for f in kind.fields if f.default}
    constants |= own
    general = reader.texts(words.get("assumptions"), f"{at}/assumptions")
    base = list(_cells(reader, words.get("columns") or {}, kind, f"{at}/columns"))
    entries = []
    for i, one in enumerate(words.get("unpivot") or [{}]):
        place = f"{at}/unpivot/{i}"
        one = reader.known(one, ("columns", "constants", "assumptions"), place)
        cells = (*base, *_cells(reader, one.get("columns") or {}, kind, f"{place}/columns"))
        fixed = {k: _constant(v) for k, v in (constants | (one.get("constants") or {})).items()}
        targets = {c.target for c in cells if not c.is_word}
        entries.append(Entry(cells, {k: v for k, v in fixed.items() if k not in targets or not _is_default(kind, k, v)},
                             (*general, *reader.texts(one.get("assumptions"), f"{place}/assumptions"))))  # fmt: skip
        for key in fixed:
            if kind.field(key) is None:
                reader.wrong(f"{at}/constants/{key}", f"“{kind.name}”没有字段“{key}”", f"{kind.name} has no field {key}")
    derive = tuple(_derivations(reader, words.get("derive") or {}, kind, entries, f"{at}/derive"))
    for entry in entries:
        given = {c.target for c in entry.cells} | set(entry.constants) | {d.target for d in derive}
        for field in kind.fields:
            if field.required and field.name not in given:
                reader.wrong(
                    at, f"缺少必需字段“{field.label.zh}”（{field.name}）", f"the required field {field.name} has no source"
                )
    return Output(kind, tuple(entries), derive)


def _is_default(kind: Kind, name: str, value: str) -> bool:
    field = kind.field(name)
    return field is not None and bool(field.default) and field.default == value


def _constant(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _cells(reader: _Reader, columns: Any, kind: Kind, at: str) -> Iterator[Cell]:
    for column, targets in reader.known(columns, list(columns) if isinstance(columns, Mapping) else [], at).items():
        for spec in targets if isinstance(targets, list) else [targets]:
            spec = reader.known({"field": spec} if isinstance(spec, str) else spec, _CELL, f"{at}/{column}")
            target = str(spec.get("field") or spec.get("word") or "")
            is_word = "word" in spec
            field = None if is_word else kind.field(target)
            if not is_word and field is None:
                reader.wrong(f"{at}/{column}", f"“{kind.name}”没有字段“{target}”", f"{kind.name} has no field {target}")
                continue
            cell_type = str(spec.get("type") or (field.type if field else "text"))
            if cell_type not in TYPES:
                reader.wrong(f"{at}/{column}/type", f"可用：{', '.join(TYPES)}", f"known: {', '.join(TYPES)}")
            values = {str(k): str(v) for k, v in (spec.get("values") or {}).items()}
            for code in values.values():
                if field is not None and field.codes and code and code not in field.codes:
                    reader.wrong(f"{at}/{column}/values", f"“{code}”不是 {target} 的代码", f"{code} is no code of {target}")
            forms = spec.get("date") or ()
            yield Cell(
                str(column), target, cell_type, is_word, (forms,) if isinstance(forms, str) else tuple(forms), values,
                str(spec.get("prefix") or ""), bool(spec.get("scientific")), bool(spec.get("measurement_only")),
            )  # fmt: skip


def _derivations(reader: _Reader, words: Any, kind: Kind, entries: Iterable[Entry], at: str) -> Iterator[Derivation]:
    known = {c.target for e in entries for c in e.cells} | {k for e in entries for k in e.constants}
    for target, spec in reader.known(words, list(words) if isinstance(words, Mapping) else [], at).items():
        if kind.field(target) is None:
            reader.wrong(f"{at}/{target}", f"“{kind.name}”没有字段“{target}”", f"{kind.name} has no field {target}")
        spec = reader.known(
            {"expression": spec} if isinstance(spec, str) else spec, ("expression", "assumption"), f"{at}/{target}"
        )
        expression = str(spec.get("expression") or "")
        if (why := why_not(expression, known)) is not None:
            reader.found.append(refusals.EXPRESSION.at(f"{at}/{target}", why=why.zh, why_en=why.en))
            continue
        assumption = reader.text(spec["assumption"], f"{at}/{target}/assumption") if spec.get("assumption") else None
        known.add(target)
        yield Derivation(target, expression, assumption)


def why_not(expression: str, known: set[str]) -> Text | None:
    """Why an expression cannot be used, or None: it must parse, know its names and use exact operations only (no division)."""
    try:
        tree = sqlglot.parse_one(expression, dialect="postgres")
    except (sqlglot.ParseError, sqlglot.TokenError) as problem:
        said = str(problem).split("\n")[0][:120]
        return Text(said, said)
    for node in tree.walk():
        if not isinstance(node, ALLOWED):
            return Text(f"不可用：{node.key}", f"not usable: {node.key}")
        if isinstance(node, exp.Literal) and not node.is_string and not node.this.isdigit():
            return Text(f"只可用整数，现为 {node.this}", f"whole numbers only, not {node.this}")
        if isinstance(node, exp.Column) and node.name not in known:
            return Text(
                f"没有“{node.name}”，可用：{', '.join(sorted(known))}", f"no {node.name}; known: {', '.join(sorted(known))}"
            )
    return None


def propose(columns: Sequence[str], kind: Kind) -> dict[str, Any]:
    """A profile proposed from header names: a column whose folded name is a field's label, name or synonym. Unmatched stay out."""
    names: dict[str, Field] = {}
    for field in kind.fields:
        for name in (*field.synonyms, field.label.zh, field.label.en, field.name):
            names.setdefault(folded(name), field)
    taken: set[str] = set()
    matched: dict[str, str] = {}
    for column in columns:
        found = names.get(folded(column))
        if found is not None and found.name not in taken:
            matched[column] = found.name
            taken.add(found.name)
    return {
        "id": f"proposed-{kind.name}", "version": 1, "title": {"zh": f"{kind.label.zh}（自动对应）", "en": f"{kind.label.en} (proposed)"},
        "outputs": [{"kind": kind.name, "columns": matched}],
    }  # fmt: skip


def best_kind(columns: Sequence[str]) -> Kind:
    """The kind whose fields match most of the columns."""
    return max(KINDS.values(), key=lambda kind: len(propose(columns, kind)["outputs"][0]["columns"]))
