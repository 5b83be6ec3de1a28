"""One pass over the bytes: SHA-256, size, and which encoding the text is in."""

from __future__ import annotations

import codecs
import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path

from arrears.intake import refusals
from arrears.kernel.refusals import Refusal

_BLOCK = 4 * 1024**2
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """``utf8_fault`` is the offset of the first byte that is not UTF-8, None where all is."""

    sha256: bytes
    size: int
    head: bytes = dataclasses.field(repr=False)
    utf8_fault: int | None


def take(path: Path, limit: int) -> Fingerprint | Refusal:
    """Read the file once. Refusals: ``file.missing``, ``file.empty``, ``file.too_large``."""
    if not path.is_file():
        return refusals.FILE_MISSING.at()
    size = path.stat().st_size
    if size > limit:
        return refusals.FILE_TOO_LARGE.at(size=size, limit=limit)
    if size == 0:
        return refusals.FILE_EMPTY.at()
    digest, fault, head = hashlib.sha256(), None, b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    done = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            head = head or block[: 256 * 1024]
            if fault is None:
                pending = len(decoder.getstate()[0])
                try:
                    decoder.decode(block)
                except UnicodeDecodeError as problem:
                    fault = done - pending + problem.start
            done += len(block)
    if fault is None and (pending := len(decoder.getstate()[0])):
        fault = done - pending
    return Fingerprint(digest.digest(), size, head, fault)


def encoding_of(mark: Fingerprint, path: Path, stated: str = "", hint: str = "") -> str | Refusal:
    """The encoding of a text file: stated by the person, by a BOM, UTF-16 by its NULs, UTF-8 where every byte fits, else GB18030.

    ``hint`` is the profile's: tried where the bytes are not UTF-8. A refusal (``file.encoding``) names the row and byte where
    the best candidate fails.
    """
    for bom, name in BOMS:
        if mark.head.startswith(bom):
            return _checked(path, name)
    if not stated and (wide := _wide(mark.head[:4096])):
        return _checked(path, wide)
    if stated and stated.lower().replace("_", "-") not in ("utf-8", "utf8", "auto"):
        try:
            return _checked(path, codecs.lookup(stated).name)
        except LookupError:
            return refusals.ENCODING.at(row=1, offset=0, encoding=stated)
    if mark.utf8_fault is None:
        return "utf-8"
    if stated and stated.lower() != "auto":
        return refusals.ENCODING.at(row=_row_at(path, mark.utf8_fault), offset=mark.utf8_fault, encoding="UTF-8")
    hinted = hint.lower() not in ("", "auto", "utf-8", "utf8")
    return _checked(path, codecs.lookup(hint).name if hinted else "gb18030")


def _wide(sample: bytes) -> str:
    """UTF-16 without a BOM: every ASCII character leaves a NUL on the same side."""
    low, high = sample[1::2].count(0), sample[::2].count(0)
    if max(low, high) < max(4, len(sample) // 20) or min(low, high) > max(low, high) // 20:
        return ""
    return "utf-16-le" if low > high else "utf-16-be"


def _checked(path: Path, encoding: str) -> str | Refusal:
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as problem:
                offset = max(0, done - pending) + problem.start
                return refusals.ENCODING.at(row=_row_at(path, offset), offset=offset, encoding=encoding.upper())
            if not block:
                return encoding
            done += len(block)


def _row_at(path: Path, offset: int) -> int:
    """Line number of a byte."""
    lines, left = 1, offset
    with path.open("rb") as file:
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            lines += block.count(b"\n")
            left -= len(block)
    return lines
