"""Navigation entries of the main screens."""

from __future__ import annotations

from arrears.kernel.declare import NavItem
from arrears.kernel.refusals import Text
from arrears.kernel.scope import Role

_EVERYONE = frozenset(Role)
NAV = [
    NavItem("customers", Text("客户", "Customers"), "web:customers", "person", _EVERYONE - {Role.INTEGRATOR}, 200),
    NavItem(
        "overview", Text("总览", "Overview"), "web:overview", "chart",
        frozenset({Role.ANALYST, Role.LEAD, Role.COMPLIANCE, Role.OPERATOR, Role.AUDITOR}), 300,
    ),
]  # fmt: skip
