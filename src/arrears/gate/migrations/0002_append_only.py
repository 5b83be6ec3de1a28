from django.db import migrations

from arrears.journal.appendonly import forbid_change_sql


class Migration(migrations.Migration):
    dependencies = [("gate", "0001_initial"), ("journal", "0002_append_only")]
    operations = [
        forbid_change_sql("gate_packversion"),
        forbid_change_sql("gate_gatedecision"),
        forbid_change_sql("gate_permit", "state", "used_at", "settled_at"),
        forbid_change_sql("gate_attempt", "outcome", "contacted_at"),
    ]
