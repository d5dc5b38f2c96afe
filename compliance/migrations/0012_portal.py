"""Codes by mail, for people without a login."""

from django.db import migrations, models

import compliance.people.models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0011_arrival"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="MailCode",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "email",
                    compliance.people.models.LowerCaseEmailField(
                        max_length=254, verbose_name="e-mail address"
                    ),
                ),
                ("code_hash", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(db_index=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "code by mail",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("tries__gte", 0), ("tries__lte", 3)),
                        name="mailcode_three_tries",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code_hash__regex", "^[0-9a-f]{64}$")),
                        name="mailcode_only_a_hash",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("used_at", None)),
                        fields=("email",),
                        name="mailcode_one_for_each_address",
                    ),
                ],
            },
        ),
    ]
