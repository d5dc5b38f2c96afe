"""The inbox: what waits for me and for others, deciding with a fresh sign-in, deputies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compliance.admin import needs
from compliance.approvals.decide import ask
from compliance.approvals.models import ApprovalRequest, Deputy
from compliance.people.models import User
from compliance.people.roles import StaffRole
from retention import clock
from tests.cast import PASSWORD
from tests.compliance.approvals.conftest import (
    KIND,
    Papers,
    People,
    as_actor,
    papers,
    people,
    somebody,
)
from tests.compliance.people.visitors import later, sign_in

__all__ = ["papers", "people"]
INBOX = "/admin/approvals/"


@pytest.fixture
def asked(papers: Papers, people: People) -> ApprovalRequest:
    """Olga asks about paper 7."""
    return ask(KIND, 7, by=as_actor(people.olga), now=clock.now())


def as_user(user: User) -> Client:
    """Their browser, right after signing in."""
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    sign_in(client, user.email)
    return client


def section(client: Client, name: str) -> str:
    text = client.get(INBOX).content.decode()
    return text.split(f'id="{name}"')[1].split("</section>")[0]


def post(client: Client, **form: object) -> str:
    return client.post(INBOX, {k: str(v) for k, v in form.items()}, follow=True).content.decode()


def decision() -> str:
    return ApprovalRequest.objects.get().decision


def test_it_stands_where_it_waits(asked: ApprovalRequest, people: People) -> None:
    for user, mine in ((people.ida, True), (people.olga, False), (people.udo, False)):
        client = as_user(user)
        assert ("Paper 7" in section(client, "mine")) == mine
        assert ("Paper 7" in section(client, "others")) != mine
        page = client.get(f"{INBOX}?request={asked.pk}").content.decode()
        assert ('value="approve"' in page) == mine
        assert "ida@sandglass.example, ivan@sandglass.example" in page


def test_an_approver_approves(asked: ApprovalRequest, papers: Papers, people: People) -> None:
    client = as_user(people.ida)
    text = post(client, request=asked.pk, do="approve", note="Fine.")
    assert "Paper 7: approved" in text
    assert papers.approved == [("7", people.ida.pk)]
    assert "Paper 7" in section(client, "decided")
    assert "Fine." in client.get(f"{INBOX}?request={asked.pk}").content.decode()


def test_p4_a_forged_form_of_anybody_else_decides_nothing(
    asked: ApprovalRequest, papers: Papers, people: People
) -> None:
    for user in (people.olga, people.otto, people.ada, people.udo):
        text = post(as_user(user), request=asked.pk, do="approve")
        assert "Nothing was done" in text
    assert (decision(), papers.approved) == ("", [])


def test_p4_an_old_sign_in_decides_nothing_and_comes_back_to_the_request(
    asked: ApprovalRequest, papers: Papers, people: People
) -> None:
    client = as_user(people.ida)
    later(client)
    answer = client.post(INBOX, {"request": str(asked.pk), "do": "approve"})
    assert answer["Location"].startswith("/accounts/reauthenticate/?next=")
    assert str(asked.pk) in answer["Location"]
    assert "Give it now" in client.get(f"{INBOX}?request={asked.pk}").content.decode()
    assert (decision(), papers.approved) == ("", [])


def test_declining_takes_a_reason(asked: ApprovalRequest, people: People) -> None:
    client = as_user(people.ida)
    assert "says why" in post(client, request=asked.pk, do="decline")
    assert decision() == ""
    post(client, request=asked.pk, do="decline", note="Too early.")
    assert decision() == "declined"


def test_who_asked_takes_it_back(asked: ApprovalRequest, people: People) -> None:
    client = as_user(people.olga)
    assert "Take it back" in client.get(f"{INBOX}?request={asked.pk}").content.decode()
    assert "taken back" in post(client, request=asked.pk, do="take_back")
    assert decision() == "taken_back"


def test_what_changed_since_is_said(asked: ApprovalRequest, papers: Papers, people: People) -> None:
    papers.texts["7"] = "another"
    text = post(as_user(people.ida), request=asked.pk, do="approve", note="My note")
    assert "changed since it was asked" in text
    assert "My note" in text
    assert decision() == ""


@pytest.mark.parametrize("address", ["?request=7", "?request=6a0b0c0e-0000-4000-8000-000000000000"])
def test_what_is_not_there_is_not_found(
    asked: ApprovalRequest, people: People, address: str
) -> None:
    assert as_user(people.ida).get(INBOX + address).status_code == 404


def test_an_approver_names_a_deputy_who_then_decides(
    asked: ApprovalRequest, people: People
) -> None:
    today = clock.today().isoformat()
    days = {"first_day": today, "last_day": today}
    ida = as_user(people.ida)
    text = post(ida, do="appoint", person=people.ida.pk, deputy=people.otto.pk, **days)
    assert "otto@sandglass.example decides for ida@sandglass.example" in text
    otto = as_user(people.otto)
    assert "Paper 7" in section(otto, "mine")
    page = otto.get(f"{INBOX}?request={asked.pk}").content.decode()
    assert "You decide in place of ida@sandglass.example" in page
    post(otto, request=asked.pk, do="approve")
    assert ApprovalRequest.objects.get().in_place_of == people.ida
    assert "no longer" in post(ida, do="end_deputy", deputy=Deputy.objects.get().pk)


def test_everybody_who_is_offered_as_deputy_can_open_and_decide(
    asked: ApprovalRequest, people: People
) -> None:
    lead, sam = somebody("lead", StaffRole.SUPPORT_LEAD), somebody("sam", StaffRole.SUPPORT)
    today = clock.today().isoformat()
    days = {"first_day": today, "last_day": today}
    ida = as_user(people.ida)
    page = ida.get(INBOX).content.decode()
    assert f'value="{lead.pk}"' in page
    assert f'value="{sam.pk}"' not in page
    assert "No deputy was named" in post(
        ida, do="appoint", person=people.ida.pk, deputy=sam.pk, **days
    )
    post(ida, do="appoint", person=people.ida.pk, deputy=lead.pk, **days)
    deputy = as_user(lead)
    assert "Paper 7" in section(deputy, "mine")
    assert deputy.get("/admin/retention/policyversion/").status_code == 200
    post(deputy, request=asked.pk, do="approve")
    assert ApprovalRequest.objects.get().in_place_of == people.ida


def test_an_officer_names_nobody_and_an_administrator_for_whoever_is_ill(
    asked: ApprovalRequest, people: People
) -> None:
    today = clock.today()
    days = {"first_day": today, "last_day": today + timedelta(days=2)}
    olga, ada = as_user(people.olga), as_user(people.ada)
    assert "Name a deputy" not in olga.get(INBOX).content.decode()
    form = {"person": people.ida.pk, "deputy": people.otto.pk, **days}
    assert "No deputy was named" in post(olga, do="appoint", **form)
    assert not Deputy.objects.exists()
    assert "Name a deputy" in ada.get(INBOX).content.decode()
    post(ada, do="appoint", **form)
    assert Deputy.objects.get().made_by == people.ada


def test_bad_days_are_said(people: People) -> None:
    ida = as_user(people.ida)
    form = {"person": people.ida.pk, "deputy": people.otto.pk, "do": "appoint"}
    assert "92 at most" in post(ida, **form, first_day="2020-01-01", last_day="2020-01-02")
    assert "choose both people" in post(ida, **form, first_day="soon", last_day="")
    assert not Deputy.objects.exists()


def test_when_nobody_may_decide_it_says_so(papers: Papers, db: None) -> None:
    olga = somebody("olga", StaffRole.OFFICER)
    asked = ask(KIND, 7, by=as_actor(olga), now=clock.now())
    page = as_user(olga).get(f"{INBOX}?request={asked.pk}").content.decode()
    assert "There is no approver" in page


def test_support_does_not_open_it(people: People) -> None:
    assert as_user(somebody("sam", StaffRole.SUPPORT)).get(INBOX).status_code == 302
    nobody = User.objects.create_user("new@sandglass.example", is_staff=True)
    assert as_user(nobody).get(INBOX).status_code == 403


def test_the_number_of_queries_does_not_grow(
    asked: ApprovalRequest, papers: Papers, people: People
) -> None:
    client = as_user(people.ida)
    client.get(INBOX)
    counts = []
    for number in (1, 10):
        for n in range(number):
            ask(KIND, f"{number}-{n}", by=as_actor(people.olga), now=clock.now())
        with CaptureQueriesContext(connection) as queries:
            client.get(INBOX)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_first_page_tells_that_it_waits(asked: ApprovalRequest) -> None:
    now = clock.now() + timedelta(days=2)
    told = [need.what for need in needs.approvals(now)]
    assert told == ["1 approval waits for a second person, the oldest asked for 2 days ago"]
    ask(KIND, 8, by=as_actor(asked.asked_by), now=now)
    assert next(iter(needs.approvals(now))).what.startswith("2 approvals wait for")
