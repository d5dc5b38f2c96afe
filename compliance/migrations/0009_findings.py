"""Findings to be worked off, their history, and what customers were told."""

import uuid
from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SQL = (Path(__file__).parent / "sql" / "findings_are_kept.sql").read_text()
UNDO = [
    "DROP FUNCTION compliance_finding_guard CASCADE",
    "DROP FUNCTION compliance_finding_refuse CASCADE",
    "DROP FUNCTION compliance_findingletter_guard CASCADE",
]


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0008_roles_and_approvals"),
        ("retention", "0011_flags"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Finding",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=64)),
                ("subprocessor", models.TextField(blank=True, default="")),
                ("account", models.TextField(blank=True, default="")),
                ("endpoint", models.TextField(blank=True, default="")),
                ("key", models.CharField(blank=True, default="", max_length=64)),
                ("first_on", models.DateField(verbose_name="first seen on")),
                ("last_on", models.DateField(verbose_name="last seen on")),
                ("items", models.BigIntegerField(default=0, verbose_name="flags")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("explained", "explained"),
                            ("fixed", "fixed"),
                            ("accepted", "accepted"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("opened_at", models.DateTimeField(verbose_name="open since")),
                ("counted_at", models.DateTimeField(verbose_name="counted")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                ("note", models.TextField(blank=True, default="", verbose_name="why")),
                ("covered", models.BigIntegerField(default=0, verbose_name="flags covered")),
                ("accepted_until", models.DateField(null=True, verbose_name="accepted until")),
                ("usual", models.PositiveIntegerField(default=0, verbose_name="flags a day")),
                ("standing", models.BooleanField(default=True)),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="compliance.customer",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "finding",
            },
        ),
        migrations.CreateModel(
            name="FindingDay",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("items", models.BigIntegerField()),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="days",
                        to="compliance.finding",
                    ),
                ),
            ],
            options={
                "verbose_name": "flags of a day",
            },
        ),
        migrations.CreateModel(
            name="FindingLetter",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "addresses",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.EmailField(max_length=254), size=None
                    ),
                ),
                (
                    "reply_to",
                    models.EmailField(
                        blank=True, default="", max_length=254, verbose_name="answers go to"
                    ),
                ),
                ("subject", models.CharField(max_length=200)),
                ("text", models.TextField()),
                ("made_at", models.DateTimeField(verbose_name="written")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sending", "being sent"),
                            ("sent", "sent"),
                            ("refused", "refused by the mail server"),
                            ("unsure", "may not have arrived"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
                ("trouble", models.CharField(blank=True, default="", max_length=32)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.customer",
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, to="retention.entry"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "letter about findings",
            },
        ),
        migrations.CreateModel(
            name="FindingAct",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("raised", "raised"),
                            ("assigned", "given to"),
                            ("explained", "explained"),
                            ("fixed", "fixed"),
                            ("accepted", "accepted"),
                            ("reopened", "opened again"),
                            ("told", "customer told"),
                            ("closed", "does not hold any more"),
                        ],
                        max_length=9,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("items", models.BigIntegerField()),
                ("note", models.TextField(blank=True, default="")),
                ("until", models.DateField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="acts",
                        to="compliance.finding",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acts",
                        to="compliance.findingletter",
                    ),
                ),
            ],
            options={
                "verbose_name": "act about a finding",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="FindingTouch",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("items", models.BigIntegerField()),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("told", models.BigIntegerField(default=0)),
                ("untold_on", models.DateField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.customer",
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="touched",
                        to="compliance.finding",
                    ),
                ),
            ],
            options={
                "verbose_name": "customer touched",
            },
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(fields=["state", "-items", "id"], name="finding_by_size"),
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(
                condition=models.Q(("accepted_until__isnull", False)),
                fields=["accepted_until"],
                name="finding_accepted_until",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.UniqueConstraint(
                fields=("kind", "subprocessor", "account", "endpoint", "customer", "key"),
                name="finding_one_for_each_group",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at", None), ("decided_by", None), ("note", ""), ("state", "open")
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("state__in", ("explained", "fixed", "accepted")),
                    ),
                    _connector="OR",
                ),
                name="finding_decided_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by", None),
                    models.Q(("note__regex", "^\\s*$"), _negated=True),
                    _connector="OR",
                ),
                name="finding_decided_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("accepted_until", None), ("state", "accepted"), _connector="OR"
                ),
                name="finding_until_is_of_an_acceptance",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("covered__gte", 0),
                    ("covered__lte", models.F("items")),
                    ("items__gte", 0),
                    ("first_on__lte", models.F("last_on")),
                ),
                name="finding_counts",
            ),
        ),
        migrations.AddConstraint(
            model_name="findingday",
            constraint=models.UniqueConstraint(fields=("finding", "day"), name="findingday_once"),
        ),
        migrations.AddConstraint(
            model_name="findingday",
            constraint=models.CheckConstraint(
                condition=models.Q(("items__gt", 0)), name="findingday_counts"
            ),
        ),
        migrations.AddIndex(
            model_name="findingletter",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "sending"))),
                fields=["next_try_at"],
                name="findingletter_to_send",
            ),
        ),
        migrations.AddConstraint(
            model_name="findingletter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "sent"), _negated=True),
                    ("sent_at__isnull", False),
                    _connector="OR",
                ),
                name="findingletter_sent_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="findingletter",
            constraint=models.CheckConstraint(
                condition=models.Q(("addresses__len__gt", 0)), name="findingletter_goes_to_somebody"
            ),
        ),
        migrations.AddConstraint(
            model_name="findingtouch",
            constraint=models.UniqueConstraint(
                fields=("finding", "customer"), name="findingtouch_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="findingtouch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("items__gt", 0),
                    ("told__gte", 0),
                    ("told__lte", models.F("items")),
                    ("first_on__lte", models.F("last_on")),
                ),
                name="findingtouch_counts",
            ),
        ),
        migrations.RunSQL([SQL], UNDO),
    ]
