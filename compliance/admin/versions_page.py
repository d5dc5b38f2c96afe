"""What the pages about one version share: the frame around them, and who may do what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from compliance.admin import site
from retention.policies.models import PolicyVersion

LOOK = "retention.view_policyversion"
DRAFT = "retention.draft_policyversion"
ANNOUNCE = "retention.announce_policyversion"
WITHDRAW = "retention.withdraw_policyversion"
STATES = {
    "draft": ("draft", "warn"),
    "approved": ("approved", "warn"),
    "announced": ("announced", "good"),
    "withdrawn": ("withdrawn", "quiet"),
}


def url(name: str, version: PolicyVersion | None = None, *more: object) -> str:
    """The address of a page about versions, by its name."""
    about = [version.pk] if version else []
    return reverse(f"admin:retention_policyversion_{name}", args=[*about, *more])


def page(
    request: HttpRequest,
    template: str,
    *,
    title: str,
    version: PolicyVersion | None = None,
    trail: Sequence[tuple[str, str]] = (),
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """One of these pages, with the way back to the list and to the version."""
    way = [("Policy versions", url("changelist"))]
    way += [(str(version), url("change", version))] if version else []
    context = {"title": title, "version": version, "trail": [*way, *trail], **context}
    return TemplateResponse(
        request,
        f"admin/policy/{template}.html",
        {**site.each_context(request), **context},
        status=status,
    )


def demand(request: HttpRequest, right: str) -> None:
    """Raises `PermissionDenied`, whatever the page showed."""
    if not request.user.has_perm(right):
        raise PermissionDenied


def refused(request: HttpRequest, why: object, to: str) -> HttpResponse:
    """Back, with what was refused and why."""
    messages.error(request, f"Nothing was done. {why}")
    return HttpResponseRedirect(to)


def done(request: HttpRequest, what: str, to: str) -> HttpResponse:
    """Back, with what was done."""
    messages.success(request, what)
    return HttpResponseRedirect(to)
