"""The bar: in a demonstration only, moved by who is signed in, forward only."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.db import OperationalError
from django.test import Client

from compliance.people.models import User
from retention import clock
from retention.expiry import partitions
from retention.policies.models import PolicyVersion
from retention.records.models import Cell

pytestmark = pytest.mark.django_db
BAR = "/demo/clock"


@pytest.fixture
def demo(settings: Any) -> None:
    """A demonstration state."""
    settings.DEMO = True


@pytest.fixture
def amir(client: Client) -> Client:
    client.force_login(User.objects.create_user("amir@acme.example"))
    return client


def keep_until(day: date, state: str = "open") -> None:
    Cell.objects.create(
        id=uuid4(), customer_id=uuid4(), clock_day=day - timedelta(days=30), data_class="prompt",
        version=PolicyVersion.objects.get(number=1), expires_on=day, state=state,
        created_at=clock.now(),
    )  # fmt: skip


def press(client: Client, step: str, back: str = "/") -> list[str]:
    answer = client.post(BAR, {"step": step, "back": back})
    assert answer.status_code == 302
    return [str(message) for message in get_messages(answer.wsgi_request)]


@pytest.mark.parametrize("page", ["/", "/accounts/login/"])
def test_there_is_no_bar_outside_a_demonstration(client: Client, page: str) -> None:
    assert "Demonstration" not in client.get(page).content.decode()


def test_there_is_nothing_to_press_outside_a_demonstration(amir: Client) -> None:
    assert amir.post(BAR, {"step": "1"}).status_code == 404
    assert clock.offset() == timedelta()


@pytest.mark.usefixtures("demo")
def test_visitors_see_the_date_and_no_buttons(client: Client) -> None:
    text = client.get("/").content.decode()
    assert f'Today is <time datetime="{clock.today()}">' in text
    assert BAR not in text


@pytest.mark.usefixtures("demo")
def test_visitors_do_not_move_it(client: Client) -> None:
    answer = client.post(BAR, {"step": "1", "back": "/admin/"})
    assert answer["Location"].startswith("/accounts/login/")
    assert clock.offset() == timedelta()


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("days", [1, 7, 31])
def test_it_moves_by_the_days_on_the_button_and_makes_their_partitions(
    amir: Client, days: int
) -> None:
    before = clock.today()
    (said,) = press(amir, str(days))
    assert clock.today() == before + timedelta(days=days)
    assert set(partitions.window(clock.today())) <= set(partitions.existing())
    assert str(clock.today().year) in said


@pytest.mark.usefixtures("demo")
def test_it_moves_to_the_next_deletion(amir: Client) -> None:
    today = clock.today()
    for day in (today + timedelta(days=40), today + timedelta(days=12), today):
        keep_until(day)
    keep_until(today + timedelta(days=3), state="sealed")
    assert "To the next deletion" in amir.get("/").content.decode()
    press(amir, "next")
    assert clock.today() == today + timedelta(days=12)
    press(amir, "next")
    assert clock.today() == today + timedelta(days=40)


@pytest.mark.usefixtures("demo")
def test_where_nothing_is_kept_there_is_no_next_deletion(amir: Client) -> None:
    assert "To the next deletion" not in amir.get("/").content.decode()
    assert press(amir, "next") == ["Nothing is kept, so there is no next deletion."]
    assert clock.offset() == timedelta()


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("step", ["", "-1", "2", "1e9", "\x00", "tomorrow"])
def test_nothing_but_the_buttons_moves_it(amir: Client, step: str) -> None:
    assert press(amir, step) == ["Press one of the buttons."]
    assert clock.offset() == timedelta()


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("/admin/retention/cell/?kind=prompt", "/admin/retention/cell/?kind=prompt"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("", "/"),
    ],
)
def test_it_leads_back_to_the_page_and_to_no_other_site(amir: Client, page: str, back: str) -> None:
    assert amir.post(BAR, {"step": "1", "back": page})["Location"] == back


@pytest.mark.usefixtures("demo")
def test_it_takes_a_form_of_ours_and_a_click() -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_user("vera@acme.example"))
    assert strict.post(BAR, {"step": "1"}).status_code == 403
    assert strict.get(BAR).status_code == 405
    assert clock.offset() == timedelta()


@pytest.mark.usefixtures("demo")
def test_the_bar_is_on_the_administration_pages_too(client: Client) -> None:
    client.force_login(User.objects.create_superuser("olga@sandglass.example"))
    for page in ("/admin/", "/admin/compliance/customer/"):
        text = client.get(page).content.decode()
        assert text.count(f'action="{BAR}"') == 1
        assert f'value="{page}"' in text


@pytest.mark.usefixtures("demo")
def test_it_stays_where_it_is_when_the_partitions_cannot_be_made(
    amir: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_today: date) -> int:
        raise OperationalError

    monkeypatch.setattr(partitions, "ensure", refuse)
    with pytest.raises(OperationalError):
        amir.post(BAR, {"step": "31"})
    assert clock.offset() == timedelta()
