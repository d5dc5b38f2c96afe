"""The worklist of findings: what it shows, what is done with it, and who may."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from compliance.customers.contacts import add_contact
from compliance.customers.models import Customer
from compliance.customers.onboard import create_customer
from compliance.findings import work
from compliance.findings.models import Finding, FindingLetter
from compliance.findings.raising import raise_finding
from compliance.people.acting import actor_of
from compliance.people.models import User
from compliance.people.roles import StaffRole, give
from retention import clock
from retention.actor import SYSTEM
from tests.compliance.admin.conftest import NOW, add_finding, signed_in
from tests.compliance.admin.test_front import said
from tests.compliance.admin.test_pages import queries_of, text_of

PAGE = "/admin/findings/"


@pytest.fixture(autouse=True)
def _on_22_november(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def olga(db: None) -> User:
    user = User.objects.create_user("olga@sandglass.example")
    give(user, StaffRole.OFFICER)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def desk(olga: User) -> Client:
    """Olga at her desk."""
    return signed_in(olga)


@pytest.fixture
def borealis(db: None) -> Customer:
    return create_customer("Borealis", by=SYSTEM, now=NOW)


@pytest.fixture
def three(acme: Customer, borealis: Customer) -> list[Finding]:
    """Two of Acme's, one of them of another kind; one of Borealis."""
    return [
        add_finding(acme),
        add_finding(acme, "no_content", subprocessor="amazon-bedrock"),
        add_finding(borealis, account="proj_b"),
    ]


def titles(client: Client, query: str = "") -> list[str]:
    """What stands in the list: the names of its boxes, or of its rows."""
    page = text_of(client, PAGE + query)
    return re.findall(r'<input type="checkbox" name="ids"[^>]*aria-label="([^"]+)"', page)


def post(client: Client, query: str = "", **form: object) -> str:
    """Do something, and read what came of it."""
    answer = client.post(PAGE + query, form, follow=True)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def states() -> dict[str, int]:
    found = list(Finding.objects.values_list("state", flat=True))
    return {state: found.count(state) for state in set(found)}


def test_it_shows_groups_with_counts_weeks_age_and_owner(
    desk: Client, olga: User, acme: Customer, borealis: Customer
) -> None:
    finding = add_finding(acme, owner=olga)
    finding.touched.create(customer=borealis, items=1, first_on=NOW, last_on=NOW)
    for n, items in ((8, 40), (60, 9)):
        finding.days.create(day=NOW.date() - timedelta(days=n), items=items)
    Finding.objects.update(opened_at=NOW - timedelta(days=12), items=1234)
    text = said(desk, PAGE)
    assert "1 finding with 1,234 flags." in text
    assert (
        "Snippet without an alert openai account proj_a1 endpoint responses 1,234 2"
        " 3 in 7 days, 40 before 12 days olga@sandglass.example" in text
    )
    assert text_of(desk, PAGE).count('<rect class="bar"') == 2


def test_a_kind_without_flags_names_its_customer(desk: Client, acme: Customer) -> None:
    raise_finding("notice_not_given", customer=acme.pk, key="n", by=SYSTEM, now=NOW)
    assert "Customer not given notice Acme – 1 – less than a day nobody" in said(desk, PAGE)


def test_with_nothing_open_it_says_so(desk: Client) -> None:
    assert "Nothing is open." in said(desk, PAGE)
    assert "No finding fits this search." in said(desk, f"{PAGE}?kind=secret")


@pytest.mark.parametrize(
    ("query", "number"),
    [("", 3), ("?kind=no_finding", 2), ("?vendor=amazon-bedrock", 1), ("?customer=acm", 2),
     ("?customer=nobody", 0), ("?owner=mine", 1), ("?owner=nobody", 2), ("?state=fixed", 0),
     ("?state=all&kind=no_finding&customer=Borealis", 1), ("?state=%00&owner=x&p=x", 3)],
)  # fmt: skip
def test_it_is_narrowed(
    desk: Client, olga: User, three: list[Finding], query: str, number: int
) -> None:
    work.assign([three[0].pk], olga, by=actor_of(olga), now=NOW)
    assert len(titles(desk, query)) == number


def test_a_longer_list_has_pages(desk: Client, acme: Customer) -> None:
    for n in range(55):
        add_finding(acme, account=f"p{n:02}")
    assert len(titles(desk)) == 50
    assert len(titles(desk, "?p=2")) == 5
    assert 'rel="next"' in text_of(desk, PAGE)
    assert 'rel="next"' not in text_of(desk, f"{PAGE}?p=2")


@pytest.mark.parametrize(
    ("action", "more", "said_then"),
    [
        ("explain", {"note": "A test."}, "2 findings explained."),
        ("fix", {"note": "They mended it."}, "2 findings noted as fixed."),
        ("accept", {"note": "Until then.", "until": "2026-12-31"}, "2 findings accepted."),
    ],
)
def test_those_ticked_are_decided(
    desk: Client, three: list[Finding], action: str, more: dict[str, str], said_then: str
) -> None:
    ids = [str(finding.pk) for finding in three[:2]]
    assert said_then in post(desk, which="ticked", ids=ids, action=action, **more)
    assert states()["open"] == 1
    again = post(desk, which="ticked", ids=ids, action=action, **more)
    assert "0 findings" in again
    assert "2 were decided already." in again


def test_all_that_fit_are_decided_in_one_step(desk: Client, three: list[Finding]) -> None:
    query = "?kind=no_finding"
    told = post(desk, query, which="all", number=2, action="explain", note="A load test.")
    assert "2 findings explained." in told
    assert states() == {"open": 1, "explained": 2}
    query = "?state=explained"
    assert "2 findings open again." in post(desk, query, which="all", number=2, action="reopen")
    assert states() == {"open": 3}


def test_a_list_that_has_changed_since_is_not_decided_as_a_whole(
    desk: Client, three: list[Finding]
) -> None:
    told = post(desk, which="all", number=2, action="explain", note="A test.")
    assert "The list has changed: 3 fit now. Look again." in told
    assert 'value="A test."' in told
    assert states() == {"open": 3}


def test_they_are_given_to_somebody(desk: Client, olga: User, three: list[Finding]) -> None:
    told = post(desk, which="all", number=3, action="assign", owner=str(olga.pk))
    assert "3 findings given to olga@sandglass.example." in told
    assert Finding.objects.filter(owner=olga).count() == 3


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"which": "ticked", "action": "explain", "note": "x"}, "Tick at least one"),
        ({"which": "all", "number": 3, "action": "fix", "note": "  "}, "Say why"),
        ({"which": "all", "number": 3, "action": "assign"}, "Say whom"),
        ({"which": "all", "number": 3, "action": ""}, "This field is required"),
        ({"which": "all", "number": 3, "action": "accept", "note": "x", "until": "2026-11-21"},
         "The day until which they are accepted is over."),
        ({"which": "all", "number": 3, "action": "accept", "note": "x", "until": "soon"},
         "Enter a valid date"),
    ],
)  # fmt: skip
def test_a_form_that_says_too_little_is_shown_again(
    desk: Client, three: list[Finding], form: dict[str, object], complaint: str
) -> None:
    assert complaint in post(desk, **form)
    assert states() == {"open": 3}


def test_nobody_without_the_right_is_given_any(desk: Client, three: list[Finding]) -> None:
    stranger = User.objects.create_user("eve@acme.example")
    told = post(desk, which="all", number=3, action="assign", owner=str(stranger.pk))
    assert "Select a valid choice" in told
    assert "eve@" not in told


def test_customers_are_told_after_the_letters_were_shown(
    desk: Client, acme: Customer, three: list[Finding]
) -> None:
    email = "security@acme.example"
    add_contact(acme, name="Lena", email=email, role="security", by=SYSTEM, now=NOW)
    form = {"which": "all", "number": 3, "action": "tell"}
    page = post(desk, **form)
    assert "Write 1 letter" in page
    assert "Acme: security@acme.example" in page
    assert "No contact is on file for 1 customer" in page
    assert not FindingLetter.objects.exists()
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    sent.pop("csrfmiddlewaretoken", None)
    assert sent == {"which": "all", "number": "3", "action": "tell", "confirmed": "1"}
    assert "1 letter written" in post(desk, **sent)
    assert FindingLetter.objects.get().addresses == [email]
    assert "There is nothing new to tell" in post(desk, **form)


def test_auditors_read(staff: Callable[[StaffRole], Client], three: list[Finding]) -> None:
    reader = staff(StaffRole.AUDITOR)
    assert "3 findings with 9 flags." in said(reader, PAGE)
    assert titles(reader) == []
    assert 'name="action"' not in text_of(reader, PAGE)
    form = {"which": "all", "number": 3, "action": "explain", "note": "x"}
    assert reader.post(PAGE, form).status_code == 403
    one = f"{PAGE}{three[0].pk}/"
    assert 'name="action"' not in text_of(reader, one)
    assert reader.post(one, {**form, "number": 1}).status_code == 403
    assert states() == {"open": 3}


def test_nobody_else_sees_it(three: list[Finding]) -> None:
    nobody = signed_in(User.objects.create_user("new@sandglass.example", is_staff=True))
    assert nobody.get(PAGE).status_code == 403
    assert nobody.get(f"{PAGE}{three[0].pk}/").status_code == 403


def test_a_name_is_never_markup(desk: Client, acme: Customer) -> None:
    add_finding(acme, subprocessor="<b>x</b>", account="<i>")
    for url in (PAGE, f"{PAGE}{Finding.objects.get().pk}/"):
        assert "<b>x" not in text_of(desk, url)


@pytest.fixture
def _many(acme: Customer, borealis: Customer) -> None:
    """Five thousand groups with their weeks and customers."""
    today = NOW.date()
    facts = {"first_on": today, "last_on": today, "opened_at": NOW, "counted_at": NOW}
    made = Finding.objects.bulk_create(
        Finding(
            kind=("no_finding", "no_content")[n % 2], subprocessor=f"v{n % 20}", account=f"p{n}",
            endpoint="responses", items=100 + n, **facts,
        )
        for n in range(5000)
    )  # fmt: skip
    days, touches = Finding.days.rel.related_model, Finding.touched.rel.related_model
    days.objects.bulk_create(
        days(finding=finding, day=today - timedelta(days=7 * n), items=3)
        for finding in made
        for n in range(4)
    )
    touches.objects.bulk_create(
        touches(finding=finding, customer=owner, items=3, first_on=today, last_on=today)
        for finding in made
        for owner in (acme, borealis)
    )


def test_it_takes_as_many_queries_for_five_thousand_as_for_few(
    desk: Client, three: list[Finding], request: pytest.FixtureRequest
) -> None:
    urls = [PAGE, f"{PAGE}?customer=acme&kind=no_finding", f"{PAGE}{three[0].pk}/", "/admin/"]
    for url in urls:
        text_of(desk, url)
    few = [queries_of(desk, url) for url in urls]
    request.getfixturevalue("_many")
    assert [queries_of(desk, url) for url in urls] == few
    assert max(few[:2]) <= 16


@pytest.mark.usefixtures("_many")
def test_five_thousand_are_decided_in_one_step(desk: Client) -> None:
    query = "?vendor=v7&kind=no_content"
    told = post(desk, query, which="all", number=250, action="explain", note="One sender.")
    assert "250 findings explained." in told
    told = post(desk, which="all", number=4750, action="fix", note="Switched off.")
    assert "4,750 findings noted as fixed." in told
