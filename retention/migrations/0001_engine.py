"""The tables of the engine; the records are partitioned and made by a SQL file."""

import uuid
from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Record",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "customer_id",
                                "clock_day",
                                "id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("customer_id", models.UUIDField()),
                        ("clock_day", models.DateField()),
                        ("id", models.UUIDField()),
                        ("exchange_id", models.UUIDField()),
                        ("external_id", models.TextField()),
                        ("data_class", models.TextField()),
                        ("part", models.TextField()),
                        ("cell_id", models.UUIDField()),
                        ("generation", models.IntegerField()),
                        ("occurred_at", models.DateTimeField()),
                        ("received_at", models.DateTimeField()),
                        ("purpose", models.TextField()),
                        ("subprocessor", models.TextField()),
                        ("model", models.TextField()),
                        ("account", models.TextField()),
                        ("endpoint", models.TextField()),
                        ("provider", models.TextField()),
                        ("repository", models.TextField()),
                        ("size", models.IntegerField()),
                        ("verdict", models.TextField()),
                        ("input_tokens", models.IntegerField(null=True)),
                        ("output_tokens", models.IntegerField(null=True)),
                        ("latency_ms", models.IntegerField(null=True)),
                        (
                            "flags",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.TextField(), size=None
                            ),
                        ),
                        ("delivered_at", models.DateTimeField(null=True)),
                        ("erased_at", models.DateTimeField(null=True)),
                        ("identity", models.BinaryField(null=True)),
                        ("payload", models.BinaryField(null=True)),
                    ],
                    options={
                        "verbose_name": "item",
                        "db_table": "retention_record",
                    },
                ),
            ],
            database_operations=[
                migrations.RunSQL((SQL / "records.sql").read_text(), "DROP TABLE retention_record")
            ],
        ),
        migrations.CreateModel(
            name="Subject",
            fields=[
                (
                    "pseudonym",
                    models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False),
                ),
                ("customer_id", models.UUIDField(unique=True)),
            ],
            options={
                "verbose_name": "pseudonym",
                "db_table": "retention_subject",
            },
        ),
        migrations.CreateModel(
            name="SweepRun",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "sealed",
                    models.PositiveIntegerField(default=0, verbose_name="day groups closed"),
                ),
                (
                    "shredded",
                    models.PositiveIntegerField(
                        default=0, verbose_name="day groups whose keys were destroyed"
                    ),
                ),
                (
                    "purged",
                    models.PositiveIntegerField(default=0, verbose_name="day groups deleted"),
                ),
                (
                    "records",
                    models.PositiveBigIntegerField(default=0, verbose_name="items removed"),
                ),
                (
                    "days_dropped",
                    models.PositiveIntegerField(default=0, verbose_name="whole days removed"),
                ),
                (
                    "blocked",
                    models.PositiveIntegerField(
                        default=0, verbose_name="day groups that could not go"
                    ),
                ),
            ],
            options={
                "verbose_name": "deletion run",
                "db_table": "retention_sweeprun",
            },
        ),
        migrations.CreateModel(
            name="ClockGuard",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("host_time", models.DateTimeField()),
                ("boot_id", models.CharField(max_length=64)),
                ("uptime_seconds", models.FloatField()),
                ("alarm", models.CharField(blank=True, default="", max_length=64)),
                ("counted_on", models.DateField(null=True)),
            ],
            options={
                "verbose_name": "clock guard",
                "db_table": "retention_clockguard",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="clockguard_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="DemoClock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("offset_seconds", models.BigIntegerField()),
            ],
            options={
                "db_table": "retention_democlock",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="democlock_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=64, verbose_name="act")),
                ("subject", models.UUIDField(null=True, verbose_name="customer's pseudonym")),
                ("facts", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("signed_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "activity log entry",
                "verbose_name_plural": "activity log (tamper-evident)",
                "db_table": "retention_entry",
                "indexes": [
                    models.Index(
                        condition=models.Q(("signed_at", None)), fields=["id"], name="entry_pending"
                    ),
                    models.Index(fields=["subject", "id"], name="entry_subject"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeletionRecord",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("customer_id", models.UUIDField(verbose_name="customer")),
                ("clock_day", models.DateField(verbose_name="counted from")),
                (
                    "kind",
                    models.CharField(choices=[("expiry", "scheduled deletion")], max_length=16),
                ),
                ("counts", models.JSONField(verbose_name="items by kind of data")),
                ("keys_destroyed_at", models.DateTimeField(verbose_name="unreadable since")),
                ("rows_removed_at", models.DateTimeField(verbose_name="removed on")),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deletion",
                        to="retention.entry",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deletions",
                        to="retention.sweeprun",
                    ),
                ),
            ],
            options={
                "verbose_name": "deletion record",
                "db_table": "retention_deletionrecord",
            },
        ),
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("announced", "Announced"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="draft",
                        max_length=16,
                    ),
                ),
                ("text", models.TextField()),
                (
                    "context_lines",
                    models.PositiveIntegerField(verbose_name="most context lines for each finding"),
                ),
                (
                    "whole_files",
                    models.BooleanField(default=False, verbose_name="whole files may be sent"),
                ),
            ],
            options={
                "verbose_name": "policy version",
                "db_table": "retention_policyversion",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["draft", "approved", "announced", "withdrawn"])
                        ),
                        name="policyversion_state",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfileChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("customer_id", models.UUIDField()),
                (
                    "profile",
                    models.CharField(
                        choices=[("standard", "standard"), ("minimal", "minimal")], max_length=16
                    ),
                ),
                ("first_day", models.DateField()),
                ("chosen_at", models.DateTimeField()),
            ],
            options={
                "db_table": "retention_profilechoice",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer_id", "first_day"), name="profilechoice_one_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("profile__in", ["standard", "minimal"])),
                        name="profilechoice_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyPeriod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                        verbose_name="kind of data",
                    ),
                ),
                ("months", models.PositiveSmallIntegerField(null=True)),
                ("days", models.PositiveSmallIntegerField(null=True)),
                ("or_when_delivered", models.BooleanField(default=False)),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="periods",
                        to="retention.policyversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "period",
                "db_table": "retention_policyperiod",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "data_class"), name="policyperiod_one_for_each_class"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("data_class__in", ["prompt", "snippet", "response", "evaluation"])
                        ),
                        name="policyperiod_class",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("days__gte", 1),
                                ("days__isnull", False),
                                ("days__lte", 184),
                                ("months__isnull", True),
                            ),
                            models.Q(
                                ("days__isnull", True),
                                ("months__gte", 1),
                                ("months__isnull", False),
                                ("months__lte", 6),
                            ),
                            _connector="OR",
                        ),
                        name="policyperiod_months_or_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("or_when_delivered", False), ("data_class", "snippet"), _connector="OR"
                        ),
                        name="policyperiod_only_snippets_end_when_delivered",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Cell",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("customer_id", models.UUIDField(verbose_name="customer")),
                ("clock_day", models.DateField(verbose_name="counted from")),
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
                        verbose_name="kind of data",
                    ),
                ),
                (
                    "retain_days",
                    models.PositiveSmallIntegerField(default=0, verbose_name="days asked for"),
                ),
                ("expires_on", models.DateField(verbose_name="deletion date")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("sealed", "closed"),
                            ("purging", "being deleted"),
                            ("shredded", "keys destroyed"),
                            ("purged", "deleted"),
                        ],
                        default="open",
                        max_length=16,
                    ),
                ),
                ("blocked", models.CharField(blank=True, default="", max_length=32)),
                ("generation", models.PositiveIntegerField(default=1)),
                ("acknowledged", models.BigIntegerField(default=0, verbose_name="items stored")),
                (
                    "delivered",
                    models.BigIntegerField(default=0, verbose_name="removed when returned"),
                ),
                ("erased", models.BigIntegerField(default=0, verbose_name="deleted on request")),
                ("held", models.BigIntegerField(default=0, verbose_name="on legal hold")),
                ("purged", models.BigIntegerField(default=0, verbose_name="removed on schedule")),
                ("created_at", models.DateTimeField()),
                ("sealed_at", models.DateTimeField(null=True, verbose_name="closed at")),
                ("shredded_at", models.DateTimeField(null=True, verbose_name="keys destroyed at")),
                ("purged_at", models.DateTimeField(null=True, verbose_name="deleted at")),
                (
                    "deletion",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cells",
                        to="retention.deletionrecord",
                    ),
                ),
                (
                    "intent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="intended_cells",
                        to="retention.entry",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="retention.policyversion",
                        verbose_name="policy version",
                    ),
                ),
            ],
            options={
                "verbose_name": "day group",
                "db_table": "retention_cell",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "purged"), _negated=True),
                        fields=["expires_on", "id"],
                        name="cell_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "purged"), _negated=True),
                        fields=["clock_day"],
                        name="cell_day",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer_id", "clock_day", "data_class", "retain_days"),
                        name="cell_one_for_each_promise",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("data_class__in", ["prompt", "snippet", "response", "evaluation"])
                        ),
                        name="cell_class",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["open", "sealed", "purging", "shredded", "purged"])
                        ),
                        name="cell_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("retain_days__lte", 184)), name="cell_retain_days"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("generation__gte", 1)), name="cell_generation"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("delivered__gte", 0),
                            ("erased__gte", 0),
                            ("held__gte", 0),
                            ("purged__gte", 0),
                            (
                                "acknowledged__gte",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("delivered"), "+", models.F("erased")
                                        ),
                                        "+",
                                        models.F("held"),
                                    ),
                                    "+",
                                    models.F("purged"),
                                ),
                            ),
                        ),
                        name="cell_counts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "purged"), _negated=True),
                            models.Q(
                                (
                                    "acknowledged",
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("delivered"), "+", models.F("erased")
                                            ),
                                            "+",
                                            models.F("held"),
                                        ),
                                        "+",
                                        models.F("purged"),
                                    ),
                                ),
                                ("deletion__isnull", False),
                                ("shredded_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="cell_purged_adds_up",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Activation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("customer_id", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("accepted", "accepted at sign-up"), ("noticed", "after notice")],
                        max_length=16,
                    ),
                ),
                ("given_on", models.DateField()),
                ("effective_on", models.DateField(verbose_name="takes effect on")),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activations",
                        to="retention.policyversion",
                    ),
                ),
            ],
            options={
                "db_table": "retention_activation",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer_id", "version"), name="activation_once_for_each_version"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("effective_on__gte", models.F("given_on")), ("kind", "accepted")
                            ),
                            models.Q(
                                ("effective_on__gt", models.F("given_on")), ("kind", "noticed")
                            ),
                            _connector="OR",
                        ),
                        name="activation_order",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="deletionrecord",
            index=models.Index(
                fields=["customer_id", "-rows_removed_at", "-id"], name="deletionrecord_customer"
            ),
        ),
        migrations.AddConstraint(
            model_name="deletionrecord",
            constraint=models.UniqueConstraint(
                fields=("customer_id", "clock_day", "run"), name="deletionrecord_one_for_each_run"
            ),
        ),
        migrations.AddConstraint(
            model_name="deletionrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("rows_removed_at__gte", models.F("keys_destroyed_at"))),
                name="deletionrecord_keys_first",
            ),
        ),
    ]
