"""Rule packs: dated, cited data. Read from YAML, checked whole, versioned by content. A faulty pack is refused whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from functools import cache
from importlib.resources import files
from itertools import combinations
from types import MappingProxyType
from typing import Any

import yaml

from arrears.gate import refusals
from arrears.gate.facts import ACTIONS, CHANNELS, OUTCOMES, PURPOSES, ROLES, WEEKDAYS, Slot, zone
from arrears.gate.words import TIMED, WORDS
from arrears.journal.canonical import canonical_bytes
from arrears.kernel.refusals import Refusal, Text
from arrears.rules.language import Condition, compile_condition

LEVELS = ("law", "regulation", "court_policy", "standard", "self_reg", "firm")
EFFECTS = ("allow", "deny", "hold", "review", "warn")
_RULE_WORDS = frozenset(
    {"id", "limb", "title", "sentence", "authority", "effective", "applies", "effect", "effect_from_setting", "when",
     "hours", "inconvenient", "count", "rest", "gap", "evidence", "note"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Authority:
    """How strong a rule is, and where it stands. ``confidence`` says how sure we are of the text (high, medium, low)."""

    level: str
    ref: str
    also: tuple[str, ...]
    confidence: str
    source: str
    last_checked: date


@dataclass(frozen=True, slots=True)
class Applies:
    """Which requests a rule looks at. An empty set means every one."""

    channels: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    except_purposes: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset({"contact"})

    def to(self, channel: str, role: str, purpose: str, action: str) -> bool:
        return (
            action in self.actions
            and (not self.channels or channel in self.channels)
            and (not self.roles or role in self.roles)
            and (not self.purposes or purpose in self.purposes)
            and purpose not in self.except_purposes
        )


@dataclass(frozen=True, slots=True)
class Hours:
    """Open hours, in every zone the person may be in. ``unless_consent``: a consent kind that opens its own hours."""

    slots: tuple[Slot, ...]
    unless_consent: str = ""
    setting: str = ""  # name of the institution's setting that replaces the slots


@dataclass(frozen=True, slots=True)
class Count:
    """At most ``limit`` attempts in ``days`` civil days (today included), per person, number, account or in all."""

    limit: int
    days: int
    per: str  # party | number | account
    channels: frozenset[str]
    outcomes: frozenset[str] = frozenset()  # empty: any
    directions: frozenset[str] = frozenset({"outbound"})
    purposes: frozenset[str] = frozenset()
    except_outcomes: frozenset[str] = frozenset()
    with_consent: bool = True  # False: attempts under a prior consent are not counted


@dataclass(frozen=True, slots=True)
class Rest:
    """No attempt for ``days`` civil days after such an outcome; its own day is day one."""

    days: int
    per: str
    channels: frozenset[str]
    outcomes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Gap:
    """At least so many minutes since the last attempt to the person."""

    minutes: int
    channels: frozenset[str]
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, or one limb of one. A rule without ``when``, hours, counter, rest or gap holds whenever it applies."""

    id: str
    limb: str
    title: Text
    sentence: Text
    authority: Authority
    since: date
    until: date | None
    applies: Applies
    effect: str
    effect_setting: str = ""
    condition: Condition | None = None
    hours: Hours | None = None
    inconvenient: bool = False
    count: Count | None = None
    rest: Rest | None = None
    gap: Gap | None = None

    @property
    def timed(self) -> bool:
        """Whether the clock alone may change its answer."""
        forms = self.hours or self.inconvenient or self.count or self.rest or self.gap
        return bool(forms) or bool(self.condition and self.condition.names & TIMED)

    @property
    def needs_zone(self) -> bool:
        return bool(self.hours or self.inconvenient or self.count or self.rest)


@dataclass(frozen=True, slots=True)
class Signoff:
    """Who answers for a pack, and until when. ``kind`` demo: signed for demonstration only, said on every screen."""

    kind: str  # counsel | demo | none
    by: str
    signed_on: date
    expires_on: date


@dataclass(frozen=True, slots=True)
class Pack:
    id: str
    title: Text
    jurisdiction: str
    zone: str
    signoff: Signoff
    rules: tuple[Rule, ...]
    uncertainties: tuple[Text, ...]
    version: str  # content hash
    text: str = field(repr=False, compare=False)  # as read, kept for replay


class PackError(ValueError):
    """A pack that ships with the product is faulty. Carries the refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.pointer}: {refusal.sentence.en}")
        self.refusal = refusal


def pack(text: str) -> Pack | Refusal:
    """Read one pack. Refusals: ``gate.pack_faulty`` (pointer: rule id and word), or the fault of a condition."""
    try:
        raw = yaml.safe_load(text)
        rules = tuple(_rule(raw["id"], r, number) for number, r in enumerate(raw["rules"], start=1))
        if (fault := _overlap(rules)) is not None:
            return fault
        if zone(raw["zone"]) is None:
            return refusals.PACK_FAULTY.at("zone", pack=raw["id"], detail=f"unknown zone {raw['zone']}")
        sign = raw["signoff"]
        return Pack(
            raw["id"], _text(raw["title"]), raw["jurisdiction"], raw["zone"],
            Signoff(sign["kind"], sign["by"], sign["signed_on"], sign["expires_on"]), rules,
            tuple(_text(u) for u in raw.get("uncertainties", [])),
            hashlib.sha256(canonical_bytes(raw)).hexdigest()[:16], text,
        )  # fmt: skip
    except PackError as fault:
        return fault.refusal
    except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as problem:
        detail = f"missing {problem}" if isinstance(problem, KeyError) else str(problem).splitlines()[0]
        return refusals.PACK_FAULTY.at("", pack="?", detail=detail.replace("{", "(").replace("}", ")"))


def _overlap(rules: tuple[Rule, ...]) -> Refusal | None:
    """Two versions of one limb of one rule must not be in force on one day."""
    for one, other in combinations(rules, 2):
        apart = (one.until is not None and one.until < other.since) or (other.until is not None and other.until < one.since)
        if (one.id, one.limb) == (other.id, other.limb) and not apart:
            return refusals.PACK_FAULTY.at(f"{one.id}/{one.limb}", pack="?", detail="versions overlap, or the rule stands twice")
    return None


def _text(raw: Mapping[str, str]) -> Text:
    return Text(raw["zh"], raw["en"])


def _fail(pack_id: str, rule_id: str, word: str, detail: str) -> PackError:
    return PackError(refusals.PACK_FAULTY.at(f"{rule_id}, {word}", pack=pack_id, detail=detail))


def _subset(pack_id: str, rule_id: str, word: str, values: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    found = frozenset(values)
    if strange := found - frozenset(known):
        raise _fail(pack_id, rule_id, word, f"unknown {word}: {', '.join(sorted(strange))}")
    return found


def _rule(pack_id: str, raw: Mapping[str, Any], number: int) -> Rule:
    name = raw.get("id", f"rule {number}")
    if strange := set(raw) - _RULE_WORDS:
        raise _fail(pack_id, name, "words", f"unknown {', '.join(sorted(strange))}")
    if raw["effect"] not in EFFECTS:
        raise _fail(pack_id, name, "effect", f"unknown effect {raw['effect']}")
    effective, applies = raw["effective"], raw.get("applies", {})
    channels = _subset(pack_id, name, "channels", applies.get("channels", ()), CHANNELS)
    return Rule(
        id=raw["id"],
        limb=raw.get("limb", ""),
        title=_text(raw["title"]),
        sentence=_text(raw.get("sentence", raw["title"])),
        authority=_authority(pack_id, name, raw["authority"]),
        since=effective["from"],
        until=effective.get("to"),
        applies=Applies(
            channels,
            _subset(pack_id, name, "roles", applies.get("roles", ()), ROLES),
            _subset(pack_id, name, "purposes", applies.get("purposes", ()), PURPOSES),
            _subset(pack_id, name, "purposes", applies.get("except_purposes", ()), PURPOSES),
            _subset(pack_id, name, "actions", applies.get("actions", ("contact",)), ACTIONS),
        ),
        effect=raw["effect"],
        effect_setting=raw.get("effect_from_setting", ""),
        condition=_condition(pack_id, name, raw.get("when")),
        hours=_hours(raw.get("hours")),
        inconvenient=bool(raw.get("inconvenient", False)),
        count=_count(pack_id, name, raw.get("count"), channels),
        rest=_rest(pack_id, name, raw.get("rest"), channels),
        gap=_gap(raw.get("gap"), channels),
    )


def _authority(pack_id: str, name: str, raw: Mapping[str, Any]) -> Authority:
    if raw["level"] not in LEVELS:
        raise _fail(pack_id, name, "authority", f"unknown level {raw['level']}")
    return Authority(raw["level"], raw["ref"], tuple(raw.get("also", ())), raw["confidence"], raw["source"], raw["last_checked"])


def _condition(pack_id: str, name: str, text: str | None) -> Condition | None:
    if text is None:
        return None
    made = compile_condition(text, WORDS)
    if isinstance(made, Refusal):
        first = made.errors[0] if made.errors else made
        raise _fail(pack_id, name, f"when, {first.pointer}", f"{first.sentence.en} {first.fix.en}")
    return made


def slot(raw: Mapping[str, Any]) -> Slot:
    """``{days, from_time, until_time}``; times are quoted ``"08:00"``. Raises ``ValueError`` for an unknown weekday or time."""
    days = tuple(raw.get("days", WEEKDAYS))
    if strange := set(days) - set(WEEKDAYS):
        raise ValueError(f"unknown weekday {', '.join(sorted(strange))}")
    start, end = raw.get("from_time"), raw.get("until_time")
    return Slot(days, time.fromisoformat(start) if start else None, time.fromisoformat(end) if end else None)


def _hours(raw: Mapping[str, Any] | None) -> Hours | None:
    if raw is None:
        return None
    return Hours(tuple(slot(s) for s in raw["open"]), raw.get("unless_consent", ""), raw.get("setting", ""))


def _count(pack_id: str, name: str, raw: Mapping[str, Any] | None, channels: frozenset[str]) -> Count | None:
    if raw is None:
        return None
    return Count(
        limit=int(raw["limit"]),
        days=int(raw["days"]),
        per=raw["per"],
        channels=_subset(pack_id, name, "channels", raw.get("channels", channels), CHANNELS),
        outcomes=_subset(pack_id, name, "outcomes", raw.get("outcomes", ()), OUTCOMES),
        directions=frozenset(raw.get("directions", ("outbound",))),
        purposes=_subset(pack_id, name, "purposes", raw.get("purposes", ()), PURPOSES),
        except_outcomes=_subset(pack_id, name, "outcomes", raw.get("except_outcomes", ()), OUTCOMES),
        with_consent=bool(raw.get("with_consent", True)),
    )


def _rest(pack_id: str, name: str, raw: Mapping[str, Any] | None, channels: frozenset[str]) -> Rest | None:
    if raw is None:
        return None
    outcomes = _subset(pack_id, name, "outcomes", raw["outcomes"], OUTCOMES)
    return Rest(int(raw["days"]), raw["per"], frozenset(raw.get("channels", channels)), outcomes)


def _gap(raw: Mapping[str, Any] | None, channels: frozenset[str]) -> Gap | None:
    return None if raw is None else Gap(int(raw["minutes"]), channels, raw.get("setting", ""))


@cache
def shipped() -> Mapping[str, Pack]:
    """Every pack of the product, by id. Raises ``PackError`` for a faulty one or an id that stands twice."""
    found: dict[str, Pack] = {}
    owners: dict[str, str] = {}
    for path in sorted(files(__package__).joinpath("packs").iterdir(), key=lambda p: p.name):
        if not path.name.endswith(".yaml"):
            continue
        made = pack(path.read_text(encoding="utf-8"))
        if isinstance(made, Refusal):
            raise PackError(made)
        for rule in made.rules:
            if owners.setdefault(rule.id, made.id) != made.id:
                raise PackError(refusals.PACK_FAULTY.at(rule.id, pack=made.id, detail=f"rule id stands in {owners[rule.id]} too"))
        if found.setdefault(made.id, made) is not made:
            raise PackError(refusals.PACK_FAULTY.at("id", pack=made.id, detail="pack id stands twice"))
    return MappingProxyType(found)


def packs_for(jurisdiction: str, lender_kind: str, product: str) -> tuple[str, ...]:
    """Ids of the packs in force for a lender and product. Empty for an unknown jurisdiction: then the gate refuses."""
    sets = {
        "CN": ("CN-BASE", "CN-GBT45251", "CN-CBA-2026", "CN-ASSET", "HOUSE"),
        "US": ("US-REGF", "HOUSE"), "GB": ("UK-CONC", "UK-BS", "HOUSE"), "IN": ("IN", "HOUSE"), "ID": ("ID", "HOUSE"),
        "JP": ("JP", "HOUSE"), "AU": ("AU", "HOUSE"), "HK": ("HK", "HOUSE"), "SG": ("SG", "HOUSE"), "BR": ("BR", "HOUSE"), "TW": ("TW", "HOUSE"),
    }  # fmt: skip
    chosen = sets.get(jurisdiction, ())
    if jurisdiction == "CN" and product == "credit_card":
        chosen = (*chosen, "CN-CARD")
    return chosen
