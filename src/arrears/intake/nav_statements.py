"""Navigation entry of the receipts queue, taken up by ``nav.py``."""

from __future__ import annotations

from arrears.kernel.declare import NavItem
from arrears.kernel.refusals import Text
from arrears.kernel.scope import Role

ITEM = NavItem(
    "receipts", Text("收款匹配", "Receipts"), "intake:receipts", "bank",
    frozenset({Role.OPERATOR, Role.INTEGRATOR, Role.LEAD}), 520,
)  # fmt: skip
