"""A role or a right that is given or taken ends its login's sessions."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "rights_end_sessions.sql"
UNDO = ["DROP FUNCTION compliance_rights_end_sessions CASCADE"]


class Migration(migrations.Migration):
    dependencies = [("compliance", "0006_notices")]

    operations = [
        migrations.RunSQL(["SET LOCAL lock_timeout = '2s';\n" + SQL.read_text()], UNDO),
    ]
