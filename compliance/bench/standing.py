"""Half a year of many customers as it lies there, made by the database itself in a minute or two.

For pages, which read and never open anything: no keys, and hardly a payload. Code snippets of past
days are gone with their deletion records; the rest is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import connection

from compliance.customers.models import Customer
from retention import clock
from retention.policies.queries import offered
from retention.policies.rules import ceiling, earliest_accepted

MODELS = ("gpt-5.1", "gpt-5.1-mini", "anthropic.claude-haiku-4-5")
PURPOSES = ("triage", "fix")
# A cell's id follows from its names here too, so that its rows can be made without asking.
CELLS = """
    INSERT INTO retention_cell (id, customer_id, clock_day, data_class, retain_days, version_id,
        expires_on, state, blocked, generation, acknowledged, delivered, erased, held, purged,
        created_at, sealed_at, shredded_at, purged_at, deletion_id)
    SELECT md5(customer.id::text || day || class)::uuid, customer.id, day, class, 0, %(version)s,
        least(ends, (day + interval '6 months')::date),
        CASE WHEN gone THEN 'purged' ELSE 'open' END, '', 1, %(records)s, 0, 0, 0,
        CASE WHEN gone THEN %(records)s ELSE 0 END, day,
        CASE WHEN gone THEN day + 1 END, CASE WHEN gone THEN day + 1 END,
        CASE WHEN gone THEN day + 1 END,
        CASE WHEN gone THEN md5('deletion' || customer.id || day)::uuid END
    FROM compliance_customer customer
    CROSS JOIN (VALUES ('prompt'), ('snippet'), ('response'), ('evaluation')) AS classes(class)
    CROSS JOIN (SELECT %(day)s::date AS day) days
    CROSS JOIN LATERAL (SELECT CASE class WHEN 'snippet' THEN day + 1 ELSE 'infinity' END AS ends,
        class = 'snippet' AND day < %(today)s AS gone) fate
"""
ENTRIES = """
    INSERT INTO retention_entry (kind, facts, created_at)
    SELECT 'expiry:day:purged', jsonb_build_object('customer', id, 'day', %(day)s::date),
        %(day)s::date + 1 FROM compliance_customer
"""
DELETIONS = """
    INSERT INTO retention_deletionrecord (id, customer_id, clock_day, run_id, kind, counts,
        keys_destroyed_at, rows_removed_at, entry_id)
    SELECT md5('deletion' || (facts->>'customer') || %(day)s::date)::uuid,
        (facts->>'customer')::uuid, %(day)s, %(run)s, 'expiry',
        jsonb_build_object('snippet', %(records)s), created_at, created_at, id
    FROM retention_entry WHERE signed_at IS NULL
"""
SIGN = "UPDATE retention_entry SET signed_at = created_at WHERE signed_at IS NULL"
RUN = """
    INSERT INTO retention_sweeprun (id, started_at, finished_at, sealed, shredded, purged, records,
        days_dropped, blocked)
    SELECT gen_random_uuid(), %(day)s::date + 1, %(day)s::date + 1, n, n, n, n * %(records)s, 0, 0
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


def make(customers: int, records: int, *, progress: Callable[[str], None]) -> None:
    """So many customers, each with every kind of data on every day, `records` rows to a cell."""
    now, today = clock.now(), clock.today()
    Customer.objects.bulk_create(
        Customer(name=f"Customer {number:04}", created_at=now) for number in range(customers)
    )
    first = earliest_accepted(today)
    days = [
        day
        for n in range((today - first).days + 1)
        if ceiling(day := date.fromordinal(first.toordinal() + n)) > today
    ]
    for number, day in enumerate(days):
        if number % 20 == 0:
            progress(f"day {number} of {len(days)}")
        _day(day, today, records)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _day(day: date, today: date, records: int) -> None:
    facts: dict[str, Any] = {
        "day": day,
        "today": today,
        "records": records,
        "version": offered(today=clock.today()).pk,
        "models": list(MODELS),
        "purposes": list(PURPOSES),
    }
    with connection.cursor() as cursor:
        if day < today:
            cursor.execute(RUN, facts)
            facts["run"] = cursor.fetchone()[0]
            cursor.execute(ENTRIES, facts)
            cursor.execute(DELETIONS, facts)
            cursor.execute(
                "UPDATE retention_entry SET signed_at = created_at WHERE signed_at IS NULL"
            )
        for statement in (CELLS, RECORDS, TALLIES, DAY_TALLIES):
            cursor.execute(statement, facts)
