"""Background steps of an import: the check of an upload and the commit of an approved batch."""

from __future__ import annotations

from procrastinate.contrib.django import app

from arrears.kernel.scope import SYSTEM_SCOPE, Actor

#: The job acts for the product; who received and approved stands in the batch and the journal.
_ACTOR = Actor(scope=SYSTEM_SCOPE, kind="system", id="import", via="job")


@app.task(name="intake.commit", queue="imports", pass_context=False)
def commit_batch(batch: str) -> None:
    """Bring an approved batch in. Killed, it is started again and goes on with the next part."""
    from arrears.intake import running

    running.resume(_ACTOR, batch)


@app.task(name="intake.check", queue="imports", pass_context=False)
def check_batch(batch: str) -> None:
    """The dry run of an uploaded file."""
    from arrears.intake import running

    running.resume(_ACTOR, batch)


def defer_commit(batch: str) -> None:
    """Queue the commit in the caller's transaction; a batch is committed by one job at a time."""
    commit_batch.configure(lock=f"import:{batch}", queueing_lock=None).defer(batch=batch)


def defer_check(batch: str) -> None:
    check_batch.configure(lock=f"import:{batch}").defer(batch=batch)
