"""Second factors in Chromium: an app and a passkey, set up, used, and lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import CDPSession, expect

from compliance.people.models import User
from compliance.people.roles import StaffRole, give
from tests.browser.conftest import Visitor
from tests.browser.test_every_page import findings, too_wide
from tests.cast import PASSWORD
from tests.compliance.people.visitors import code

# Resolves once the page was drawn anew and no colour is on its way to another any more.
PAINTED = """async () => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    await Promise.allSettled(document.getAnimations().map(one => one.finished));
}"""


@pytest.fixture(autouse=True)
def _as_it_is_in_earnest(settings: Any) -> None:
    settings.MFA_REQUIRED = True


@pytest.fixture
def ida(live: object) -> User:
    """An officer without a second factor."""
    ida = User.objects.create_user("ida@sandglass.example", PASSWORD)
    give(ida, StaffRole.OFFICER)
    return ida


@pytest.fixture
def key(visitor: Visitor) -> Iterator[CDPSession]:
    """A device that keeps passkeys, and somebody who touches it at once."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield session
    session.detach()


def heading(visitor: Visitor, text: str) -> None:
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(text)


def sound(visitor: Visitor) -> None:
    """Nothing to be said against the page as it stands, by day, by night and on a telephone."""
    assert findings(visitor.page) == []
    visitor.page.emulate_media(color_scheme="dark")
    visitor.page.evaluate(PAINTED)
    assert findings(visitor.page) == []
    visitor.page.emulate_media(color_scheme="light")
    visitor.page.evaluate(PAINTED)
    assert too_wide(visitor) == []


def press(visitor: Visitor, name: str, role: Any = "button") -> None:
    visitor.page.get_by_role("main").get_by_role(role, name=name, exact=True).click()


def add_passkey(visitor: Visitor) -> None:
    """From the page where staff are led; ends at the recovery codes."""
    heading(visitor, "Set up a second factor")
    sound(visitor)
    press(visitor, "Add a passkey", "link")
    heading(visitor, "Add a passkey")
    sound(visitor)
    press(visitor, "Add it")
    heading(visitor, "Your recovery codes")


def test_a_passkey_is_set_up_and_asked_for(visitor: Visitor, ida: User, key: CDPSession) -> None:
    visitor.sign_in(ida.email, PASSWORD)
    add_passkey(visitor)
    sound(visitor)
    press(visitor, "I have them: go on", "link")
    visitor.open("/admin/")
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("Today")
    visitor.page.get_by_role("button", name="Sign out").click()
    visitor.sign_in(ida.email, PASSWORD)
    heading(visitor, "Your second factor, please")
    sound(visitor)
    press(visitor, "Use a passkey")
    visitor.page.wait_for_url(f"{visitor.address}/admin/")
    visitor.open("/accounts/2fa/webauthn/")
    heading(visitor, "Your passkeys")
    sound(visitor)
    assert visitor.complaints == []


def test_without_the_key_one_is_told_and_a_recovery_code_helps(
    visitor: Visitor, ida: User, key: CDPSession
) -> None:
    visitor.sign_in(ida.email, PASSWORD)
    add_passkey(visitor)
    first = visitor.page.get_by_role("list", name="Codes that were not used yet").locator("li")
    recovery = first.first.inner_text()
    key.send("WebAuthn.disable")
    key.send("WebAuthn.enable")
    visitor.page.get_by_role("button", name="Sign out").click()
    visitor.sign_in(ida.email, PASSWORD)
    # The device is there no more, and its person gives up waiting for it.
    visitor.page.evaluate(
        """() => {
            navigator.credentials.get = () => Promise.reject(new DOMException("gone"));
        }"""
    )
    press(visitor, "Use a passkey")
    expect(visitor.page.get_by_text("That did not work")).to_be_visible()
    sound(visitor)
    visitor.page.get_by_label("Code").fill(recovery)
    press(visitor, "Sign in")
    visitor.page.wait_for_url(f"{visitor.address}/admin/")
    assert visitor.complaints == []


def test_an_app_is_set_up_and_asked_for(visitor: Visitor, ida: User) -> None:
    visitor.sign_in(ida.email, PASSWORD)
    press(visitor, "Set up an app", "link")
    heading(visitor, "Set up an authenticator app")
    sound(visitor)
    secret = visitor.page.locator("code").inner_text()
    visitor.page.get_by_label("Authenticator code").fill(code(secret))
    press(visitor, "Switch it on")
    heading(visitor, "Your recovery codes")
    visitor.page.get_by_role("button", name="Sign out").click()
    visitor.sign_in(ida.email, PASSWORD)
    expect(visitor.page.get_by_role("button", name="Use a passkey")).to_have_count(0)
    visitor.page.get_by_label("Code").fill(code(secret))
    press(visitor, "Sign in")
    visitor.page.wait_for_url(f"{visitor.address}/admin/")
    visitor.open("/admin/")
    assert visitor.complaints == []


def test_with_a_passkey_one_proves_oneself_once_more(
    visitor: Visitor, ida: User, key: CDPSession
) -> None:
    visitor.sign_in(ida.email, PASSWORD)
    add_passkey(visitor)
    visitor.open("/accounts/2fa/webauthn/reauthenticate/?next=/accounts/2fa/webauthn/")
    heading(visitor, "Your passkey, please")
    sound(visitor)
    press(visitor, "Use a passkey")
    heading(visitor, "Your passkeys")
    visitor.page.get_by_role("link", name="Remove Passkey").click()
    heading(visitor, "Remove Passkey?")
    sound(visitor)
    press(visitor, "Remove it")
    # It was the only one: a new one comes before anything else.
    visitor.open("/admin/")
    heading(visitor, "Set up a second factor")
    assert not Authenticator.objects.filter(user=ida).exists()
    assert visitor.complaints == []
