"""Navigation entries of the journal room."""

from __future__ import annotations

from arrears.kernel.declare import NavItem
from arrears.kernel.refusals import Text
from arrears.kernel.scope import Role

NAV = [
    NavItem(
        "journal", Text("操作日志", "Journal"), "journal:entries", "book",
        frozenset({Role.AUDITOR, Role.COMPLIANCE, Role.OPERATOR}), 820,
    )
]  # fmt: skip
