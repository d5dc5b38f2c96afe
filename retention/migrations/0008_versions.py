"""Versions with their people and their days; notices that can be voided; stays."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0007_outlook"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Stay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("customer_id", models.UUIDField()),
                ("first_day", models.DateField()),
                ("last_day", models.DateField(null=True)),
            ],
            options={
                "verbose_name": "stay",
                "db_table": "retention_stay",
            },
        ),
        migrations.RemoveConstraint(
            model_name="activation",
            name="activation_once_for_each_version",
        ),
        migrations.RemoveConstraint(
            model_name="activation",
            name="activation_order",
        ),
        migrations.AddField(
            model_name="activation",
            name="applied_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="activation",
            name="notice_days",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="full days of notice"),
        ),
        migrations.AddField(
            model_name="activation",
            name="voided_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="activation",
            name="voided_for",
            field=models.CharField(
                blank=True,
                choices=[
                    ("bounced", "the notice did not arrive"),
                    ("withdrawn", "the version was withdrawn"),
                ],
                default="",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="announced_at",
            field=models.DateTimeField(null=True, verbose_name="announced"),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="approved_at",
            field=models.DateTimeField(null=True, verbose_name="approved"),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="approved_by",
            field=models.UUIDField(null=True, verbose_name="approved by"),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="author_id",
            field=models.UUIDField(null=True, verbose_name="written by"),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="content_hash",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="exceptions",
            field=models.TextField(blank=True, default="", verbose_name="exceptions"),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="impact",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="places",
            field=models.TextField(blank=True, default="", verbose_name="where it is kept"),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="purpose",
            field=models.TextField(blank=True, default="", verbose_name="what it is kept for"),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="reason",
            field=models.TextField(blank=True, default="", verbose_name="why it changes"),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="takes_effect_on",
            field=models.DateField(null=True, verbose_name="takes effect on"),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="withdrawn_at",
            field=models.DateTimeField(null=True, verbose_name="withdrawn"),
        ),
        migrations.AddIndex(
            model_name="activation",
            index=models.Index(
                condition=models.Q(("applied_at", None), ("voided_at", None)),
                fields=["effective_on"],
                name="activation_to_apply",
            ),
        ),
        migrations.AddConstraint(
            model_name="activation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("voided_at", None)),
                fields=("customer_id", "version"),
                name="activation_once_for_each_version",
            ),
        ),
        migrations.AddConstraint(
            model_name="activation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("effective_on__gte", models.F("given_on")), ("kind", "accepted")),
                    models.Q(
                        (
                            "effective_on__gt",
                            models.ExpressionWrapper(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("given_on"), "+", models.F("notice_days")
                                ),
                                output_field=models.DateField(),
                            ),
                        ),
                        ("kind", "noticed"),
                        ("notice_days__gte", 30),
                    ),
                    _connector="OR",
                ),
                name="activation_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="activation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("voided_at", None), ("voided_for", "")),
                    models.Q(
                        ("voided_at__isnull", False), ("voided_for__in", ["bounced", "withdrawn"])
                    ),
                    _connector="OR",
                ),
                name="activation_void",
            ),
        ),
        migrations.AddField(
            model_name="stay",
            name="kept",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="kept_by",
                to="retention.policyversion",
            ),
        ),
        migrations.AddField(
            model_name="stay",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stays",
                to="retention.policyversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="stay",
            constraint=models.UniqueConstraint(
                condition=models.Q(("last_day", None)),
                fields=("customer_id", "version"),
                name="stay_one_open_for_each_version",
            ),
        ),
        migrations.AddConstraint(
            model_name="stay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("last_day", None), ("last_day__gte", models.F("first_day")), _connector="OR"
                ),
                name="stay_order",
            ),
        ),
    ]
