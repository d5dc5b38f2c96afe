"""Day groups: found by customer, day, kind and state; dates that cannot be misread."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from compliance.admin import words
from compliance.customers.models import Customer
from retention import clock
from retention.records.models import Cell
from tests.compliance.admin.conftest import add_day_group, add_deletion

LIST = "/admin/retention/cell/"
TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _on_22_november(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 10, tzinfo=UTC))


def found(admin: Client, query: str) -> list[Cell]:
    answer = admin.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def plain(admin: Client, url: str) -> str:
    return admin.get(url).content.decode().replace("\u00a0", " ")


def test_a_deletion_date_says_its_hour_and_zone(admin: Client, acme: Customer) -> None:
    group = add_day_group(acme.pk, TODAY)
    for url in (LIST, f"{LIST}{group.pk}/change/"):
        text = plain(admin, url)
        assert "22 May 2027, 00:00 UTC" in text
    assert "22 Nov 2026, prompts, Acme" in plain(admin, LIST)


def test_it_is_found_by_name_of_customer_date_and_id(admin: Client, acme: Customer) -> None:
    ours = add_day_group(acme.pk, TODAY)
    other = add_day_group(Customer.objects.create(name="B", created_at=clock.now()).pk, TODAY)
    older = add_day_group(acme.pk, TODAY - timedelta(days=9))
    assert found(admin, "q=acm") == [ours, older]
    assert found(admin, "q=2026-11-22 acme") == [ours]
    assert found(admin, f"q={ours.pk}") == [ours]
    assert found(admin, f"q={other.customer_id}") == [other]
    assert found(admin, f"goes={older.expires_on}") == [older]
    assert found(admin, "goes=soon") == []
    assert found(admin, "q=nobody") == []
    assert found(admin, "q=2026-99-99") == []
    assert admin.get(f"{LIST}?q=%00").status_code == 200


def test_it_is_filtered_by_kind_state_and_dates(admin: Client, acme: Customer) -> None:
    prompt = add_day_group(acme.pk, TODAY)
    response = add_day_group(acme.pk, TODAY - timedelta(days=40), "response")
    due = add_day_group(acme.pk, TODAY - timedelta(days=184), "evaluation", state="sealed")
    assert found(admin, "kind=response") == [response]
    assert found(admin, "state=sealed") == [due]
    assert found(admin, "state=open") == [prompt, response]
    assert found(admin, "state=nonsense") == [prompt, response, due]
    assert found(admin, "until=due") == [due]
    assert found(admin, "until=week") == []
    assert found(admin, "until=later") == [response, prompt]
    assert found(admin, "until=nonsense") == [prompt, response, due]


def test_it_counts_what_is_kept(admin: Client, acme: Customer) -> None:
    add_day_group(acme.pk, TODAY, delivered=2)
    (row,) = found(admin, "")
    assert 'class="field-kept">1<' in admin.get(LIST).content.decode()
    assert row.acknowledged == 3


def test_it_is_filtered_by_customer_and_day(admin: Client, acme: Customer) -> None:
    ours = add_day_group(acme.pk, TODAY)
    other = add_day_group(
        Customer.objects.create(name="Borealis", created_at=clock.now()).pk, TODAY
    )
    older = add_day_group(acme.pk, TODAY - timedelta(days=1))
    assert found(admin, "customer=ACM") == [ours, older]
    assert found(admin, f"customer={other.customer_id}") == [other]
    assert set(found(admin, "day=2026-11-22")) == {ours, other}
    assert found(admin, "day=2026-11-22&customer=acme&kind=prompt") == [ours]
    assert found(admin, "day=2026-11-22&customer=acme&kind=response") == []
    for nothing in ("customer=nobody", "customer=%00", "day=yesterday", "day=%00"):
        assert found(admin, nothing) == []


def test_what_was_typed_stays_in_the_form(admin: Client, acme: Customer) -> None:
    add_day_group(acme.pk, TODAY)
    text = plain(admin, f"{LIST}?kind=prompt&customer=ac&day=2026-11-22&p=3")
    assert 'name="customer" id="by-customer" value="ac"' in text
    assert 'name="day" id="by-day" value="2026-11-22"' in text
    assert 'name="p"' not in text


def deleted(group: Cell) -> Cell:
    """As the deletion run leaves it."""
    deletion = add_deletion(group.customer_id, group.clock_day)
    for state in ("sealed", "purging", "shredded", "purged"):
        more = {"intent": deletion.entry} if state == "purging" else {}
        more |= {"shredded_at": clock.now()} if state == "shredded" else {}
        more |= {"deletion": deletion, "purged": 3} if state == "purged" else {}
        Cell.objects.filter(pk=group.pk).update(state=state, **more)
    return group


def test_what_is_deleted_is_listed_when_it_is_asked_for(admin: Client, acme: Customer) -> None:
    kept = add_day_group(acme.pk, TODAY)
    gone = deleted(add_day_group(acme.pk, TODAY - timedelta(days=184)))
    assert found(admin, "") == [kept]
    assert found(admin, "state=purged") == [gone]
    assert found(admin, "until=due") == []
    assert found(admin, f"q={gone.pk}") == [gone]


def test_a_late_run_is_said_and_that_nothing_can_be_read(admin: Client, acme: Customer) -> None:
    late = add_day_group(acme.pk, TODAY - timedelta(days=184))
    for url in (LIST, f"{LIST}{late.pk}/change/"):
        since = words.day(late.expires_on).replace("\u00a0", " ")
        assert f"unreadable since {since}, deletion due" in plain(admin, url)


def test_each_filter_by_date_says_which_date(admin: Client, acme: Customer) -> None:
    text = plain(admin, LIST)
    named = {"day": "Day of the call", "goes": "Deletion date", "until": "Due for deletion"}
    for name, title in named.items():
        assert f'<label for="by-{name}">{title}</label>' in text
    assert 'for="by-from"' not in text


def test_a_shorter_time_is_explained(admin: Client, acme: Customer) -> None:
    group = add_day_group(acme.pk, TODAY, retain_days=30)
    text = plain(admin, LIST)
    assert "may ask for fewer days" in text
    assert "Shorter time asked for" in text
    for url in (LIST, f"{LIST}{group.pk}/change/"):
        assert "30 days" in plain(admin, url)


def test_its_title_names_the_customer_the_day_and_the_kind(admin: Client, acme: Customer) -> None:
    text = plain(admin, f"{LIST}{add_day_group(acme.pk, TODAY).pk}/change/")
    assert "<title>Day group of Acme, day of the AI calls: 22 Nov 2026, prompts · " in text
    assert "</span> Acme, AI calls of 22 Nov 2026, prompts</h1>" in text
