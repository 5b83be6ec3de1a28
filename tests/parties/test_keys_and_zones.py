"""A new identity key reaches every row; time zones are claimed with evidence only."""

from __future__ import annotations

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from arrears.kernel.scope import SYSTEM_SCOPE, Actor
from arrears.parties import actions, actions_keys, actions_points, queries, sealing
from arrears.parties.actions import PartyData
from arrears.parties.actions_points import PointData
from arrears.parties.commands import app

pytestmark = pytest.mark.django_db

SYSTEM = Actor(SYSTEM_SCOPE, "system", "cli", "cli")
OLD = "only-for-tests-only-for-tests-only-for-tests"
NEW = "a-second-secret-of-enough-length-000000000"


@pytest.fixture
def ring(monkeypatch):
    def use(secrets):
        monkeypatch.setenv("ARREARS_SECRET_IDENTITY", secrets)
        sealing.forget_keys()

    yield use
    monkeypatch.undo()
    sealing.forget_keys()


def test_reseal_until_the_old_key_may_go(operator, creditor, ring):
    ring(OLD)
    parties = [actions.register_party(operator, creditor.id, PartyData(f"P{n}", f"王小{n}")) for n in range(5)]
    actions_points.add_contact_point(operator, parties[0].public_id, PointData("phone", "13800138000", "contract"))
    ring(f"{NEW},{OLD}")
    assert actions_keys.reseal_all(SYSTEM, stretch=2) == 6
    assert actions_keys.reseal_all(SYSTEM, stretch=2) == 0
    actions.update_party(operator, parties[1].public_id, {"language": "en"})
    used = actions_keys.keys_in_use()
    assert len(used["parties_partyversion"]) == 1
    assert len(used["parties_party"]) == len(used["parties_contactpoint"]) == 1
    ring(NEW)
    assert actions.reveal(operator, ("party", parties[3].public_id), "name") == "王小3"
    assert len(queries.search(operator.scope, "王小3")) == 1


def test_sealed_columns_are_found_by_name():
    every, free = actions_keys.sealed_columns(), actions_keys.changeable_columns()
    assert every["parties_party"][1] == ("name_sealed", "id_sealed", "born_sealed")
    assert {"parties_partyversion", "parties_vulnerability"} <= set(every) - set(free)


def test_commands(operator, creditor, ring, monkeypatch):
    monkeypatch.setenv("ARREARS_LANGUAGE", "en")
    actions.register_party(operator, creditor.id, PartyData("P", "王小明"))
    ring(f"{NEW},{OLD}")
    out = CliRunner().invoke(app, ["reseal"])
    assert json.loads(out.stdout)["changed"] == 1
    found = CliRunner().invoke(app, ["match", "BANK-A"])
    assert json.loads(found.stdout) == {"merged": 0, "candidates": 0, "left_out": 0}
    assert CliRunner().invoke(app, ["match", "NONE"]).exit_code == 4


def test_time_zones_strongest_first(operator, creditor):
    party = actions.register_party(operator, creditor.id, PartyData("P", "王小明"))
    for data in (
        PointData("phone", "+1 212 555 2368", "debtor"),
        PointData("phone", "+1 800 253 0000", "debtor"),
        PointData("address", "上海市浦东新区世纪大道1号", "contract"),
        PointData("email", "w@example.com", "debtor", time_zone="Europe/Berlin"),
    ):
        actions_points.add_contact_point(operator, party.public_id, data)
    found = queries.time_zones(operator.scope, [party.id, 0], date(2026, 11, 23))
    assert [(z.time_zone, z.evidence) for z in found[party.id]] == [
        ("Europe/Berlin", "declared"), ("Asia/Shanghai", "address"), ("America/New_York", "area_code"),
    ]  # fmt: skip
    assert found[0] == []
