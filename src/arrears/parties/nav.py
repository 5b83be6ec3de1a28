"""Navigation entries of the parties room."""

from __future__ import annotations

from arrears.kernel.declare import NavItem
from arrears.kernel.refusals import Text
from arrears.kernel.scope import Role

NAV = [
    NavItem(
        "matches", Text("客户归并", "Customer matches"), "parties:matches", "git-merge",
        frozenset({Role.LEAD, Role.OPERATOR, Role.COMPLIANCE}), 420,
    )
]  # fmt: skip
