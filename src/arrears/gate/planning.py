"""The gate for a whole book at once: permitted at an instant, until when, by channel. Twin of ``engine.decide``.

Conditions of the packs run as Polars expressions; hours are worked out once per set of time zones. What a column cannot say
(a contact history, dated consents, stops that end) is judged one by one by ``engine.decide`` itself, so both forms agree.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from arrears.gate import engine, facts, words
from arrears.gate.facts import Person, Request, Situation
from arrears.gate.packs import Pack, Rule
from arrears.rules import columnar

_TYPES = {"text": pl.String, "integer": pl.Int64, "boolean": pl.Boolean}

#: Columns of the plan frame: one row per person. Everything else of the vocabulary is the request's, or its neutral value.
FACTS = (
    "role", "product", "state", "city", "number_provenance", "is_obligor", "guarantee_expired", "lost_contact",
    "debtor_deceased", "debtor_incapacitated", "attorney_known", "stop_requested", "dispute_open", "person_deceased",
    "person_insolvent", "moratorium_active", "person_minor", "represented", "opted_out", "opted_out_of_all",
    "cease_in_writing", "bankruptcy_open", "grievance_open", "plan_performing", "assigned_unnotified", "transferred_unnotified",
)  # fmt: skip
SCHEMA: dict[str, Any] = {"zones": pl.String, **{n: _TYPES[words.WORDS.columns[n].type] for n in FACTS}}


def fact_row(situation: Situation, request: Request) -> dict[str, Any]:
    """One row of the plan frame for a situation: the same words, derived by the same code."""
    row = words.row_of(situation, request, request.at)
    return {"zones": ",".join(situation.person.time_zones), **{n: row[n] for n in FACTS}}


def is_plain(situation: Situation) -> bool:
    """Whether a row of columns says all that the rules ask: no history, no consents, no stop that ends or names a channel."""
    person = situation.person
    timed = person.guarantee_until is not None or person.inconvenient or situation.settings
    stops = all(s.until is None and not s.channels and not s.number and not s.account for s in situation.stops)
    debts = all(a.moratorium_from is None and a.assigned_on is None for a in situation.accounts)
    return not (situation.history or situation.consents or timed) and stops and debts


def plan(frame: pl.DataFrame, pack_ids: Sequence[str], packs: Mapping[str, Pack], request: Request) -> pl.DataFrame:
    """Judge every row of ``frame`` (columns ``SCHEMA``) for ``request`` at ``request.at``.

    Adds ``permitted`` (Boolean), ``rule`` (first refusing rule id, null when permitted), ``rules`` (all of them, comma
    separated), ``permitted_until`` and ``next_permitted`` (UTC instants, null where there is none inside the horizon).
    Equal to ``engine.decide`` for rows that are ``is_plain``. Raises ``KeyError`` for a pack that is not loaded.
    """
    loaded = [packs[i] for i in pack_ids]
    zones = frame.get_column("zones").unique().to_list()
    windows = _windows(zones, loaded, pack_ids, packs, request)
    neutral = words.row_of(Situation(Person("debtor", ("UTC",)), tuple(pack_ids)), request, request.at)
    wide = frame.with_columns(
        pl.lit(neutral[n], dtype=_TYPES[c.type]).alias(n) for n, c in words.WORDS.columns.items() if n not in FACTS
    ).join(windows, on="zones", how="left", maintain_order="left")
    allowing, refusing = _expressions(loaded, request)
    permits = functools.reduce(operator.or_, allowing, pl.lit(value=False))
    named = [pl.when(e).then(pl.lit(r)) for r, e in refusing]
    wide = wide.with_columns(
        permits.alias("_basis"), pl.concat_list([n.otherwise(None) for n in named]).list.drop_nulls().alias("_hit")
    )
    wide = wide.with_columns(
        pl.when(pl.col("_basis"))
        .then(pl.col("_hit"))
        .otherwise(pl.concat_list(pl.col("_hit"), pl.lit("no_permitting_rule")))
        .alias("_hit")
    )
    wide = wide.with_columns(
        (pl.col("_hit").list.len() == 0).alias("permitted"), _only_hours(loaded, request).alias("_hours_only")
    )
    return frame.with_columns(
        wide["permitted"],
        wide["_hit"].list.first().alias("rule"),
        wide["_hit"].list.unique(maintain_order=True).list.join(",").alias("rules"),
        wide.select(pl.when(pl.col("permitted")).then(pl.col("_closes")))["_closes"].alias("permitted_until"),
        wide.select(pl.when(~pl.col("permitted") & pl.col("_hours_only")).then(pl.col("_opens")))["_opens"].alias(
            "next_permitted"
        ),
    )


def _rules(loaded: Iterable[Pack], request: Request) -> list[Rule]:
    found = []
    for one in loaded:
        today = request.at.astimezone(ZoneInfo(one.zone)).date()
        for rule in one.rules:
            wanted = request.action in rule.applies.actions and request.purpose not in rule.applies.except_purposes
            wanted = wanted and (not rule.applies.channels or request.channel in rule.applies.channels)
            wanted = wanted and (not rule.applies.purposes or request.purpose in rule.applies.purposes)
            if wanted and rule.since <= today and (rule.until is None or today <= rule.until):
                found.append(rule)
    return found


def _expressions(loaded: Sequence[Pack], request: Request) -> tuple[list[pl.Expr], list[tuple[str, pl.Expr]]]:
    """Expressions of the rules that allow, and of those that refuse (with their ids), in order of the packs.

    Counters, rests and gaps never fire without a history; inconvenient times are not plain.
    """
    allowing: list[pl.Expr] = []
    refusing: list[tuple[str, pl.Expr]] = [
        ("pack_expired", pl.lit(value=True))
        for p in loaded
        if request.at.astimezone(ZoneInfo(p.zone)).date() > p.signoff.expires_on
    ]
    for rule in _rules(loaded, request):
        expression = _condition(rule)
        if rule.needs_zone:
            refusing.append(("unknown_time_zone", ~pl.col("_zone_known")))
        if rule.count or rule.rest or rule.gap or rule.inconvenient or rule.effect_setting:
            continue
        if rule.hours is not None:
            expression = expression & pl.col("_zone_known") & ~pl.col(f"_open_{_key(rule)}")
        if rule.effect == "allow":
            allowing.append(expression)
        elif rule.effect in ("deny", "hold"):
            refusing.append((rule.id, expression))
    return allowing, refusing


def _condition(rule: Rule) -> pl.Expr:
    roles = sorted(rule.applies.roles)
    mine = pl.col("role").is_in(roles) if roles else pl.lit(value=True)
    return mine & columnar.holds(rule.condition.term) if rule.condition is not None else mine


def _only_hours(loaded: Sequence[Pack], request: Request) -> pl.Expr:
    """True where nothing but closed hours refuses, so that the clock alone will open."""
    others = [_condition(r) for r in _rules(loaded, request) if r.effect in ("deny", "hold") and not _clockwork(r)]
    blocked = functools.reduce(operator.or_, others, pl.lit(value=False))
    return pl.col("_zone_known") & pl.col("_basis") & ~blocked


def _clockwork(rule: Rule) -> bool:
    return bool(rule.hours or rule.count or rule.rest or rule.gap or rule.inconvenient or rule.effect_setting)


def _key(rule: Rule) -> str:
    return f"{rule.id}/{rule.limb}/{rule.since}"


def _windows(
    zones: Iterable[str], loaded: Sequence[Pack], pack_ids: Sequence[str], packs: Mapping[str, Pack], request: Request
) -> pl.DataFrame:
    """One row per set of zones: which hours rules are open now, and when the clock opens or closes next."""
    from arrears.gate import windows

    timed = [r for r in _rules(loaded, request) if r.hours is not None]
    rows = []
    for key in zones:
        person = Person("debtor", tuple(key.split(",")) if key else ())
        probe = Situation(person, tuple(pack_ids))
        known = [z for n in person.time_zones if (z := facts.zone(n)) is not None]
        clock = _clock_only(probe, packs, request)
        rows.append(
            {
                "zones": key,
                "_zone_known": bool(known) and len(known) == len(person.time_zones),
                "_opens": clock.next_permitted,
                "_closes": clock.until,
                **{
                    f"_open_{_key(r)}": r.hours is not None
                    and windows.open_at(r.hours, probe, request.channel, request.at, known)
                    for r in timed
                },
            }
        )
    schema: dict[str, Any] = {"zones": pl.String, "_zone_known": pl.Boolean}
    schema |= {"_opens": pl.Datetime("us", "UTC"), "_closes": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema=schema | {f"_open_{_key(r)}": pl.Boolean for r in timed})


def _clock_only(probe: Situation, packs: Mapping[str, Pack], request: Request) -> engine.Decision:
    """What the clock alone says: a debtor about whom nothing else is known, on a number of lawful origin."""
    plain = Request(at=request.at, channel=request.channel, purpose=request.purpose, action=request.action,
                    number_provenance="contract", crew=request.crew)  # fmt: skip
    return engine.decide(probe, plain, packs)


def judge_one(situation: Situation, request: Request, packs: Mapping[str, Pack]) -> Mapping[str, Any]:
    """The same answer columns for one row, by ``engine.decide``."""
    decision = engine.decide(situation, request, packs)
    rules = list(dict.fromkeys(decision.rules))
    instants: dict[str, datetime | None] = {"permitted_until": decision.until, "next_permitted": decision.next_permitted}
    return {"permitted": decision.allowed, "rule": rules[0] if rules else None, "rules": ",".join(rules), **instants}
