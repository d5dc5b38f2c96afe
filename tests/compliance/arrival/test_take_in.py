"""A list is taken in line by line: nothing twice, no good line lost, every bad one named."""

from __future__ import annotations

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from compliance.arrival import take_in as taking
from compliance.arrival.complaints import refused_csv
from compliance.arrival.plan import Plan, plan
from compliance.arrival.read import Line, read
from compliance.arrival.take_in import Result, take_in
from compliance.customers import contacts, lifecycle
from compliance.customers.models import Contact, Customer
from compliance.customers.onboard import create_customer
from compliance.people.models import User
from compliance.terms.models import Acceptance
from retention.actor import SYSTEM
from retention.errors import NoSuchPolicy
from retention.ledger.models import Entry
from retention.policies import publish
from retention.policies.models import Activation, ProfileChoice
from tests.compliance.admin.conftest import NOW

pytestmark = pytest.mark.django_db

HEAD = (
    "reference,name,legal_contacts,notice_days,account_owner,terms_version,terms_accepted_on,"
    "terms_accepted_by,profile\n"
)
ACME = "K-1,Acme,Lena <l@acme.example>; Bo <b@acme.example>,60,,2026-03,2026-03-14,Lena,minimal\n"
BOREALIS = "K-2,Borealis,l@borealis.example,,,,,,\n"


def planned(text: str) -> Plan:
    return plan(read((HEAD + text).encode()), today=NOW.date())


def taken(text: str) -> Result:
    return take_in(planned(text), by=SYSTEM, now=NOW)


def rows() -> list[int]:
    models = (Customer, Contact, Acceptance, Entry, Activation)
    return [model.objects.count() for model in models]


def said(text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.column) for problem in planned(text).problems]


def test_each_field_goes_through_its_verb() -> None:
    olga = User.objects.create_user("olga@sandglass.example", is_staff=True)
    taken(ACME.replace("60,,", "60,olga@sandglass.example,"))
    acme = Customer.objects.get(reference="K-1")
    assert (acme.name, acme.notice_days, acme.account_owner) == ("Acme", 60, olga)
    assert [c.role for c in acme.contacts.all()] == ["legal", "legal"]
    assert ProfileChoice.objects.get(customer_id=acme.pk).profile == "minimal"
    accepted = Acceptance.objects.get(customer=acme)
    assert (accepted.version, accepted.accepted_on) == ("2026-03", date(2026, 3, 14))
    assert list(Entry.objects.order_by("pk").values_list("kind", flat=True)) == [
        "customer:customer:created", "policy:version:accepted", "customer:contact:added",
        "customer:contact:added", "terms:version:accepted",
    ]  # fmt: skip


def test_a_second_run_of_the_same_list_changes_nothing() -> None:
    assert taken(ACME + BOREALIS).made == 2
    before = rows()
    again = planned(ACME + BOREALIS)
    assert (again.new, again.added_to, again.there, again.notes) == (0, 0, 2, [])
    assert taken(ACME + BOREALIS) == Result()
    assert rows() == before


def test_a_mended_list_adds_what_was_missing() -> None:
    first = taken(BOREALIS + "K-1,Acme,Lena <l@acme.example>,20,,,,,\n")
    assert (first.made, Customer.objects.count()) == (1, 1)
    assert taken(BOREALIS + ACME).made == 1
    olga = User.objects.create_user("olga@sandglass.example", is_staff=True)
    more = (
        "K-2,Borealis,l@borealis.example; new@borealis.example,,"
        "Olga@sandglass.example,3,2026-01-02,Bo,\n"
    )
    assert taken(more + ACME).added_to == 1
    borealis = Customer.objects.get(reference="K-2")
    assert borealis.account_owner == olga
    assert {contact.email for contact in borealis.contacts.all()} == {
        "l@borealis.example", "new@borealis.example"
    }  # fmt: skip
    assert Acceptance.objects.filter(customer=borealis).count() == 1
    assert taken(more + ACME) == Result()


def test_what_differs_is_said_and_left_as_it_is() -> None:
    taken(ACME)
    again = planned(ACME.replace("Acme,", "Acme Ltd,", 1).replace(",60,", ",30,"))
    assert [(note.column, note.wrong) for note in again.notes] == [
        ("name", "It is Acme here, and Acme Ltd in the list."),
        ("notice_days", "It is 60 here, and 30 in the list."),
    ]
    assert again.problems == again.todo == []
    assert planned("K-1,Acme,,,,,,,\n").notes == []


def test_an_ended_contact_does_not_come_back_by_itself() -> None:
    taken(ACME)
    contacts.end_contact(Contact.objects.get(email="b@acme.example"), by=SYSTEM, now=NOW)
    again = planned(ACME)
    assert again.todo == []
    assert "b@acme.example was a contact and was ended" in again.notes[0].wrong


def test_a_customer_without_a_legal_contact_is_taken_on_and_named() -> None:
    only = planned("K-1,Acme,,,,,,,\n")
    assert (only.new, [note.column for note in only.notes]) == (1, ["legal_contacts"])


def test_what_cannot_be_is_refused_and_the_rest_taken_in() -> None:
    create_customer("Cygnus", by=SYSTEM, now=NOW)
    draco = create_customer("Draco", reference="K-9", by=SYSTEM, now=NOW)
    lifecycle.leave(draco, by=SYSTEM, now=NOW)
    User.objects.create_user("amir@acme.example")
    text = (
        "K-3,Cygnus,,,,,,,\n"
        "K-4,Eos,,,amir@acme.example,,,,\n"
        "K-5,Fenix,,,,1,2026-11-23,Bo,\n"
        "K-9,Draco,d@draco.example,,,,,,\n"
    )
    assert said(text) == [
        (2, "name"), (3, "account_owner"), (4, "terms_accepted_on"), (5, "reference")
    ]  # fmt: skip
    assert taken(text + ACME).made == 1


def test_a_line_that_the_database_refuses_takes_no_other_with_it() -> None:
    both = planned(ACME + BOREALIS)
    create_customer("First", reference="K-1", by=SYSTEM, now=NOW)
    result = take_in(both, by=SYSTEM, now=NOW)
    assert (result.made, [problem.line for problem in result.problems]) == (1, [2])
    assert set(Customer.objects.values_list("name", flat=True)) == {"First", "Borealis"}


def test_a_customer_that_breaks_half_way_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(taking.accept, "record", broken)
    before = rows()
    with pytest.raises(RuntimeError):
        taken(ACME + BOREALIS)
    assert rows() == before
    monkeypatch.undo()
    assert taken(ACME + BOREALIS).made == 2


def test_it_stops_when_told_to_and_goes_on_where_it_stood() -> None:
    answers = iter([False, True])
    result = take_in(planned(ACME + BOREALIS), by=SYSTEM, now=NOW, stop=lambda: next(answers))
    assert (result.made, result.left) == (1, 1)
    assert taken(ACME + BOREALIS).made == 1


def test_planning_asks_six_times_however_long_the_list_is(
    django_assert_max_num_queries: object,
) -> None:
    assert callable(django_assert_max_num_queries)
    many = "".join(BOREALIS.replace("K-2", f"K-{n}") for n in range(500))
    with django_assert_max_num_queries(6):
        assert planned(many).new == 500


def test_500_customers_with_20_bad_lines(tmp_path: Path) -> None:
    """The figure: all 20 named, 480 imported, and nothing twice."""
    good = "K-{0},Customer {0},Lena <l@c{0}.example>,{1},,2026-03,2026-03-14,Lena,\n"
    lines = [good.format(n, (30, 60, 90)[n % 3]) for n in range(500)]
    broken = [
        lambda n: f"K-{n},,l@c.example,,,,,,\n",
        lambda n: f",Customer {n},,,,,,,\n",
        lambda n: f"K-{n},Customer {n},no address,,,,,,\n",
        lambda n: f"K-{n},Customer {n},,14,,,,,\n",
        lambda n: f"K-{n},Customer {n},,400,,,,,\n",
        lambda n: f"K-{n},Customer {n},,,nobody@here.example,,,,\n",
        lambda n: f"K-{n},Customer {n},,,,2026-03,,Lena,\n",
        lambda n: f'K-{n},"Customer {n},,,,,,,\n',
        lambda n: f"K-{n},Customer {n}, Inc.,l@c.example,,,,,,\n",
        lambda n: f"K-{n},Customer {n},,,,,,,generous\n",
    ]
    bad = [7 + 23 * n for n in range(20)]
    for at, n in enumerate(bad):
        lines[n] = broken[at % len(broken)](n)
    file = tmp_path / "customers.csv"
    file.write_text(HEAD + "".join(lines))
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("import_customers", str(file), stdout=out)
    assert ended.value.code == 1
    named = {int(line.split(",")[0].split(":")[0][5:]) for line in out.getvalue().splitlines()
             if line.startswith("Line ")}  # fmt: skip
    assert named == {n + 2 for n in bad}
    assert "Done: 480 customers made" in out.getvalue()
    assert Customer.objects.count() == Contact.objects.count() == Acceptance.objects.count() == 480
    with pytest.raises(SystemExit):
        call_command("import_customers", str(file), stdout=out)
    assert "Done: 0 customers made, 0 got what they lacked." in out.getvalue()


def test_a_dry_run_says_the_same_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(HEAD + ACME + BOREALIS)
    told: list[str] = []
    for options in ({"dry_run": True}, {}):
        before = rows()
        out = StringIO()
        call_command("import_customers", str(file), stdout=out, **options)
        told.append(out.getvalue())
        assert (rows() == before) is bool(options)
    dry, wet = (text.splitlines() for text in told)
    assert dry[:-1] == wet[:-1]
    assert dry[0] == "2 new customers"
    assert (dry[-1], wet[-1]) == (
        "Nothing was changed: this was a dry run.",
        "Done: 2 customers made, 0 got what they lacked.",
    )


@pytest.mark.parametrize("content", [None, b"", b"name\nAcme\n"])
def test_the_command_ends_with_an_error_when_there_is_no_list(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "customers.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError):
        call_command("import_customers", str(file), stdout=StringIO())


def test_without_a_policy_to_offer_nobody_is_taken_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NoSuchPolicy

    monkeypatch.setattr(publish, "accept", refuse)
    file = tmp_path / "customers.csv"
    file.write_text(HEAD + ACME)
    with pytest.raises(CommandError, match="no approved policy version"):
        call_command("import_customers", str(file), stdout=StringIO())
    assert not Customer.objects.exists()


def test_the_refused_lines_come_back_and_are_read_again_once_mended() -> None:
    text = HEAD + 'K-1,=Acme,,7,,,,,\nK-2,"Borealis,,,,,,,\nK-3,Cygnus,,,,,,,\n'
    reading = read(text.encode())
    back = b"".join(refused_csv(reading, reading.problems))
    assert "'=Acme" in back.decode()
    assert (
        back.decode("utf-8-sig").splitlines()[0].endswith("refused_line,what_is_wrong,what_to_do")
    )
    again = read(back.replace(b",7,", b",70,"))
    (line,) = again.lines
    assert isinstance(line, Line)
    assert (line.reference, line.name, line.notice_days) == ("K-1", "=Acme", 70)
    assert {problem.line for problem in again.problems} == {3}


def test_nothing_of_the_list_stands_in_the_log_of_acts() -> None:
    taken(ACME)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, '') FROM retention_entry e")
        (text,) = cursor.fetchone()
    for word in ("Acme", "Lena", "acme.example", "K-1"):
        assert word not in text
