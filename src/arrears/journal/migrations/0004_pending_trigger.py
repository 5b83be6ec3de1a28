from django.db import migrations

FORWARD = """
CREATE FUNCTION arrears_entry_waits() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO journal_pending (entry_id) SELECT id FROM fresh;
    RETURN NULL;
END
$body$;
CREATE TRIGGER journal_entry_waits AFTER INSERT ON journal_entry REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION arrears_entry_waits();
INSERT INTO journal_pending (entry_id)
    SELECT e.id FROM journal_entry e LEFT JOIN journal_leaf l ON l.entry_id = e.id WHERE l.entry_id IS NULL;
"""
BACKWARD = "DROP TRIGGER journal_entry_waits ON journal_entry; DROP FUNCTION arrears_entry_waits();"


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_pending")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
