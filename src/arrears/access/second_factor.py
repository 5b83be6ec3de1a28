"""Time-based codes (RFC 6238) and recovery codes. Secrets are kept encrypted, recovery codes hashed; a code counts once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp
import segno
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

ISSUER = "Arrears"
STEP_SECONDS = 30
RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


def _box() -> MultiFernet:
    def key(secret: str) -> Fernet:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"arrears second factor v1").derive(secret.encode())
        return Fernet(base64.urlsafe_b64encode(derived))

    return MultiFernet([key(s.strip()) for s in settings.SECRET_OF("identity").split(",") if s.strip()])


def new_secret() -> str:
    return pyotp.random_base32()


def seal(secret: str) -> bytes:
    return _box().encrypt(secret.encode())


def open_sealed(sealed: bytes | memoryview) -> str:
    return _box().decrypt(bytes(sealed)).decode()


def uri(secret: str, account: str) -> str:
    """``otpauth://`` address for authenticator apps. ``account`` is the user name."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def qr_data_uri(address: str) -> str:
    """A QR code as SVG data URI (allowed by the page's ``img-src data:``)."""
    return str(segno.make(address, error="m").svg_data_uri(scale=5, border=2, dark="#000", light="#fff"))


def matching_step(secret: str, code: str, at: datetime, after_step: int) -> int | None:
    """The 30-second step whose code this is: now or one to either side, and later than ``after_step``; else None."""
    digits = "".join(code.split())
    totp, now_step = pyotp.TOTP(secret), int(at.timestamp()) // STEP_SECONDS
    found = None
    for step in (now_step - 1, now_step, now_step + 1):
        if hmac.compare_digest(totp.at(step * STEP_SECONDS).encode(), digits.encode()) and step > after_step:
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes of 10 letters and digits (49 bits), shown once: ``k7m2p-9xqrt``."""
    letters = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    return [f"{code[:5]}-{code[5:]}" for code in letters]


def recovery_hash(user_public_id: str, code: str) -> bytes:
    """Keyed hash under which a recovery code is kept."""
    normal = "".join(c for c in code.lower() if c.isalnum())
    key = settings.SECRET_OF("identity_index").encode()
    return hmac.digest(key, f"recovery\x00{user_public_id}\x00{normal}".encode(), hashlib.sha256)
