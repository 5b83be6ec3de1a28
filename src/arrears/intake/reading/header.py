"""Header cells: cleaned, checked, compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from arrears.intake import refusals
from arrears.intake.fields import letter
from arrears.kernel.refusals import Refusal


def clean(name: str) -> str:
    """A header cell without BOM, line breaks and outer spaces."""
    return " ".join(name.replace("\ufeff", "").split())


def folded(name: str) -> str:
    """Form in which header names compare: width, case and spaces do not matter.

    >>> folded("客户号（主）") == folded("客户号 (主)")
    True
    """
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def checked(cells: Sequence[str], limit: int) -> tuple[str, ...] | Refusal:
    """Column names of a header row. An empty name becomes ``列A``. Refusals: ``header.duplicate``, ``header.too_many_columns``."""
    names = [clean(c) for c in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        return refusals.FILE_EMPTY.at()
    if len(names) > limit:
        return refusals.HEADER_TOO_WIDE.at(count=len(names), limit=limit)
    names = [n or f"列{letter(i)}" for i, n in enumerate(names)]
    seen: dict[str, int] = {}
    for i, name in enumerate(names):
        first = seen.setdefault(folded(name), i)
        if first != i:
            return refusals.HEADER_DUPLICATE.at(column=name, letters=f"{letter(first)}, {letter(i)}")
    return tuple(names)
