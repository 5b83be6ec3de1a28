"""The same creditor, people and loans as the worklist's tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("worklist_fixtures", Path(__file__).parent.parent / "worklist" / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_shared = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_shared)

actor, at, bank, borrow, book_dir = _shared.actor, _shared.at, _shared.bank, _shared.borrow, _shared.book_dir
