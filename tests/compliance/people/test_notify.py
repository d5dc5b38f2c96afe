"""Who hears of what, and by which mail."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import call_command
from django.test import Client, RequestFactory

from compliance.people import later as later_module
from compliance.people.later import later
from compliance.people.models import User
from tests.compliance.people.visitors import (
    ANOTHER,
    RESET,
    change,
    is_in,
    link_in_mail,
    set_by_link,
    sign_in,
)

pytestmark = pytest.mark.django_db
CHANGED = "Your password for Sandglass was changed"


@pytest.fixture(autouse=True)
def _committed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for the commit is done at once: a test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda job, **_: job())


def subjects() -> list[str]:
    return [str(message.subject) for message in mail.outbox]


def test_a_new_password_of_ones_own_is_told(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    assert subjects() == []
    change(client)
    (told,) = mail.outbox
    assert told.subject == CHANGED
    assert told.to == [amir.email]
    assert told.extra_headers == {"Auto-Submitted": "auto-generated"}
    assert "http://localhost:8000/accounts/password/reset/" in told.body


def test_one_that_was_refused_is_not(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    change(client, old="wrong")
    change(client, new="short")
    assert subjects() == []


def test_one_set_by_a_link_is_told(client: Client, amir: User) -> None:
    client.post(RESET, {"email": amir.email})
    set_by_link(client, link_in_mail())
    assert subjects()[1:] == [CHANGED]


def test_one_that_an_administrator_set_is_told(client: Client, amir: User, olga: User) -> None:
    sign_in(client, olga.email)
    page = f"/admin/compliance/user/{amir.pk}/password/"
    form = {"password1": ANOTHER, "password2": ANOTHER, "usable_password": "true"}
    assert client.post(page, form).status_code == 302
    assert subjects() == [CHANGED]
    assert mail.outbox[0].to == [amir.email]
    amir.refresh_from_db()
    assert amir.password_is_initial


def test_a_new_login_is_no_change_and_neither_is_signing_in(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    amir.is_staff = True
    amir.save()
    assert subjects() == []


def test_a_mail_holds_no_password_and_nothing_of_the_visitor(client: Client, amir: User) -> None:
    client.defaults["HTTP_USER_AGENT"] = "evil agent http://evil.example"
    sign_in(client, amir.email)
    change(client)
    assert "evil" not in mail.outbox[0].body
    assert ANOTHER not in mail.outbox[0].body


def test_a_link_leads_to_the_service_whatever_host_was_asked(amir: User) -> None:
    Client(HTTP_HOST="127.0.0.1:9999").post(RESET, {"email": amir.email})
    assert "http://localhost:8000/accounts/password/reset/key/" in mail.outbox[0].body
    assert "9999" not in mail.outbox[0].body


def test_a_link_works_once_and_not_after_signing_in(client: Client, amir: User) -> None:
    client.post(RESET, {"email": amir.email})
    link = link_in_mail()
    sign_in(Client(), amir.email)
    assert "no longer works" in client.get(link, follow=True).content.decode()


def test_a_link_is_void_once_the_login_is_switched_off(client: Client, amir: User) -> None:
    client.post(RESET, {"email": amir.email})
    User.objects.update(is_active=False)
    assert "no longer works" in client.get(link_in_mail(), follow=True).content.decode()


def test_setting_a_password_by_a_link_does_not_sign_in(client: Client, amir: User) -> None:
    """Nor past a second factor: that is asked for when signing in."""
    client.post(RESET, {"email": amir.email})
    set_by_link(client, link_in_mail())
    assert not is_in(client)


def test_a_second_factor_that_came_ends_other_sessions_and_is_told(
    client: Client, other: Client, amir: User, rf: RequestFactory
) -> None:
    for browser in (client, other):
        sign_in(browser, amir.email)
    request = rf.get("/")
    request.session = client.session
    request.session.load()
    signals.authenticator_added.send(
        Authenticator, request=request, user=amir, authenticator=Authenticator()
    )
    assert is_in(client)
    assert not is_in(other)
    assert subjects() == ["The second factor of your Sandglass login was changed"]


# ---- passwords that somebody else chose


@pytest.fixture
def fresh(amir: User) -> User:
    """Amir with a password that was printed somewhere."""
    User.objects.update(password_is_initial=True)
    return amir


def test_an_initial_password_leads_to_a_new_one_and_nowhere_else(
    client: Client, fresh: User
) -> None:
    answer = sign_in(client, fresh.email)
    assert "/accounts/password/reset/key/" in answer["Location"]
    assert not is_in(client)
    set_by_link(client, answer["Location"])
    sign_in(client, fresh.email, ANOTHER)
    assert is_in(client)


def test_a_wrong_one_leads_nowhere(client: Client, fresh: User) -> None:
    assert sign_in(client, fresh.email, "wrong").status_code == 200


def test_the_administrator_that_is_made_at_the_start_has_an_initial_password() -> None:
    from compliance.devup.prepare import make_administrator

    assert make_administrator()
    assert User.objects.get().password_is_initial


def test_an_operator_ends_sessions_of_known_people_only(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    for wrong in ([amir.email, "nobody@acme.example"], [], [amir.email, "--all"]):
        with pytest.raises(Exception, match=r"none was ended|Say whose"):
            call_command("end_sessions", *wrong)
    assert is_in(client)


# ---- later


@pytest.fixture
def in_background(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MAIL_LATER = True
    monkeypatch.setattr(later_module, "LONGEST_WAIT_MS", 1)


def test_a_mail_server_that_is_away_does_not_stop_what_comes_next(
    in_background: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    pool = ThreadPoolExecutor(max_workers=1)
    monkeypatch.setattr(later_module, "_pool", pool)

    def fails() -> None:
        raise OSError

    later(fails)
    later(lambda: done.append("next"))
    pool.shutdown(wait=True)
    assert done == ["next"]


def test_too_many_are_dropped_and_nobody_waits(
    in_background: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later_module, "_room", threading.BoundedSemaphore(1))
    later_module._room.acquire()
    done: list[str] = []
    later(lambda: done.append("never"))
    assert done == []


# ---- from the administration


def test_a_login_that_an_administrator_made_has_an_initial_password(
    client: Client, olga: User
) -> None:
    sign_in(client, olga.email)
    form = {"email": "new@acme.example", "password1": ANOTHER, "password2": ANOTHER}
    client.post("/admin/compliance/user/add/", {**form, "usable_password": "true"})
    assert User.objects.get(email="new@acme.example").password_is_initial


def test_an_administrator_ends_the_sessions_of_those_selected(
    client: Client, other: Client, amir: User, olga: User
) -> None:
    sign_in(other, amir.email)
    sign_in(client, olga.email)
    form = {"action": "end_sessions", "_selected_action": [str(amir.pk)]}
    answer = client.post("/admin/compliance/user/", form, follow=True)
    assert "Sessions ended: 1." in answer.content.decode()
    assert not is_in(other)
    assert is_in(client)


def test_there_is_one_form_for_ones_own_password(client: Client, olga: User) -> None:
    """Django's own counts no tries: a stolen session could guess there for ever."""
    sign_in(client, olga.email)
    guess = {"old_password": "guess", "new_password1": ANOTHER, "new_password2": ANOTHER}
    for answer in (
        client.get("/admin/password_change/"),
        client.post("/admin/password_change/", guess),
    ):
        assert answer["Location"] == "/accounts/password/change/"
