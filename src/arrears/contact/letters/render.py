"""Typst renders the facts. The compiler with its fonts is made once per process: about twenty times faster than anew."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time
from functools import cache
from importlib.resources import files
from pathlib import Path

import pylopdf_fonts_zh_cn
import segno
import typst

from arrears.contact.letters.facts import LetterFacts
from arrears.journal.canonical import canonical_bytes

TEMPLATE = "reminder"
#: Raise when the template changes in any way: a stored letter names the version it was made with.
TEMPLATE_VERSION = 1


@cache
def _compiler() -> typst.Compiler:
    fonts = Path(pylopdf_fonts_zh_cn.__file__).parent
    return typst.Compiler(font_paths=[str(fonts)], ignore_system_fonts=True)


@cache
def _template() -> bytes:
    return files(__package__).joinpath("templates", f"{TEMPLATE}.typ").read_bytes()


def data_hash(facts: LetterFacts) -> str:
    """SHA-256 (hex) over template, version and facts: what a stored letter is checked against."""
    head = canonical_bytes({"template": TEMPLATE, "version": TEMPLATE_VERSION, "facts": facts.as_data()})
    return hashlib.sha256(head).hexdigest()


def render(facts: LetterFacts) -> bytes:
    """The letter as PDF/A-2b. The same facts give the same bytes: the time stamp is the letter's own date."""
    code = segno.make(facts.check_url, error="m", micro=False).svg_inline(omitsize=True, dark="#000000", border=0)
    data = canonical_bytes(facts.as_data() | {"qr": code}).decode()
    pdf = _compiler().compile(
        input=_template(),
        format="pdf",
        sys_inputs={"data": data},
        pdf_standards=["a-2b"],
        timestamp=datetime.combine(facts.dated_on, time(), UTC),
    )
    if not isinstance(pdf, bytes):
        raise TypeError("the letter did not come out as one PDF")
    return pdf
