"""The administration pages over years of many customers: server time, and queries.

Every list and every page of the site is asked for, as somebody who may see everything.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from compliance.admin.site import the_site
from compliance.bench import standing
from compliance.bench.report import Report
from compliance.people.models import User
from retention import clock
from retention.expiry import outlook

# On 184 days of 4 kinds: 500,000 cells; 375,000 of them with rows: 5,000,000. Two years before them
# leave 2,000,000 cells and 1,000,000 deletion records.
CUSTOMERS, RECORDS, DAYS_PAST = 680, 13, 730
TIMES = 15
MOST_MS = 200.0


def run(*, scale: float, progress: Callable[[str], None]) -> Report:
    """How long each page takes, and how many queries."""
    customers, past = max(2, round(CUSTOMERS * scale)), max(2, round(DAYS_PAST * scale))
    standing.make(customers, RECORDS, past, progress=progress)
    report = Report("pages", scale)
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(User.objects.create_superuser("bench@sandglass.example"))
    address = reverse("admin:index")
    # Without a worker's count of the last minutes the first page counts by itself.
    _measured(client, address, report, "counting itself")
    outlook.note(now=clock.now())
    for address in addresses():
        progress(address)
        report.at_most(address, "ms", _measured(client, address, report), MOST_MS)
    report.notes.append(_sizes())
    return report


def addresses() -> list[str]:
    """The index, the pages, and the list of every model on the site."""
    site = the_site()
    ours = [reverse(f"admin:{name}") for name, page in site.pages.items() if page.listed]
    models = [model._meta for model in site._registry]
    lists = [reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist") for meta in models]
    return [reverse("admin:index"), *sorted(ours + lists)]


def _measured(client: Client, address: str, report: Report, how: str = "") -> float:
    """The median of some looks, after one that fills the caches."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answers {answer.status_code}")
    report.notes.append(f"{address}: {len(queries)} queries.")
    took = []
    for _ in range(TIMES):
        started = time.perf_counter()
        client.get(address)
        took.append((time.perf_counter() - started) * 1e3)
    return report.add(f"{address} {how}".strip(), "ms", took)


def _sizes() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM retention_cell), (SELECT count(*) FROM retention_record)"
        )
        cells, records = cursor.fetchone()
    return f"{cells:,} cells, {records:,} records."
