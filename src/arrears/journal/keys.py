"""Keys of the journal: the secret ``journal_signing``, one or several separated by commas; the first one signs, all verify."""

from __future__ import annotations

from django.conf import settings

from arrears.journal.checkpoints import Signer, Verifier


def _secrets() -> list[str]:
    return [part.strip() for part in settings.SECRET_OF("journal_signing").split(",") if part.strip()]


def signer() -> Signer:
    """The key that signs new checkpoints."""
    return Signer.from_secret(_secrets()[0])


def verifiers() -> list[Verifier]:
    """Public keys that may have signed, the present one first. Give them to whoever verifies from outside."""
    return [Signer.from_secret(secret).public for secret in _secrets()]
