"""A letter stands on a letter permit that was used and settled: held by the database itself."""

from django.db import migrations

_FORWARD = """
CREATE FUNCTION contact_letter_needs_permit() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NOT EXISTS (
        SELECT FROM gate_permit p
        WHERE p.id = NEW.permit_id AND p.channel = 'letter' AND p.state = 'settled' AND p.customer_id = NEW.customer_id
    ) THEN
        RAISE EXCEPTION 'a letter needs a settled letter permit of its customer'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER contact_letter_with_permit BEFORE INSERT ON contact_letter
    FOR EACH ROW EXECUTE FUNCTION contact_letter_needs_permit();
"""
_BACKWARD = "DROP TRIGGER contact_letter_with_permit ON contact_letter; DROP FUNCTION contact_letter_needs_permit();"


class Migration(migrations.Migration):
    dependencies = [("contact", "0002_append_only"), ("gate", "0002_append_only")]
    operations = [migrations.RunSQL(_FORWARD, _BACKWARD)]
