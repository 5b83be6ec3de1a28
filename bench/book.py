"""The book of a day against only reading the raw rows it is made from, in the same run.

    python bench/book.py [--cases 1000000] [--small]

Makes ``--cases`` customers, each with one loan of twelve instalments, some months of payments, one in seventeen with a fee, one in
twenty-three with a reversed payment, under four sets of servicing terms, inside a throw-away database. Then, in this order: (a) reads
every event and schedule row of the creditor into frames; (b) builds the book (fold, all rooms' columns, Parquet, journal entry).
Checks the money of a sample against the one-loan fold. PostgreSQL as the tests have it (no fsync).
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from datetime import date
from pathlib import Path

from _throwaway import measure

AS_OF = date(2026, 6, 30)
SAMPLE = 400

_MAKE = """
insert into parties_customer (public_id, creditor_id, reference, created_at)
    select 'cus_' || n, %(creditor)s, 'C' || n, now() from generate_series(1, %(n)s) n;
insert into ledger_agreement (public_id, creditor_id, portfolio_id, customer_id, reference, product, currency, opened_on, keeping,
        secured_by, attributes, source, created_at)
    select 'agr_' || id, creditor_id, %(portfolio)s, id, reference, 'consumer_loan', 'CNY', date '2025-09-01' + (id %% 28)::int,
        'computed', '', '{}', 'bench', now() from parties_customer where creditor_id = %(creditor)s order by id;
insert into ledger_event (public_id, creditor_id, agreement_id, kind, effective_on, recorded_at, component, data, dedup_key, source)
    select 'lev_o' || id, creditor_id, id, 'opened', opened_on, now(), '', json_build_object('servicing', (%(terms)s)[1 + id %% 4]),
        'opened', 'bench' from ledger_agreement where creditor_id = %(creditor)s order by id;
insert into ledger_event (public_id, creditor_id, agreement_id, kind, effective_on, recorded_at, amount_minor, component, data,
        dedup_key, source)
    select 'lev_' || k || id, creditor_id, id, k, opened_on, now(), case k when 'disbursed' then 1200000 end, '', '{}', k, 'bench'
    from ledger_agreement, unnest(array['disbursed', 'schedule_set']) k where creditor_id = %(creditor)s order by id, k;
insert into ledger_schedulerow (creditor_id, agreement_id, event_id, n, due_on, principal_minor, interest_minor, fee_minor,
        penalty_minor, cost_minor)
    select e.creditor_id, e.agreement_id, e.id, n, (e.effective_on + make_interval(months => n))::date, 100000, 1000 * (13 - n), 0, 0, 0
    from ledger_event e, generate_series(1, 12) n where e.creditor_id = %(creditor)s and e.kind = 'schedule_set' order by e.id, n;
insert into ledger_event (public_id, creditor_id, agreement_id, kind, effective_on, recorded_at, amount_minor, component, data,
        dedup_key, source)
    select 'lev_p' || r.id, r.creditor_id, r.agreement_id, 'paid', r.due_on + case when r.agreement_id %% 7 = 0 then 3 else 0 end, now(),
        100000 + r.interest_minor, '', '{}', 'p' || r.n, 'bench'
    from ledger_schedulerow r where r.creditor_id = %(creditor)s and r.n <= 9 - (case r.agreement_id %% 10
        when 0 then 1 + r.agreement_id %% 7 else 0 end) order by r.agreement_id, r.n;
insert into ledger_event (public_id, creditor_id, agreement_id, kind, effective_on, recorded_at, amount_minor, component, due_on, data,
        dedup_key, source)
    select 'lev_f' || id, creditor_id, id, 'charged', date '2026-05-15', now(), 5000, 'fee', date '2026-05-15', '{}', 'f', 'bench'
    from ledger_agreement where creditor_id = %(creditor)s and id %% 17 = 0 order by id;
insert into ledger_event (public_id, creditor_id, agreement_id, kind, effective_on, recorded_at, component, target_id, data, dedup_key,
        source)
    select 'lev_r' || id, creditor_id, agreement_id, 'reversed', effective_on + 1, now(), '', id, '{}', 'r', 'bench'
    from ledger_event where creditor_id = %(creditor)s and dedup_key = 'p2' and agreement_id %% 23 = 0 order by id;
"""


def terms() -> list[str]:
    """Four sets of servicing terms as the import stores them."""
    from arrears.ledger.servicing import ServicingTerms

    words = (
        {"penalty": {"annual_percent": "18", "day_count": "actual/360"}},
        {"penalty": {"annual_percent": "21.6", "day_count": "actual/360"}, "grace_days": 3},
        {"waterfall": "penalty_fee_interest_principal"},
        {"waterfall": "cn.civil_code_561", "penalty": {"annual_percent": "24", "compound_base": ["interest"]}},
    )
    return [json.dumps(ServicingTerms.from_dict(w).to_dict()) for w in words]


def run(cases: int, folder: Path) -> dict[str, object]:
    """Make the facts, read them, build the book; figures of this run only."""
    from django.conf import settings
    from django.db import connection, transaction

    from arrears.access.models import Creditor, Portfolio
    from arrears.book import actions
    from arrears.kernel.scope import SYSTEM_SCOPE, Actor
    from arrears.ledger import frames

    settings.BOOK_DIR = folder
    creditor = Creditor.objects.create(code="BENCH", name="BENCH")
    portfolio = Portfolio.objects.create(creditor=creditor, code="P", name="P")
    values = {"creditor": creditor.pk, "portfolio": portfolio.pk, "n": cases, "terms": terms()}
    with connection.cursor() as cursor:
        for statement in _MAKE.split(";\n"):
            if statement.strip():
                cursor.execute(statement.replace("(%(terms)s)[", "(%(terms)s::jsonb[])["), values)
        cursor.execute("analyze")
    began = time.perf_counter()
    ids = frames.agreements_frame(creditor.pk, AS_OF)["agreement_id"].to_list()
    events = rows = 0
    for start in range(0, cases, frames.RANGE):
        part = ids[start : start + frames.RANGE]
        events += frames.rows_of(frames._EVENT_SQL, [part], frames._EVENT_SCHEMA).height
        rows += frames.rows_of(frames._ROW_SQL, [part], frames._ROW_SCHEMA).height
    reading = time.perf_counter() - began
    began = time.perf_counter()
    with transaction.atomic():
        built = actions.build(Actor(SYSTEM_SCOPE, "system", "bench", "job"), AS_OF, "BENCH")
    assert built, built
    building = time.perf_counter() - began
    return {
        "cases": cases, "events": events, "schedule_rows": rows, "overdue_customers": built.overdue_customers,
        "seconds_reading": round(reading, 2), "seconds_building": round(building, 2), "ratio": round(building / reading, 2),
        "cases_a_second": round(cases / building), "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "sample_checked": check(creditor.pk),
    }  # fmt: skip


def check(creditor_id: int) -> int:
    """The same money and days, loan by loan, for a sample. Raises where one differs."""
    from arrears.book import queries as book
    from arrears.kernel.scope import Scope
    from arrears.ledger import queries
    from arrears.ledger.models import Agreement

    scope = Scope(frozenset({creditor_id}))
    chosen = list(Agreement.objects.visible_to(scope).order_by("id")[:SAMPLE])
    said = {r["customer_id"]: r for r in book.read(scope, AS_OF).collect().iter_rows(named=True)}
    for one in queries.positions(scope, chosen, AS_OF):
        row, at = said[one.agreement.customer_id], one.position
        ours = (
            row["overdue_minor"],
            row["outstanding_minor"],
            row["past_due_days"],
            row["delinquent_days"],
            row["oldest_due_on"],
        )
        assert ours == (at.overdue_minor, at.outstanding_minor, at.past_due_days, at.delinquent_days, at.oldest_due_on), row
    return len(chosen)


def in_a_folder(count: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        return run(count, Path(folder))


if __name__ == "__main__":
    measure(in_a_folder, __doc__, "cases", small=20_000)
