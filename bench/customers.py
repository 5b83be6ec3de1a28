"""Finding people: matching a whole base, and one search of each kind.

    python bench/customers.py [--parties 1000000] [--small]

Parties and phones are made inside a throw-away database; one in a hundred shares identity number and name with another one, one in
fifty name and phone. Ratio: matching against one plain sequential count of the parties.
"""

from __future__ import annotations

import statistics
import time

from _throwaway import measure

_MAKE = """
insert into parties_customer (public_id, creditor_id, reference, created_at)
    select 'cus_' || n, %(creditor)s, 'C' || n, now() from generate_series(1, %(n)s) n;
insert into parties_party (public_id, creditor_id, customer_id, reference, kind, name_sealed, name_masked, name_index, name_initials,
        id_kind, id_sealed, id_masked, id_index, born_index, language, segment, source, created_at)
    select 'pty_' || c.id, c.creditor_id, c.id, c.reference, 'person', '', '王*明',
        sha256(('name' || (n %% (%(n)s / 20 + 1)))::bytea),
        chr(97 + n %% 26) || chr(97 + n / 26 %% 26) || chr(97 + n / 676 %% 26),
        'cn_resident_id', '', '110101********' || lpad((n %% 10000)::text, 4, '0'),
        case when n %% 50 <> 1 then sha256(('id' || case when n %% 100 = 0 then n - %(n)s / 20 - 1 else n end)::bytea) end,
        null, 'zh-hans', '{}', 'bench', now()
    from (select c.*, substr(reference, 2)::int as n from parties_customer c where creditor_id = %(creditor)s) c;
insert into parties_contactpoint (public_id, creditor_id, party_id, kind, value_sealed, value_masked, value_index, label, provenance,
        source, time_zone, time_zone_evidence, right_party, is_preferred, created_at, closed_reason)
    select 'cpt_' || id, creditor_id, id, 'mobile', '', '138****' || lpad((n %% 10000)::text, 4, '0'),
        sha256(('phone' || case when n %% 50 = 1 then n - %(n)s / 20 - 1 else n end)::bytea), '', 'host', '', 'Asia/Shanghai',
        'area_code', 'unknown', false, now(), ''
    from (select p.*, substr(reference, 2)::int as n from parties_party p where creditor_id = %(creditor)s) p;
"""


def run(count: int) -> dict[str, object]:
    """Make ``count`` parties, match them, search."""
    from django.db import connection, transaction

    from arrears.access.models import Creditor
    from arrears.kernel.scope import SYSTEM_SCOPE, Actor, Scope
    from arrears.parties import actions_matching, queries

    creditor = Creditor.objects.create(code="BENCH", name="BENCH")
    scope = Scope(frozenset({creditor.id}))
    with connection.cursor() as cursor:
        for statement in _MAKE.split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"creditor": creditor.id, "n": count})
        cursor.execute("analyze")
        began = time.perf_counter()
        cursor.execute("select count(*), count(name_masked) from parties_party")
        plain = time.perf_counter() - began
    began = time.perf_counter()
    with transaction.atomic():
        found = actions_matching.find_matches(Actor(SYSTEM_SCOPE, "system", "bench", "job"), creditor.id)
    matching = time.perf_counter() - began
    searches = {}
    for kind, texts in {
        "name": ["王小明"], "initials": ["abc", "xy"], "tail": ["1234", "0007"], "phone": ["13800138000"], "number": ["C77"],
    }.items():  # fmt: skip
        times = []
        for turn in range(20):
            began = time.perf_counter()
            queries.search(scope, texts[turn % len(texts)])
            times.append((time.perf_counter() - began) * 1000)
        searches[kind] = {"median_ms": round(statistics.median(times), 1), "worst_ms": round(max(times), 1)}
    return {
        "parties": count,
        "matching_seconds": round(matching, 2),
        "merged": found.merged,
        "candidates": found.candidates,
        "matching_times_plain_count": round(matching / plain, 1),
        "search": searches,
    }


if __name__ == "__main__":
    measure(run, __doc__, "parties", small=20_000)
