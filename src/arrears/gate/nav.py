"""Navigation entries of the gate room."""

from __future__ import annotations

from arrears.kernel.declare import NavItem
from arrears.kernel.refusals import Text
from arrears.kernel.scope import Role

NAV = [
    NavItem(
        "gate", Text("联系许可", "Contact gate"), "gate:explorer", "shield",
        frozenset({Role.COMPLIANCE, Role.LEAD, Role.LEGAL, Role.ANALYST, Role.AUDITOR, Role.OPERATOR}), 430,
    )
]  # fmt: skip
