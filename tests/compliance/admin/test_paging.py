"""Lists never count, and their plans read little more than what is shown, however much is kept."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compliance.admin import paging
from compliance.customers.models import Customer
from retention import clock
from retention.ledger import sequence
from tests.compliance.admin.conftest import NOW

LISTS = [
    "/admin/retention/cell/", "/admin/retention/deletionrecord/", "/admin/retention/sweeprun/",
    "/admin/retention/entry/", "/admin/compliance/customer/", "/admin/compliance/apikey/",
    "/admin/compliance/contact/", "/admin/compliance/user/", "/admin/compliance/member/",
    "/admin/auditlog/logentry/",
]  # fmt: skip
TODAY = date(2026, 11, 22)
# 60 customers with a group of each kind on every day of ten weeks: more than any page reads.
MANY = """
    INSERT INTO retention_cell (id, customer_id, clock_day, data_class, retain_days, version_id,
        expires_on, state, blocked, generation, acknowledged, delivered, erased, held, purged,
        created_at)
    SELECT gen_random_uuid(), md5(customer::text)::uuid, day, kind, 0,
        (SELECT id FROM retention_policyversion WHERE number = 1),
        (day + interval '6 months')::date, 'open', '', 1, 3, 0, 0, 0, 0, %s
    FROM generate_series(1, 60) AS customer,
        generate_series(date '2026-09-14', date '2026-11-22', interval '1 day') AS stamp,
        LATERAL (SELECT stamp::date AS day) AS days,
        unnest(ARRAY['prompt', 'snippet', 'response', 'evaluation']) AS kind
"""
LOGGED = """
    INSERT INTO retention_entry (kind, facts, created_at)
    SELECT 'expiry:clock:confirmed', '{}', %s FROM generate_series(1, 5000)
"""
QUESTIONS = [
    "/admin/retention/cell/",
    "/admin/retention/cell/?p=3",
    "/admin/retention/cell/?kind=response",
    "/admin/retention/cell/?state=open",
    "/admin/retention/cell/?state=purged",
    "/admin/retention/cell/?state=shredded",
    "/admin/retention/cell/?until=due",
    "/admin/retention/cell/?until=later",
    "/admin/retention/cell/?state=sealed",
    "/admin/retention/cell/?goes=2027-04-01",
    "/admin/retention/cell/?q=2026-10-01",
    "/admin/retention/entry/?day=2024-02-01",
    "/admin/retention/cell/?customer=nobody",
    "/admin/retention/cell/?day=2026-10-01&kind=prompt",
    "/admin/retention/entry/",
    "/admin/retention/entry/?act=customer:key:issued",
    "/admin/retention/entry/?signed=yes",
    "/admin/retention/entry/?signed=no",
    "/admin/retention/deletionrecord/",
    "/admin/retention/deletionrecord/?from=2026-11-01&to=2026-11-22",
]


@pytest.fixture(autouse=True)
def _on_22_november(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 10, tzinfo=UTC))


def statements_of(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in queries]


def test_in_a_demonstration_a_row_does_not_ask_for_the_time(
    admin: Client, populate: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEMO = True
    monkeypatch.undo()
    populate(1)
    few = len(statements_of(admin, "/admin/retention/cell/"))
    populate(5)
    assert len(statements_of(admin, "/admin/retention/cell/")) == few


@pytest.mark.parametrize("url", LISTS)
def test_no_list_counts(admin: Client, populate: Any, url: str) -> None:
    populate(1)
    assert not [sql for sql in statements_of(admin, url) if "COUNT(" in sql.upper()]


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(found for child in plan.get("Plans", ()) for found in nodes(child))]


def rows_read(sql: str) -> int:
    """What the scans of tables that grow returned and threw away, as PostgreSQL did it."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
        found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return sum(
        int(node["Actual Loops"]) * int(node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        for node in nodes(plan)
        if str(node.get("Relation Name", "")).startswith("retention_")
    )


@pytest.fixture
def much(admin: Client) -> Client:
    with connection.cursor() as cursor:
        cursor.execute(MANY, [NOW])
        cursor.execute(LOGGED, [NOW])
        sequence.sign_pending(now=NOW)
        for table in ("cell", "entry", "deletionrecord", "subject"):
            cursor.execute(f"ANALYZE retention_{table}")
    return admin


def test_a_page_reads_little_more_than_it_shows(much: Client) -> None:
    for url in QUESTIONS:
        for sql in statements_of(much, url):
            if 'FROM "retention_' in sql:
                assert rows_read(sql) <= 600, f"{url}: {sql}"


def test_pages_follow_one_another_without_a_gap(much: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(paging, "LAST_PAGE", 3)
    seen: list[Any] = []
    url = "/admin/retention/cell/"
    for number in (1, 2, 3):
        listed = much.get(f"{url}?p={number}").context["cl"]
        assert len(listed.result_list) == 50
        assert bool(listed.previous_url) == (number > 1)
        assert bool(listed.next_url) == (number < 3)
        seen += [cell.pk for cell in listed.result_list]
    assert len(set(seen)) == 150
    assert "Narrow the list" in much.get(f"{url}?p=3").content.decode()


@pytest.mark.parametrize("number", ["0", "-1", "x", "999999999", ""])
def test_an_odd_page_is_some_page(admin: Client, acme: Customer, number: str) -> None:
    assert admin.get(f"/admin/compliance/customer/?p={number}").status_code == 200


def test_an_empty_list_says_so(admin: Client) -> None:
    assert "There is nothing here yet" in admin.get("/admin/compliance/contact/").content.decode()
    page = admin.get("/admin/compliance/contact/?q=nobody").content.decode()
    assert "Nothing fits this search" in page
