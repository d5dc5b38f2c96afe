"""P12: staff find out what became of an AI call and see nothing of it; every look is logged."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compliance.people.roles import StaffRole, give
from retention import clock
from retention.expiry.sweep import sweep
from retention.ledger.models import Entry
from retention.policies.rules import ceiling
from retention.records.deliver import deliver
from retention.records.identity import exchange_id
from retention.records.views import Address
from tests.cast import Cast
from tests.compliance.admin.conftest import signed_in
from tests.retention.expiry.scenes import keep, midnight, noon, standing_at

PAGE = "/admin/calls/"
DAY = date(2026, 11, 20)
SECRETS = ("Is this a true positive?", "query = f", "Yes, because")


@pytest.fixture
def olga(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Client:
    """At her desk on the day on which Acme's call came in."""
    monkeypatch.setattr(clock, "now", lambda: noon(DAY))
    keep(cast.acme.id, DAY, "triage-1")
    return signed_in(cast.olga)


@pytest.fixture
def call(cast: Cast) -> UUID:
    return exchange_id(cast.acme.id, "triage-1", DAY)


def ask(client: Client, identifier: object, **more: str) -> str:
    answer = client.post(PAGE, {"id": str(identifier), **more})
    assert answer.status_code == 200
    text = answer.content.decode().replace("\u00a0", " ")
    for secret in SECRETS:
        assert secret not in text
    return text


def looks() -> list[dict[str, object]]:
    found = Entry.objects.filter(kind="audit:call:looked_up").order_by("pk")
    return [dict(entry.facts) for entry in found]


def go_to(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr(clock, "now", lambda: midnight(day) + timedelta(minutes=1))


@pytest.mark.parametrize("how", ["ours", "ours and whose", "theirs", "theirs and when"])
def test_p12_it_is_found_by_each_of_its_ids_and_its_content_is_not_shown(
    olga: Client, call: UUID, how: str
) -> None:
    asked: dict[str, dict[str, str]] = {
        "ours": {"identifier": str(call)},
        "ours and whose": {"identifier": str(call), "customer": "Acme"},
        "theirs": {"identifier": "triage-1", "customer": "acme"},
        "theirs and when": {"identifier": "triage-1", "customer": "acme", "day": str(DAY)},
    }
    text = ask(olga, **asked[how])
    assert "AI call of 20 Nov 2026" in text
    assert "20 May 2027, 00:00 UTC" in text
    assert "21 Nov 2026, 00:00 UTC" in text, "its snippets"


def test_p12_every_look_is_logged_before_it_is_answered(
    olga: Client, call: UUID, cast: Cast
) -> None:
    ask(olga, call)
    ask(olga, "olga@acme.example", customer="Acme")
    who = {"actor": "user", "actor_id": str(cast.olga.pk)}
    assert looks() == [{"found": True, "call": str(call), **who}, {"found": False, **who}]
    assert "acme.example" not in str(Entry.objects.values_list("facts", flat=True))


def test_p12_without_its_entry_there_is_no_answer(
    olga: Client, call: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("compliance.audit.looks.append_all", refuse)
    with pytest.raises(RuntimeError):
        ask(olga, call)


def test_p15_the_id_of_one_customer_finds_nothing_of_another(olga: Client, call: UUID) -> None:
    assert "AI call of" not in ask(olga, call, customer="Borealis")
    assert "AI call of" not in ask(olga, "triage-1", customer="Borealis")


def test_it_says_that_snippets_were_removed_when_returned(
    olga: Client, call: UUID, cast: Cast
) -> None:
    deliver(cast.acme.id, Address(exchange=call), now=noon(DAY))
    assert "removed when returned, 20 Nov 2026, 12:00 UTC" in ask(olga, call)


def test_it_says_that_it_is_unreadable_although_the_run_is_late(
    olga: Client, call: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_to(monkeypatch, ceiling(DAY))
    assert "unreadable, deletion due" in ask(olga, call)


def test_once_it_is_deleted_it_says_so_and_leads_to_the_proof(
    olga: Client, call: UUID, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = ceiling(DAY)
    go_to(monkeypatch, end)
    sweep(now=standing_at(clock.now()))
    for asked in ({"identifier": str(call)}, {"identifier": "triage-1", "day": str(DAY)}):
        text = ask(olga, **asked, customer="Acme")
        assert "Everything counted from 20 Nov 2026 is deleted." in text
        assert "/admin/retention/deletionrecord/" in text
    assert "Deleted as promised." in ask(olga, call), "without a name only the day is known"
    assert "leaves no id behind" in ask(olga, "triage-1", customer="Acme")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"identifier": ""}, "This field is required"),
        ({"identifier": "triage-1"}, "say whose"),
        ({"identifier": "triage-1", "customer": "nobody"}, "No customer is called so"),
        ({"identifier": "triage-1", "customer": "a"}, "Several customers"),
        ({"identifier": "triage-1", "customer": "acme", "day": "soon"}, "Enter a valid date"),
        ({"identifier": "x" * 201, "customer": "acme"}, "at most 200"),
        ({"identifier": "a\x00b", "customer": "acme"}, "Null characters"),
    ],
)
def test_a_mistake_is_said_and_nothing_looked_up(
    olga: Client, asked: dict[str, str], said: str
) -> None:
    assert said in ask(olga, **asked)
    assert looks() == []


@pytest.mark.parametrize("identifier", ["nothing-like-it", "../../etc", "'; DROP TABLE x; --"])
def test_an_id_that_was_never_sent_is_not_found(olga: Client, identifier: str) -> None:
    assert "No AI call with this id is kept" in ask(olga, identifier, customer="Acme")
    assert "never stored" in ask(olga, identifier, customer="Acme", day=str(DAY))
    empty = str(DAY - timedelta(days=3))
    assert "Nothing was ever stored" in ask(olga, identifier, customer="Acme", day=empty)


def test_it_takes_as_many_queries_for_many_customers_as_for_one(
    olga: Client, call: UUID, cast: Cast
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            ask(olga, call)
        return len(found)

    queries()
    few = queries()
    keep(cast.borealis.id, DAY, "triage-1", "triage-2")
    keep(cast.cygnus.id, DAY, "triage-1", "triage-2")
    assert queries() == few <= 16


@pytest.mark.parametrize("role", [StaffRole.AUDITOR, StaffRole.SUPPORT])
def test_it_is_open_to_those_who_may_see_what_is_kept(
    olga: Client, call: UUID, cast: Cast, role: StaffRole
) -> None:
    give(cast.vera, role)
    answer = signed_in(cast.vera).post(PAGE, {"id": str(call)})
    assert answer.status_code == (200 if role == StaffRole.AUDITOR else 302)
    assert len(looks()) == (1 if role == StaffRole.AUDITOR else 0)
