"""Approvals by a second person, deputies, and the mails about them."""

import uuid
from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SQL = (Path(__file__).parent / "sql" / "approvals_are_final.sql").read_text()
UNDO = [
    "DROP FUNCTION compliance_approval_is_final CASCADE",
    "DROP FUNCTION compliance_deputy_is_fixed CASCADE",
    "DROP FUNCTION compliance_approvals_stay CASCADE",
]


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0007_rights_end_sessions"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="ApprovalRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("subject", models.CharField(max_length=64)),
                ("fingerprint", models.CharField(blank=True, default="", max_length=64)),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("approved", "approved"),
                            ("declined", "declined"),
                            ("taken_back", "taken back"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                ("note", models.TextField(blank=True, default="", verbose_name="note")),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "in_place_of",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "request for approval",
                "verbose_name_plural": "requests for approval",
                "ordering": ("-asked_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="ApprovalMail",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "event",
                    models.CharField(
                        choices=[("asked", "asked"), ("reminder", "waits"), ("decided", "decided")],
                        max_length=8,
                    ),
                ),
                ("number", models.PositiveIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sending", "being sent"),
                            ("sent", "sent"),
                            ("unsure", "may not have arrived"),
                            ("refused", "refused by the mail server"),
                            ("dropped", "overtaken"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_try_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mails",
                        to="compliance.approvalrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "mail about an approval",
            },
        ),
        migrations.CreateModel(
            name="Deputy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(verbose_name="last day")),
                ("made_at", models.DateTimeField(verbose_name="made")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
                (
                    "deputy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "deputy",
                "verbose_name_plural": "deputies",
                "ordering": ("-first_day", "id"),
            },
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decision", "")),
                fields=("kind", "subject"),
                name="approval_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", None), ("decision", "")),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("decision__in", ("approved", "declined", "taken_back")),
                    ),
                    _connector="OR",
                ),
                name="approval_decided_or_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decision__in", ("", "taken_back")),
                    models.Q(
                        models.Q(("decided_by", models.F("asked_by")), _negated=True),
                        models.Q(
                            ("author", None),
                            models.Q(("decided_by", models.F("author")), _negated=True),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="approval_by_a_second_person",
            ),
        ),
        migrations.AddIndex(
            model_name="approvalmail",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "sending"))),
                fields=["next_try_at"],
                name="approvalmail_to_send",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalmail",
            constraint=models.UniqueConstraint(
                fields=("request", "recipient", "event", "number"), name="approvalmail_each_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="deputy",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))),
                name="deputy_days_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="deputy",
            constraint=models.CheckConstraint(
                condition=models.Q(("person", models.F("deputy")), _negated=True),
                name="deputy_is_somebody_else",
            ),
        ),
        migrations.AddConstraint(
            model_name="deputy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ended_by", None)),
                    models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                    _connector="OR",
                ),
                name="deputy_ended_by_somebody",
            ),
        ),
        migrations.RunSQL([SQL], UNDO),
    ]
