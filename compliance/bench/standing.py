"""Half a year of many customers as it lies there, and years of what went, made by the database.

For pages, which read and never open anything: no keys, and hardly a payload. Code snippets of past
days are gone with their deletion records; the rest is kept for six months.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import connection

from compliance.customers.models import Customer
from retention import clock
from retention.policies.queries import offered
from retention.policies.rules import ceiling, earliest_accepted

MODELS = ("gpt-5.1", "gpt-5.1-mini", "anthropic.claude-haiku-4-5")
PURPOSES = ("triage", "fix")
KEPT = ("prompt", "response", "evaluation")
# Of a day group of snippets so many went when their result was returned.
RETURNED = 8
# A cell's id follows from its names here too, so that its rows can be made without asking.
CELLS = """
    INSERT INTO retention_cell (id, customer_id, clock_day, data_class, retain_days, version_id,
        expires_on, state, blocked, generation, acknowledged, delivered, erased, held, purged,
        created_at, sealed_at, shredded_at, purged_at, deletion_id)
    SELECT md5(customer.id::text || day || class)::uuid, customer.id, day, class, 0, %(version)s,
        ends, CASE WHEN gone THEN 'purged' ELSE 'open' END, '', 1, %(records)s, delivered, 0, 0,
        CASE WHEN gone THEN %(records)s - delivered ELSE 0 END, day, gone_on, gone_on, gone_on,
        CASE WHEN gone THEN md5('deletion' || customer.id || day || ends)::uuid END
    FROM compliance_customer customer
    CROSS JOIN (VALUES ('prompt'), ('snippet'), ('response'), ('evaluation')) AS classes(class)
    CROSS JOIN (SELECT %(day)s::date AS day) days
    CROSS JOIN LATERAL (SELECT
        CASE class WHEN 'snippet' THEN day + 1 ELSE %(ceiling)s::date END AS ends) span
    CROSS JOIN LATERAL (SELECT ends <= %(today)s AS gone) fate
    CROSS JOIN LATERAL (SELECT CASE WHEN gone THEN ends END AS gone_on,
        CASE WHEN gone AND class = 'snippet' THEN %(returned)s ELSE 0 END AS delivered) went
"""
ENTRIES = """
    INSERT INTO retention_entry (kind, facts, created_at)
    SELECT 'expiry:day:purged', jsonb_build_object('customer', id, 'day', %(day)s::date),
        %(ends)s::date FROM compliance_customer
"""
DELETIONS = """
    INSERT INTO retention_deletionrecord (id, customer_id, clock_day, run_id, kind, counts,
        keys_destroyed_at, rows_removed_at, entry_id)
    SELECT md5('deletion' || (facts->>'customer') || %(day)s::date || %(ends)s::date)::uuid,
        (facts->>'customer')::uuid, %(day)s, %(run)s, 'expiry', %(counts)s::jsonb, created_at,
        created_at, id
    FROM retention_entry WHERE signed_at IS NULL
"""
SIGN = "UPDATE retention_entry SET signed_at = created_at WHERE signed_at IS NULL"
RUN = """
    INSERT INTO retention_sweeprun (id, started_at, finished_at, sealed, shredded, purged, records,
        days_dropped, blocked)
    SELECT gen_random_uuid(), %(ends)s::date, %(ends)s::date, n, n, n, n * %(items)s, 0, 0
    FROM (SELECT count(*) AS n FROM compliance_customer) customers RETURNING id
"""
RECORDS = """
    INSERT INTO retention_record (customer_id, clock_day, id, exchange_id, external_id, data_class,
        part, cell_id, generation, occurred_at, received_at, purpose, subprocessor, model, account,
        endpoint, provider, repository, size, verdict, flags, payload)
    SELECT customer_id, clock_day, gen_random_uuid(),
        md5(customer_id::text || clock_day || n)::uuid, 'bench-' || n, data_class, '1', id, 1,
        clock_day, clock_day, (%(purposes)s::text[])[n %% 2 + 1], 'openai',
        (%(models)s::text[])[n %% 3 + 1], 'proj_a1', 'responses', 'github', 'acme/payments', 400,
        '', '{}', '\\x00'
    FROM retention_cell CROSS JOIN generate_series(1, %(records)s) AS sent(n)
    WHERE clock_day = %(day)s AND state = 'open'
"""
# What a purge adds of the snippets that had been returned.
SUMS = """
    INSERT INTO retention_removedsum (day, data_class, returned, items)
    SELECT clock_day, data_class, true, sum(delivered) FROM retention_cell
    WHERE clock_day = %(day)s AND state = 'purged' AND delivered > 0 GROUP BY 1, 2
"""
TALLIES = """
    INSERT INTO retention_tally (customer_id, clock_day, data_class, model, purpose, subprocessor,
        items, bytes)
    SELECT customer_id, clock_day, data_class, (%(models)s::text[])[n %% 3 + 1],
        (%(purposes)s::text[])[n %% 2 + 1], 'openai', count(*), 400 * count(*)
    FROM retention_cell CROSS JOIN generate_series(1, %(records)s) AS sent(n)
    WHERE clock_day = %(day)s GROUP BY 1, 2, 3, 4, 5
"""
DAY_TALLIES = """
    INSERT INTO retention_daytally (clock_day, data_class, model, purpose, subprocessor, items,
        bytes)
    SELECT clock_day, data_class, model, purpose, subprocessor, sum(items), sum(bytes)
    FROM retention_tally WHERE clock_day = %(day)s GROUP BY 1, 2, 3, 4, 5
"""


def make(customers: int, records: int, past: int, *, progress: Callable[[str], None]) -> None:
    """So many customers, each with every kind of data on every day, `records` rows to a cell.

    Before what is kept lie `past` days of which cells and deletion records are left.
    """
    now, today = clock.now(), clock.today()
    Customer.objects.bulk_create(
        Customer(name=f"Customer {number:04}", created_at=now) for number in range(customers)
    )
    first = earliest_accepted(today) - timedelta(days=past)
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    for number, day in enumerate(days):
        if number % 20 == 0:
            progress(f"day {number} of {len(days)}")
        _day(day, today, records)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _day(day: date, today: date, records: int) -> None:
    facts: dict[str, Any] = {
        "day": day,
        "ceiling": ceiling(day),
        "today": today,
        "records": records,
        "returned": min(RETURNED, records),
        "version": offered(today=clock.today()).pk,
        "models": list(MODELS),
        "purposes": list(PURPOSES),
    }
    with connection.cursor() as cursor:
        _delete(cursor, facts, day + timedelta(days=1), {"snippet": records - facts["returned"]})
        _delete(cursor, facts, ceiling(day), dict.fromkeys(KEPT, records))
        cursor.execute(CELLS, facts)
        cursor.execute(SUMS, facts)
        if ceiling(day) > today:
            for statement in (RECORDS, TALLIES, DAY_TALLIES):
                cursor.execute(statement, facts)


def _delete(cursor: Any, facts: dict[str, Any], ends: date, counts: Mapping[str, int]) -> None:
    """The run of that day and its deletion records, if the day has come."""
    if ends > facts["today"]:
        return
    facts |= {"ends": ends, "items": sum(counts.values()), "counts": json.dumps(counts)}
    cursor.execute(RUN, facts)
    facts["run"] = cursor.fetchone()[0]
    for statement in (ENTRIES, DELETIONS, SIGN):
        cursor.execute(statement, facts)
