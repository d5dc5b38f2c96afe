"""Logins and members."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from compliance.admin import logins, site, words
from compliance.admin.filters import CustomerFilter
from compliance.admin.filters_of_logins import (
    AdministratorFilter,
    RoleFilter,
    SignInFilter,
    YesNoFilter,
)
from compliance.admin.readonly import Paged
from compliance.people.again import refuse_stale
from compliance.people.factors import has_factor
from compliance.people.models import Member, User
from compliance.people.sessions import end_all


class NewUserForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """Address and password; an address that exists in another case is the same address."""

    class Meta:
        model = User
        fields = ("email",)
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {"email": forms.EmailField}

    def clean_email(self) -> str:
        """The address as it will be stored, so that a second one is told and not a failure."""
        return str(self.cleaned_data["email"]).strip().lower()

    def save(self, commit: bool = True) -> User:
        """With a password that its person is asked to replace."""
        self.instance.password_is_initial = True
        return cast(User, super().save(commit))


class OthersPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """A password for somebody else: they are asked to replace it."""

    def save(self, commit: bool = True) -> User:
        """It opens the page for a new one only."""
        self.user.password_is_initial = True
        return cast(User, super().save(commit))


@admin.register(User)
class UserAdmin(Paged, DjangoUserAdmin):  # type: ignore[type-arg]
    """Logins: made, switched off, never deleted."""

    add_form = NewUserForm
    change_password_form = OthersPasswordForm
    actions = ("end_sessions",)
    list_display = ("email", "may_sign_in", "staff", "roles", "created")
    list_filter = (
        ("is_active", SignInFilter),
        ("is_staff", YesNoFilter),
        ("is_superuser", AdministratorFilter),
        ("groups", RoleFilter),
    )
    search_fields = ("email",)
    ordering = ("email",)
    filter_horizontal = ()
    change_form_template = "admin/compliance/user/change_form.html"
    readonly_fields = (
        *("password_set", "new_password", "second_factor", "last_sign_in", "created"),
        *("roles", "is_staff", "is_superuser"),
    )
    fieldsets = (
        (None, {"fields": ("email", "is_active", "password_set", "second_factor")}),
        ("Rights", {"fields": ("roles", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_sign_in", "created")}),
    )
    lead: ClassVar[str] = "Everybody who can sign in. Roles are given on a login’s own page."
    add_fieldsets = ((None, {"fields": ("email", "password1", "password2")}),)

    def get_queryset(self, request: Any) -> Any:
        """With the groups, once for the page."""
        return super().get_queryset(request).prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The way to another password for those who may set one."""
        found = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return found
        (name, first), *rest = found
        return ((name, {**first, "fields": (*first["fields"], "new_password")}), *rest)

    def get_urls(self) -> Any:
        """Roles and second factors have pages of their own."""
        return [*logins.urls(), *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a superuser touches a superuser: a new password would make one of anybody."""
        if (
            obj is not None
            and obj.is_superuser
            and not getattr(request.user, "is_superuser", False)
        ):
            return False
        return bool(super().has_change_permission(request, obj))

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Somebody else's password, after one's own was given just now."""
        return refuse_stale(request) or super().user_change_password(request, id, form_url)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """With what may be done to this login."""
        user = context.get("original")
        context["ways"] = logins.ways(request, user) if user else []
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description="End all sessions of the selected users", permissions=["change"])
    def end_sessions(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """They are signed out everywhere, and may sign in again."""
        self.message_user(request, f"Sessions ended: {end_all(users)}.")

    @admin.display(description="sign-in", ordering="is_active")
    def may_sign_in(self, user: User) -> SafeString:
        """Whether it is switched off."""
        return words.pill("allowed", "good") if user.is_active else words.pill("off", "quiet")

    @admin.display(description="staff", ordering="is_staff")
    def staff(self, user: User) -> str:
        """Whether it may open these pages."""
        return "yes" if user.is_staff else "no"

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        """What staff this login is."""
        groups = [group.name.replace("_", " ") for group in user.groups.all()]
        return ", ".join(["administrator (superuser)"] * user.is_superuser + groups)

    @admin.display(description="password")
    def password_set(self, user: User) -> SafeString | str:
        """Whether there is one, and the way to another: neither it nor its traces are shown."""
        if not user.has_usable_password():
            return "not set"
        return words.pill("chosen by somebody else", "warn") if user.password_is_initial else "set"

    @admin.display(description="second factor")
    def second_factor(self, user: User) -> SafeString | str:
        """Whether this login is asked for more than its password."""
        return "set up" if has_factor(user) else words.pill("none", "warn")

    @admin.display(description="another password")
    def new_password(self, user: User) -> SafeString:
        """A page of its own."""
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a href="{}">Set another password</a>', url)

    @admin.display(description="created", ordering="date_joined")
    def created(self, user: User) -> str:
        """When the login was made."""
        return words.instant(user.date_joined)

    @admin.display(description="last sign-in", ordering="last_login")
    def last_sign_in(self, user: User) -> str:
        """When somebody last signed in with it."""
        return words.instant(user.last_login)


@admin.register(Member)
class MemberAdmin(Paged):
    """Who acts for which customer."""

    list_display = ("user", "customer", "role")
    list_filter = (CustomerFilter, "role")
    list_select_related = ("user", "customer")
    search_fields = ("user__email", "customer__name")
    autocomplete_fields = ("user", "customer")

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """A membership ends by being removed; the list of field changes remembers it."""
        return bool(self.has_change_permission(request, obj))


@require_safe
def reading(request: HttpRequest) -> HttpResponse:
    """Who may read what, as it is today."""
    context = {**site.each_context(request), "title": "Who may read what"}
    return TemplateResponse(request, "admin/reading.html", context)


site.page(
    "reading/", reading, name="reading", title="Who may read what", task="people",
    right="compliance.view_user",
)  # fmt: skip
