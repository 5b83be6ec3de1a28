from django.db import migrations

from arrears.journal.appendonly import FUNCTION, forbid_change_sql


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION arrears_forbid_change()"),
        forbid_change_sql("journal_entry"),
        forbid_change_sql("journal_leaf"),
        forbid_change_sql("journal_checkpoint"),
    ]
