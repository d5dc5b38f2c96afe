"""Triggers: issued keys are fixed, an erased customer stays erased, field changes only grow."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


def statements(name: str, *undo: str) -> migrations.RunSQL:
    """One SQL file, waiting two seconds for a lock at most, and how to take it back."""
    text = "SET LOCAL lock_timeout = '2s';\n" + (SQL / f"{name}.sql").read_text()
    return migrations.RunSQL([text], list(undo))


class Migration(migrations.Migration):
    """Runs on `default` only: the router keeps this app out of the vault."""

    dependencies = [
        ("compliance", "0001_people_and_customers"),
        ("auditlog", "0017_add_actor_email"),
    ]

    operations = [
        statements("keys_are_fixed", "DROP FUNCTION compliance_apikey_is_fixed CASCADE"),
        statements("erased_is_final", "DROP FUNCTION compliance_customer_runs_forward CASCADE"),
        statements("changes_are_kept", "DROP FUNCTION compliance_changes_are_kept CASCADE"),
    ]
