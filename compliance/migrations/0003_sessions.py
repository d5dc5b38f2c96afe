"""Sessions of our own, ended by the database; the counters of the rate limits."""

import uuid
from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql" / "sessions_end.sql"
UNDO = [
    "DROP FUNCTION compliance_user_ends_sessions CASCADE",
    "DROP TABLE compliance_counter",
]


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0002_what_never_changes"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="password_is_initial",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Somebody else chose it: it opens one page only, the one to set another.",
                verbose_name="password is initial",
            ),
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("data", models.TextField()),
                ("signed_in_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(db_index=True)),
                ("address", models.GenericIPAddressField(null=True)),
                ("browser", models.CharField(max_length=40)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "ordering": ("-seen_at",),
            },
        ),
        # One that refers to logins waits for whoever writes them: two seconds, not for ever.
        migrations.RunSQL(["SET LOCAL lock_timeout = '2s';\n" + SQL.read_text()], UNDO),
    ]
