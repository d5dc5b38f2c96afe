"""The one door into the log: pending entries, in the act's own transaction, without content."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from retention.errors import LedgerRefused
from retention.ledger.append import CODE, KINDS, Act, append, append_all
from retention.ledger.models import Entry, Subject
from retention.policies.models import ProfileChoice

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KIND = "policy:profile:chosen"
ACME, BOREALIS = uuid4(), uuid4()

pytestmark = pytest.mark.django_db


def write(**facts: Any) -> Entry:
    with transaction.atomic():
        return append(KIND, now=NOW, facts=facts)


def test_an_entry_begins_pending() -> None:
    entry = write(profile="minimal")
    found = Entry.objects.get(pk=entry.pk)
    assert (found.kind, found.facts, found.created_at) == (KIND, {"profile": "minimal"}, NOW)
    assert found.signed_at is None
    assert found.subject is None


@pytest.mark.parametrize("kind", ["", "policy", "policy:profile:chosen ", "policy:profile:other"])
def test_an_act_that_nobody_named_is_refused(kind: str) -> None:
    with pytest.raises(LedgerRefused, match="no act of that kind"), transaction.atomic():
        append(kind, now=NOW, facts={})
    assert not Entry.objects.exists()


def test_every_kind_says_whose_what_and_was_done() -> None:
    for kind, meaning in KINDS.items():
        assert kind.count(":") == 2
        assert CODE.fullmatch(kind)
        assert meaning


class Profile(StrEnum):
    MINIMAL = "minimal"


@pytest.mark.parametrize(
    ("fact", "kept"),
    [
        (7, 7),
        (0, 0),
        (True, True),
        (None, None),
        ("minimal", "minimal"),
        (Profile.MINIMAL, "minimal"),
        (date(2026, 11, 22), "2026-11-22"),
        (NOW, "2026-11-22T12:00:00+00:00"),
        (UUID(int=5), str(UUID(int=5))),
        ([1, "a", None], [1, "a", None]),
        (({"items": 3},), [{"items": 3}]),
        ({"prompt": 1, "response": {"n": 2}}, {"prompt": 1, "response": {"n": 2}}),
    ],
)
def test_facts_are_numbers_dates_ids_and_codes(fact: Any, kept: Any) -> None:
    assert Entry.objects.get(pk=write(fact=fact).pk).facts == {"fact": kept}


@pytest.mark.parametrize(
    "fact",
    [
        pytest.param("two words", id="free text"),
        pytest.param("olga@sandglass.example", id="mail address"),
        pytest.param("Olga", id="name"),
        pytest.param("a" * 65, id="long"),
        pytest.param("", id="empty"),
        pytest.param("code\n", id="line end"),
        pytest.param("größe", id="letters of a language"),
        pytest.param("+4912345678", id="telephone"),
        pytest.param("src/pay.py", id="path"),
        pytest.param(1.5, id="float"),
        pytest.param(float("nan"), id="nan"),
        pytest.param(b"content", id="bytes"),
        pytest.param(bytearray(b"content"), id="bytearray"),
        pytest.param({1, 2}, id="set"),
        pytest.param(object(), id="object"),
        pytest.param(ValueError("text"), id="error"),
    ],
)
@pytest.mark.parametrize("where", ["value", "list", "mapping"])
def test_what_could_carry_content_or_a_person_is_refused(fact: Any, where: str) -> None:
    facts = {
        "value": {"fact": fact},
        "list": {"fact": [1, fact]},
        "mapping": {"fact": {"in": {"it": fact}}},
    }[where]
    with pytest.raises(LedgerRefused) as refusal, transaction.atomic():
        append(KIND, now=NOW, facts=facts)
    assert str(fact) not in str(refusal.value) or fact == ""
    assert not Entry.objects.exists()


@pytest.mark.parametrize("name", ["two words", "olga@sandglass.example", "Olga", "a" * 65, ""])
@pytest.mark.parametrize("deep", [False, True])
def test_the_name_of_a_fact_is_a_code_too(name: str, deep: bool) -> None:
    with pytest.raises(LedgerRefused), transaction.atomic():
        append(KIND, now=NOW, facts={"deep": {name: 1}} if deep else {name: 1})


def act(customer: UUID | None, **facts: Any) -> Act:
    return Act(KIND, customer, facts)


def test_a_customer_has_one_random_pseudonym_and_it_is_not_its_id() -> None:
    with transaction.atomic():
        first = append_all([act(ACME), act(BOREALIS), act(ACME), act(None)], now=NOW)
    with transaction.atomic():
        second = append_all([act(ACME)], now=NOW)
    acme, borealis, again, nobody = (entry.subject for entry in first)
    assert acme == again == second[0].subject
    assert nobody is None
    assert len({acme, borealis, ACME, BOREALIS}) == 4
    assert Subject.objects.count() == 2


@pytest.mark.parametrize("facts", [{"who": ACME}, {"who": str(ACME)}, {"list": [{"who": ACME}]}])
def test_an_entry_never_holds_the_customers_id(facts: Any) -> None:
    with pytest.raises(LedgerRefused, match="pseudonym only"), transaction.atomic():
        append(KIND, now=NOW, customer=ACME, facts=facts)


def test_no_row_of_the_log_holds_a_customers_id() -> None:
    with transaction.atomic():
        append_all([act(ACME, n=1), act(BOREALIS, n=2)], now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, ' ') FROM retention_entry e")
        [log] = cursor.fetchone()
    assert str(ACME) not in log
    assert str(BOREALIS) not in log


def test_entries_stand_in_the_order_in_which_they_were_given() -> None:
    with transaction.atomic():
        written = append_all([act(None, n=n) for n in range(50)], now=NOW)
    ids = [entry.pk for entry in written]
    assert ids == sorted(ids)
    assert [e.facts["n"] for e in Entry.objects.order_by("pk")] == list(range(50))


def choose(*, why: str, then: type[Exception] | None) -> None:
    with transaction.atomic():
        ProfileChoice.objects.create(
            customer_id=ACME, profile="minimal", first_day=NOW.date(), chosen_at=NOW
        )
        append(KIND, now=NOW, customer=ACME, facts={"why": why})
        if then:
            raise then


@pytest.mark.parametrize(
    ("why", "then", "error"),
    [
        pytest.param("asked", ZeroDivisionError, ZeroDivisionError, id="the act fails"),
        pytest.param("because it said so", None, LedgerRefused, id="the entry fails"),
    ],
)
def test_the_act_and_its_entry_stand_or_fall_together(
    why: str, then: type[Exception] | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        choose(why=why, then=then)
    assert not Entry.objects.exists()
    assert not Subject.objects.exists()
    assert not ProfileChoice.objects.exists()
    choose(why="asked", then=None)
    assert (Entry.objects.count(), ProfileChoice.objects.count()) == (1, 1)
