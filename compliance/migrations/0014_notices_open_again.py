"""What a withdrawn version had closed is open again."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent / "sql" / "notices_open_again.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("compliance", "0013_never_earlier")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.RunSQL([SQL], migrations.RunSQL.noop),
    ]
