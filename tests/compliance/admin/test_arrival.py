"""A list is looked at before it is taken in; officers only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from compliance.admin import arrival
from compliance.arrival.models import Upload
from compliance.arrival.read import LARGEST
from compliance.arrival.tasks import tidy
from compliance.customers.models import Contact, Customer
from compliance.people.models import User
from compliance.people.roles import StaffRole
from compliance.terms.models import Acceptance
from retention import clock
from retention.errors import NoSuchPolicy
from retention.ledger.models import Entry
from retention.policies import publish

PAGE = "/admin/customers/import/"
LIST = (
    "reference,name,legal_contacts,notice_days,terms_version,terms_accepted_on,terms_accepted_by\n"
    "K-1,Acme,Lena <l@acme.example>,60,2026-03,2026-03-14,Lena\n"
    "K-2,Borealis,,20,,,\n"
    "K-3,Cygnus,,,,,\n"
)


@pytest.fixture
def officer(staff: Callable[[StaffRole], Client]) -> Client:
    return staff(StaffRole.OFFICER)


def upload(client: Client, content: str | bytes = LIST) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return client.post(PAGE, {"file": SimpleUploadedFile("customers.csv", raw)}, follow=True)


def lists() -> Iterator[str]:
    yield from (f"{PAGE}?list={pk}" for pk in Upload.objects.values_list("pk", flat=True))


def test_an_officer_sees_first_what_a_list_would_do(officer: Client) -> None:
    page = upload(officer).content.decode()
    for words in ("Take in 2 lines", "20 days are not allowed", "Cygnus has no legal contact",
                  "taken on, 60 days of notice", "terms 2026-03"):  # fmt: skip
        assert words in page
    assert not Customer.objects.exists()


def test_taken_in_the_good_lines_are_there_and_the_bad_one_is_named(officer: Client) -> None:
    upload(officer)
    (url,) = lists()
    page = officer.post(url, {"take_in": "1"}, follow=True).content.decode()
    assert "2 customers were taken on" in page
    assert "20 days are not allowed" in page
    assert "Take in" not in page
    assert set(Customer.objects.values_list("name", flat=True)) == {"Acme", "Cygnus"}
    assert (Contact.objects.count(), Acceptance.objects.count()) == (1, 1)
    acting = Entry.objects.filter(kind="customer:customer:created")
    officers = User.objects.get(email__startswith="officer")
    assert {entry.facts["actor_id"] for entry in acting} == {str(officers.pk)}
    assert Acceptance.objects.get().recorded_by == officers


def test_the_same_list_twice_makes_nothing_twice(officer: Client) -> None:
    for _time in range(2):
        upload(officer)
        for url in list(lists()):
            officer.post(url, {"take_in": "1"})
    assert Customer.objects.count() == 2


def test_the_refused_lines_are_a_file_to_mend(officer: Client) -> None:
    upload(officer)
    (url,) = lists()
    answer = officer.get(f"{url}&refused=1")
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert answer["Content-Disposition"] == 'attachment; filename="refused-lines.csv"'
    assert "K-2,Borealis" in content
    assert "K-1" not in content
    mended = upload(officer, content.replace(",20,", ",30,")).content.decode()
    assert "Take in 1 line" in mended


def test_a_long_list_goes_on_where_it_stood(
    officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(officer)
    (url,) = lists()
    monkeypatch.setattr(arrival, "STEP_SECONDS", -1)
    assert "2 are left: go on" in officer.post(url, {"take_in": "1"}, follow=True).content.decode()
    monkeypatch.undo()
    officer.post(url, {"take_in": "1"})
    assert (Customer.objects.count(), Upload.objects.get().made) == (2, 2)


def test_a_list_can_be_discarded(officer: Client) -> None:
    upload(officer)
    (url,) = lists()
    page = officer.post(url, {"discard": "1"}, follow=True).content.decode()
    assert "The list was discarded" in page
    assert not Upload.objects.exists()
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "The file is empty"), (b"name\nAcme\n", "There is no column reference"),
     (b"x" * (LARGEST + 1), "larger than 5 MB"), (b"reference,name\nK,\xff\n", "not UTF-8")],
)  # fmt: skip
def test_what_is_no_list_is_said(officer: Client, content: bytes, said: str) -> None:
    assert said in upload(officer, content).content.decode()
    assert not Upload.objects.exists()


def test_what_the_database_refuses_is_named_as_well(officer: Client) -> None:
    upload(officer)
    row = Upload.objects.get()
    row.trouble = [{"line": 2, "column": "", "wrong": "Somebody was first.", "do": "Again."}]
    row.save()
    (url,) = lists()
    assert "Somebody was first." in officer.get(url).content.decode()


def test_without_a_policy_to_offer_it_says_so(
    officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NoSuchPolicy

    monkeypatch.setattr(publish, "accept", refuse)
    upload(officer)
    (url,) = lists()
    page = officer.post(url, {"take_in": "1"}, follow=True).content.decode()
    assert "An officer must approve one first" in page
    assert not Customer.objects.exists()


def test_who_may_take_no_customer_on_takes_none_in(
    staff: Callable[[StaffRole], Client], officer: Client
) -> None:
    upload(officer)
    (url,) = lists()
    auditor = staff(StaffRole.AUDITOR)
    assert auditor.get(PAGE).status_code == auditor.get(url).status_code == 403
    assert auditor.post(url, {"take_in": "1"}).status_code == 403
    assert PAGE not in auditor.get("/admin/").content.decode()
    assert not Customer.objects.exists()


@pytest.mark.parametrize("name", ["nobody", "00000000-0000-4000-8000-000000000000"])
def test_a_list_of_nobody_is_the_form(officer: Client, name: str) -> None:
    assert "Look at it" in officer.get(f"{PAGE}?list={name}").content.decode()


def test_the_example_can_be_taken_in_as_it_is(officer: Client) -> None:
    content = b"".join(officer.get(f"{PAGE}?example=1").streaming_content)
    assert "Take in 1 line" in upload(officer, content).content.decode()


def test_a_list_that_nobody_came_back_to_goes_after_a_week(officer: Client) -> None:
    upload(officer)
    Upload.objects.update(made_at=clock.host_now() - timedelta(days=6))
    tidy()
    assert Upload.objects.exists()
    Upload.objects.update(made_at=clock.host_now() - timedelta(days=8))
    tidy()
    assert not Upload.objects.exists()
