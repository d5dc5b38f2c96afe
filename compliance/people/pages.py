"""The front page."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is and where to go on; the same for everybody, apart from the way in."""
    return render(request, "home.html")


def nothing(request: HttpRequest) -> HttpResponse:
    """There is no such page."""
    raise Http404
