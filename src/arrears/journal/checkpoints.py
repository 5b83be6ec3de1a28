"""Signed roots in the form of a C2SP signed note (tlog-checkpoint): any witness of transparency logs can read one. Pure.

    arrears.journal
    1207
    <root hash, base64>
    signed_at 2026-11-23T01:00:00+00:00

    — arrears.journal <key hash and Ed25519 signature, base64>

Source of the form: C2SP ``signed-note`` and ``tlog-checkpoint``, version 1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ORIGIN = "arrears.journal"
_ALGORITHM = b"\x01"  # Ed25519


@dataclass(frozen=True, slots=True)
class Signer:
    """The private key of an installation's journal."""

    private: Ed25519PrivateKey

    @classmethod
    def from_secret(cls, secret: str) -> Signer:
        seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"arrears journal signing v1").derive(secret.encode())
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public(self) -> Verifier:
        return Verifier(self.private.public_key())

    def sign(self, body: str) -> bytes:
        """64 bytes over the text of the note."""
        return self.private.sign(body.encode())


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public key, in the text form that verifiers of signed notes use: ``name+hash+key``."""

    public: Ed25519PublicKey

    @property
    def raw(self) -> bytes:
        return self.public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    @property
    def key_hash(self) -> bytes:
        return hashlib.sha256(ORIGIN.encode() + b"\n" + _ALGORITHM + self.raw).digest()[:4]

    @property
    def key_id(self) -> str:
        return self.key_hash.hex()

    def __str__(self) -> str:
        return f"{ORIGIN}+{self.key_id}+{base64.b64encode(_ALGORITHM + self.raw).decode()}"

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Read the text form. Raises ``ValueError``."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            data = base64.b64decode(encoded, validate=True)
        except binascii.Error as problem:
            raise ValueError("not a verifier key") from problem
        if name != ORIGIN or data[:1] != _ALGORITHM or len(data) != 33:
            raise ValueError("not an Ed25519 verifier key of an Arrears journal")
        key = cls(Ed25519PublicKey.from_public_bytes(data[1:]))
        if key.key_id != key_id:
            raise ValueError("the key does not fit its hash")
        return key

    def verifies(self, body: str, signature: bytes) -> bool:
        try:
            self.public.verify(signature, body.encode())
        except InvalidSignature:
            return False
        return True


def body(size: int, root: bytes, signed_at: datetime) -> str:
    """The signed text of a checkpoint."""
    return f"{ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\nsigned_at {signed_at.isoformat()}\n"


def note(size: int, root: bytes, signed_at: datetime, key_hash: bytes, signature: bytes) -> str:
    """The whole signed note."""
    return f"{body(size, root, signed_at)}\n— {ORIGIN} {base64.b64encode(key_hash + signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedRoot:
    """What a note says, its signature checked."""

    size: int
    root: bytes
    signed_at: datetime


def read_note(text: str, keys: list[Verifier]) -> SignedRoot | None:
    """The content of a note that one of ``keys`` signed, or None."""
    head, _, tail = text.partition("\n\n")
    head += "\n"
    lines = head.split("\n")
    try:
        origin, size, root, stamp = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True), lines[3]
        signed_at = datetime.fromisoformat(stamp.removeprefix("signed_at "))
    except (IndexError, ValueError):
        return None
    if origin != ORIGIN or len(root) != 32 or head != body(size, root, signed_at):
        return None
    for line in tail.splitlines():
        words = line.split(" ")
        if len(words) != 3 or words[:2] != ["—", ORIGIN]:
            continue
        try:
            signature = base64.b64decode(words[2], validate=True)
        except binascii.Error:
            continue
        if any(k.key_hash == signature[:4] and k.verifies(head, signature[4:]) for k in keys):
            return SignedRoot(size, root, signed_at)
    return None
