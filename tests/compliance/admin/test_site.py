"""The pages by task, and pages of our own among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib import admin as django_admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.test import Client
from django.urls import clear_url_caches, path, reverse
from django.utils.html import strip_tags

from compliance.admin import site
from compliance.customers.models import Customer
from compliance.people.models import User
from compliance.people.roles import StaffRole


def lights(request: HttpRequest) -> HttpResponse:
    """A page as the other slices make theirs."""
    context = {**site.each_context(request), "title": "Lights"}
    return TemplateResponse(request, "admin/base_site.html", context)


@pytest.fixture
def own_page(settings: object) -> Iterator[None]:
    """A page under "Service" for those who may see customers."""
    site.page(
        "lights/", lights, name="lights", title="Lights", task="service",
        right="compliance.view_customer",
    )  # fmt: skip
    settings.ROOT_URLCONF = "tests.compliance.admin.test_site"  # type: ignore[attr-defined]
    urlpatterns[:] = [*_others(), path("admin/", django_admin.site.urls)]
    clear_url_caches()
    yield
    del site.the_site().pages["lights"]
    clear_url_caches()


def _others() -> list[object]:
    from compliance.project.urls import urlpatterns as real

    return [entry for entry in real if str(entry.pattern) != "admin/"]


urlpatterns: list[object] = []


def navigation(client: Client, url: str = "/admin/") -> str:
    page = client.get(url).content.decode()
    start = page.index('id="tasks"')
    return page[start : page.index("</nav>", start)]


def test_every_model_on_the_site_stands_under_a_task() -> None:
    for model in django_admin.site._registry:
        assert site.task_of(model) in site.TASKS


def test_a_model_or_a_page_under_no_task_is_told_where_to_go() -> None:
    with pytest.raises(LookupError, match="TASKS"):
        site.task_of("retention.record")
    with pytest.raises(LookupError, match="There is no task garden"):
        site.page("lawn/", lights, name="lawn", title="Lawn", task="garden")


def test_the_navigation_goes_by_task(admin: Client) -> None:
    words = strip_tags(navigation(admin)).split("\n")
    lines = [line.strip() for line in words if line.strip()][1:]
    assert lines[0] == "Today"
    for before, after in [("What is kept", "What is gone"), ("What is gone", "Customers")]:
        assert lines.index(before) < lines.index(after)


def test_the_page_one_is_on_is_lit_and_no_other(admin: Client, acme: Customer) -> None:
    for url in ("/admin/compliance/customer/", f"/admin/compliance/customer/{acme.pk}/change/"):
        lit = navigation(admin, url)
        assert lit.count("aria-current") == 1
        assert '<a href="/admin/compliance/customer/" aria-current="page">' in lit


def test_somebody_sees_the_pages_they_may_open(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("new@sandglass.example", is_staff=True))
    assert navigation(client).count("<a ") == 1


@pytest.mark.usefixtures("own_page")
def test_a_page_of_our_own_has_its_line_and_its_address(
    staff: Callable[[StaffRole], Client],
) -> None:
    auditor = staff(StaffRole.AUDITOR)
    assert reverse("admin:lights") == "/admin/lights/"
    assert '<a href="/admin/lights/" aria-current="page">' in navigation(auditor, "/admin/lights/")


@pytest.mark.usefixtures("own_page")
def test_a_page_of_our_own_is_closed_to_those_without_the_right(client: Client, db: None) -> None:
    assert client.get("/admin/lights/").status_code == 302
    client.force_login(User.objects.create_user("new@sandglass.example", is_staff=True))
    assert client.get("/admin/lights/").status_code == 403
    assert "lights" not in navigation(client)


def test_a_list_of_tables_by_package_leads_to_the_first_page(admin: Client) -> None:
    assert admin.get("/admin/retention/")["Location"] == "/admin/"


def test_there_is_one_way_out_and_one_page_for_a_new_password(admin: Client) -> None:
    assert admin.get("/admin/logout/")["Location"] == "/accounts/logout/"
    assert admin.get("/admin/password_change/")["Location"] == "/accounts/password/change/"
