"""Night and minute work of the journal."""

from __future__ import annotations

from procrastinate.contrib.django import app

from arrears.journal import actions_seal
from arrears.kernel import clock


@app.periodic(cron="* * * * *", periodic_id="journal.seal")
@app.task(name="journal.seal", queueing_lock="journal.seal")
def seal(timestamp: int) -> int:
    """Every minute: seal what waits. An entry can be removed unseen only before its first seal, so this is short."""
    return actions_seal.seal_all(clock.now())
