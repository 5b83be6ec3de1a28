from django.db import migrations

from arrears.journal.appendonly import forbid_change_sql


class Migration(migrations.Migration):
    dependencies = [("parties", "0002_versions_representation_merges"), ("journal", "0002_append_only")]
    operations = [
        forbid_change_sql("parties_partyversion"),
        forbid_change_sql("parties_rightpartyevent"),
        forbid_change_sql("parties_consentevent"),
        forbid_change_sql("parties_restriction", "lifted_at", "lifted_by", "lifted_reason"),
        forbid_change_sql("parties_vulnerability", "ended_at"),
        forbid_change_sql("parties_representation", "valid_until"),
        forbid_change_sql("parties_customermerge", "undone_at", "undone_by"),
    ]
