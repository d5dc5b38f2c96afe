"""P12: staff find out what became of an AI call and see nothing of it; every look is logged."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compliance.people.roles import StaffRole, give
from retention import clock
from retention.expiry.models import DeletionRecord
from retention.expiry.sweep import sweep
from retention.ledger.models import Entry
from retention.policies.rules import DataClass, ceiling
from retention.records.deliver import deliver
from retention.records.identity import exchange_id, record_id
from retention.records.models import Cell
from retention.records.views import Address
from tests.cast import Cast
from tests.compliance.admin.conftest import signed_in
from tests.retention.expiry.scenes import keep, midnight, noon, standing_at

PAGE = "/admin/calls/"
DAY = date(2026, 11, 20)
QUESTIONS: list[tuple[str, dict[str, str]]] = [
    ("", {}),
    ("", {"customer": "Borealis"}),
    ("TRIAGE-1", {"customer": "Acme"}),
    ("triage-9", {"customer": "Acme"}),
    ("triage-9", {"customer": "Acme", "day": "2026-11-20"}),
]
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


def delete_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a year later, everything of that day."""
    go_to(monkeypatch, ceiling(DAY))
    sweep(now=standing_at(clock.now()))


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
    assert "<h2>AI call of" not in ask(olga, call, customer="Borealis")
    assert "<h2>AI call of" not in ask(olga, "triage-1", customer="Borealis")


def test_it_says_that_snippets_were_removed_when_returned(
    olga: Client, call: UUID, cast: Cast
) -> None:
    deliver(cast.acme.id, Address(exchange=call), now=noon(DAY))
    assert "removed when returned, 20 Nov 2026, 12:00 UTC" in ask(olga, call)


def test_it_says_that_it_is_unreadable_although_the_run_is_late(
    olga: Client, call: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_to(monkeypatch, ceiling(DAY))
    assert "unreadable since 20 May 2027, deletion due" in ask(olga, call)


def test_once_it_is_deleted_it_says_what_was_deleted_and_leads_to_the_proof(
    olga: Client, call: UUID, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_the_day(monkeypatch)
    for asked in ({"identifier": str(call)}, {"identifier": "triage-1", "day": str(DAY)}):
        text = ask(olga, **asked, customer="Acme")
        assert "Everything of Acme counted from 20 Nov 2026 is deleted." in text
        assert "If id and day are right" in text
        assert "The id or the day is mistyped" in text
        assert re.findall(r'class="num">(\d+)<', text) == ["1", "1", "1"], "items, and no zeros"
        assert "Not given out since" in text
        assert "20 May 2027, 00:00 UTC" in text
        assert "Keys destroyed" in text
        assert "20 May 2027, 00:01 UTC" in text
        assert "nreadable since" not in text
        assert "/admin/retention/deletionrecord/" in text


def test_without_a_name_only_the_day_of_what_is_deleted_is_known(
    olga: Client, call: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_the_day(monkeypatch)
    text = ask(olga, call)
    assert "Nothing counted from 20 Nov 2026 is kept." in text
    assert "If the id is right" in text
    assert 'href="#id_customer"' in text


def test_without_a_day_it_leads_to_the_field_and_to_the_deletion_records_of_the_customer(
    olga: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_the_day(monkeypatch)
    text = ask(olga, "triage-1", customer="Acme")
    assert "what is deleted leaves no id behind" in text
    assert 'href="#id_day"' in text
    assert 'id="id_day"' in text
    assert f"/admin/retention/deletionrecord/?customer={cast.acme.id}" in text


@pytest.mark.parametrize("wrong", [date(2026, 4, 20), date(2026, 11, 19), date(2026, 11, 21)])
def test_a_kept_call_is_found_whichever_day_was_named(
    olga: Client, cast: Cast, call: UUID, monkeypatch: pytest.MonkeyPatch, wrong: date
) -> None:
    old = date(2026, 4, 20)
    keep(cast.acme.id, old, "triage-0")
    monkeypatch.setattr(clock, "now", lambda: noon(DAY))
    sweep(now=standing_at(clock.now()))
    keep(cast.acme.id, DAY - timedelta(days=1), "triage-2")
    for identifier in ("triage-1", str(call)):
        text = ask(olga, identifier, customer="Acme", day=str(wrong))
        assert "Found, counted from another day: 20 Nov 2026." in text
        assert "AI call of 20 Nov 2026" in text
        assert "deleted." not in text


def test_of_several_with_the_same_id_the_one_of_the_day_is_shown(olga: Client, cast: Cast) -> None:
    before = DAY - timedelta(days=1)
    keep(cast.acme.id, before, "triage-1")
    text = ask(olga, "triage-1", customer="Acme", day=str(before))
    assert "AI call of 19 Nov 2026" in text
    assert "AI call of 20 Nov 2026" not in text
    assert "The same id stands on other days, too" in text
    assert ask(olga, "triage-1", customer="Acme").count("<h2>AI call of") == 2


def test_of_more_than_it_shows_it_says_so(
    olga: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(cast.acme.id, DAY - timedelta(days=1), "triage-1")
    monkeypatch.setattr("compliance.admin.calls.MOST_SHOWN", 1)
    text = ask(olga, "triage-1", customer="Acme")
    assert "The newest 1 are shown" in text
    assert len(looks()) == 1


@pytest.mark.parametrize("whose", [{}, {"customer": "Acme"}])
def test_the_id_of_an_item_finds_its_call(olga: Client, call: UUID, whose: dict[str, str]) -> None:
    for data_class in (DataClass.PROMPT, DataClass.RESPONSE):
        text = ask(olga, record_id(call, data_class, "1"), **whose)
        assert "This is the id of an item of this AI call." in text
        assert str(call) in text
    assert [look["call"] for look in looks()] == [str(call)] * 2


def test_the_id_of_a_removed_item_is_said_to_be_possible(olga: Client, call: UUID) -> None:
    text = ask(olga, record_id(call, DataClass.EVALUATION, "1"), customer="Acme")
    assert "look for the id of its AI call" in text


def test_p15_a_call_of_another_customer_is_refused_without_saying_whose(
    olga: Client, call: UUID, cast: Cast
) -> None:
    for identifier in (call, record_id(call, DataClass.PROMPT, "1")):
        text = ask(olga, identifier, customer="Borealis")
        assert "This is not an AI call of Borealis." in text
        assert "Acme" not in text
        assert str(cast.acme.id) not in text
    assert [look["found"] for look in looks()] == [False, False]


def test_the_id_of_a_day_group_is_recognised(olga: Client, cast: Cast) -> None:
    group = Cell.objects.filter(customer_id=cast.acme.id).earliest("pk")
    text = ask(olga, group.pk)
    assert "This is the id of a day group, not of an AI call." in text
    assert f"/admin/retention/cell/{group.pk}/change/" in text
    assert "This is not an AI call of Borealis." in ask(olga, group.pk, customer="Borealis")


def test_the_id_of_a_deletion_record_is_recognised(
    olga: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_the_day(monkeypatch)
    deletion = DeletionRecord.objects.get()
    text = ask(olga, deletion.pk, customer="Acme")
    assert "This is the id of a deletion record, not of an AI call." in text
    assert f"/admin/retention/deletionrecord/{deletion.pk}/change/" in text


@pytest.mark.parametrize("typed", ["TRIAGE-1", "Triage-1", "tRIAGE-1"])
def test_what_differs_only_in_capitals_is_offered(olga: Client, call: UUID, typed: str) -> None:
    text = ask(olga, typed, customer="Acme")
    assert "one differs only in capitals: <code>triage-1</code>" in text
    assert '<input type="hidden" name="id" value="triage-1">' in text
    assert "AI call of" not in text, "it is offered, not taken for the one that was asked for"
    assert [look["call"] for look in looks()] == [str(call)], "that there is one is told"
    assert "differs only" not in ask(olga, typed, customer="Borealis")


def test_after_an_answer_the_title_is_another(olga: Client, call: UUID) -> None:
    assert "<title>Find an AI call · Sandglass" in olga.get(PAGE).content.decode()
    assert "<title>1 AI call found · Find an AI call · Sandglass" in ask(olga, call)
    assert "<title>No AI call found · " in ask(olga, "nothing", customer="Acme")
    assert "<title>Error: Find an AI call · " in ask(olga, "")


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
@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("", "Searched: every day of which something of Acme is kept."),
        ("2026-11-20", "Other items of Acme counted from 20 Nov 2026 are kept, none with this id."),
        ("2026-11-17", "Nothing counted from 17 Nov 2026 is known of Acme."),
        ("2027-11-20", "20 Nov 2027 is still to come."),
    ],
)
def test_what_is_not_found_is_not_said_never_to_have_been(
    olga: Client, identifier: str, day: str, said: str
) -> None:
    text = ask(olga, identifier, customer="Acme", day=day)
    assert "No AI call with this id is kept." in text
    assert said in text
    assert "is mistyped. Capitals count, too." in text
    assert "never stored" not in text
    assert "was ever" not in text


@pytest.mark.parametrize("day", ["2026-11-20", "2026-11-17"])
def test_it_says_that_a_mistyped_day_hid_nothing(olga: Client, day: str) -> None:
    assert "The other days were searched, too." in ask(olga, "x", customer="Acme", day=day)


def test_an_id_like_ours_that_nothing_has_may_be_mistyped(olga: Client, call: UUID) -> None:
    text = ask(olga, UUID(int=call.int ^ 1))
    assert "The day in the id is 20 Nov 2026." in text
    assert "The id is mistyped" in text
    later = exchange_id(UUID(int=1), "triage-1", DAY + timedelta(days=30))
    assert "is still to come" in ask(olga, later)


def test_it_takes_as_many_queries_for_many_customers_as_for_one(
    olga: Client, call: UUID, cast: Cast
) -> None:
    def queries() -> list[int]:
        taken = []
        for asked in QUESTIONS:
            with CaptureQueriesContext(connection) as found:
                ask(olga, asked[0] or call, **asked[1])
            taken.append(len(found))
        return taken

    keep(cast.borealis.id, DAY, "triage-1")
    queries()
    few = queries()
    keep(cast.borealis.id, DAY, "triage-2")
    keep(cast.cygnus.id, DAY, "triage-1", "triage-2")
    for n in range(1, 6):
        keep(cast.acme.id, DAY - timedelta(days=n), "triage-1", "triage-2")
    assert queries() == few
    assert max(few) <= 22


@pytest.mark.parametrize("role", [StaffRole.AUDITOR, StaffRole.SUPPORT])
def test_it_is_open_to_those_who_may_see_what_is_kept(
    olga: Client, call: UUID, cast: Cast, role: StaffRole
) -> None:
    give(cast.vera, role)
    answer = signed_in(cast.vera).post(PAGE, {"id": str(call)})
    assert answer.status_code == (200 if role == StaffRole.AUDITOR else 302)
    assert len(looks()) == (1 if role == StaffRole.AUDITOR else 0)
