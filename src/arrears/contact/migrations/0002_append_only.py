"""A letter that left is never changed or removed."""

from django.db import migrations

from arrears.journal.appendonly import forbid_change_sql


class Migration(migrations.Migration):
    dependencies = [("contact", "0001_initial"), ("journal", "0002_append_only")]
    operations = [forbid_change_sql("contact_letter")]
