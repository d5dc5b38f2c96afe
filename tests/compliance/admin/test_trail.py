"""The trail and the evidence of a period, as pages: auditors may read and take them."""

from __future__ import annotations

import io
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from django.test import Client

from compliance.admin import trail
from compliance.customers.models import Customer
from compliance.people.roles import StaffRole
from retention.ledger.models import Entry
from retention.policies.models import PolicyVersion

TRAIL, PERIOD = "/admin/trail/", "/admin/evidence/"


@pytest.fixture
def auditor(staff: Callable[[StaffRole], Client]) -> Client:
    return staff(StaffRole.AUDITOR)


def shown(client: Client, **query: str) -> str:
    return client.get(TRAIL, query).content.decode().replace("\u00a0", " ")


def test_a_customers_page_leads_to_everything_that_was_done(
    auditor: Client, acme: Customer
) -> None:
    page = auditor.get(f"/admin/compliance/customer/{acme.pk}/change/").content.decode()
    assert f"{TRAIL}?customer={acme.pk}" in page
    told = shown(auditor, customer=str(acme.pk))
    for words in ("A customer was created", "Customer added: Acme", "Entry", "Change"):
        assert words in told


def test_a_policy_versions_page_leads_to_its_own(auditor: Client, acme: Customer) -> None:
    version = PolicyVersion.objects.get(number=1)
    page = auditor.get(f"/admin/retention/policyversion/{version.pk}/change/").content.decode()
    assert f"{TRAIL}?version=1" in page
    assert "A customer accepted a policy version" in shown(auditor, version="1")


def test_a_customer_is_found_by_name(auditor: Client, acme: Customer) -> None:
    assert "A customer was created" in shown(auditor, customer="acme")
    assert "No customer is called so" in shown(auditor, customer="Borealis")


def test_a_question_that_makes_no_sense_is_said(auditor: Client, acme: Customer) -> None:
    for query in ({"person": "nobody@x.example"}, {"first": "yesterday"}, {"version": "99"}):
        page = shown(auditor, **query)
        assert 'role="alert"' in page
        assert "Entry " not in page


def test_what_nobody_did_is_an_empty_list_with_a_way_out(auditor: Client, acme: Customer) -> None:
    page = shown(auditor, kind="change:apikey")
    assert "Nothing fits." in page
    assert "Show everything" in page


def test_it_goes_on_to_older_ones(
    auditor: Client, populate: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "SHOWN", 5)
    populate(2)
    page = shown(auditor)
    older = page.split('rel="next"')[0].rpartition('href="')[2].split('"')[0]
    second = auditor.get(TRAIL + older.replace("&amp;", "&")).content.decode()
    assert "Newest" in second
    assert second != page


def test_the_number_of_statements_does_not_grow(
    auditor: Client, populate: Callable[[int], None], django_assert_max_num_queries: object
) -> None:
    assert callable(django_assert_max_num_queries)
    for _more in range(2):
        populate(2)
        with django_assert_max_num_queries(9):
            shown(auditor)


@pytest.mark.parametrize(("form", "kind"), [("csv", "text/csv"), ("jsonl", "application/jsonl")])
def test_an_auditor_takes_it_as_a_file(
    auditor: Client, acme: Customer, form: str, kind: str
) -> None:
    answer = auditor.post(TRAIL, {"form": form, "customer": str(acme.pk)})
    content = b"".join(answer.streaming_content).decode()
    assert answer["Content-Type"].startswith(kind)
    assert "customer:customer:created" in content
    assert Entry.objects.filter(kind="audit:trail:exported").count() == 1


def test_who_is_no_auditor_sees_neither(staff: Callable[[StaffRole], Client]) -> None:
    support = staff(StaffRole.SUPPORT)
    for page in (TRAIL, PERIOD):
        assert support.get(page).status_code in (302, 403)
        assert support.post(page).status_code in (302, 403)


def test_an_auditor_makes_a_pack_of_a_period(auditor: Client, acme: Customer) -> None:
    asked = {"first": "2026-01-01", "last": "2026-01-31", "sample": "5", "seed": "7"}
    answer = auditor.post(PERIOD, asked)
    assert answer["Content-Disposition"].endswith('"evidence-2026-01-01-2026-01-31.zip"')
    with ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert "reconciliation.csv" in archive.namelist()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"first": "2026-02-01"}, "ends before it begins"),
        ({"last": "2399-01-01"}, "has not come yet"),
        ({"sample": "0"}, "greater than or equal to 1"),
        ({"first": ""}, "This field is required"),
    ],
)
def test_a_period_that_is_none_is_said(auditor: Client, wrong: dict[str, str], said: str) -> None:
    asked = {"first": "2026-01-01", "last": "2026-01-31", "sample": "5", **wrong}
    assert said in auditor.post(PERIOD, asked).content.decode()
