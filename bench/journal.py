"""The journal under load: entries a second, sealing, whole verification, one proof.

    python bench/journal.py [--entries 1000000] [--small]

Runs in a throw-away database of the test cluster (or of ``DATABASE_URL``). The ratio is sealing and verifying against one plain
read of the same rows.
"""

from __future__ import annotations

import itertools
import time
from typing import Any

from _throwaway import measure


def facts(n: int) -> dict[str, Any]:
    subject = ("event", f"lev_{n}")
    return {"act": "payment.recorded", "subject": subject, "creditor_id": 1, "customer_id": n, "payload": {"amount_minor": n}}


def run(count: int) -> dict[str, object]:
    """Write, seal, read, verify and prove ``count`` entries; seconds of each."""
    from django.db import connection, transaction

    from arrears.journal import actions, actions_seal, keys, queries
    from arrears.journal.models import Entry
    from arrears.journal.verification import verify
    from arrears.kernel import clock
    from arrears.kernel.scope import SYSTEM_SCOPE, Actor

    actor = Actor(SYSTEM_SCOPE, "system", "bench", "job")
    single = min(count, 5_000)
    marks = {"start": time.perf_counter()}
    with transaction.atomic():
        for n in range(single):
            actions.record(actor, **facts(n))
    marks["record"] = time.perf_counter()
    with transaction.atomic():
        for begin in range(single, count, 10_000):
            batch = [actions.entry_of(actor, **facts(n)) for n in range(begin, min(count, begin + 10_000))]
            actions.record_many(batch)
    marks["bulk"] = time.perf_counter()
    actions_seal.seal_all(clock.now())
    marks["seal"] = time.perf_counter()
    for _ in Entry.objects.order_by("id").iterator(chunk_size=5_000):
        pass
    marks["read"] = time.perf_counter()
    report = verify(keys.verifiers())
    marks["verify"] = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("select max(id) from journal_entry")
        last = cursor.fetchone()[0]
    queries.proof(SYSTEM_SCOPE, last)
    marks["proof"] = time.perf_counter()
    names = list(marks)
    seconds = {b: marks[b] - marks[a] for a, b in itertools.pairwise(names)}
    assert report.is_whole
    assert report.entries == count
    return {
        "entries": count,
        "seconds": {k: round(v, 3) for k, v in seconds.items()},
        "records_a_second_one_by_one": round(single / seconds["record"]),
        "seal_times_plain_read": round(seconds["seal"] / seconds["read"], 2),
        "verify_times_plain_read": round(seconds["verify"] / seconds["read"], 2),
    }


if __name__ == "__main__":
    measure(run, __doc__, "entries", small=5_000)
