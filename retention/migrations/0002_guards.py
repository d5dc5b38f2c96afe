"""What the database itself refuses."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("retention", "0001_engine")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "guards.sql").read_text(), migrations.RunSQL.noop),
        # Room on each page, so that counting into a cell rewrites no index.
        migrations.RunSQL(
            "ALTER TABLE retention_cell SET (fillfactor = 70)", migrations.RunSQL.noop
        ),
    ]
