"""The published vocabulary: every declared column of every room, versioned by its own content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from arrears.kernel.declare import Column
from arrears.rules.terms import Kind, Name

_KINDS = {
    "text": Kind.TEXT,
    "integer": Kind.INTEGER,
    "money_minor": Kind.INTEGER,
    "number": Kind.NUMBER,
    "date": Kind.DATE,
    "instant": Kind.INSTANT,
    "boolean": Kind.BOOLEAN,
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words a condition may use, by name. ``version`` changes when any word, type, unit or NULL rule changes."""

    columns: Mapping[str, Column]
    version: str

    def name(self, word: str) -> Name | None:
        """The word as a term, or None where it is not declared."""
        column = self.columns.get(word)
        if column is None:
            return None
        unit = column.unit or ("minor" if column.type == "money_minor" else "")
        return Name(word, _KINDS[column.type], unit, column.nullable)


def vocabulary(columns: Iterable[Column]) -> Vocabulary:
    """Make a vocabulary. Raises ``ValueError`` for a word declared twice or of an unknown type."""
    words: dict[str, Column] = {}
    for column in columns:
        if column.name in words:
            raise ValueError(f"column declared twice: {column.name}")
        if column.type not in _KINDS:
            raise ValueError(f"{column.name}: unknown type {column.type}")
        words[column.name] = column
    content = sorted((c.name, c.type, c.unit, c.nullable) for c in words.values())
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]
    return Vocabulary(MappingProxyType(words), digest)
