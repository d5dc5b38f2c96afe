"""What administrators do to somebody's login: give roles, and take lost second factors away.

Each on a page of its own that says what happens, and after the password or second factor was given
within the last five minutes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from compliance.admin import site
from compliance.admin.steps import Step
from compliance.people import factors
from compliance.people.acting import acting
from compliance.people.again import again
from compliance.people.assign import assign
from compliance.people.errors import (
    NoSecondFactor,
    NotOneself,
    RolesDoNotGoTogether,
    SwitchedOff,
)
from compliance.people.models import User
from compliance.people.roles import MEANINGS, StaffRole, roles_of
from retention import clock
from retention.actor import Actor


def _take_away(user: User, *, by: Actor, now: datetime) -> None:
    factors.take_away(user, by=by, now=now)


GIVE, TAKE = "compliance.give_roles", "compliance.take_factors"
TAKING = Step(
    "factors", "Take second factors away", "Take the second factors of {} away?",
    lambda user: [
        "The authenticator app, passkeys and recovery codes of this login stop working.",
        f"All its sessions end, and {user} is told by mail.",
        "At the next sign-in the password is enough to set up new ones. Make sure first that it is"
        " really the person who asks: call them on a number that you know.",
    ],
    "Its person sets up new ones; the old ones do not come back.",
    "The second factors of {} are taken away.", _take_away, factors.has_factor,
)  # fmt: skip


def called(role: StaffRole) -> str:
    """The role in words."""
    return role.value.replace("_", " ").capitalize()


class RolesForm(forms.Form):
    """The roles that a login holds, each with what it may do."""

    roles = forms.MultipleChoiceField(
        label="Roles",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (role.value, format_html("<strong>{}</strong>: {}.", called(role), MEANINGS[role]))
            for role in StaffRole
        ],
    )

    def chosen(self) -> set[StaffRole]:
        """As roles."""
        return {StaffRole(name) for name in self.cleaned_data["roles"]}


@again
def give_roles(request: HttpRequest, user_id: str) -> HttpResponse:
    """Which roles somebody holds; pressing the button lets them hold exactly these."""
    user = _somebody(request, user_id, right=GIVE)
    own = user.pk == request.user.pk
    held = [role.value for role in roles_of(user)]
    sent = request.POST if request.method == "POST" else None
    form = RolesForm(sent, initial={"roles": held})
    if form.is_valid():
        if (refused := _assign(request, user, form)) is None:
            return HttpResponseRedirect(_page_of(user))
        form.add_error("roles", refused)
    words = {"form": form, "own": own, "superuser": user.is_superuser}
    return _page(request, user, "admin/compliance/user_roles.html", f"Roles of {user}", words)


def _assign(request: HttpRequest, user: User, form: RolesForm) -> str | None:
    """Why it was refused, if it was."""
    try:
        changed = assign(user, form.chosen(), by=acting(request), now=clock.now())
    except NotOneself:
        return "Nobody gives roles to themselves: ask another administrator."
    except SwitchedOff:
        return "This login is switched off: switch it on first."
    except RolesDoNotGoTogether:
        return (
            "These do not go together: an administrator is neither officer nor approver, and an"
            " auditor has no other role. Superusers are administrators."
        )
    if changed:
        messages.success(request, f"The roles of {user} were changed, and its sessions ended.")
    else:
        messages.info(request, f"Nothing was changed: {user} holds exactly these already.")
    return None


@again
def take_factors(request: HttpRequest, user_id: str) -> HttpResponse:
    """What it means, and the button."""
    user = _somebody(request, user_id, right=TAKE)
    if request.method == "POST":
        try:
            TAKING.verb(user, by=acting(request), now=clock.now())
        except NotOneself:
            own = "Your own second factor is on your own page, not here."
            messages.warning(request, own)
        except NoSecondFactor:
            messages.warning(request, f"Nothing was done: {user} has no second factor.")
        else:
            messages.success(request, TAKING.done.format(user))
        return HttpResponseRedirect(_page_of(user))
    words = {"step": TAKING, "happens": TAKING.happens(user)}
    return _page(request, user, "admin/compliance/step.html", TAKING.title.format(user), words)


def _somebody(request: HttpRequest, user_id: str, *, right: str) -> User:
    """Whom it is about. Only a superuser touches a superuser."""
    me = cast(User, request.user)
    user = get_object_or_404(User.objects.prefetch_related("groups"), pk=user_id)
    if not me.has_perm(right) or (user.is_superuser and not me.is_superuser):
        raise PermissionDenied
    return user


def _page_of(user: User) -> str:
    return reverse("admin:compliance_user_change", args=[user.pk])


def _page(
    request: HttpRequest, user: User, template: str, title: str, words: dict[str, Any]
) -> HttpResponse:
    about = {"title": title, "row": user, "row_url": _page_of(user), "opts": User._meta}
    return TemplateResponse(request, template, {**site.each_context(request), **about, **words})


def urls() -> list[URLPattern]:
    """Under a login's own address."""
    wrap = site.the_site().admin_view
    return [
        path("<uuid:user_id>/roles/", wrap(give_roles), name="compliance_user_roles"),
        path("<uuid:user_id>/factors/", wrap(take_factors), name="compliance_user_factors"),
    ]


def ways(request: HttpRequest, user: User) -> list[tuple[str, str, str]]:
    """What may be done to this login: text, address, and how the button looks."""
    me = cast(User, request.user)
    if user.pk == me.pk or (user.is_superuser and not me.is_superuser):
        return []
    found = []
    if me.has_perm(GIVE):
        url = reverse("admin:compliance_user_roles", args=[user.pk])
        found.append(("Give or take roles", url, "button-quiet"))
    if me.has_perm(TAKE) and factors.has_factor(user):
        url = reverse("admin:compliance_user_factors", args=[user.pk])
        found.append((TAKING.label, url, "button-danger"))
    return found
