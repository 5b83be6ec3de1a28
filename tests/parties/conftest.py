from __future__ import annotations

import pytest

from arrears.kernel.scope import Role


@pytest.fixture
def operator(person, creditor):
    return person("op", Role.OPERATOR, Role.LEAD, at=creditor)
