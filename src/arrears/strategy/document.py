"""A strategy as a document: segments, plans, stages, steps, holds. Read from YAML, checked against the vocabulary, immutable."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from arrears.journal.canonical import canonical_bytes
from arrears.kernel.refusals import Refusal, Text
from arrears.rules.language import Condition, compile_condition
from arrears.rules.vocabulary import Vocabulary
from arrears.strategy import refusals

#: ``internal`` is work without a contact (review, research, hand-over); the others are channels of the gate.
CHANNELS = ("voice", "ai_voice", "sms", "im", "email", "letter", "visit", "internal")
STAGES = ("early", "middle", "late", "legal")
OWNER_MODES = ("keep_case", "round_robin", "team")


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """Which team, and how a person in it is found: who had the case (``keep_case``), the least loaded, or the team as such."""

    team: str
    mode: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``day`` counts from the first day past due (that day is 1). ``times`` repeats, ``every_days`` apart."""

    id: str
    title: Text
    day: int
    channel: str
    purpose: str
    template: str
    owner: OwnerRule
    deadline_days: int
    mandatory: bool = False
    times: int = 1
    every_days: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    id: str
    title: Text
    enter: Condition
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Stages from mild to severe. The last one whose condition holds is where a case stands."""

    id: str
    title: Text
    stages: tuple[Stage, ...]

    def key(self, step: Step) -> str:
        """How contact log and task name the step: unique over all versions of the document that keep its ids."""
        return f"{self.id}/{step.id}"

    def steps(self) -> tuple[Step, ...]:
        return tuple(s for stage in self.stages for s in stage.steps)


@dataclass(frozen=True, slots=True)
class Segment:
    id: str
    title: Text
    when: Condition
    plan: Plan


@dataclass(frozen=True, slots=True)
class Hold:
    """A fact that stops ordinary work: the case rests, and only ``step`` is done."""

    id: str
    title: Text
    when: Condition
    step: Step


@dataclass(frozen=True, slots=True)
class Strategy:
    id: str
    title: Text
    population: Condition
    holds: tuple[Hold, ...]
    segments: tuple[Segment, ...]
    review: Step  # when no step is left
    vocabulary: str  # version of the words it was checked against
    version: str  # content hash


def strategy(text: str, words: Vocabulary) -> Strategy | Refusal:
    """Read and check one document.

    Refusals: ``strategy.faulty`` (unknown word, channel, stage or owner mode; ids that repeat; a plan nobody uses; steps of a
    stage out of order; a repeated step without distance), ``strategy.condition`` (with the fault's own place and fix).
    """
    name = "?"
    try:
        raw = yaml.safe_load(text)
        name = raw["id"]
        return _Reader(name, words).read(raw)
    except _Fault as fault:
        return fault.refusal
    except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as problem:
        detail = f"missing {problem}" if isinstance(problem, KeyError) else str(problem).splitlines()[0]
        return refusals.FAULTY.at("", strategy=name, detail=detail.replace("{", "(").replace("}", ")"))


class _Fault(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class _Reader:
    def __init__(self, name: str, words: Vocabulary) -> None:
        self.name = name
        self.words = words

    def fail(self, place: str, detail: str) -> _Fault:
        return _Fault(refusals.FAULTY.at(place, strategy=self.name, detail=detail))

    def read(self, raw: Mapping[str, Any]) -> Strategy:
        plans = {p["id"]: self.plan(p) for p in raw["plans"]}
        if len(plans) != len(raw["plans"]):
            raise self.fail("plans", "a plan id repeats")
        segments = tuple(self.segment(s, plans) for s in raw["segments"])
        self.once("segments", [s.id for s in segments])
        if idle := set(plans) - {s.plan.id for s in segments}:
            raise self.fail("plans", f"no segment uses {', '.join(sorted(idle))}")
        holds = tuple(
            Hold(
                h["id"],
                _text(h["title"]),
                self.condition(f"holds/{h['id']}", h["when"]),
                self.step(f"holds/{h['id']}", h["step"]),
            )
            for h in raw.get("holds", [])
        )
        self.once("holds", [h.id for h in holds])
        return Strategy(
            raw["id"], _text(raw["title"]), self.condition("population", raw["population"]), holds, segments,
            self.step("review", raw["review"]), self.words.version, hashlib.sha256(canonical_bytes(raw)).hexdigest()[:12],
        )  # fmt: skip

    def once(self, place: str, ids: list[str]) -> None:
        if len(set(ids)) != len(ids):
            raise self.fail(place, f"an id repeats: {', '.join(sorted({i for i in ids if ids.count(i) > 1}))}")

    def condition(self, place: str, text: str) -> Condition:
        made = compile_condition(str(text), self.words)
        if isinstance(made, Refusal):
            first = made.errors[0] if made.errors else made
            where = f"{place}: {first.pointer}"
            raise _Fault(
                refusals.CONDITION.at(
                    where, strategy=self.name, detail=first.sentence.en, fix_zh=first.fix.zh, fix_en=first.fix.en
                )
            )
        return made

    def segment(self, raw: Mapping[str, Any], plans: Mapping[str, Plan]) -> Segment:
        if raw["plan"] not in plans:
            raise self.fail(f"segments/{raw['id']}", f"unknown plan {raw['plan']}")
        return Segment(raw["id"], _text(raw["title"]), self.condition(f"segments/{raw['id']}", raw["when"]), plans[raw["plan"]])

    def plan(self, raw: Mapping[str, Any]) -> Plan:
        stages = tuple(self.stage(raw["id"], s) for s in raw["stages"])
        ids = [s.id for s in stages]
        if sorted(ids, key=STAGES.index) != ids or len(set(ids)) != len(ids):
            raise self.fail(raw["id"], "stages stand once each, from early to legal")
        made = Plan(raw["id"], _text(raw["title"]), stages)
        self.once(raw["id"], [s.id for s in made.steps()])
        return made

    def stage(self, plan: str, raw: Mapping[str, Any]) -> Stage:
        place = f"{plan}/{raw['id']}"
        if raw["id"] not in STAGES:
            raise self.fail(place, f"unknown stage {raw['id']}")
        steps = tuple(self.step(f"{place}/{s.get('id', '?')}", s) for s in raw["steps"])
        if not steps:
            raise self.fail(place, "a stage needs a step")
        if [s.day for s in steps] != sorted(s.day for s in steps):
            raise self.fail(place, "steps stand in the order of their days")
        return Stage(raw["id"], _text(raw["title"]), self.condition(place, raw["enter"]), steps)

    def step(self, place: str, raw: Mapping[str, Any]) -> Step:
        owner = OwnerRule(raw["owner"]["team"], raw["owner"].get("mode", "keep_case"))
        made = Step(
            id=raw["id"],
            title=_text(raw["title"]),
            day=int(raw.get("day", 1)),
            channel=raw["channel"],
            purpose=raw.get("purpose", "collect"),
            template=raw.get("template", ""),
            owner=owner,
            deadline_days=int(raw.get("deadline_days", 1)),
            mandatory=bool(raw.get("mandatory", False)),
            times=int(raw.get("times", 1)),
            every_days=int(raw.get("every_days", 0)),
        )
        if made.channel not in CHANNELS:
            raise self.fail(place, f"unknown channel {made.channel}")
        if made.channel in ("sms", "im", "email", "letter") and not made.template:
            raise self.fail(place, f"channel {made.channel} needs a template")
        if owner.mode not in OWNER_MODES:
            raise self.fail(place, f"unknown owner mode {owner.mode}")
        if made.day < 1 or made.times < 1 or (made.times > 1 and made.every_days < 1) or made.deadline_days < 0:
            raise self.fail(place, "day and times are 1 or more; a repeated step says every_days")
        return made


def _text(raw: Mapping[str, str]) -> Text:
    return Text(raw["zh"], raw["en"])


def shipped_texts() -> Iterator[str]:
    """Texts of the strategies that ship, in the order in which they are tried on a case."""
    for path in sorted(files(__package__).joinpath("data").iterdir(), key=lambda p: p.name):
        if path.name.endswith(".yaml"):
            yield path.read_text(encoding="utf-8")


@cache
def shipped() -> tuple[Strategy, ...]:
    """The shipped strategies over the installed vocabulary. Raises ``ValueError`` naming the fault of a broken one."""
    from arrears.book import declaration
    from arrears.rules.vocabulary import vocabulary

    words = vocabulary(declaration.columns())
    found = []
    for text in shipped_texts():
        made = strategy(text, words)
        if isinstance(made, Refusal):
            raise ValueError(f"{made.pointer}: {made.sentence.en} {made.fix.en}")
        found.append(made)
    return tuple(found)
