"""Rights of the role that the product runs as: it may work on every table, but on append-only ones it may only insert.

The list of append-only tables is read from the triggers in the catalogue, so no second list can drift from the first. The
tables belong to the owner role, which runs migrations and nothing else.
"""

from __future__ import annotations

from typing import Any

from django.db import connection as default_connection

APP_ROLE = "arrears_app"

_TRIGGERS = """
select c.relname, t.tgargs
from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid
join pg_namespace n on n.oid = c.relnamespace
where p.proname = 'arrears_forbid_change' and t.tgname = c.relname || '_append_only' and n.nspname = current_schema()
order by 1
"""


def append_only_tables(connection: Any = default_connection) -> dict[str, list[str]]:
    """Append-only tables with the columns that may still change."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS)
        return {table: [a.decode() for a in bytes(arguments).split(b"\x00") if a] for table, arguments in cursor.fetchall()}


def grant_app_role(connection: Any = default_connection, role: str = APP_ROLE) -> bool:
    """Give ``role`` its rights after a migration. False where the server has no such role (then the owner runs the product)."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("select current_schema(), exists (select from pg_roles where rolname = %s)", [role])
        schema, known = cursor.fetchone()
        if not known:
            return False
        cursor.execute("select pg_advisory_xact_lock(7021)")  # two migrations at once would collide on the catalogue rows
        name, schema = quote(role), quote(schema)
        cursor.execute(f"grant usage on schema {schema} to {name}")
        cursor.execute(f"grant select, insert, update, delete on all tables in schema {schema} to {name}")
        cursor.execute(f"grant usage, select, update on all sequences in schema {schema} to {name}")
        cursor.execute(f"grant execute on all functions in schema {schema} to {name}")
        for table, columns in append_only_tables(connection).items():
            cursor.execute(f"revoke update, delete, truncate on {quote(table)} from {name}")
            if columns:
                cursor.execute(f"grant update ({', '.join(quote(c) for c in columns)}) on {quote(table)} to {name}")
        cursor.execute(f"revoke insert, update, delete, truncate on {quote('django_migrations')} from {name}")
    return True
