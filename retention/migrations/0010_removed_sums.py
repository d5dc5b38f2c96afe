"""What went, in sums: what the pages about deletions are read from."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0009_version_guards"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="cell",
            index=models.Index(
                condition=models.Q(
                    ("data_class", "snippet"), models.Q(("state", "purged"), _negated=True)
                ),
                fields=["clock_day"],
                name="cell_snippets",
            ),
        ),
        migrations.CreateModel(
            name="RemovedSum",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                (
                    "data_class",
                    models.CharField(
                        choices=[
                            ("prompt", "prompts"),
                            ("snippet", "code snippets"),
                            ("response", "AI responses"),
                            ("evaluation", "quality feedback"),
                        ],
                        max_length=16,
                    ),
                ),
                ("returned", models.BooleanField()),
                ("items", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "sum of what went",
                "db_table": "retention_removedsum",
                "indexes": [models.Index(fields=["day"], name="removedsum_day")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("items__gt", 0)), name="removedsum_counts"
                    )
                ],
            },
        ),
        migrations.RunSQL((SQL / "removed_sums.sql").read_text(), migrations.RunSQL.noop),
    ]
