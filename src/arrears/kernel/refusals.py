"""A refusal is a value with a code, not an exception: what happened, where, which rule, how to fix it, zh and en."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_REGISTRY: dict[str, RefusalCode] = {}


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in the two house languages."""

    zh: str
    en: str

    def format(self, **values: Any) -> Text:
        return Text(self.zh.format(**values), self.en.format(**values))

    def in_language(self, language: str) -> str:
        return self.zh if language.lower().startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class RefusalCode:
    """Declaration of one reason to refuse. ``code`` is stable and machine-readable: ``payment.before_disbursement``.

    Sentences may hold ``{name}`` fields, filled from the refusal's ``values``. ``status`` is the HTTP status the API
    answers with; ``rule`` names the clause or house rule where one exists.
    """

    code: str
    zh: str
    en: str
    fix_zh: str
    fix_en: str
    status: int = 422
    rule: str = ""

    def __post_init__(self) -> None:
        known = _REGISTRY.get(self.code)
        if known is not None and known != self:
            raise ValueError(f"refusal code declared twice: {self.code}")
        _REGISTRY[self.code] = self

    def at(self, pointer: str = "", /, **values: Any) -> Refusal:
        """A refusal of this kind. ``pointer`` is a JSON Pointer or a place such as ``row 12, column due_on``."""
        return Refusal(self, pointer, values)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An act was refused and nothing changed. ``errors`` carries further reasons when there are several."""

    kind: RefusalCode
    pointer: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[Refusal, ...] = ()

    @property
    def code(self) -> str:
        return self.kind.code

    @property
    def status(self) -> int:
        return self.kind.status

    @property
    def sentence(self) -> Text:
        return Text(self.kind.zh, self.kind.en).format(**self.values)

    @property
    def fix(self) -> Text:
        return Text(self.kind.fix_zh, self.kind.fix_en).format(**self.values)

    def __bool__(self) -> bool:
        """A refusal is falsy, so ``if not result`` reads as "was refused"."""
        return False

    def as_problem(self, language: str = "en") -> dict[str, Any]:
        """RFC 9457 problem document (``application/problem+json``) without ``instance`` and ``trace_id``."""
        problem: dict[str, Any] = {
            "type": f"/docs/errors#{self.code}",
            "title": self.sentence.in_language(language),
            "status": self.status,
            "detail": self.fix.in_language(language),
            "code": self.code,
            "rule": self.kind.rule or self.code,
        }
        if self.pointer:
            problem["pointer"] = self.pointer
        problem["errors"] = [e.as_problem(language) for e in self.errors]
        return problem


def all_codes() -> dict[str, RefusalCode]:
    """Every declared code, for the generated reference page and the uniqueness check."""
    return dict(_REGISTRY)
