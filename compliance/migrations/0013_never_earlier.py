"""The guards look at our own tables only, whatever the session has."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("compliance", "0012_portal")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.RunSQL(
            (SQL / "guards_look_nowhere_else.sql").read_text(), migrations.RunSQL.noop
        ),
    ]
