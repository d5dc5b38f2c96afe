"""Every page in Chromium: axe finds nothing, 320 pixels are enough, keys suffice."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, Request, expect

from retention import clock
from tests.browser.conftest import Visitor
from tests.cast import PASSWORD, Cast
from tests.compliance.admin.conftest import add_day_group, add_deletion, add_finding
from tests.walk import walk

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
# Where the key goes, how its ring looks, and whether it can be seen at all.
FOCUS = """() => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const box = at.getBoundingClientRect(), style = getComputedStyle(at);
    return {
        what: at.tagName + " " + (at.getAttribute("aria-label") || at.innerText || at.name || ""),
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        there: box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth
            && box.bottom > 0 && box.top < innerHeight,
    };
}"""


@pytest.fixture
def urls(cast: Cast) -> list[str]:
    """One of each kind that Olga can reach, with something to see on it."""
    day = clock.today()
    for data_class in ("prompt", "snippet", "response", "evaluation"):
        add_day_group(cast.acme.id, day, data_class)
    add_deletion(cast.acme.id, date(2026, 5, 22))
    add_finding(cast.acme.customer)
    client = Client(headers={"host": "localhost"})
    open_to_all = [page.url for page in walk(client).values()]
    client.force_login(cast.olga)
    return sorted({*open_to_all, *(page.url for page in walk(client).values())})


@pytest.fixture
def olga(visitor: Visitor, cast: Cast, settings: Any) -> Visitor:
    """Olga at a wide screen, in a demonstration, whose bar is on every page."""
    settings.DEMO = True
    visitor.sign_in(cast.olga.email, PASSWORD)
    return visitor


def findings(page: Page) -> list[str]:
    """What axe says against the page as it stands."""
    page.evaluate(AXE)
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{found['impact']} {found['id']}: {found['nodes'][0]['html'][:120]}"
        for found in result["violations"]
    ]


def outline(page: Page) -> list[str]:
    """The landmarks that are missing, or there more than once."""
    counts = {role: page.get_by_role(role).count() for role in ("banner", "main", "contentinfo")}
    return [f"{role}: {count}" for role, count in counts.items() if count != 1]


def too_wide(visitor: Visitor) -> list[str]:
    """The windows, and the paper, that the page does not fit into."""
    found = []
    for name, media, width in (("phone", "screen", 320), ("A4", "print", 718)):
        visitor.page.emulate_media(media=media)  # type: ignore[arg-type]
        visitor.page.set_viewport_size({"width": width, "height": 800})
        if (wanted := visitor.width()) > width:
            found.append(f"{name}: {wanted} of {width} pixels")
    visitor.page.emulate_media(media="screen")
    visitor.page.set_viewport_size({"width": 1280, "height": 800})
    return found


def test_everybody_can_use_every_page(olga: Visitor, urls: list[str]) -> None:
    asked: list[str] = []

    def hear(request: Request) -> None:
        asked.append(request.url)

    olga.page.on("request", hear)
    found = {}
    for url in urls:
        olga.open(url)
        found[url] = findings(olga.page) + outline(olga.page) + too_wide(olga)
    assert {url: faults for url, faults in found.items() if faults} == {}
    assert olga.complaints == []
    assert {url for url in asked if not url.startswith((olga.address, "data:"))} == set()


def test_axe_finds_nothing_by_night(olga: Visitor, urls: list[str]) -> None:
    olga.page.emulate_media(color_scheme="dark")
    found = {}
    for url in urls:
        olga.open(url)
        found[url] = findings(olga.page)
    assert {url: faults for url, faults in found.items() if faults} == {}


@pytest.mark.parametrize("path", ["/", "/admin/", "/admin/retention/cell/", "/accounts/logout/"])
def test_every_stop_of_the_tab_key_can_be_seen(olga: Visitor, cast: Cast, path: str) -> None:
    olga.open(path)
    stops = []
    for _ in range(60):
        olga.page.keyboard.press("Tab")
        stop = olga.page.evaluate(FOCUS)
        if stop is None:
            break
        stops.append(stop)
    assert stops[0]["what"].startswith("A Skip to the main content")
    assert len(stops) >= 5
    assert [stop["what"] for stop in stops if not (stop["ring"] and stop["there"])] == []


def test_the_skip_link_leads_past_the_navigation(olga: Visitor, cast: Cast) -> None:
    olga.open("/admin/retention/cell/")
    olga.page.keyboard.press("Tab")
    olga.page.keyboard.press("Enter")
    expect(olga.page.locator("#main")).to_be_focused()
    olga.page.keyboard.press("Tab")
    expect(olga.page.get_by_label("Search", exact=True)).to_be_focused()


def test_on_a_phone_the_tasks_open_and_close_by_key(olga: Visitor, cast: Cast) -> None:
    olga.page.set_viewport_size({"width": 390, "height": 800})
    olga.open("/admin/")
    tasks = olga.page.get_by_role("navigation", name="Tasks")
    expect(tasks).to_be_hidden()
    olga.page.get_by_role("button", name="Menu").press("Enter")
    expect(tasks).to_be_visible()
    assert findings(olga.page) == []
    olga.page.keyboard.press("Escape")
    expect(tasks).to_be_hidden()
    olga.page.get_by_role("button", name="Menu").press("Enter")
    tasks.get_by_role("link", name="API keys").press("Enter")
    expect(olga.page.get_by_role("heading", name="API keys", level=1)).to_be_visible()
