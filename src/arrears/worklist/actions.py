"""The main job: the day's work of a creditor, from the book to the worklist, as one act in one transaction.

Derived from facts alone: run it again and nothing changes; kill it and nothing was written. Every overdue row of the book is in
the list, and the money of the list equals the money of the book, or the run is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from django.db import connection

from arrears.access import queries as access
from arrears.access.models import Creditor
from arrears.book import actions as book_actions
from arrears.book import queries as book
from arrears.cases import actions as cases
from arrears.cases import assignment
from arrears.cases import queries as case_queries
from arrears.gate import bulk
from arrears.gate.facts import Request
from arrears.gate.packs import shipped as packs
from arrears.journal.actions import action, record
from arrears.journal.canonical import canonical_bytes
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.strategy import columnar
from arrears.strategy.document import STAGES, Strategy
from arrears.strategy.document import shipped as strategies
from arrears.worklist import queries, refusals, words
from arrears.worklist.models import Run

#: The hour at which a planned contact is judged; the permit itself is taken at the moment of contact.
PLANNING_HOUR = time(9, 30)
CHANNELS = ("voice", "ai_voice", "sms", "im", "email", "letter", "visit")
#: Outcomes after which a step was not carried out.
NOT_DONE = ("reserved", "unknown", "undelivered", "refused")


@action("run.day")
def run(actor: Actor, day: date, creditor_code: str) -> Run | Refusal:
    """Make the worklist of ``creditor_code`` for ``day``; builds the book first where its facts changed.

    ``summary`` of the run holds counts and money; ``changed`` in it is 0 when nothing moved since the last run of that date.
    Refusals: ``run.no_creditor``, those of building the book, ``run.unbalanced``.
    """
    creditor = access.creditor(actor.scope, creditor_code)
    if creditor is None:
        return refusals.NO_CREDITOR.at("/creditor", code=creditor_code)
    built = book_actions.build(actor, day, creditor_code)
    if isinstance(built, Refusal):
        return built
    overdue = book.read(actor.scope, day, creditor_code).filter(pl.col("overdue_minor") > 0).collect()
    overdue = overdue.sort("customer_id", "currency").with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    documents = strategies()
    lines = _derived(actor, creditor, overdue, documents, day)
    lines = _permitted(actor, creditor, lines, day)
    lines = _owned(actor, creditor, lines, day)
    if (fault := _balance(overdue, lines)) is not None:
        return fault
    lines = _worded(creditor, lines, documents)
    moved = cases.follow(actor, creditor, day, _states(lines))
    changed = _write(creditor, day, lines)
    summary = _summary(lines, overdue, built.rows, day) | {
        "cases": {"opened": moved.opened, "changed": moved.changed, "closed": moved.closed}, "changed": changed,
    }  # fmt: skip
    made = _stored(actor, creditor, day, documents, summary, _digest(lines))
    record(
        actor, "run.finished", ("run", made.public_id), creditor_id=creditor.pk,
        payload={"date": day, "lines": lines.height, "changed": changed, "digest": made.digest},
    )  # fmt: skip
    return made


def _derived(actor: Actor, creditor: Creditor, overdue: pl.DataFrame, documents: Sequence[Strategy], day: date) -> pl.DataFrame:
    """Stage and next step of every row. Rows outside every strategy go to a person, with that reason."""
    done = queries.steps_done(actor.scope, creditor.pk, day, NOT_DONE)
    log = overdue.select("row", "customer_id").join(done, on="customer_id").select("row", "step", "on")
    answer = columnar.derive(overdue, documents, log, day)
    review = documents[-1].review
    blank = {
        "strategy": "", "segment": "", "plan": "", "stage": "", "hold": "", "because": "no_strategy", "step_key": "review",
        "step": review.id, "channel": review.channel, "purpose": review.purpose, "template": review.template,
        "team": review.owner.team, "owner_mode": review.owner.mode,
    }  # fmt: skip
    answer = answer.with_columns(pl.col(n).fill_null(v) for n, v in blank.items())
    answer = answer.with_columns(pl.col(n).fill_null(pl.lit(day)) for n in ("planned_on", "due_on", "deadline_on"))
    facts = overdue.select("row", "customer_id", "currency", "overdue_minor", "past_due_days", "bucket")
    return facts.join(answer, on="row", maintain_order="left")


def _permitted(actor: Actor, creditor: Creditor, lines: pl.DataFrame, day: date) -> pl.DataFrame:
    """Whether the step may be done at the planning hour of its date, until when, or from when."""
    z = ZoneInfo(creditor.time_zone)
    asked: list[tuple[int, int, Request]] = []
    instants: dict[int, datetime] = {}
    wanted = lines.filter(pl.col("channel").is_in(CHANNELS)).select("row", "customer_id", "channel", "purpose", "due_on")
    for row, customer, channel, purpose, due_on in wanted.iter_rows():
        instants[row] = datetime.combine(due_on, PLANNING_HOUR, z)
        asked.append((row, customer, Request(instants[row], channel, purpose, crew=2)))
    found = bulk.debtors(actor.scope, creditor, lines["customer_id"].unique().to_list(), day)
    answer = bulk.plan(found, asked)
    at = pl.DataFrame(
        {"row": list(instants), "permit_at": list(instants.values())},
        schema={"row": pl.Int64, "permit_at": pl.Datetime("us", "UTC")},
    )
    lines = lines.join(answer, on="row", how="left", maintain_order="left").join(at, on="row", how="left", maintain_order="left")
    state = (
        pl.when(pl.col("permitted").is_null()).then(pl.lit("office"))
        .when(pl.col("permitted")).then(pl.lit("allow"))
        .when(pl.col("next_permitted").is_not_null()).then(pl.lit("wait"))
        .otherwise(pl.lit("stop"))
    )  # fmt: skip
    return lines.with_columns(
        state.alias("permit_state"),
        pl.col("reachable").fill_null(value=True),
        pl.col("rules").fill_null("").str.slice(0, 200),
        pl.col("rules").fill_null("").str.split(",").list.first().str.slice(0, 60).alias("rule"),
    )


def _owned(actor: Actor, creditor: Creditor, lines: pl.DataFrame, day: date) -> pl.DataFrame:
    """Owners, in the order of importance: what is due first, the severer stage, the larger amount; ties by customer."""
    severity = {s: n for n, s in enumerate(STAGES)}
    lines = lines.with_columns(pl.col("stage").replace_strict(severity, default=-1, return_dtype=pl.Int64).alias("_severity"))
    lines = lines.sort(
        "due_on", "_severity", "overdue_minor", "customer_id", "currency", descending=[False, True, True, False, False]
    ).with_row_index("rank", offset=1)
    kept = queries.owners_before(actor.scope, creditor.pk, day)
    columns = ("row", "team", "owner_mode", "channel", "customer_id", "currency", "due_on")
    work = [
        assignment.Work(row, team, mode, channel, kept.get((customer, currency), ""), due_on <= day)
        for row, team, mode, channel, customer, currency, due_on in lines.select(columns).iter_rows()
    ]
    teams = case_queries.teams(creditor, day)
    owned = assignment.assign(work, teams, fallback=min(teams, default=""))
    frame = pl.DataFrame(
        [(o.row, o.owner, o.team, o.why) for o in owned],
        schema={"row": pl.Int64, "owner_id": pl.String, "team": pl.String, "owner_why": pl.String}, orient="row",
    )  # fmt: skip
    return lines.drop("team").join(frame, on="row", maintain_order="left")


def _balance(overdue: pl.DataFrame, lines: pl.DataFrame) -> Refusal | None:
    """Every overdue row is in the list once, and money is equal by currency."""
    book_sums = dict(overdue.group_by("currency").agg(pl.col("overdue_minor").sum()).iter_rows())
    list_sums = dict(lines.group_by("currency").agg(pl.col("overdue_minor").sum()).iter_rows())
    for currency, amount in book_sums.items():
        if list_sums.get(currency) != amount or lines.height != overdue.height:
            return refusals.UNBALANCED.at(currency=currency, book=amount, list=list_sums.get(currency, 0))
    return None


def _worded(creditor: Creditor, lines: pl.DataFrame, documents: Sequence[Strategy]) -> pl.DataFrame:
    """Titles and reasons as stored text, so that an old list reads as it was made."""
    say = words.Sentences(documents, packs(), ZoneInfo(creditor.time_zone))
    made = []
    for row in lines.iter_rows(named=True):
        stage, step = say.stage_title(row["plan"], row["stage"]), say.step_title(row["strategy"], row["step_key"])
        made.append(
            (row["row"], _json({"zh": stage.zh, "en": stage.en}), _json({"zh": step.zh, "en": step.en}), _json(say.why(row)))
        )
    schema = {"row": pl.Int64, "stage_title": pl.String, "step_title": pl.String, "why": pl.String}
    frame = pl.DataFrame(made, schema=schema, orient="row")
    return lines.join(frame, on="row", maintain_order="left")


def _json(value: Any) -> str:
    return canonical_bytes(value).decode()


def _states(lines: pl.DataFrame) -> list[cases.CaseState]:
    columns = ("customer_id", "currency", "strategy", "segment", "plan", "stage", "team", "owner_id")
    return [cases.CaseState(*row) for row in lines.select(columns).iter_rows()]


_FIELDS = (
    "customer_id", "currency", "overdue_minor", "past_due_days", "bucket", "strategy", "segment", "plan", "stage", "stage_title",
    "step_key", "step", "step_title", "channel", "purpose", "template", "planned_on", "due_on", "deadline_on", "because", "hold",
    "team", "owner_id", "owner_why", "permit_state", "permit_at", "permitted_until", "next_permitted", "rule", "rules", "reachable",
    "rank", "why",
)  # fmt: skip


def _digest(lines: pl.DataFrame) -> str:
    """Of every field of every line in order."""
    rows = lines.sort("rank").select(_FIELDS).iter_rows()
    return hashlib.sha256(b"".join(canonical_bytes(list(row)) for row in rows)).hexdigest()


def _write(creditor: Creditor, day: date, lines: pl.DataFrame) -> int:
    """COPY to a stage table, then one merge that touches only what differs. Answers how many lines were written or removed."""
    names = ", ".join(_FIELDS)
    own = [f for f in _FIELDS if f not in ("customer_id", "currency")]
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists worklist_day")
        cursor.execute(f"create temporary table worklist_day on commit drop as select {names} from worklist_workitem where false")
        with cursor.copy(f"copy worklist_day ({names}) from stdin") as copy:
            for row in lines.select(_FIELDS).iter_rows():
                copy.write_row(row)
        cursor.execute(
            "delete from worklist_workitem e where e.creditor_id = %s and e.business_date = %s and not exists ("
            "select from worklist_day d where d.customer_id = e.customer_id and d.currency = e.currency)",
            [creditor.pk, day],
        )
        removed = cursor.rowcount
        cursor.execute(
            f"insert into worklist_workitem (public_id, creditor_id, business_date, {names}) "
            f"select 'itm_' || translate(encode(uuid_send(gen_random_uuid()), 'hex'), '-', ''), %s, %s, {names} from worklist_day "
            f"on conflict (business_date, customer_id, currency) do update set "
            f"{', '.join(f'{f} = excluded.{f}' for f in own)} "
            f"where ({', '.join(f'worklist_workitem.{f}' for f in own)}) is distinct from ({', '.join(f'excluded.{f}' for f in own)})",
            [creditor.pk, day],
        )
        return int(removed) + int(cursor.rowcount)


def _counts(lines: pl.DataFrame, column: str) -> dict[str, int]:
    return dict(lines.group_by(column).len().sort(column).iter_rows())


def _summary(lines: pl.DataFrame, overdue: pl.DataFrame, book_rows: int, day: date) -> dict[str, Any]:
    """Counts and money (minor units). Every overdue row of the book is counted under each heading once."""
    money = {c: int(m) for c, m in lines.group_by("currency").agg(pl.col("overdue_minor").sum()).sort("currency").iter_rows()}
    return {
        "book_rows": book_rows,
        "customers": lines["customer_id"].n_unique(),
        "lines": lines.height,
        "overdue_minor": money,
        "balanced": lines.height == overdue.height,
        "with_step": lines.filter(~pl.col("because").is_in(["no_strategy", "no_segment", "no_stage"])).height,
        "due_today": lines.filter(pl.col("due_on") <= day).height,
        "without_owner": lines.filter(pl.col("owner_id") == "").height,
        "unreachable": lines.filter(~pl.col("reachable")).height,
        "stages": _counts(lines, "stage"),
        "channels": _counts(lines, "channel"),
        "because": _counts(lines, "because"),
        "permits": _counts(lines, "permit_state"),
        "owners": _counts(lines, "owner_why"),
    }


def _stored(
    actor: Actor, creditor: Creditor, day: date, documents: Sequence[Strategy], summary: dict[str, Any], digest: str
) -> Run:
    values = {
        "made_at": clock.now(),
        "strategies": [[s.id, s.version] for s in documents],
        "packs": [[p.id, p.version, p.signoff.kind] for p in packs().values()],
        "summary": summary,
        "digest": digest,
    }
    rows = Run.objects.visible_to(actor.scope).filter(creditor=creditor, business_date=day)
    if rows.update(**values):
        found: Run = rows.get()
        return found
    made: Run = Run.objects.create(creditor=creditor, business_date=day, **values)
    return made
