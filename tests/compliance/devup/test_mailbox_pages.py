"""The demonstration's mailbox: everything that was sent, in demonstrations only, and inert."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from compliance.devup.mailbox import EmailBackend

pytestmark = pytest.mark.django_db
BOX = "/demo/mailbox/"


@pytest.fixture
def box(settings: Any, tmp_path: Path) -> Path:
    settings.DEMO = True
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.EMAIL_BACKEND = "compliance.devup.mailbox.EmailBackend"
    return tmp_path / "mail"


def sent(to: str = "lena@acme.example", subject: str = "A notice") -> str:
    """A mail with everything; the name of its file."""
    mail = EmailMultiAlternatives(subject, "Plain & <b>words</b>", to=[to])
    mail.attach_alternative("<h1>Words</h1><script>alert(1)</script>", "text/html")
    mail.attach("../evil name.html", b"<script>alert(2)</script>", "text/html")
    EmailBackend().send_messages([mail])
    from compliance.devup import letters

    return letters.listed(to=to, first=0, most=1)[0].name


def test_an_empty_one_says_so(client: Client, box: Path) -> None:
    assert "No mail was sent so far" in client.get(BOX).content.decode()


def test_with_a_mail_server_it_says_where_the_mails_are(
    client: Client, box: Path, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    page = client.get(BOX).content.decode()
    assert "hands its mails to a mail server" in page
    assert "Nothing leaves this machine" not in page
    assert "No mail was sent so far" not in page


def test_it_lists_mails_and_finds_them_by_address(client: Client, box: Path) -> None:
    sent("lena@acme.example", "To Lena")
    sent("boris@borealis.example", "To Boris")
    both = client.get(BOX).content.decode()
    assert "To Lena" in both
    assert "To Boris" in both
    one = client.get(BOX, {"to": "LENA@"}).content.decode()
    assert "To Boris" not in one
    assert "Show all" in client.get(BOX, {"to": "nobody"}).content.decode()


def test_fifty_stand_on_a_page(client: Client, box: Path) -> None:
    for number in range(51):
        sent(subject=f"Mail {number}")
    assert client.get(BOX).content.decode().count('<th scope="row">') == 50
    assert client.get(BOX, {"page": "2"}).content.decode().count('<th scope="row">') == 1
    assert client.get(BOX, {"page": "x" * 9}).status_code == 200


def test_a_mail_shows_headers_and_text_as_text(client: Client, box: Path) -> None:
    page = client.get(f"{BOX}{sent()}/")
    text = page.content.decode()
    assert "Plain &amp; &lt;b&gt;words&lt;/b&gt;" in text
    assert "<script>alert" not in text
    assert "lena@acme.example" in text
    assert "frame-src 'self'" in page["Content-Security-Policy"]


def test_its_html_may_do_nothing(client: Client, box: Path) -> None:
    answer = client.get(f"{BOX}{sent()}/html/")
    policy = answer["Content-Security-Policy"]
    assert "sandbox" in policy.split("; ")
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_what_came_with_it_is_kept_and_never_opened(client: Client, box: Path) -> None:
    answer = client.get(f"{BOX}{sent()}/0/")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "/" not in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"{BOX}{sent()}/7/").status_code == 404


@pytest.mark.parametrize(
    "name", ["x", "..", "%2e%2e%2fdemo.json", "20261122-101112-0123456789ab.eml"]
)
def test_nothing_else_can_be_named(client: Client, box: Path, name: str) -> None:
    assert client.get(f"{BOX}{name}/").status_code == 404
    assert client.get(f"{BOX}{name}/html/").status_code == 404


def test_elsewhere_there_is_no_such_page(client: Client, box: Path, settings: Any) -> None:
    name = sent()
    settings.DEMO = False
    for path in (BOX, f"{BOX}{name}/", f"{BOX}{name}/html/", f"{BOX}{name}/0/"):
        assert client.get(path).status_code == 404
    assert "mailbox" not in client.get("/").content.decode()


def test_the_clock_bar_leads_there(client: Client, box: Path) -> None:
    assert BOX in client.get("/").content.decode()
