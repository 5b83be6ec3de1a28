"""Tables whose rows are never changed: the database itself refuses update, delete and truncate.

Use in a room's own migration ``000N_append_only.py``::

    class Migration(migrations.Migration):
        dependencies = [("ledger", "0001_initial"), ("journal", "0002_append_only")]
        operations = [forbid_change_sql("ledger_event"), forbid_change_sql("parties_restriction", "lifted_at", "lifted_by")]

The trigger stops everybody, the owner of the tables too; ``rights.grant_app_role`` reads the triggers from the catalogue and
takes the same rights from the role the product runs as.
"""

from __future__ import annotations

import re

from django.db.migrations.operations import RunSQL

_NAME = re.compile(r"^[a-z_][a-z0-9_]{0,62}$")

#: The one function behind every append-only table. Its arguments are the columns that may change.
FUNCTION = """
CREATE OR REPLACE FUNCTION arrears_forbid_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        -- the test suite empties its throw-away database between tests; nobody else sets this
        IF current_setting('arrears.may_truncate', true) = 'test' THEN
            RETURN NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF TG_NARGS > 0 AND to_jsonb(OLD) - TG_ARGV = to_jsonb(NEW) - TG_ARGV THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'append-only: % on % is forbidden', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', HINT = 'Record a further fact instead.';
END
$body$;
"""


def forbid_change_sql(table: str, *may_change: str) -> RunSQL:
    """Migration operation: ``table`` takes inserts only. Columns in ``may_change`` may still be updated; deletes never."""
    for name in (table, *may_change):
        if not _NAME.match(name):
            raise ValueError(f"not a table or column name: {name!r}")
    arguments = ", ".join(f"'{column}'" for column in may_change)
    revoked = "DELETE, TRUNCATE" if may_change else "UPDATE, DELETE, TRUNCATE"
    forward = f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION arrears_forbid_change({arguments});
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION arrears_forbid_change();
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'arrears_app') THEN
                REVOKE {revoked} ON {table} FROM arrears_app;
            END IF;
        END $$;
    """
    backward = f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};"
    return RunSQL(forward, backward)
