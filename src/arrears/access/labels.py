"""Names of roles in the two house languages."""

from __future__ import annotations

from arrears.kernel.refusals import Text
from arrears.kernel.scope import Role

ROLES: dict[Role, Text] = {
    Role.COLLECTOR: Text("催收员", "Collector"),
    Role.LEAD: Text("组长", "Team lead"),
    Role.ANALYST: Text("分析师", "Analyst"),
    Role.FIELD: Text("外访员", "Field agent"),
    Role.LEGAL: Text("法务", "Legal"),
    Role.COMPLIANCE: Text("合规", "Compliance"),
    Role.AGENCY: Text("外包机构", "Agency"),
    Role.INTEGRATOR: Text("系统集成", "Integrator"),
    Role.OPERATOR: Text("运营管理", "Operator"),
    Role.AUDITOR: Text("审计", "Auditor"),
}


def role_names(roles: frozenset[Role] | set[Role] | list[Role], language: str) -> list[str]:
    """Names of ``roles`` in a stable order."""
    return [ROLES[role].in_language(language) for role in Role if role in roles]
