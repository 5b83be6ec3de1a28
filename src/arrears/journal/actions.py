"""Every state change of the product goes through ``@action``: one transaction, at least one journal entry, refusals undo."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction

from arrears.journal import canonical
from arrears.journal.models import Entry
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor

P = ParamSpec("P")
R = TypeVar("R")

_written: ContextVar[int] = ContextVar("entries_written", default=0)
_depth: ContextVar[int] = ContextVar("action_depth", default=0)
_guard: list[Callable[[Actor, str], Refusal | None]] = []

#: Every verb that was declared, for the check that each one has a right.
VERBS: set[str] = set()


def guard_with(check: Callable[[Actor, str], Refusal | None]) -> None:
    """Let ``check(actor, verb)`` decide before every outermost action. The access room calls this once at start."""
    _guard[:] = [check]


class ActionError(RuntimeError):
    """An action was written against the house rules (no transaction, no entry). A programming error."""


def entry_of(
    actor: Actor,
    act: str,
    subject: tuple[str, str],
    *,
    creditor_id: int | None,
    customer_id: int | None = None,
    payload: dict[str, Any] | None = None,
) -> Entry:
    """An entry not yet written, with its content hash; ``record_many`` writes a batch of them."""
    recorded_at = clock.now()
    content = {
        "recorded_at": recorded_at.isoformat(),
        "creditor_id": creditor_id,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "via": actor.via,
        "act": act,
        "subject_kind": subject[0],
        "subject_id": subject[1],
        "customer_id": customer_id,
        "payload": canonical.plain(payload or {}),
        "request_id": actor.request_id,
    }
    return Entry(**{**content, "recorded_at": recorded_at, "content_hash": canonical.sha256(content)})


def record(
    actor: Actor,
    act: str,
    subject: tuple[str, str],
    *,
    creditor_id: int | None,
    customer_id: int | None = None,
    payload: dict[str, Any] | None = None,
) -> Entry:
    """Write one entry in the running transaction.

    ``act`` is ``noun.verb_past`` (``payment.recorded``), ``subject`` is (kind, public id). ``payload`` must not hold
    identity fields in clear; floats are refused (``TypeError``).
    """
    row = entry_of(actor, act, subject, creditor_id=creditor_id, customer_id=customer_id, payload=payload)
    row.save(force_insert=True)
    _written.set(_written.get() + 1)
    return row


_COLUMNS = (
    "recorded_at", "creditor_id", "actor_kind", "actor_id", "via", "act", "subject_kind", "subject_id", "customer_id", "payload",
    "request_id", "content_hash",
)  # fmt: skip


def record_many(entries: Iterable[Entry]) -> int:
    """Write many entries (made by ``entry_of``) in the running transaction with one COPY. Returns how many.

    For masses (an import of a million rows): about ten times the rate of ``record``. The entries get no ids in memory.
    """
    written = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY journal_entry ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
        for one in entries:
            values: list[Any] = [getattr(one, name) for name in _COLUMNS]
            values[9] = json.dumps(one.payload, ensure_ascii=False)
            copy.write_row(values)
            written += 1
    _written.set(_written.get() + written)
    return written


def action(verb: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function as a state change named ``verb`` (``ledger.record_payment``).

    The caller owns the transaction (request, job or test); the action runs inside a savepoint. A returned ``Refusal``
    (or an exception) rolls the savepoint back, so a refusal changes nothing. A completed action that wrote no journal
    entry raises ``ActionError``.

    The first argument is the ``Actor``. Before an outermost action the guard (``access.rights.check``) is asked; its refusal
    is returned. An action called by another one is part of that one and is not asked again.
    """
    VERBS.add(verb)

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if not connection.in_atomic_block:
                raise ActionError(f"{verb}: an action runs inside its caller's transaction")
            actor = args[0] if args else kwargs.get("actor")
            if not isinstance(actor, Actor):
                raise ActionError(f"{verb}: the first argument is the actor")
            depth = _depth.get()
            if depth == 0 and _guard and (refused := _guard[0](actor, verb)) is not None:
                return refused  # type: ignore[return-value]
            before = _written.get()
            token = _depth.set(depth + 1)
            try:
                with transaction.atomic():
                    result = function(*args, **kwargs)
                    if isinstance(result, Refusal):
                        transaction.set_rollback(True)
                    elif _written.get() == before:
                        raise ActionError(f"{verb}: completed without a journal entry")
            finally:
                _depth.reset(token)
            return result

        run.verb = verb  # type: ignore[attr-defined]
        return run

    return wrap
