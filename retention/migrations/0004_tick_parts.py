"""How each part of the minute last went, and an index of what is blocked."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """A table of a handful of rows; the index is nearly always empty."""

    dependencies = [("retention", "0003_version_1")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="TickPart",
            fields=[
                ("name", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("came_at", models.DateTimeField(null=True)),
                ("seconds", models.FloatField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("failure", models.CharField(blank=True, default="", max_length=32)),
                ("facts", models.JSONField(default=dict)),
            ],
            options={"verbose_name": "part of the minute", "db_table": "retention_tickpart"},
        ),
        migrations.AddIndex(
            model_name="cell",
            index=models.Index(condition=~Q(blocked=""), fields=["id"], name="cell_blocked"),
        ),
    ]
