"""The customer's pages in Chromium: the whole path by keyboard, and every page for everybody."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from playwright.sync_api import expect

from compliance.customers.contacts import add_contact
from compliance.devup.mailbox import EmailBackend
from compliance.notices.letters import letter
from compliance.notices.models import Notice, Objection
from retention.actor import SYSTEM, Actor
from tests.browser.conftest import Visitor
from tests.browser.test_every_page import findings, outline, too_wide
from tests.cast import PASSWORD, SINCE, Cast
from tests.compliance.admin.test_pages import FORBIDDEN, running_text
from tests.compliance.notices.conftest import Scene
from tests.compliance.portal.doors import LENA, mailed
from tests.compliance.test_every_page import ELSEWHERE, INLINE
from tests.walk import walk


@pytest.fixture
def told(cast: Cast, settings: Any) -> Notice:
    """Lena is Acme's legal contact, and was told of a change."""
    settings.DEMO, settings.MAIL_LATER = True, False
    add_contact(cast.acme.customer, name="Lena", email=LENA, role="legal", by=SYSTEM, now=SINCE)
    scene = Scene.__new__(Scene)
    scene.olga, scene.by = cast.olga, Actor("user", cast.olga.pk)
    scene.announce()
    scene.send()
    mail.outbox.clear()
    return Notice.objects.get(customer=cast.acme.customer)


def test_a_contact_does_everything_with_the_keyboard(visitor: Visitor, told: Notice) -> None:
    page = visitor.page
    visitor.open(f"/portal/notices/{told.pk}/")
    page.get_by_label("Your e-mail address").press_sequentially(LENA)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Type your code")).to_be_visible()
    page.get_by_label("Code").press_sequentially(mailed())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(told.subject)
    page.get_by_role("button", name="We have read this").press("Enter")
    expect(page.get_by_text("Noted: you have read this notice")).to_be_visible()
    page.get_by_label("In your words").press_sequentially("We need the older answers.")
    page.get_by_role("button", name="I object").press("Enter")
    expect(page.get_by_text("Your objection is open")).to_be_visible()
    page.get_by_role("link", name="Policy").press("Enter")
    expect(page.get_by_role("heading", name="Policy", level=1)).to_be_visible()
    page.get_by_role("button", name="Sign out").press("Enter")
    expect(page.get_by_role("heading", name="Your company's pages")).to_be_visible()
    assert Objection.objects.get().text == "We need the older answers."
    assert visitor.complaints == []


def test_an_admin_has_as_little_kept_as_possible_with_the_keyboard(
    visitor: Visitor, cast: Cast, told: Notice
) -> None:
    visitor.sign_in(cast.amir.email, PASSWORD)
    visitor.open("/portal/policy/")
    page = visitor.page
    page.get_by_role("link", name="Look at what would go").press("Enter")
    page.get_by_label("To confirm, type the name").press_sequentially("Acme")
    page.get_by_role("button", name="Keep as little as possible").press("Enter")
    expect(page.get_by_text("As little as possible is kept from now on")).to_be_visible()
    assert visitor.complaints == []


def test_everybody_can_use_every_page(visitor: Visitor, cast: Cast, told: Notice) -> None:
    visitor.sign_in(cast.amir.email, PASSWORD)
    client = Client(headers={"host": "localhost"})
    client.force_login(cast.amir)
    pages = walk(client, ["/portal/", "/portal/sign-in/", "/demo/mailbox/"])
    wrong = re.compile(rf"\b(?:{'|'.join(FORBIDDEN)})s?\b", re.IGNORECASE)
    found: dict[str, list[str]] = {}
    for seen in pages.values():
        if not seen.url.startswith(("/portal/", "/demo/")):
            continue
        visitor.open(seen.url)
        found[seen.url] = findings(visitor.page) + outline(visitor.page) + too_wide(visitor)
        visitor.page.emulate_media(color_scheme="dark")
        visitor.open(seen.url)
        found[seen.url] += findings(visitor.page)
        visitor.page.emulate_media(color_scheme="light")
        found[seen.url] += INLINE.findall(seen.html) + ELSEWHERE.findall(seen.html)
        found[seen.url] += wrong.findall(running_text(seen.html))
    assert len(found) >= 8
    assert {url: faults for url, faults in found.items() if faults} == {}
    assert visitor.complaints == []


def test_beside_each_date_stands_the_readers_own_time(
    chromium: Any, address: str, cast: Cast, told: Notice
) -> None:
    context = chromium.new_context(timezone_id="America/New_York")
    visitor = Visitor(context, address)
    visitor.sign_in(cast.amir.email, PASSWORD)
    visitor.open("/portal/policy/")
    shown = visitor.page.locator("time[data-local]").first.inner_text()
    assert re.search(r"00:00 UTC \(\d{1,2} \w+,? (?:19|20):00 your time\)", shown), shown
    context.close()


def test_the_html_of_a_mail_is_seen_in_its_frame(
    visitor: Visitor, told: Notice, settings: Any, tmp_path: Any
) -> None:
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    EmailBackend().send_messages([letter(told.deliveries.get())])
    visitor.open("/demo/mailbox/")
    visitor.page.get_by_role("link", name=told.subject).press("Enter")
    framed = visitor.page.frame_locator("iframe[title='The mail as HTML']")
    expect(framed.get_by_role("heading", level=1)).to_be_visible()
    assert visitor.complaints == []
