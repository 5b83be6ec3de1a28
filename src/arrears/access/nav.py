"""Navigation entries of the access room."""

from __future__ import annotations

from arrears.kernel.declare import NavItem
from arrears.kernel.refusals import Text
from arrears.kernel.scope import Role

NAV = [
    NavItem(
        "approvals", Text("审批", "Approvals"), "access:approvals", "check-square",
        frozenset({Role.LEAD, Role.COMPLIANCE, Role.OPERATOR, Role.LEGAL}), 700,
    ),
    NavItem(
        "access_log", Text("查看记录", "Access log"), "access:access_log", "eye",
        frozenset({Role.COMPLIANCE, Role.AUDITOR}), 810,
    ),
    NavItem("people", Text("人员与权限", "People and rights"), "access:people", "users", frozenset({Role.OPERATOR}), 900),
]  # fmt: skip
