"""Navigation entries of the worklist room."""

from __future__ import annotations

from arrears.kernel.declare import NavItem
from arrears.kernel.refusals import Text
from arrears.kernel.scope import Role

NAV = [
    NavItem(
        "worklist", Text("工作清单", "Worklist"), "worklist:mine", "list",
        frozenset({Role.COLLECTOR, Role.LEAD, Role.FIELD, Role.LEGAL, Role.COMPLIANCE, Role.OPERATOR, Role.AGENCY}), 100,
    )
]  # fmt: skip
