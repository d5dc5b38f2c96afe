"""Pages for developers: the docs, and one page for each code. Nobody needs a key to read them.

The examples are files, so that a test runs what is shown; they are given this server's address.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from compliance.api import pages
from compliance.api.problems import GROUPS, KINDS, Kind
from compliance.api.views import UnknownAddress
from compliance.intake import shapes
from compliance.intake.bodies import MOST_EXCHANGES
from compliance.intake.encodings import MIB, MOST_OPENED, MOST_SENT
from compliance.intake.exchanges import LARGEST_EXCHANGE
from retention.policies.rules import LONGEST_RETAIN_DAYS

EXAMPLES = settings.BASE_DIR / "templates" / "api" / "examples"
Told = dict[str, Any]
PLACEHOLDER = "https://data.example.com"
LIMITS = {
    "exchanges": f"{MOST_EXCHANGES:,}",
    "sent": MOST_SENT // MIB,
    "opened": MOST_OPENED // MIB,
    "one": LARGEST_EXCHANGE // MIB,
    "parts": f"{shapes.MOST_PARTS:,}",
    "id": shapes.LONGEST_ID,
    "part": shapes.LONGEST_PART,
    "path": f"{shapes.LONGEST_PATH:,}",
    "feedback": f"{shapes.LONGEST_FEEDBACK:,}",
    "settings": shapes.MOST_SETTINGS,
    "retain_days": LONGEST_RETAIN_DAYS,
    "page": pages.MOST,
    "page_otherwise": pages.OTHERWISE,
}


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """`/api/docs/`: everything that is needed to send and read."""
    told = {
        "address": settings.PUBLIC_URL,
        "demo": settings.DEMO,
        "example": {name: _here(text) for name, text in _examples().items()},
        "groups": _groups(),
        "limit": LIMITS,
        "rate": settings.RATES_PER_MINUTE,
    }
    return render(request, "api/docs.html", told)


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """`/api/problems/`: every code."""
    return render(request, "api/problems.html", {"groups": _groups()})


@require_safe
def problem(request: HttpRequest, code: str) -> HttpResponse:
    """`/api/problems/<code>/`: where the `type` of a problem leads."""
    kind = KINDS.get(code)
    if kind is None:
        answer: HttpResponse = UnknownAddress.as_view()(request)
        return answer
    return render(request, "api/problem.html", {"kind": _told(kind)})


def _groups() -> dict[str, list[Told]]:
    return {heading: [_told(kind) for kind in kinds] for heading, kinds in GROUPS.items()}


def _told(kind: Kind) -> Told:
    return {
        "code": kind.code,
        "status": kind.status,
        "answered_with": kind.answered_with,
        "of_item": kind.of_item,
        "title": kind.title,
        "means": _marked(kind.means),
        "do": _marked(kind.do),
    }


def _marked(text: str) -> SafeString:
    """What stands between backticks becomes code; everything else is text."""
    plain = str(escape(text))
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", plain))


@cache
def _examples() -> dict[str, str]:
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(EXAMPLES.iterdir())}


def _here(text: str) -> str:
    return text.replace(PLACEHOLDER, settings.PUBLIC_URL).rstrip()
