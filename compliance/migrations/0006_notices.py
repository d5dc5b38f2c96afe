"""Who was told what and when; days of notice and account owners of customers."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import compliance.people.models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0005_contacts"),
        ("retention", "0008_versions"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Announcement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("change", "change of the policy"),
                            ("withdrawal", "withdrawal of a change"),
                        ],
                        max_length=16,
                    ),
                ),
                ("takes_effect_on", models.DateField(null=True, verbose_name="takes effect on")),
                (
                    "reply_to",
                    compliance.people.models.LowerCaseEmailField(
                        max_length=254, verbose_name="answers go to"
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="announced")),
                ("released_at", models.DateTimeField(null=True, verbose_name="sending since")),
                ("written_at", models.DateTimeField(null=True, verbose_name="all notices written")),
            ],
            options={
                "verbose_name": "announcement",
                "ordering": ("-made_at",),
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[("notice", "notice"), ("reminder", "reminder")],
                        default="notice",
                        max_length=8,
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("mail", "mail"),
                            ("webhook", "webhook"),
                            ("manual", "reached in person"),
                        ],
                        max_length=8,
                    ),
                ),
                ("address", models.CharField(max_length=254)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sending", "being sent"),
                            ("sent", "sent"),
                            ("delivered", "delivered"),
                            ("bounced", "came back"),
                            ("refused", "refused"),
                            ("unsure", "unsure"),
                            ("dropped", "not sent any more"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
                (
                    "settled_at",
                    models.DateTimeField(null=True, verbose_name="delivered or came back"),
                ),
                ("message_id", models.CharField(blank=True, default="", max_length=255)),
                ("provider_id", models.CharField(blank=True, default="", max_length=255)),
                ("headers", models.JSONField(default=dict)),
                ("trouble", models.CharField(blank=True, default="", max_length=64)),
                ("evidence", models.TextField(blank=True, default="")),
            ],
            options={
                "verbose_name": "sending attempt",
                "verbose_name_plural": "sending attempts",
            },
        ),
        migrations.CreateModel(
            name="MailEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("delivered", "delivered"),
                            ("deferred", "delayed"),
                            ("soft_bounce", "came back for now"),
                            ("hard_bounce", "came back for good"),
                            ("refused", "refused"),
                        ],
                        max_length=16,
                    ),
                ),
                ("source", models.CharField(max_length=32)),
                ("event_id", models.CharField(max_length=255)),
                ("status", models.CharField(blank=True, default="", max_length=16)),
                ("happened_at", models.DateTimeField(null=True)),
                ("heard_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "mail event",
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("subject", models.CharField(max_length=200)),
                ("text", models.TextField()),
                ("html", models.TextField()),
                ("published_at", models.DateTimeField(verbose_name="on the customer's page since")),
                ("acknowledged_at", models.DateTimeField(null=True, verbose_name="acknowledged")),
                ("acknowledged_by", models.CharField(blank=True, default="", max_length=64)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "notice",
            },
        ),
        migrations.CreateModel(
            name="Objection",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("made_by", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(verbose_name="made")),
                (
                    "text",
                    models.TextField(
                        blank=True, default="", verbose_name="in the customer's words"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("accepted", "the customer accepts the change"),
                            ("exception", "exception until a date"),
                            ("stricter", "keep as little as possible"),
                            ("leaves", "the customer leaves"),
                        ],
                        default="",
                        max_length=9,
                    ),
                ),
                ("until", models.DateField(null=True, verbose_name="exception until")),
                ("note", models.TextField(blank=True, default="", verbose_name="why")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
            ],
            options={
                "verbose_name": "objection",
                "ordering": ("-made_at",),
            },
        ),
        migrations.AddField(
            model_name="customer",
            name="account_owner",
            field=models.ForeignKey(
                blank=True,
                help_text="Who of us talks to this customer, and is asked when a notice does not arrive.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="accounts",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="customer",
            name="notice_days",
            field=models.PositiveSmallIntegerField(
                default=30,
                help_text="Full days between a notice and the day a change applies: 30, or what the contract says if that is more.",
                verbose_name="days of notice",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(("notice_days__gte", 30), ("notice_days__lte", 366)),
                name="customer_notice_days",
            ),
        ),
        migrations.AddField(
            model_name="announcement",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="retention.entry"
            ),
        ),
        migrations.AddField(
            model_name="announcement",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="announcement",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="announcements",
                to="retention.policyversion",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="contact",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="compliance.contact",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="made_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="mailevent",
            name="delivery",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="compliance.delivery",
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="activation",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notice",
                to="retention.activation",
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="announcement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notices",
                to="compliance.announcement",
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notices",
                to="compliance.customer",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="notice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="compliance.notice",
            ),
        ),
        migrations.AddField(
            model_name="objection",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="objection",
            name="notice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="objections",
                to="compliance.notice",
            ),
        ),
        migrations.AddField(
            model_name="objection",
            name="stay",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="retention.stay"
            ),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.UniqueConstraint(
                fields=("kind", "version"), name="announcement_once_for_each_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "change"), ("takes_effect_on__isnull", False)),
                    models.Q(("kind", "withdrawal"), ("takes_effect_on", None)),
                    _connector="OR",
                ),
                name="announcement_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailevent",
            constraint=models.UniqueConstraint(
                fields=("source", "event_id"), name="mailevent_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                fields=("announcement", "customer"), name="notice_exactly_one_for_each_customer"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["next_try_at", "id"],
                name="delivery_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "sending")),
                fields=["claimed_at"],
                name="delivery_sending",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["message_id"], name="delivery_message_id"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["provider_id"], name="delivery_provider_id"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("channel", "manual"), _negated=True),
                fields=("notice", "purpose", "channel", "contact", "address"),
                name="delivery_once_for_each_contact",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", "manual"), _negated=True),
                    models.Q(models.Q(("evidence", ""), _negated=True), ("made_by__isnull", False)),
                    _connector="OR",
                ),
                name="delivery_manual_has_evidence",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("sent", "delivered")), _negated=True),
                    ("sent_at__isnull", False),
                    _connector="OR",
                ),
                name="delivery_sent_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decided_at", None)),
                fields=("notice",),
                name="objection_one_open_for_each_notice",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", None), ("outcome", "")),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        models.Q(("outcome", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="objection_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "exception"), ("until__isnull", False)),
                    models.Q(models.Q(("outcome", "exception"), _negated=True), ("until", None)),
                    _connector="OR",
                ),
                name="objection_exception_has_an_end",
            ),
        ),
    ]
