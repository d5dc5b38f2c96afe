"""What the lists of the administration are read from: newest first, without sorting."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0004_tick_parts"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.RemoveIndex(
            model_name="cell",
            name="cell_day",
        ),
        migrations.AddIndex(
            model_name="cell",
            index=models.Index(
                condition=models.Q(("state", "purged"), _negated=True),
                fields=["-clock_day", "customer_id", "data_class", "retain_days"],
                name="cell_kept",
            ),
        ),
        migrations.AddIndex(
            model_name="cell",
            index=models.Index(
                condition=models.Q(("state", "purged")),
                fields=["-clock_day", "customer_id", "data_class", "retain_days"],
                name="cell_gone",
            ),
        ),
        migrations.AddIndex(
            model_name="deletionrecord",
            index=models.Index(fields=["-rows_removed_at", "-id"], name="deletionrecord_newest"),
        ),
        migrations.AddIndex(
            model_name="deletionrecord",
            index=models.Index(fields=["clock_day", "-rows_removed_at"], name="deletionrecord_day"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["kind", "id"], name="entry_kind"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["created_at"], name="entry_written"),
        ),
        migrations.AddIndex(
            model_name="cell",
            index=models.Index(
                condition=models.Q(("state__in", ["sealed", "purging", "shredded"])),
                fields=["-clock_day", "customer_id", "data_class", "retain_days"],
                name="cell_going",
            ),
        ),
    ]
