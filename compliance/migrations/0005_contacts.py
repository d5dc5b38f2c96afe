"""Who is written to, and since when a customer is leaving."""

import uuid
from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import compliance.people.models

SQL = (Path(__file__).parent / "sql" / "contacts_are_fixed.sql").read_text()
UNDO = [
    "DROP FUNCTION compliance_contact_is_fixed CASCADE",
    "DROP FUNCTION compliance_leaving_is_fixed CASCADE",
]


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0004_alarms"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Contact",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "email",
                    compliance.people.models.LowerCaseEmailField(
                        max_length=254, verbose_name="e-mail address"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("legal", "Legal: changes of the policy and of subprocessors"),
                            ("security", "Security: incidents and keys"),
                            ("technical", "Technical: sending, limits, outages"),
                        ],
                        max_length=9,
                    ),
                ),
                ("created_at", models.DateTimeField(editable=False, verbose_name="added")),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="ended")),
            ],
            options={
                "verbose_name": "contact",
                "ordering": ("customer", "role", "name", "id"),
            },
        ),
        migrations.AddField(
            model_name="customer",
            name="leaving_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="leaving since"),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("leaving_at", None), ("state__in", ("leaving", "erased")), _connector="OR"
                ),
                name="customer_leaving_since",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contacts",
                to="compliance.customer",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("customer", "email", "role"),
                name="contact_once_for_each_role",
                violation_error_message="This customer has this contact already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ("legal", "security", "technical"))),
                name="contact_role_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(("name__regex", "^\\s*$"), _negated=True),
                name="contact_has_a_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("email", django.db.models.functions.text.Lower("email")),
                    models.Q(("email", ""), _negated=True),
                ),
                name="contact_email_is_lower_case",
            ),
        ),
        migrations.RunSQL([SQL], UNDO),
    ]
