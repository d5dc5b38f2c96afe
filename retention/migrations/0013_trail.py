"""Acts of one customer and of one person are read newest first, however many others there are."""

from django.db import migrations, models

# Most acts are the system's own: those are left out. Django cannot say this condition.
BY_PERSON = """
    CREATE INDEX entry_actor_written ON retention_entry ((facts ->> 'actor_id'), created_at, id)
    WHERE (facts ->> 'actor_id') IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0012_engine"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                fields=["subject", "created_at", "id"], name="entry_subject_written"
            ),
        ),
        migrations.RunSQL(BY_PERSON, "DROP INDEX entry_actor_written"),
    ]
