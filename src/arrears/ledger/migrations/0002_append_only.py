"""Events, schedule rows and host positions are inserted once: the database forbids update, delete and truncate."""

from django.db import migrations

from arrears.journal.appendonly import forbid_change_sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("journal", "0002_append_only")]
    operations = [
        forbid_change_sql("ledger_event"),
        forbid_change_sql("ledger_schedulerow"),
        forbid_change_sql("ledger_hostposition"),
    ]
