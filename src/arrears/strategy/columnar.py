"""The same derivation for a whole book as one Polars plan. Twin of ``derive``; equality is held by a property test.

Each plan becomes expressions over the row's words and, per step, two columns of the log: how often it was done since the
present delinquency began, and when last. Days are integers inside, so that the smallest of several is one expression.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from arrears.rules import columnar as rules
from arrears.strategy.document import Plan, Stage, Step, Strategy

ANSWER: dict[str, Any] = {
    "row": pl.Int64, **dict.fromkeys(("strategy", "segment", "plan", "stage", "step_key", "because", "hold"), pl.String),
    **dict.fromkeys(("planned_on", "due_on", "deadline_on"), pl.Date),
    **dict.fromkeys(("step", "channel", "purpose", "template", "team", "owner_mode"), pl.String),
}  # fmt: skip
LOG_SCHEMA: dict[str, Any] = {"row": pl.Int64, "step": pl.String, "on": pl.Date}
_EPOCH = date(1970, 1, 1)
_SPAN = 1000  # more steps than this in one stage cannot be told apart


def derive(book: pl.DataFrame, strategies: Sequence[Strategy], log: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """One row of answer per row of ``book``, in its order.

    ``book`` holds the vocabulary's columns and a unique ``row`` number; ``log`` (``LOG_SCHEMA``) names rows by it. Answer:
    ``row, strategy, segment, plan, stage, step_key, planned_on, due_on, deadline_on, because, hold`` and the step's ``channel,
    purpose, template, team, owner_mode, step``. Rows outside every population have null ``strategy``.
    """
    left = book
    parts = []
    for strategy in strategies:
        mine = rules.holds(strategy.population.term)
        taken = left.filter(mine)
        left = left.filter(~mine)
        if taken.height:
            parts.append(_one(taken, strategy, log, as_of))
    if left.height:
        parts.append(left.select("row"))
    found = pl.concat([pl.DataFrame(schema=ANSWER), *parts], how="diagonal")
    return book.select("row").join(found, on="row", how="left", maintain_order="left")


def _one(rows: pl.DataFrame, strategy: Strategy, log: pl.DataFrame, as_of: date) -> pl.DataFrame:
    start = pl.lit((as_of - _EPOCH).days) - pl.max_horizontal(pl.col("past_due_days"), pl.lit(1))
    segments = _cases([(rules.holds(s.when.term), pl.lit(s.id)) for s in strategy.segments], pl.lit(""))
    rows = rows.with_columns(start.alias("_start"), segments.alias("segment"), _hold(strategy).alias("hold"))
    plans = {s.id: s.plan.id for s in strategy.segments}
    rows = rows.with_columns(pl.col("segment").replace_strict(plans, default="", return_dtype=pl.String).alias("plan"))
    counted = _counted(rows, log)
    parts = [rows.filter(pl.col("plan") == "").with_columns(pl.lit("").alias("stage"), _blank("no_segment"))]
    for plan in {s.plan.id: s.plan for s in strategy.segments}.values():
        parts.append(_plan(rows.filter(pl.col("plan") == plan.id), plan, counted, as_of))
    keep = ["row", "segment", "plan", "stage", "hold", "_pick"]
    return _told(pl.concat([p.select(keep) for p in parts]), strategy, as_of)


def _cases(pairs: Sequence[tuple[pl.Expr, pl.Expr]], otherwise: pl.Expr) -> pl.Expr:
    """The value of the first condition that holds."""
    for condition, value in reversed(pairs):
        otherwise = pl.when(condition).then(value).otherwise(otherwise)
    return otherwise


def _hold(strategy: Strategy) -> pl.Expr:
    return _cases([(rules.holds(h.when.term), pl.lit(h.id)) for h in strategy.holds], pl.lit(""))


def _blank(because: str) -> pl.Expr:
    return pl.struct(
        pl.lit(because).alias("because"), pl.lit("review").alias("key"), pl.lit(None, dtype=pl.Int64).alias("day")
    ).alias("_pick")


def _counted(rows: pl.DataFrame, log: pl.DataFrame) -> pl.DataFrame:
    """Per row and step of its plan: times done since the delinquency began, and the last day."""
    since = log.join(rows.select("row", "_start", "plan"), on="row").with_columns(
        (pl.col("on") - pl.lit(_EPOCH)).dt.total_days().alias("_on")
    )
    since = since.filter((pl.col("_on") > pl.col("_start")) & pl.col("step").str.starts_with(pl.col("plan") + "/"))
    return since.group_by("row", "step").agg(pl.len().cast(pl.Int64).alias("n"), pl.col("_on").max().alias("last"))


def _plan(rows: pl.DataFrame, plan: Plan, counted: pl.DataFrame, as_of: date) -> pl.DataFrame:
    today = (as_of - _EPOCH).days
    for n, step in enumerate(plan.steps()):
        mine = counted.filter(pl.col("step") == plan.key(step)).select(
            "row", pl.col("n").alias(f"_n{n}"), pl.col("last").alias(f"_l{n}")
        )
        rows = rows.join(mine, on="row", how="left", maintain_order="left")
    numbers = {s.id: n for n, s in enumerate(plan.steps())}
    made = []
    for s, n in ((s, numbers[s.id]) for s in plan.steps()):
        done = pl.col(f"_n{n}").fill_null(0)
        ready = pl.coalesce(pl.col(f"_l{n}") + s.every_days, pl.col("_start") + s.day)
        made += [done.alias(f"_n{n}"), ready.alias(f"_r{n}"), (done < s.times).alias(f"_o{n}")]
    rows = rows.with_columns(made)
    stages: list[tuple[pl.Expr, pl.Expr]] = []
    picks: list[tuple[pl.Expr, pl.Expr]] = []
    for at in range(len(plan.stages)):
        inside = rules.holds(plan.stages[at].enter.term)
        for later in plan.stages[at + 1 :]:
            inside = inside & ~rules.holds(later.enter.term)
        stages.append((inside, pl.lit(plan.stages[at].id)))
        picks.append((inside, _stage_pick(plan, plan.stages[: at + 1], numbers, today)))
    nothing = _picked("no_stage", "review", None)
    return rows.with_columns(_cases(stages, pl.lit("")).alias("stage"), _cases(picks, nothing).alias("_pick"))


def _picked(because: str, key: str, day: pl.Expr | None) -> pl.Expr:
    number = day if day is not None else pl.lit(None, dtype=pl.Int64)
    return pl.struct(pl.lit(because).alias("because"), pl.lit(key).alias("key"), number.cast(pl.Int64).alias("day"))


def _stage_pick(plan: Plan, upto: Sequence[Stage], numbers: dict[str, int], today: int) -> pl.Expr:
    """Rules 2 to 5 of ``derive`` for the last stage of ``upto``."""
    stage = upto[-1]
    chain: list[tuple[pl.Expr, pl.Expr]] = []
    for step in (s for one in upto for s in one.steps if s.mandatory):
        n = numbers[step.id]
        ripe = pl.col(f"_o{n}") & (pl.col(f"_r{n}") <= today)
        chain.append((ripe, _picked("mandatory", plan.key(step), pl.col(f"_r{n}"))))
    own = [(at, s, numbers[s.id]) for at, s in enumerate(stage.steps)]
    reached = [pl.when((pl.col(f"_n{n}") > 0) | (pl.col(f"_r{n}") <= today)).then(at).otherwise(-1) for at, _, n in own]
    last = pl.max_horizontal(reached)
    for at, step, n in own:
        ripe = (last == at) & pl.col(f"_o{n}") & (pl.col(f"_r{n}") <= today)
        chain.append((ripe, _picked("due", plan.key(step), pl.col(f"_r{n}"))))
    coming = [
        pl.when((last <= at) & pl.col(f"_o{n}") & (pl.col(f"_r{n}") > today)).then(pl.col(f"_r{n}").cast(pl.Int64) * _SPAN + at)
        for at, _, n in own
    ]
    soonest = pl.min_horizontal(coming)
    for at, step, n in own:
        chain.append((soonest % _SPAN == at, _picked("planned", plan.key(step), pl.col(f"_r{n}"))))
    return _cases(chain, _picked("no_step_left", "review", None))


def _told(found: pl.DataFrame, strategy: Strategy, as_of: date) -> pl.DataFrame:
    """Holds over everything, then the chosen step's own words."""
    held = pl.col("hold") != ""
    found = found.with_columns(
        pl.lit(strategy.id).alias("strategy"),
        pl.when(held).then(pl.lit("hold")).otherwise(pl.col("_pick").struct.field("because")).alias("because"),
        pl.when(held).then(pl.lit("hold/") + pl.col("hold")).otherwise(pl.col("_pick").struct.field("key")).alias("step_key"),
        pl.when(held).then(None).otherwise(pl.col("_pick").struct.field("day")).alias("_day"),
    ).join(_steps(strategy), on="step_key", how="left", maintain_order="left")
    planned = (pl.lit(_EPOCH) + pl.duration(days=pl.col("_day"))).fill_null(pl.lit(as_of))
    found = found.with_columns(planned.cast(pl.Date).alias("planned_on"))
    found = found.with_columns(pl.max_horizontal(pl.col("planned_on"), pl.lit(as_of)).alias("due_on"))
    late = (pl.col("due_on") + pl.duration(days=pl.col("_deadline"))).cast(pl.Date)
    return found.with_columns(late.alias("deadline_on")).drop("_pick", "_day", "_deadline")


def _steps(strategy: Strategy) -> pl.DataFrame:
    every: list[tuple[str, Step]] = [("review", strategy.review)]
    every += [(f"hold/{h.id}", h.step) for h in strategy.holds]
    for plan in {s.plan.id: s.plan for s in strategy.segments}.values():
        every += [(plan.key(s), s) for s in plan.steps()]
    return pl.DataFrame(
        [
            {
                "step_key": k, "step": s.id, "channel": s.channel, "purpose": s.purpose, "template": s.template,
                "team": s.owner.team, "owner_mode": s.owner.mode, "_deadline": s.deadline_days,
            }
            for k, s in every
        ]
    )  # fmt: skip


def log_of(rows: Sequence[tuple[int, str, date]]) -> pl.DataFrame:
    """A log frame from (row, step key, day)."""
    return pl.DataFrame(rows, schema=LOG_SCHEMA, orient="row")


__all__ = ["LOG_SCHEMA", "derive", "log_of"]
