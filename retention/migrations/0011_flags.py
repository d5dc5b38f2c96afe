"""Flags counted by day and by whom the call went to: the counts outlive the records."""

from django.db import migrations, models

# Slips are added and taken away, never changed.
GUARD = """
    CREATE TRIGGER retention_flagslip_keep BEFORE UPDATE OR TRUNCATE ON retention_flagslip
        FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse()
"""
# What is kept from before they were counted.
BACKFILL = """
    INSERT INTO retention_flagslip
        (customer_id, clock_day, flag, subprocessor, account, endpoint, items)
    SELECT customer_id, clock_day, flag, subprocessor, account, endpoint, count(*)
    FROM retention_record CROSS JOIN LATERAL unnest(flags) AS raised(flag)
    WHERE cardinality(flags) > 0 GROUP BY 1, 2, 3, 4, 5, 6
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0010_removed_sums"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="FlagSlip",
            fields=[
                ("customer_id", models.UUIDField()),
                ("clock_day", models.DateField()),
                ("flag", models.TextField()),
                ("subprocessor", models.TextField()),
                ("account", models.TextField()),
                ("endpoint", models.TextField()),
                ("items", models.BigIntegerField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "uncounted flags",
                "db_table": "retention_flagslip",
            },
        ),
        migrations.CreateModel(
            name="FlagCount",
            fields=[
                ("customer_id", models.UUIDField()),
                ("clock_day", models.DateField()),
                ("flag", models.TextField()),
                ("subprocessor", models.TextField()),
                ("account", models.TextField()),
                ("endpoint", models.TextField()),
                ("items", models.BigIntegerField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("taken", models.BigIntegerField(db_default=0, default=0)),
            ],
            options={
                "verbose_name": "count of flags",
                "db_table": "retention_flagcount",
                "indexes": [
                    models.Index(
                        condition=models.Q(("items__gt", models.F("taken"))),
                        fields=["id"],
                        name="flagcount_fresh",
                    ),
                    models.Index(
                        fields=["flag", "subprocessor", "account", "endpoint", "-clock_day"],
                        name="flagcount_group",
                    ),
                    models.Index(fields=["clock_day"], name="flagcount_day"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "customer_id",
                            "clock_day",
                            "flag",
                            "subprocessor",
                            "account",
                            "endpoint",
                        ),
                        name="flagcount_one_for_each_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("items__gt", 0),
                            ("taken__gte", 0),
                            ("taken__lte", models.F("items")),
                        ),
                        name="flagcount_counts",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]
