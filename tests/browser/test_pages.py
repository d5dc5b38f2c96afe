"""What people see and press, in Chromium: no complaint of the browser on any page."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from compliance.customers import keys
from retention import clock
from tests.browser.conftest import Visitor
from tests.cast import PASSWORD, Cast

OPEN = ["/", "/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"]
STAFF = [
    "/admin/", "/admin/compliance/customer/", "/admin/compliance/customer/add/",
    "/admin/compliance/apikey/", "/admin/compliance/apikey/add/", "/admin/compliance/user/",
    "/admin/compliance/user/add/", "/admin/compliance/member/add/", "/admin/retention/cell/",
    "/admin/retention/deletionrecord/", "/admin/retention/entry/", "/admin/retention/sweeprun/",
    "/admin/retention/policyversion/1/change/", "/admin/auditlog/logentry/",
    "/accounts/password/change/",
]  # fmt: skip


def contrast(ink: str, paper: str) -> float:
    """WCAG contrast of two CSS colours."""

    def light(colour: str) -> float:
        channels = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((light(ink), light(paper)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_olga_signs_in_and_sees_the_administration(visitor: Visitor, cast: Cast) -> None:
    visitor.sign_in(cast.olga.email, PASSWORD)
    expect(visitor.page.get_by_role("status")).to_contain_text("You are signed in as olga")
    expect(visitor.page.get_by_role("heading", name="Today", level=1)).to_be_visible()
    assert visitor.complaints == []


def test_a_code_of_the_api_stays_in_one_line(visitor: Visitor) -> None:
    visitor.open("/api/problems/")
    codes = visitor.page.locator("tbody th code").all()
    assert len(codes) > 20
    assert {len(code.evaluate("code => [...code.getClientRects()]")) for code in codes} == {1}


def test_a_wrong_password_is_said_beside_the_form(visitor: Visitor, cast: Cast) -> None:
    visitor.sign_in(cast.olga.email, "wrong")
    expect(visitor.page.get_by_role("alert")).to_contain_text("do not belong together")


def test_amir_finds_no_way_into_the_administration(visitor: Visitor, cast: Cast) -> None:
    visitor.sign_in(cast.amir.email, PASSWORD)
    expect(visitor.page.get_by_role("link", name="Administration")).to_have_count(0)
    visitor.page.goto(f"{visitor.address}/admin/")
    expect(visitor.page.get_by_role("heading")).to_have_text("Your login may not open this page")


def test_the_browser_has_nothing_to_complain_about_on_any_page(
    visitor: Visitor, cast: Cast
) -> None:
    for path in OPEN:
        visitor.open(path)
    visitor.sign_in(cast.olga.email, PASSWORD)
    for path in STAFF:
        visitor.open(path)
        assert visitor.complaints == [], path


def test_olga_issues_a_key_and_sees_its_token_once(visitor: Visitor, cast: Cast) -> None:
    visitor.sign_in(cast.olga.email, PASSWORD)
    visitor.open("/admin/compliance/apikey/add/")
    page = visitor.page
    page.locator(".field-customer .select2-selection").click()
    page.locator(".select2-results__option", has_text="Acme").click()
    page.get_by_label("Label").fill("backend")
    page.get_by_label("May send").check()
    page.get_by_role("button", name="Save").click()
    token = page.locator("#token").inner_text()
    assert keys.authenticate(token).customer == cast.acme.customer
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("heading", name="API keys", level=1)).to_be_visible()
    assert token not in page.content()
    assert visitor.complaints == []


def test_olga_moves_the_demonstrations_clock(visitor: Visitor, cast: Cast, settings: Any) -> None:
    settings.DEMO = True
    visitor.open("/")
    today = clock.today()
    bar = visitor.page.get_by_role("region", name="Demonstration clock")
    expect(bar.locator("time")).to_have_attribute("datetime", str(today))
    expect(bar.get_by_role("button")).to_have_count(0)
    visitor.sign_in(cast.olga.email, PASSWORD)
    visitor.open("/admin/retention/cell/")
    bar.get_by_role("button", name="7 days").click()
    expect(bar.locator("time")).to_have_attribute("datetime", str(today + timedelta(days=7)))
    assert visitor.page.url == f"{visitor.address}/admin/retention/cell/"
    assert visitor.complaints == []


@pytest.mark.parametrize("path", [*OPEN, "/admin/", "/admin/retention/cell/"])
def test_it_fits_a_phone(
    chromium: Browser, address: str, cast: Cast, settings: Any, path: str
) -> None:
    settings.DEMO = True
    context = chromium.new_context(viewport={"width": 360, "height": 740}, is_mobile=True)
    phone = Visitor(context, address)
    if path.startswith("/admin/"):
        phone.sign_in(cast.olga.email, PASSWORD)
    phone.open(path)
    assert phone.width() <= 360
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_text_can_be_read_by_day_and_by_night(
    chromium: Browser, address: str, scheme: Any
) -> None:
    context = chromium.new_context(color_scheme=scheme)
    visitor = Visitor(context, address)
    visitor.open("/accounts/login/")
    colours = visitor.page.evaluate(
        """() => ["body", ".hint", "main a", "main button"].map((name) => {
            const style = getComputedStyle(document.querySelector(name));
            const paper = style.backgroundColor === "rgba(0, 0, 0, 0)"
                ? getComputedStyle(document.body).backgroundColor : style.backgroundColor;
            return [style.color, paper];
        })"""
    )
    assert min(contrast(ink, paper) for ink, paper in colours) >= 4.5
    context.close()


def test_on_paper_there_is_nothing_to_press(visitor: Visitor, cast: Cast) -> None:
    visitor.sign_in(cast.olga.email, PASSWORD)
    visitor.open("/admin/retention/deletionrecord/")
    visitor.page.emulate_media(media="print")
    for name in (".tasks", ".filters", ".top nav"):
        for hidden in visitor.page.locator(name).all():
            expect(hidden).to_be_hidden()


def test_it_works_from_the_keyboard(visitor: Visitor, cast: Cast) -> None:
    visitor.open("/accounts/login/")
    page = visitor.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the main content")).to_be_focused()
    page.get_by_label("Email").focus()
    page.keyboard.type(cast.amir.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("amir@acme.example")
