"""What spreadsheets make of a list is read; what cannot be meant is named, line by line."""

from __future__ import annotations

from datetime import date

import pytest

from compliance.arrival.columns import Person, Wrong, column, value
from compliance.arrival.errors import Unreadable
from compliance.arrival.read import LARGEST, MOST_LINES, Line, read

HEAD = "reference,name,legal_contacts,notice_days"


def lines(text: str | bytes) -> list[Line]:
    reading = read(text if isinstance(text, bytes) else text.encode())
    assert reading.problems == []
    return reading.lines


def complaints(text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.column) for problem in read(text.encode()).problems]


def test_a_line_is_a_customer() -> None:
    (line,) = lines(
        "reference,name,legal_contacts,security_contacts,technical_contacts,notice_days,"
        "account_owner,terms_version,terms_accepted_on,terms_accepted_by,profile,"
        "text_carries_no_code\n"
        'K-1,Acme GmbH,"Lena Berg <Lena@Acme.example>; legal@acme.example",s@acme.example,,60,'
        "Olga@sandglass.example,2026-03,2026-03-14,Lena  Berg,Minimal,yes\n"
    )
    assert (line.number, line.reference, line.name) == (2, "K-1", "Acme GmbH")
    assert line.contacts == [
        ("legal", Person("Lena Berg", "lena@acme.example")),
        ("legal", Person("legal@acme.example", "legal@acme.example")),
        ("security", Person("s@acme.example", "s@acme.example")),
    ]
    assert (line.notice_days, line.owner) == (60, "olga@sandglass.example")
    assert line.terms == ("2026-03", date(2026, 3, 14), "Lena Berg")
    assert (line.profile, line.text_carries_no_code) == ("minimal", True)


def test_what_is_left_empty_is_the_default() -> None:
    (line,) = lines(f"{HEAD}\nK-1,Acme,,\n")
    assert (line.contacts, line.notice_days, line.profile) == ([], 30, "standard")
    assert (line.owner, line.terms, line.text_carries_no_code) == ("", None, False)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}\nK-1,Acme Ü,l@a.example,60\n".encode(),
        b"\xef\xbb\xbf" + f"{HEAD}\r\nK-1,Acme Ü,l@a.example,60\r\n".encode(),
        "reference;name;legal_contacts;notice_days\nK-1;Acme Ü;l@a.example;60".encode(),
        "sep=;\r\nreference;name;legal_contacts;notice_days\r\n"
        "K-1;Acme Ü;l@a.example;60\r\n".encode(),
        "reference\tname\tlegal_contacts\tnotice_days\nK-1\tAcme Ü\tl@a.example\t60\n".encode(),
        "Reference, Customer name ,LEGAL CONTACTS,notice-days,,\n"
        "K-1,Acme Ü,l@a.example,60,,\n".encode(),
        f"{HEAD}\n\n,,,\nK-1,Acme\u00a0Ü\u200b,l@a.example,60.0\n".encode(),
        f'{HEAD}\n"=""K-1""",Acme Ü, l@a.example ,"60,00"\n'.encode(),
        f"\n\n{HEAD}\r\rK-1,Acme Ü,l@a.example,60\r".encode(),
    ],
    ids=["plain", "mark", "semicolon", "sep", "tab", "headings", "blank", "exact", "old"],
)  # fmt: skip
def test_whatever_a_spreadsheet_writes_is_the_same_list(text: bytes) -> None:
    (line,) = lines(text)
    assert (line.reference, line.name, line.notice_days) == ("K-1", "Acme Ü", 60)
    assert line.contacts == [("legal", Person("l@a.example", "l@a.example"))]


def test_a_value_may_have_several_lines() -> None:
    one, two = lines(f'{HEAD}\nK-1,Acme,"Lena <l@a.example>\nBo <b@a.example>",\nK-2,Bo,,\n')
    assert [person.name for _, person in one.contacts] == ["Lena", "Bo"]
    assert (one.number, two.number) == (2, 4)


@pytest.mark.parametrize(
    ("bad", "wrong"),
    [
        ("K-2,,,", "name"),
        (",Borealis,,", "reference"),
        ("K 2,Borealis,,", "reference"),
        ("=K2,Borealis,,", "reference"),
        ("K-2,Borealis,lena,", "legal_contacts"),
        ("K-2,Borealis,Lena <lena@>,", "legal_contacts"),
        ("K-2,Borealis,,29", "notice_days"),
        ("K-2,Borealis,,367", "notice_days"),
        ("K-2,Borealis,,60 days", "notice_days"),
        ("K-2,Borealis,,6E+01", "notice_days"),
        ("K-2,Bore\x07alis,,", "name"),
        (f"K-2,{'x' * 201},,", "name"),
        ("K-2,Borealis, Inc,,60", ""),
        ('K-2,"Borealis,,', ""),
        ('K-2,"Bo"realis,,', ""),
        ("K-1,Borealis,,", "reference"),
    ],
)
def test_a_bad_line_is_named_and_no_good_one_lost(bad: str, wrong: str) -> None:
    text = f"{HEAD}\nK-1,Acme,,\n{bad}\nK-3,Cygnus,,\nK-4,Draco,,\n"
    reading = read(text.encode())
    assert [line.reference for line in reading.lines] == ["K-1", "K-3", "K-4"]
    assert [(problem.line, problem.column) for problem in reading.problems] == [(3, wrong)]
    assert all(problem.wrong and problem.do for problem in reading.problems)


def test_two_marks_that_were_never_closed_swallow_nothing_between_them() -> None:
    text = f'{HEAD}\nK-1,"Acme,,\nK-2,Bo,,\nK-3,"Cy,,\nK-4,Dr,,\n'
    reading = read(text.encode())
    assert [line.reference for line in reading.lines] == ["K-2", "K-4"]
    assert complaints(text) == [(2, ""), (4, "")]


def test_every_mistake_of_a_line_is_named() -> None:
    assert complaints(f"{HEAD}\n,,nobody,5\n") == [
        (2, "reference"), (2, "name"), (2, "legal_contacts"), (2, "notice_days")
    ]  # fmt: skip


def test_terms_are_told_whole_or_not_at_all() -> None:
    head = "reference,name,terms_version,terms_accepted_on,terms_accepted_by"
    assert complaints(f"{head}\nK-1,Acme,2026-03,,Lena\nK-2,Bo,,2026-03-14,\nK-3,Cy,,,\n") == [
        (2, "terms_accepted_on"), (3, "terms_version"), (3, "terms_accepted_by")
    ]  # fmt: skip


def test_of_two_lines_with_one_reference_the_good_one_counts() -> None:
    reading = read(f"{HEAD}\nK-1,Acme,,7\nK-1,Acme,,60\nK-1,Acme,,90\n".encode())
    assert [(line.number, line.notice_days) for line in reading.lines] == [(3, 60)]
    assert [(p.line, p.column) for p in reading.problems] == [(2, "notice_days"), (4, "reference")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"PK\x03\x04xxxx", "no CSV"),
        ("reference,name".encode("utf-16"), "no CSV"),
        (b"reference,name\nK-1,Acm\xe9", "Line 2 is not UTF-8"),
        (b"number,name\n1,Acme", "no column reference"),
        (b"reference,name,notice_day\n", "notice_day"),
        (b"reference,name,,notice_days\n", r"\(empty\)"),
        (b"reference,name,Customer\n", "name is there twice"),
        (b"reference,name\n" * (MOST_LINES + 1), "more than 20,000 lines"),
        (b"x" * (LARGEST + 1), "larger than 5 MB"),
    ],
)
def test_what_is_no_list_is_refused_as_a_whole(text: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-03-14", date(2026, 3, 14)), ("14.03.2026", date(2026, 3, 14)),
     ("2026-03-14 00:00:00", date(2026, 3, 14)), ("", None)],
)  # fmt: skip
def test_a_day_is_read_where_it_can_mean_one_only(text: str, day: date | None) -> None:
    assert value("terms_accepted_on", text) == day


@pytest.mark.parametrize("text", ["03/04/2026", "31.02.2026", "46095", "14 March", "2026-3-14"])
def test_a_day_that_can_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(Wrong, match="no day"):
        value("terms_accepted_on", text)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("profile", "Keep all", "no profile"), ("text_carries_no_code", "maybe", "neither"),
     ("terms_version", "a;b", "no version")],
)  # fmt: skip
def test_a_choice_is_one_of_those_there_are(name: str, text: str, said: str) -> None:
    with pytest.raises(Wrong, match=said):
        value(name, text)


@pytest.mark.parametrize(
    ("text", "is_so"), [("WAHR", True), ("TRUE", True), ("x", True), ("0", False), ("", False)]
)
def test_yes_and_no_are_read_as_spreadsheets_say_them(text: str, is_so: bool) -> None:
    assert value("text_carries_no_code", text) is is_so


def test_a_heading_may_be_called_as_people_do() -> None:
    assert [column(name) for name in ("Customer Name", "External reference", "Owner")] == [
        "name", "reference", "account_owner"
    ]  # fmt: skip


def test_an_address_that_stands_twice_is_one_contact() -> None:
    assert value("legal_contacts", "Lena <l@a.example>; L@A.example") == (
        Person("Lena", "l@a.example"),
    )
