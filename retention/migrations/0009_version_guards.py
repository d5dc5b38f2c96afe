"""What the database itself refuses about versions, notices and stays."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("retention", "0008_versions")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "database_time.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "versions.sql").read_text(), migrations.RunSQL.noop),
    ]
