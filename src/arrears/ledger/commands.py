"""``arrears ledger``: positions, statements, and the comparison with the host."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import typer

from arrears.cli import conventions
from arrears.kernel import clock
from arrears.kernel.money import format_major
from arrears.kernel.refusals import Refusal, Text
from arrears.kernel.scope import SYSTEM_SCOPE

NAME = "ledger"
app = typer.Typer(no_args_is_help=True, help="What is owed, why, and where the host says otherwise.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
AsOf = Annotated[str, typer.Option("--as-of", help="Business date, end of that day; default today.")]
KnownAt = Annotated[str, typer.Option("--known-at", help="As known at this instant (ISO 8601), default now.")]


def _say(zh: str, en: str, **values: Any) -> None:
    conventions.say(Text(zh, en).format(**values).in_language(conventions.language()))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else clock.today()
    except ValueError:
        conventions.stop(f"{text}: 不是日期 / not a date (2026-11-23)", conventions.Exit.USAGE)


def _instant(text: str) -> datetime | None:
    """A bare date means the end of that day at home: what was known when the day was over."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        conventions.stop(f"{text}: 不是时刻 / not an instant (2026-11-23T18:00+08:00)", conventions.Exit.USAGE)
    if len(text) == 10:
        found = found.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return found if found.tzinfo else found.replace(tzinfo=clock.HOME_ZONE)


@app.command()
def position(agreement: str, as_of: AsOf = "", known_at: KnownAt = "", as_json: Json = False) -> None:
    """What is owed under an agreement (public id or the host's number)."""
    from arrears.ledger import queries, schemas

    found = queries.position(SYSTEM_SCOPE, agreement, _day(as_of), _instant(known_at))
    if isinstance(found, Refusal):
        conventions.refuse(found, as_json=as_json)
    if as_json:
        conventions.put(schemas.PositionOut.of(found.agreement, found.position, found.host).model_dump(mode="json"))
        return
    at, one = found.position, found.agreement
    if one.keeping != "host":
        _say(
            "{reference} 截至 {day}：逾期 {overdue} {currency}，逾期 {days} 天，未还合计 {owed} {currency}。",
            "{reference} as of {day}: overdue {overdue} {currency}, {days} days past due, outstanding {owed} {currency}.",
            reference=one.reference, day=at.as_of, overdue=format_major(at.overdue_minor, one.currency), currency=one.currency,
            days=at.past_due_days, owed=format_major(at.outstanding_minor, one.currency),
        )  # fmt: skip
    if found.host is not None:
        _say(
            "主机 {day}：逾期 {overdue} {currency}，逾期 {days} 天。",
            "The host on {day}: overdue {overdue} {currency}, {days} days past due.",
            day=found.host.as_of, overdue=format_major(found.host.overdue_minor or 0, one.currency), currency=one.currency,
            days=found.host.past_due_days,
        )  # fmt: skip


@app.command()
def statement(
    agreement: str,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    about: Annotated[str, typer.Option(help="overdue or total.")] = "overdue",
    as_json: Json = False,
) -> None:
    """Why this amount: every line of its derivation, summing to the cent."""
    from arrears.ledger import queries, schemas

    if about not in ("overdue", "total"):
        conventions.stop(f"{about}: overdue | total", conventions.Exit.USAGE)
    one = queries.agreement(SYSTEM_SCOPE, agreement)
    found = queries.statement(SYSTEM_SCOPE, agreement, _day(as_of), _instant(known_at), about)
    if isinstance(one, Refusal) or isinstance(found, Refusal):
        conventions.refuse(one if isinstance(one, Refusal) else found, as_json=as_json)  # type: ignore[arg-type]
    language = conventions.language()
    if as_json:
        conventions.put(schemas.StatementOut.of(one.public_id, found, language).model_dump(mode="json"))
        return
    for line in found.lines:
        what = line.what.in_language(language)
        conventions.say(f"{line.on}  {format_major(line.amount_minor, found.currency):>16}  {what}")
    conventions.say(f"{found.as_of}  {format_major(found.total_minor, found.currency):>16}  {found.currency}")


@app.command()
def reconcile(
    date_: Annotated[str, typer.Option("--date", help="Business date, default today.")] = "",
    creditor: Annotated[str, typer.Option(help="One creditor only, by code.")] = "",
    known_at: KnownAt = "",
    limit: Annotated[int, typer.Option(min=0, help="How many differences to show.")] = 20,
    as_json: Json = False,
) -> None:
    """Host positions beside ours, field by field. Exit code 1 when any figure differs."""
    from arrears.ledger import reconciliation

    found = reconciliation.report(SYSTEM_SCOPE, _day(date_), _instant(known_at), creditor)
    if as_json:
        conventions.put(found.as_json())
    _say(
        "截至 {day}：比对 {compared} 份借据，一致 {equal}，主机未报 {silent}。",
        "As of {day}: {compared} agreements compared, {equal} equal, {silent} without a word of the host.",
        day=found.as_of, compared=found.compared, equal=found.equal, silent=found.silent,
    )  # fmt: skip
    for one in found.sums:
        shown = format_major(one.absolute, one.currency) if one.field in reconciliation.MONEY else str(one.absolute)
        _say("{field}（{currency}）：{n} 份不同，差额合计 {sum}", "{field} ({currency}): {n} differ, by {sum} in all",
             field=one.field, currency=one.currency, n=one.agreements, sum=shown)  # fmt: skip
    for row in found.differences[:limit]:
        conventions.say(f"  {row.reference}  {row.as_of}  {row.field}: {row.ours} / {row.host}")
    if found.differences:
        raise typer.Exit(int(conventions.Exit.FAILURE))
