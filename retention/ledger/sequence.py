"""The sequencer: signs what is pending, in order, one at a time across all hosts.

Boundary: a transaction of its own, after the acting one has committed. A crash before the commit
leaves the entries pending, and whoever comes next signs them.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('retention ledger sequencer'))"


def sign_pending(*, now: datetime) -> int:
    """Sign every pending entry and return how many; 0 while another sequencer is at work."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(
            "UPDATE retention_entry SET signed_at = greatest(%s, created_at)"
            " WHERE signed_at IS NULL",
            [now],
        )
        return int(cursor.rowcount)


def pending() -> int:
    """How many entries wait to be signed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM retention_entry WHERE signed_at IS NULL")
        return int(cursor.fetchone()[0])
