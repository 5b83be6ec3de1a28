"""Every act that the product records, and every choice that it offers, has words for the reader."""

from __future__ import annotations

import re
from pathlib import Path

import arrears
from arrears.gate import facts
from arrears.parties.actions_standing import PROOF_KINDS
from arrears.parties.standing import RESTRICTION_KINDS
from arrears.web import words

SOURCES = list(Path(arrears.__file__).parent.rglob("*.py"))
ACT = re.compile(r"(?:\brecord|_note|note_party|entry_of)\(\s*(?:[\w.]+,\s*)?\"([a-z_]+\.[a-z_]+)\"")


def acts() -> set[str]:
    return {act for path in SOURCES for act in ACT.findall(path.read_text(encoding="utf-8"))}


def test_every_recorded_act_has_words():
    found = acts()
    assert len(found) > 80
    assert sorted(act for act in found if words.said_act(act) == act) == []


def test_every_choice_has_words():
    for table, codes in (
        (words.ROLES, facts.ROLES),
        (words.CHANNELS, facts.CHANNELS),
        (words.PURPOSES, facts.PURPOSES),
        (words.RESTRICTIONS, RESTRICTION_KINDS),
        (words.PROOFS, PROOF_KINDS),
    ):
        assert [code for code in codes if code not in table] == []
