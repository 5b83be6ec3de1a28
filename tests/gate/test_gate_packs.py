"""Packs: what ships is whole and cited; what is faulty is refused with rule and word; every rule bites."""

import pytest
import yaml

from arrears.gate.packs import LEVELS, PackError, pack, shipped
from arrears.kernel.refusals import Refusal

GOOD = yaml.safe_dump(
    {
        "id": "T",
        "title": {"zh": "试", "en": "t"},
        "jurisdiction": "CN",
        "zone": "Asia/Shanghai",
        "signoff": {"kind": "demo", "by": "demo", "signed_on": "2026-01-01", "expires_on": "2027-01-01"},
        "rules": [
            {
                "id": "T-1",
                "title": {"zh": "试", "en": "t"},
                "authority": {"level": "firm", "ref": "x", "confidence": "low", "source": "s", "last_checked": "2026-01-01"},
                "effective": {"from": "2026-01-01"},
                "effect": "deny",
                "when": "opted_out",
            }
        ],
    }
).replace("'", "")


def test_shipped_packs_are_signed_cited_and_bilingual():
    packs = shipped()
    assert len(packs) >= 20
    for one in packs.values():
        assert one.signoff.kind == "demo"
        assert one.version
        for rule in one.rules:
            assert rule.authority.level in LEVELS
            assert rule.authority.ref
            assert rule.authority.source
            assert rule.sentence.zh
            assert rule.sentence.en


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ("effect: deny", "effect: forbid", "T-1, effect"),
        ("level: firm", "level: rumour", "T-1, authority"),
        ("when: opted_out", "when: opted_in", "T-1, when, line 1, column 1"),
        ("when: opted_out", "when: plan_months > 60 and not (crew < 2)", "T-1, when, line 1, column 27"),
        ("when: opted_out", "whenever: opted_out", "T-1, words"),
        ("when: opted_out", "applies: {channels: [pigeon]}", "T-1, channels"),
        ("when: opted_out", "applies: {purposes: [shame]}", "T-1, purposes"),
        ("when: opted_out", "applies: {roles: [neighbour]}", "T-1, roles"),
        ("when: opted_out", "count: {limit: 1, days: 1, per: party, outcomes: [shouted]}", "T-1, outcomes"),
        ("when: opted_out", "hours: {open: [{days: [funday]}]}", ""),
        ("when: opted_out", "hours: {open: [{from_time: '25:00'}]}", ""),
        ("zone: Asia/Shanghai", "zone: Mars/Olympus", "zone"),
        ("zone: Asia/Shanghai", "place: here", ""),
        ("id: T-1", "id: [", ""),
    ],
)
def test_faults_are_refused_with_their_place(old, new, pointer):
    assert not isinstance(pack(GOOD), Refusal)
    assert old in GOOD
    refusal = pack(GOOD.replace(old, new))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "gate.pack_faulty"
    assert refusal.pointer == pointer


def test_overlapping_versions_of_a_rule_are_refused():
    raw = yaml.safe_load(GOOD)
    raw["rules"].append(raw["rules"][0])
    refusal = pack(yaml.safe_dump(raw))
    assert refusal.pointer == "T-1/"
    raw["rules"][0] = {
        **raw["rules"][0],
        "effective": {**raw["rules"][0]["effective"], "to": raw["rules"][0]["effective"]["from"]},
    }
    raw["rules"][1] = {**raw["rules"][1], "effective": {"from": raw["signoff"]["expires_on"]}}
    assert not isinstance(pack(yaml.safe_dump(raw)), Refusal)


def test_pack_error_names_the_place():
    refusal = pack(GOOD.replace("effect: deny", "effect: forbid"))
    assert "T-1, effect" in str(PackError(refusal))


def test_a_changed_pack_has_another_version():
    assert pack(GOOD).version != pack(GOOD.replace("2027-01-01", "2027-01-02")).version
