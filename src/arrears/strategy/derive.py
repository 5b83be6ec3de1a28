"""Where a case stands and what is due next: a pure function of the day's facts and of what was done. No timers, no memory.

Rules of choice, in this order:

1. A hold that applies: its own step, now.
2. A mandatory step that is due and not yet done, of this or an earlier stage, in the order of the document: never skipped.
3. The last step of the stage whose day has come, unless it was done often enough: steps it overtakes are not made up for,
   so a missed day brings no double contact.
4. Otherwise the step that comes due first.
5. No step left: the review step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from arrears.strategy.document import Hold, Plan, Segment, Stage, Step, Strategy

Log = Mapping[str, Sequence[date]]  # step key -> days on which it was carried out


@dataclass(frozen=True, slots=True)
class Next:
    """The answer. ``because``: hold | mandatory | due | planned | no_step_left | no_segment | no_stage."""

    strategy: str
    segment: str
    plan: str
    stage: str
    step: Step
    step_key: str
    planned_on: date  # when the document wanted it
    due_on: date  # never before the business date
    deadline_on: date
    because: str
    hold: str = ""


def choose(strategies: Sequence[Strategy], row: Mapping[str, Any]) -> Strategy | None:
    """The first strategy whose population the row belongs to."""
    return next((s for s in strategies if s.population.holds(row)), None)


def derive(strategy: Strategy, row: Mapping[str, Any], log: Log, as_of: date) -> Next:
    """Stage, next step and date of one overdue case. ``row`` is its row of the book; ``past_due_days`` must be there.

    Entries of ``log`` from before the present delinquency began are not counted.
    """
    start = as_of - timedelta(days=max(int(row["past_due_days"]), 1))
    segment = next((s for s in strategy.segments if s.when.holds(row)), None)
    hold = next((h for h in strategy.holds if h.when.holds(row)), None)
    stage = _stage(segment.plan, row) if segment is not None else None
    if hold is not None:
        return _held(strategy, segment, stage, hold, as_of)
    if segment is None or stage is None:
        because = "no_segment" if segment is None else "no_stage"
        return _review(strategy, segment, stage, because, as_of)
    step, planned_on, because = _pick(segment.plan, stage, log, start, as_of)
    if step is None:
        return _review(strategy, segment, stage, because, as_of)
    return _next(strategy, segment, stage, step, segment.plan.key(step), planned_on, because, as_of)


def _stage(plan: Plan, row: Mapping[str, Any]) -> Stage | None:
    return next((s for s in reversed(plan.stages) if s.enter.holds(row)), None)


def ready_on(step: Step, done: Sequence[date], start: date) -> date:
    """The day the step is due: its day of the plan, or its distance after the last time it was done."""
    return max(done) + timedelta(days=step.every_days) if done else start + timedelta(days=step.day)


def _pick(plan: Plan, stage: Stage, log: Log, start: date, as_of: date) -> tuple[Step | None, date, str]:
    done = {s.id: [d for d in log.get(plan.key(s), ()) if d > start] for s in plan.steps()}
    ready = {s.id: ready_on(s, done[s.id], start) for s in plan.steps()}
    open_ids = {s.id for s in plan.steps() if len(done[s.id]) < s.times}
    upto = plan.stages[: plan.stages.index(stage) + 1]
    for step in (s for one in upto for s in one.steps if s.mandatory):
        if step.id in open_ids and ready[step.id] <= as_of:
            return step, ready[step.id], "mandatory"
    reached = [n for n, s in enumerate(stage.steps) if done[s.id] or ready[s.id] <= as_of]
    last = reached[-1] if reached else -1
    if last >= 0:
        step = stage.steps[last]
        if step.id in open_ids and ready[step.id] <= as_of:
            return step, ready[step.id], "due"
    coming = [s for n, s in enumerate(stage.steps) if n >= last and s.id in open_ids and ready[s.id] > as_of]
    if not coming:
        return None, as_of, "no_step_left"
    step = min(coming, key=lambda s: (ready[s.id], stage.steps.index(s)))
    return step, ready[step.id], "planned"


def _next(
    strategy: Strategy, segment: Segment | None, stage: Stage | None, step: Step, key: str, planned_on: date, because: str,
    as_of: date, hold: str = "",
) -> Next:  # fmt: skip
    due_on = max(planned_on, as_of)
    return Next(
        strategy=strategy.id,
        segment=segment.id if segment is not None else "",
        plan=segment.plan.id if segment is not None else "",
        stage=stage.id if stage is not None else "",
        step=step,
        step_key=key,
        planned_on=planned_on,
        due_on=due_on,
        deadline_on=due_on + timedelta(days=step.deadline_days),
        because=because,
        hold=hold,
    )


def _held(strategy: Strategy, segment: Segment | None, stage: Stage | None, hold: Hold, as_of: date) -> Next:
    return _next(strategy, segment, stage, hold.step, f"hold/{hold.id}", as_of, "hold", as_of, hold.id)


def _review(strategy: Strategy, segment: Segment | None, stage: Stage | None, because: str, as_of: date) -> Next:
    return _next(strategy, segment, stage, strategy.review, "review", as_of, because, as_of)
