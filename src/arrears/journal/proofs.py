"""A proof that one entry is in the sealed log, as a JSON document that anyone checks offline with the public key. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from arrears.journal import canonical, checkpoints, merkle
from arrears.journal.checkpoints import Verifier

FORM = "arrears.journal.proof/1"


def document(
    entry_id: int, content: Mapping[str, Any], index: int, path: list[bytes], note: str, verifier: Verifier
) -> dict[str, Any]:
    """The proof of one entry: its content, its place, the audit path and the signed checkpoint."""
    return {
        "form": FORM,
        "entry": entry_id,
        "content": canonical.plain(dict(content)),
        "leaf_index": index,
        "path": [base64.b64encode(node).decode() for node in path],
        "checkpoint": note,
        "verifier": str(verifier),
    }


def check(proof: Mapping[str, Any], keys: list[Verifier]) -> bool:
    """Whether the document proves that exactly this content is in a log signed by one of ``keys``.

    The key inside the document is a convenience, never trusted: give the keys you got from the creditor.
    """
    try:
        signed = checkpoints.read_note(proof["checkpoint"], keys)
        content_hash = canonical.sha256(proof["content"])
        path = [base64.b64decode(node, validate=True) for node in proof["path"]]
        index, entry_id = int(proof["leaf_index"]), int(proof["entry"])
    except (KeyError, TypeError, ValueError):
        return False
    if signed is None or proof.get("form") != FORM:
        return False
    leaf = merkle.leaf_hash(canonical.canonical_bytes({"entry": entry_id, "content": content_hash.hex()}))
    return merkle.root_from_inclusion(leaf, index, signed.size, path) == signed.root
