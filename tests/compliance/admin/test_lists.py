"""Search and filters are one form."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from uuid import uuid4

from django.test import Client

from compliance.customers.models import Customer

GROUPS = "/admin/retention/cell/"
CUSTOMERS = "/admin/compliance/customer/"


def form_of(client: Client, url: str) -> str:
    page = client.get(url).content.decode()
    start = page.index('id="changelist-search"')
    return page[start : page.index("</form>", start)]


def chosen(form: str, name: str) -> str:
    field = form[form.index(f'name="{name}"') :]
    found = re.search(r'<option value="([^"]*)" selected>', field[: field.index("</select>")])
    assert found
    return unescape(found[1])


def rows(client: Client, url: str) -> int:
    answer = client.get(url)
    assert answer.status_code == 200
    return len(answer.context["cl"].result_list)


def test_every_filter_is_a_field_with_a_label(admin: Client) -> None:
    form = form_of(admin, GROUPS)
    fields = re.findall(r'<select name="(\w+)"', form)
    assert {"state", "kind", "until"} <= set(fields)
    fields += re.findall(r'<input type="(?:search|date)" name="(customer|day|goes)"', form)
    assert {"customer", "day", "goes"} <= set(fields)
    assert all(f'<label for="by-{name}">' in form for name in fields)


def test_fields_left_at_all_filter_nothing(admin: Client, populate: Callable[[int], None]) -> None:
    populate(2)
    everything = rows(admin, GROUPS)
    assert everything == 8
    assert rows(admin, f"{GROUPS}?q=&state=&kind=&day=&until=") == everything


def test_several_filters_are_chosen_at_once(
    admin: Client, populate: Callable[[int], None], acme: Customer
) -> None:
    populate(2)
    url = f"{GROUPS}?q=&state=open&kind=response"
    assert rows(admin, url) == 2
    form = form_of(admin, url)
    assert (chosen(form, "state"), chosen(form, "kind")) == ("open", "response")
    assert chosen(form, "until") == ""
    assert rows(admin, f"{GROUPS}?state=purged&kind=response") == 0


def test_the_order_is_kept_when_the_form_is_sent(admin: Client) -> None:
    assert '<input type="hidden" name="o" value="-1">' in form_of(admin, f"{CUSTOMERS}?o=-1")


def test_a_filter_that_asks_in_two_ways_is_one_field(admin: Client) -> None:
    form = form_of(admin, "/admin/compliance/user/")
    assert form.count('name="groups__id__exact"') == 1
    assert "groups__isnull" not in form


def test_a_filter_without_a_field_is_cleared_like_any_other(admin: Client) -> None:
    proved = "/admin/retention/deletionrecord/"
    assert ">Clear</a>" not in form_of(admin, proved)
    assert ">Clear</a>" in form_of(admin, f"{proved}?run__exact={uuid4()}")
    assert ">Clear</a>" not in form_of(admin, f"{CUSTOMERS}?o=-1")


def test_an_empty_list_says_why(admin: Client) -> None:
    assert "There is nothing here yet" in admin.get(GROUPS).content.decode()
    assert "Nothing fits this search" in admin.get(f"{GROUPS}?q=acme").content.decode()
