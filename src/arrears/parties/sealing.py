"""Identity fields at rest: AES-256-GCM with a key ring, and keyed blind indexes for exact matching.

Sealed form: one byte version (1), four bytes key id, twelve bytes random nonce, ciphertext with a 16-byte tag; version and
key id are authenticated too. The ring is the secret ``identity``: one secret, or several separated by commas. The first one
seals, all of them open; after ``arrears parties reseal`` the old ones may be taken off. Blind indexes use the secret
``identity_index``, which is never rotated silently: a new one needs every index computed anew.

Both come from ``ARREARS_SECRET_IDENTITY`` and ``ARREARS_SECRET_IDENTITY_INDEX`` or the files of the installation's secrets
folder. A sealed value of an unknown key, or one that was changed, raises ``SealError``: it is a fault of the installation,
never of an input.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_HEAD = 5
_NONCE = 12


class SealError(RuntimeError):
    """A sealed value cannot be opened: its key is not on the ring, or the bytes were changed."""


def _derive(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())


@dataclass(frozen=True, slots=True)
class Ring:
    """Ciphers by header (version and key id). ``current`` is the header new values get."""

    current: bytes
    ciphers: dict[bytes, AESGCM]

    @classmethod
    def of(cls, secrets: str) -> Ring:
        ciphers: dict[bytes, AESGCM] = {}
        for secret in filter(None, (part.strip() for part in secrets.split(","))):
            key = _derive(secret, b"arrears identity v1")
            ciphers[_VERSION + hashlib.sha256(b"key id" + key).digest()[:4]] = AESGCM(key)
        if not ciphers:
            raise SealError("the identity secret is empty")
        return cls(next(iter(ciphers)), ciphers)

    def seal(self, text: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return self.current + nonce + self.ciphers[self.current].encrypt(nonce, text.encode(), self.current)

    def open(self, sealed: bytes) -> str:
        sealed = bytes(sealed)
        head = sealed[:_HEAD]
        cipher = self.ciphers.get(head)
        if cipher is None:
            raise SealError(f"no key {head[1:].hex()} on the ring")
        try:
            return cipher.decrypt(sealed[_HEAD : _HEAD + _NONCE], sealed[_HEAD + _NONCE :], head).decode()
        except InvalidTag as problem:
            raise SealError("the sealed value was changed") from problem


@functools.cache
def _ring() -> Ring:
    from django.conf import settings

    return Ring.of(settings.SECRET_OF("identity"))


@functools.cache
def _index_key() -> bytes:
    from django.conf import settings

    return _derive(settings.SECRET_OF("identity_index"), b"arrears index v1")


def forget_keys() -> None:
    """Read the secrets again at the next use (after a rotation, in tests)."""
    _ring.cache_clear()
    _index_key.cache_clear()


def seal(text: str) -> bytes:
    """Encrypt one identity value. Equal texts give different bytes."""
    return _ring().seal(text)


def open_sealed(sealed: bytes | memoryview) -> str:
    """The clear text of ``sealed``. Callers log the reveal; see ``actions.reveal``. Raises ``SealError``."""
    return _ring().open(bytes(sealed))


def seal_many(texts: Iterable[str]) -> list[bytes]:
    """``seal`` for a column: one draw of random bytes, no look-ups inside the loop (about a second for a million)."""
    ring = _ring()
    head, encrypt = ring.current, ring.ciphers[ring.current].encrypt
    texts = list(texts)
    noise = os.urandom(_NONCE * len(texts))
    out = []
    for place, text in enumerate(texts):
        nonce = noise[place * _NONCE : place * _NONCE + _NONCE]
        out.append(head + nonce + encrypt(nonce, text.encode(), head))
    return out


def is_current(sealed: bytes | memoryview) -> bool:
    """Whether ``sealed`` bears the key that new values get."""
    return bytes(sealed[:_HEAD]) == _ring().current


def normal(kind: str, text: str) -> str:
    """The form in which equal values compare equal: full-width folded, case folded, spaces out."""
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if kind in ("name", "address"):
        return "".join(folded.split()).replace("•", "·").casefold()
    return "".join(folded.split()).upper() if kind == "id" else "".join(folded.split()).casefold()


def index(kind: str, text: str) -> bytes:
    """32-byte keyed hash of the normal form, for exact matching. ``kind``: ``name id phone email address im``."""
    return hmac.digest(_index_key(), f"{kind}\x00{normal(kind, text)}".encode(), "sha256")


def index_many(kind: str, texts: Iterable[str]) -> list[bytes]:
    """``index`` for a column."""
    key, digest, head = _index_key(), hmac.digest, kind.encode() + b"\x00"
    return [digest(key, head + normal(kind, text).encode(), "sha256") for text in texts]
