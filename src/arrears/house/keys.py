"""Secrets of this installation: from the environment where set, else made once in ``home/secrets`` (mode 0600)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret(name: str, home: Path) -> str:
    """The secret ``name`` as URL-safe text of 43 or more characters. ``ARREARS_SECRET_<NAME>`` overrides the file.

    Raises ``PermissionError`` where neither the variable is set nor the folder can be written.
    """
    if given := os.environ.get(f"ARREARS_SECRET_{name.upper()}"):
        return given
    folder = home / "secrets"
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = folder / f".{name}.{secrets.token_hex(4)}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(32))
        try:
            os.link(fresh, path)  # the first writer wins, without a half-written file
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text()
