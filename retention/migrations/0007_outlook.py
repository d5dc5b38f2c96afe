"""What the first page is read from."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0006_tallies"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Outlook",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("counted_at", models.DateTimeField()),
                ("lines", models.JSONField()),
            ],
            options={
                "verbose_name": "outlook",
                "db_table": "retention_outlook",
            },
        ),
        migrations.AddConstraint(
            model_name="outlook",
            constraint=models.CheckConstraint(
                condition=models.Q(("id", 1)), name="outlook_one_row"
            ),
        ),
    ]
