"""Navigation entries of the intake room."""

from __future__ import annotations

from arrears.kernel.declare import NavItem
from arrears.kernel.refusals import Text
from arrears.kernel.scope import Role

from . import nav_statements

ITEM = NavItem("imports", Text("导入", "Import"), "intake:imports", "inbox", frozenset({Role.OPERATOR, Role.INTEGRATOR}), 500)
NAV = [ITEM, nav_statements.ITEM]
