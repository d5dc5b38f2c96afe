"""Tallies: how much there was, by day, kind and names."""

from django.db import migrations, models

# Slips are added and taken away, never changed.
GUARD = """
    CREATE TRIGGER retention_tallyslip_keep BEFORE UPDATE OR TRUNCATE ON retention_tallyslip
        FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse()
"""
# What is kept from before there were tallies.
BACKFILL = """
    INSERT INTO retention_tallyslip
        (customer_id, clock_day, data_class, model, purpose, subprocessor, items, bytes)
    SELECT customer_id, clock_day, data_class, model, purpose, subprocessor, count(*), sum(size)
    FROM retention_record GROUP BY 1, 2, 3, 4, 5, 6
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0005_lists"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="TallySlip",
            fields=[
                ("clock_day", models.DateField()),
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
                ("model", models.TextField()),
                ("purpose", models.TextField()),
                ("subprocessor", models.TextField()),
                ("items", models.BigIntegerField()),
                ("bytes", models.BigIntegerField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("customer_id", models.UUIDField()),
            ],
            options={
                "verbose_name": "uncounted batch",
                "db_table": "retention_tallyslip",
            },
        ),
        migrations.CreateModel(
            name="DayTally",
            fields=[
                ("clock_day", models.DateField()),
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
                ("model", models.TextField()),
                ("purpose", models.TextField()),
                ("subprocessor", models.TextField()),
                ("items", models.BigIntegerField()),
                ("bytes", models.BigIntegerField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "count by day",
                "db_table": "retention_daytally",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("clock_day", "data_class", "model", "purpose", "subprocessor"),
                        name="daytally_one_for_each_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("bytes__gte", 0), ("items__gt", 0)),
                        name="daytally_counts",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("clock_day", models.DateField()),
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
                ("model", models.TextField()),
                ("purpose", models.TextField()),
                ("subprocessor", models.TextField()),
                ("items", models.BigIntegerField()),
                ("bytes", models.BigIntegerField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("customer_id", models.UUIDField()),
            ],
            options={
                "verbose_name": "count by customer",
                "db_table": "retention_tally",
                "indexes": [models.Index(fields=["clock_day"], name="tally_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "customer_id",
                            "clock_day",
                            "data_class",
                            "model",
                            "purpose",
                            "subprocessor",
                        ),
                        name="tally_one_for_each_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("bytes__gte", 0), ("items__gt", 0)), name="tally_counts"
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]
