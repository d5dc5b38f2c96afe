"""The table of keys and its triggers, on SQLite or PostgreSQL."""

from pathlib import Path

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SQL = Path(__file__).resolve().parent.parent / "sql"


def create_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Runs the file of this kind of database, statement by statement."""
    text = (SQL / f"triggers_{schema_editor.connection.vendor}.sql").read_text()
    for statement in text.split("\n\n"):
        if any(line and not line.startswith("--") for line in statement.splitlines()):
            # The statement is text, not a template: a % in it is a %.
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CellKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "cell",
                        "generation",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("cell", models.UUIDField()),
                ("generation", models.BigIntegerField()),
                ("wrapped", models.BinaryField(null=True)),
                ("made_at", models.DateTimeField()),
                ("destroyed_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="vault_cellkey_empty_once_destroyed",
                        condition=models.Q(
                            ("destroyed_at__isnull", False), ("wrapped__isnull", True)
                        )
                        | models.Q(("destroyed_at__isnull", True), ("wrapped__isnull", False)),
                    ),
                    models.CheckConstraint(
                        name="vault_cellkey_generation_fits",
                        condition=models.Q(("generation__gte", 0), ("generation__lte", 4294967295)),
                    ),
                ],
            },
        ),
        migrations.RunPython(create_triggers, migrations.RunPython.noop, elidable=False),
    ]
