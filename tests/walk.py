"""Every page that can be reached by following links, one for each kind of address.

So a new page is looked at by the tests about all pages as soon as anything leads to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape

from django.test import Client
from django.urls import Resolver404, resolve

LINK = re.compile(r'<a\b[^>]*\shref="([^"#?]+)')
# Pages for developers and machines: they have words of their own, and no look.
NOT_PAGES = ("/api/schema", "/static/", "/healthz", "/readyz", "/metrics")
START = ("/", "/accounts/login/", "/admin/")


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as it was answered."""

    url: str
    html: str
    policy: str


def walk(client: Client, start: Iterable[str] = START) -> dict[str, Seen]:
    """By kind of address: the first page of it that was found."""
    waiting, found, known = list(start), dict[str, Seen](), set[str]()
    while waiting:
        url = waiting.pop(0)
        if url in known or (route := _route(url)) in (None, *found):
            continue
        known.add(url)
        answer = client.get(url)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        html = answer.content.decode()
        found[str(route)] = Seen(url, html, answer.headers.get("Content-Security-Policy", ""))
        waiting += [unescape(link) for link in LINK.findall(html) if link.startswith("/")]
    return found


def _route(url: str) -> str | None:
    if url.startswith(NOT_PAGES):
        return None
    try:
        return resolve(url).route
    except Resolver404:
        return None
