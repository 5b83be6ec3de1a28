"""The journal over the API: every act stands there, and a proof of it checks offline."""

from __future__ import annotations

from arrears.journal import actions_seal, keys, proofs
from arrears.kernel import clock
from arrears.kernel.scope import Role

PERSON = {"creditor": "bank", "reference": "C-1", "name": "王小明"}


def test_entries_and_proofs(house, operator):
    assert operator.get("journal/checkpoint").json()["code"] == "journal.not_sealed"
    made = operator.post("parties", PERSON, **{"X-Request-Id": "my-request-77"}).json()["id"]
    entry = operator.get(f"/api/v1/journal/entries?subject_id={made}").json()["data"][0]
    assert (entry["act"], entry["via"], entry["request_id"]) == ("party.registered", "api", "my-request-77")
    assert operator.get(f"journal/entries/{entry['id']}/proof").json()["code"] == "journal.not_sealed"
    actions_seal.seal_all(clock.now())
    assert operator.get(f"journal/entries/{entry['id']}").json()["leaf_index"] == 0
    proof = operator.get(f"journal/entries/{entry['id']}/proof").json()
    assert proofs.check(proof, keys.verifiers())
    proof["content"]["payload"]["reference"] = "C-2"
    assert not proofs.check(proof, keys.verifiers())
    assert operator.get("journal/checkpoint").json()["size"] == 1


def test_readers_only_and_own_creditor_only(house, operator):
    operator.post("parties", PERSON)
    assert house.key(Role.COLLECTOR).get("journal/entries").json()["code"] == "journal.not_allowed"
    assert house.key(Role.AUDITOR, creditor=house.other).get("journal/entries").json()["data"] == []
    for bad in ("0", "x", str(2**63)):
        assert operator.get(f"journal/entries/{bad}").status_code == 422
    assert operator.get("journal/entries/999").json()["code"] == "journal.not_found"
