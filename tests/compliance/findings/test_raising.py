"""Findings without flags: raised and closed as often as one likes, each there once."""

from __future__ import annotations

import pytest

from compliance.customers.models import Customer
from compliance.findings import work
from compliance.findings.count import count_up
from compliance.findings.errors import UnknownKind
from compliance.findings.kinds import KINDS, kind_of
from compliance.findings.models import Finding, FindingAct
from compliance.findings.raising import close_finding, raise_finding
from compliance.intake.flags import Flag
from retention.actor import SYSTEM, Actor
from retention.ledger.models import Entry
from tests.compliance.findings.conftest import DAY, NOW

KIND = "notice_not_given"


def raised(customer: Customer | None, key: str = "n-1", kind: str = KIND) -> Finding:
    owner = customer.pk if customer else None
    return raise_finding(kind, customer=owner, key=key, by=SYSTEM, now=NOW)


def closed(customer: Customer, key: str = "n-1") -> bool:
    return close_finding(KIND, customer=customer.pk, key=key, by=SYSTEM, now=NOW)


def test_it_is_there_once_for_each_customer_and_thing(acme: Customer, borealis: Customer) -> None:
    for _ in range(3):
        finding = raised(acme)
    assert (finding.customer, finding.key, finding.items, finding.state) == (acme, "n-1", 0, "open")
    assert [act.kind for act in finding.acts.all()] == ["raised"]
    assert Entry.objects.filter(kind="finding:group:raised").count() == 1
    raised(acme, "n-2")
    raised(borealis)
    raised(None, "2", "approved_not_announced")
    raised(None, "2", "approved_not_announced")
    assert Finding.objects.count() == 4


def test_what_does_not_hold_any_more_is_closed_once(acme: Customer) -> None:
    assert not closed(acme)
    finding = raised(acme)
    assert closed(acme)
    assert not closed(acme)
    finding.refresh_from_db()
    assert (finding.state, finding.decided_by) == ("fixed", None)
    assert [act.kind for act in finding.acts.all()] == ["closed", "raised"]


def test_raised_after_it_was_closed_it_is_open_again(acme: Customer) -> None:
    raised(acme)
    closed(acme)
    finding = raised(acme)
    assert (finding.state, finding.standing) == ("open", True)
    assert raised(acme).state == "open"
    assert Finding.objects.count() == 1


def test_what_was_said_to_be_fixed_and_still_holds_is_open_again(
    acme: Customer, officer: Actor
) -> None:
    finding = raised(acme)
    work.fix([finding.pk], "A new contact.", by=officer, now=NOW)
    assert raised(acme).state == "open"


def test_what_was_explained_stays_so_while_it_holds_and_opens_when_it_comes_back(
    acme: Customer, officer: Actor
) -> None:
    finding = raised(acme)
    work.explain([finding.pk], "It is leaving anyway.", by=officer, now=NOW)
    assert raised(acme).state == "explained"
    closed(acme)
    finding.refresh_from_db()
    assert finding.state == "explained"
    assert raised(acme).state == "open"


def test_what_was_accepted_stays_so_until_its_day_is_over(acme: Customer, officer: Actor) -> None:
    finding = raised(acme)
    work.accept([finding.pk], "They know.", until=NOW.date(), by=officer, now=NOW)
    closed(acme)
    assert raised(acme).state == "accepted"
    count_up(now=NOW + DAY)
    finding.refresh_from_db()
    assert finding.state == "open"


@pytest.mark.parametrize("kind", ["no_finding", "something_else", ""])
def test_only_known_kinds_without_flags_are_raised(db: None, kind: str) -> None:
    with pytest.raises(UnknownKind):
        raised(None, kind=kind)


def test_every_flag_has_words_and_so_has_one_that_nobody_knows() -> None:
    assert {flag.value for flag in Flag} <= KINDS.keys()
    for kind in [*KINDS.values(), kind_of("brand_new")]:
        assert kind.title
        assert kind.means.endswith(".")
        assert kind.do.endswith(".")
        assert bool(kind.change) == kind.flags
    assert kind_of("brand_new").title == "Brand new"


def test_the_history_names_who_and_nothing_stands_twice(acme: Customer, officer: Actor) -> None:
    finding = raised(acme)
    work.explain([finding.pk], "Why.", by=officer, now=NOW)
    work.reopen([finding.pk], by=officer, now=NOW)
    kinds = FindingAct.objects.values_list("kind", "by__email")
    assert list(kinds) == [
        ("reopened", "olga@sandglass.example"),
        ("explained", "olga@sandglass.example"),
        ("raised", None),
    ]
