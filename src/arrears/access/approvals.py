"""What an approved request sets off: executors by act, and the mark that an approval is being carried out.

A room registers, beside the action that asks ``require_authority``::

    approvals.register("ledger.waive", lambda actor, approval: waive(actor, **approval.payload))

The executor calls the same action again; inside, ``require_authority`` sees the approval that is being carried out, checks that
act, creditor, subject, unit and amount are those that were approved, and grants once.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from arrears.access.loading import import_actions
from arrears.access.models import Approval
from arrears.kernel.scope import Actor

Executor = Callable[[Actor, Approval], Any]
_EXECUTORS: dict[str, Executor] = {}


@dataclass(slots=True)
class Running:
    """The approval that is being carried out now. ``spent`` once its authority was used."""

    approval: Approval
    spent: bool = False


running: ContextVar[Running | None] = ContextVar("approval_running", default=None)


def register(act: str, executor: Executor) -> None:
    """Let ``executor(actor, approval)`` carry out approved requests of ``act``. It returns a value or a ``Refusal``."""
    known = _EXECUTORS.get(act)
    if known is not None and known is not executor:
        raise ValueError(f"executor of {act} registered twice")
    _EXECUTORS[act] = executor


def executor_of(act: str) -> Executor | None:
    """The executor of ``act``, whichever room registers it; None where none does."""
    if act not in _EXECUTORS:
        import_actions()
    return _EXECUTORS.get(act)
