"""No change binds earlier by a clock that was set back, or by tables of the session's own."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("retention", "0013_trail")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "never_earlier.sql").read_text(), migrations.RunSQL.noop),
    ]
