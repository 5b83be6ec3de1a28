"""The gate's columns of the book: what stops contact, what was tried, and which ways to reach the customer are on file."""

from __future__ import annotations

from datetime import datetime, timedelta
from datetime import time as clock_time
from typing import Any

import polars as pl
from django.db import connection

from arrears.kernel.clock import HOME_ZONE
from arrears.kernel.declare import BookRequest, Column
from arrears.kernel.refusals import Text


def _flag(name: str, zh: str, en: str, meaning_zh: str, meaning_en: str) -> Column:
    return Column(name, "boolean", "", Text(zh, en), Text(meaning_zh, meaning_en), room="gate")


COLUMNS = [
    _flag("contact_stopped", "停止联系", "Contact stopped", "登记有停止联系、暂缓、未成年或代理人",
          "A stop, moratorium, minority or representative is on record"),
    _flag("contact_deceased", "已去世", "Deceased", "登记为已去世", "Recorded as deceased"),
    _flag("contact_insolvent", "破产", "Insolvent", "处于破产程序", "Insolvency proceedings on record"),
    _flag("contact_disputed", "异议中", "Disputed", "登记有未结异议", "An open dispute is on record"),
    _flag("has_phone", "有电话", "Phone on file", "有未失效的手机或座机", "An open mobile or landline number"),
    _flag("has_email", "有邮箱", "E-mail on file", "有未失效的邮箱", "An open e-mail address"),
    _flag("has_address", "有地址", "Address on file", "有未失效的通信地址", "An open postal address"),
    Column("contacts_30_days", "integer", "count", Text("近 30 天联系", "Contacts in 30 days"),
           Text("业务日止 30 天内我方发起的联系次数", "Contacts we began in the 30 days up to the business date"), room="gate"),
    Column("last_contact_on", "date", "", Text("最近联系日", "Last contact"),
           Text("最近一次我方发起联系的日期；没有为空", "Day of our newest contact; NULL without one"), True, "gate"),
    Column("last_conversation_on", "date", "", Text("最近通话日", "Last conversation"),
           Text("最近一次与其通话的日期；没有为空", "Day of the newest conversation; NULL without one"), True, "gate"),
]  # fmt: skip

_POINTS = """
select p.customer_id,
       bool_or(c.kind in ('mobile', 'landline') and c.right_party <> 'wrong'),
       bool_or(c.kind = 'email'), bool_or(c.kind = 'address')
from parties_party p join parties_contactpoint c on c.party_id = p.id
where p.creditor_id = %(creditor)s and p.customer_id is not null
  and (c.valid_from is null or c.valid_from <= %(day)s) and (c.valid_until is null or c.valid_until >= %(day)s)
  and (c.closed_at is null or c.closed_at > %(at)s)
group by 1
"""
_STOPS = """
select p.customer_id,
       bool_or(r.kind in ('stop', 'moratorium', 'minor', 'represented') and r.scope = 'party' and r.channels = '[]'::jsonb),
       bool_or(r.kind = 'deceased'), bool_or(r.kind = 'insolvency'), bool_or(r.kind = 'dispute')
from parties_party p join parties_restriction r on r.party_id = p.id
where p.creditor_id = %(creditor)s and p.customer_id is not null
  and r.effective_from <= %(at)s and (r.effective_until is null or r.effective_until > %(at)s)
  and (r.lifted_at is null or r.lifted_at > %(at)s) and (%(known)s::timestamptz is null or r.recorded_at <= %(known)s)
group by 1
"""
_CONTACTS = """
select customer_id,
       count(*) filter (where direction = 'outbound' and contacted_at > %(month)s),
       (max(contacted_at) filter (where direction = 'outbound') at time zone %(zone)s)::date,
       (max(contacted_at) filter (where outcome = 'conversation') at time zone %(zone)s)::date
from gate_attempt
where creditor_id = %(creditor)s and contacted_at <= %(at)s and outcome <> 'reserved'
  and (%(known)s::timestamptz is null or recorded_at <= %(known)s)
group by 1
"""


def end_of(request: BookRequest) -> datetime:
    """The last instant of the business date in the house zone."""
    return datetime.combine(request.as_of, clock_time.max, HOME_ZONE)


def _rows(sql: str, values: dict[str, Any], names: list[str]) -> pl.DataFrame:
    kinds = {c.name: {"boolean": pl.Boolean, "integer": pl.Int64, "date": pl.Date}[c.type] for c in COLUMNS}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found = cursor.fetchall()
    return pl.DataFrame(found, schema={"customer_id": pl.Int64} | {n: kinds[n] for n in names}, orient="row")


def provide(request: BookRequest) -> pl.DataFrame:
    """The columns above for every customer of the creditor about whom anything is on record."""
    at = end_of(request)
    values = {
        "creditor": request.creditor_id, "day": request.as_of, "at": at, "known": request.known_at,
        "month": at - timedelta(days=30), "zone": str(HOME_ZONE),
    }  # fmt: skip
    points = _rows(_POINTS, values, ["has_phone", "has_email", "has_address"])
    stops = _rows(_STOPS, values, ["contact_stopped", "contact_deceased", "contact_insolvent", "contact_disputed"])
    tried = _rows(_CONTACTS, values, ["contacts_30_days", "last_contact_on", "last_conversation_on"])
    whole = points.join(stops, on="customer_id", how="full", coalesce=True)
    return whole.join(tried, on="customer_id", how="full", coalesce=True)
