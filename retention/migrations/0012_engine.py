"""Choices and stays say when they were applied; corrections of typos; earlier policies."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0011_flags"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="RecordedVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("label", models.CharField(max_length=64, unique=True, verbose_name="name")),
                ("text", models.TextField()),
                ("valid_from", models.DateField(verbose_name="applied from")),
                ("valid_until", models.DateField(null=True, verbose_name="applied until")),
                ("recorded_by", models.UUIDField(null=True, verbose_name="recorded by")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded")),
            ],
            options={
                "verbose_name": "earlier policy",
                "verbose_name_plural": "earlier policies",
                "db_table": "retention_recordedversion",
                "ordering": ("valid_from",),
            },
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField()),
                ("reason", models.TextField(verbose_name="what was wrong")),
                ("proposed_by", models.UUIDField(verbose_name="proposed by")),
                ("proposed_at", models.DateTimeField(verbose_name="proposed")),
                ("approved_by", models.UUIDField(null=True, verbose_name="approved by")),
                ("approved_at", models.DateTimeField(null=True, verbose_name="approved")),
            ],
            options={
                "db_table": "retention_revision",
                "ordering": ("id",),
            },
        ),
        migrations.RemoveConstraint(
            model_name="profilechoice",
            name="profilechoice_one_a_day",
        ),
        migrations.AddField(
            model_name="profilechoice",
            name="applied_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="stay",
            name="applied_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="profilechoice",
            index=models.Index(fields=["customer_id", "id"], name="profilechoice_in_order"),
        ),
        migrations.AddIndex(
            model_name="profilechoice",
            index=models.Index(
                condition=models.Q(("applied_at", None)),
                fields=["first_day"],
                name="profilechoice_to_apply",
            ),
        ),
        migrations.AddConstraint(
            model_name="recordedversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until", None),
                    ("valid_until__gte", models.F("valid_from")),
                    _connector="OR",
                ),
                name="recordedversion_order",
            ),
        ),
        migrations.AddField(
            model_name="revision",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="revisions",
                to="retention.policyversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved_at", None), ("approved_by", None)),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="revision_second_person",
            ),
        ),
        migrations.RunSQL((SQL / "choices.sql").read_text(), migrations.RunSQL.noop),
    ]
