from django.db import migrations

from arrears.journal.appendonly import forbid_change_sql


class Migration(migrations.Migration):
    dependencies = [("access", "0002_sign_in_and_authority"), ("journal", "0002_append_only")]
    operations = [forbid_change_sql("access_accesslog"), forbid_change_sql("access_authorityuse")]
