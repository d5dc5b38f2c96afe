"""What a notice and a delivery say exactly; webhooks; tested addresses; nothing is taken back."""

import uuid
from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import compliance.people.models

SQL = (Path(__file__).parent / "sql" / "notices_are_kept.sql").read_text()
UNDO = [
    f"DROP FUNCTION compliance_{name} CASCADE"
    for name in (
        *("told_is_kept", "never_changed", "announcement_is_fixed", "notice_is_fixed"),
        *("delivery_is_fixed", "objection_is_fixed", "endpoint_is_fixed"),
    )
]


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0009_findings"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="delivery",
            name="html",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="delivery",
            name="subject",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="delivery",
            name="text",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="notice",
            name="stated_on",
            field=models.DateField(null=True, verbose_name="states"),
        ),
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("url", models.URLField(max_length=254, verbose_name="address")),
                ("created_at", models.DateTimeField(editable=False, verbose_name="added")),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="ended")),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="endpoints",
                        to="compliance.customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook",
                "ordering": ("customer", "url"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("customer", "url"),
                        name="endpoint_once",
                        violation_error_message="This customer has this webhook already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("url__startswith", "https://")),
                        name="endpoint_https_only",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReplyCheck",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("address", compliance.people.models.LowerCaseEmailField(max_length=254)),
                ("code_hash", models.CharField(max_length=64)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(verbose_name="code sent")),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed")),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "test of an address for answers",
                "ordering": ("-sent_at",),
                "indexes": [models.Index(fields=["address", "sent_at"], name="replycheck_address")],
            },
        ),
        migrations.RunSQL([SQL], UNDO),
    ]
