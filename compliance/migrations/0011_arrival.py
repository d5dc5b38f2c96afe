"""Where customers come from: references, acceptances of terms, lists; notices run long enough."""

import uuid
from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FILES = ("terms_are_kept", "notice_is_long_enough")
SQL = [(Path(__file__).parent / "sql" / f"{name}.sql").read_text() for name in FILES]
UNDO = [
    f"DROP FUNCTION compliance_{name} CASCADE"
    for name in ("acceptance_is_kept", "acceptance_is_its_own", "notice_is_long_enough")
]


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0010_notices_sending"),
        ("retention", "0012_engine"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Acceptance",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "version",
                    models.CharField(
                        help_text="As on the document, such as 2026-03.",
                        max_length=64,
                        verbose_name="version of the terms",
                    ),
                ),
                ("accepted_on", models.DateField(verbose_name="accepted on")),
                (
                    "accepted_by",
                    models.CharField(
                        help_text="Who of the customer signed, by name.",
                        max_length=200,
                        verbose_name="accepted by",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("import", "list of customers"),
                            ("entered", "entered by staff"),
                            ("signed", "signed by the customer itself"),
                        ],
                        max_length=8,
                        verbose_name="how it came to us",
                    ),
                ),
                ("recorded_at", models.DateTimeField(verbose_name="recorded")),
            ],
            options={
                "verbose_name": "acceptance of terms",
                "verbose_name_plural": "acceptances of terms",
                "ordering": ("-recorded_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("content", models.BinaryField()),
                ("made_at", models.DateTimeField()),
                ("taken_in_at", models.DateTimeField(null=True)),
                ("made", models.PositiveIntegerField(default=0)),
                ("trouble", models.JSONField(default=list)),
            ],
            options={
                "verbose_name": "list of customers",
                "ordering": ("-made_at",),
            },
        ),
        migrations.AddField(
            model_name="customer",
            name="reference",
            field=models.CharField(
                blank=True,
                default="",
                help_text="What this customer is called in your own books. An import recognises it by this and takes no customer on twice.",
                max_length=64,
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("reference",),
                name="customer_once_for_each_reference",
                violation_error_message="Another customer has this reference.",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reference", ""),
                    ("reference__regex", "^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$"),
                    _connector="OR",
                ),
                name="customer_reference",
                violation_error_message="A reference begins with a letter or a digit and has up to 64 letters, digits, dots, hyphens, slashes and underscores.",
            ),
        ),
        migrations.AddField(
            model_name="acceptance",
            name="contact",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="compliance.contact",
            ),
        ),
        migrations.AddField(
            model_name="acceptance",
            name="customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="acceptances",
                to="compliance.customer",
            ),
        ),
        migrations.AddField(
            model_name="acceptance",
            name="recorded_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="acceptance",
            constraint=models.UniqueConstraint(
                fields=("customer", "version", "accepted_on", "accepted_by"),
                name="acceptance_once",
                violation_error_message="This acceptance is recorded already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="acceptance",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__regex", "^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,63}$")),
                name="acceptance_version",
                violation_error_message="A version begins with a letter or a digit and has up to 64 letters, digits, spaces, dots, hyphens, slashes and underscores.",
            ),
        ),
        migrations.AddConstraint(
            model_name="acceptance",
            constraint=models.CheckConstraint(
                condition=models.Q(("accepted_by__regex", "^\\s*$"), _negated=True),
                name="acceptance_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="acceptance",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ("import", "entered", "signed"))),
                name="acceptance_source",
            ),
        ),
        migrations.RunSQL(SQL, UNDO),
    ]
