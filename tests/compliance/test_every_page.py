"""What holds for every page, whoever made it: words, outline, nothing inline, one policy."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from django.test import Client

from compliance.people.models import User
from tests.cast import PASSWORD
from tests.compliance.admin.conftest import populate, signed_in
from tests.compliance.admin.test_pages import FORBIDDEN, running_text
from tests.walk import Seen, walk

__all__ = ["populate"]

INLINE = re.compile(
    r"<style\b|\sstyle=\"|\son[a-z]+=\"|<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")"
    r"|href=\"javascript:"
)
ELSEWHERE = re.compile(r"<(?:link|script|img|iframe|source)\b[^>]*\s(?:src|href)=\"(?:https?:)?//")


@pytest.fixture
def pages(db: None, populate: Callable[[int], None]) -> dict[str, Seen]:
    """Everything that somebody with every right can reach by following links."""
    populate(2)
    return walk(signed_in(User.objects.create_superuser("root@sandglass.example", PASSWORD)))


def test_every_page_of_today_is_among_them(pages: dict[str, Seen]) -> None:
    urls = {page.url for page in pages.values()}
    assert {"/", "/admin/", "/admin/retention/cell/", "/accounts/password/change/"} <= urls
    assert len(urls) >= 24


def test_they_speak_the_words_of_people(pages: dict[str, Seen]) -> None:
    wrong = re.compile(rf"\b(?:{'|'.join(FORBIDDEN)})s?\b", re.IGNORECASE)
    found = {
        page.url: words
        for page in pages.values()
        if not page.url.startswith("/api/") and (words := wrong.findall(running_text(page.html)))
    }
    assert found == {}


def test_they_hold_no_script_and_no_style_of_their_own(pages: dict[str, Seen]) -> None:
    assert {p.url: found for p in pages.values() if (found := INLINE.findall(p.html))} == {}


def test_they_ask_nobody_else_for_anything(pages: dict[str, Seen]) -> None:
    assert {p.url: found for p in pages.values() if (found := ELSEWHERE.findall(p.html))} == {}


def test_the_browser_is_told_to_refuse_both(pages: dict[str, Seen]) -> None:
    policies = {page.policy for page in pages.values()}
    assert len(policies) == 1
    (policy,) = policies
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "://" not in policy


def test_each_has_one_heading_of_the_first_rank_and_a_title_of_its_own(
    pages: dict[str, Seen],
) -> None:
    for page in pages.values():
        assert len(re.findall(r"<h1\b", page.html)) == 1, page.url
        assert re.search(r"<html lang=\"en\"", page.html), page.url
        assert page.html.count('<main id="main"') == 1, page.url
    titles = [re.search(r"<title>(.*?)</title>", page.html, re.DOTALL) for page in pages.values()]
    assert all(title and title[1].strip() for title in titles)


def test_no_rank_of_heading_is_left_out(pages: dict[str, Seen]) -> None:
    for page in pages.values():
        ranks = [int(rank) for rank in re.findall(r"<h([1-6])\b", page.html)]
        jumps = [(a, b) for a, b in pairwise(ranks) if b > a + 1]
        assert not jumps, f"{page.url}: {ranks}"
        assert not ranks or ranks[0] == 1, page.url


def test_no_date_is_written_in_numbers_alone_or_without_its_year(pages: dict[str, Seen]) -> None:
    for page in pages.values():
        text = running_text(page.html)
        assert not re.findall(r"\b\d{1,2}/\d{1,2}/\d{2,4}\b", text), page.url
        assert not re.findall(r"\b\d{1,2} [ap]\.m\.", text), page.url


def test_every_time_of_day_names_its_zone(pages: dict[str, Seen]) -> None:
    for page in pages.values():
        text = running_text(page.html).replace("\u00a0", " ").replace("&nbsp;", " ")
        without = re.findall(r"\b\d{1,2}:\d{2}\b(?! UTC)(?!:)[^\n]{0,12}", text)
        assert not without, f"{page.url}: {without}"


def test_pages_before_sign_in_keep_the_same_rules(client: Client, db: None) -> None:
    for page in walk(client).values():
        assert not INLINE.search(page.html), page.url
        assert not ELSEWHERE.search(page.html), page.url
        assert len(re.findall(r"<h1\b", page.html)) == 1, page.url
