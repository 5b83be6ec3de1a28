"""Opaque prefixed public ids: ``agr_7k2m9…``; random, no personal data, safe in a URL."""

from __future__ import annotations

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """A fresh id with 100 random bits: ``new_id("agr")`` gives ``agr_`` and 20 characters."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(20))
