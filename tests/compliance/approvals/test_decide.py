"""A second person decides: once, with the role, never on their own."""

from __future__ import annotations

from uuid import UUID

import pytest

from compliance.approvals import decide as decide_module
from compliance.approvals.decide import approve, ask, decline, take_back
from compliance.approvals.errors import (
    AskedAlready,
    ChangedSinceAsked,
    MayNotDecide,
    MayNotTakeBack,
    ReasonMissing,
    StaleRequest,
    UnknownKind,
)
from compliance.approvals.models import ApprovalRequest
from compliance.people.models import User
from compliance.people.roles import StaffRole, give
from retention.actor import SYSTEM
from retention.errors import RetentionError
from retention.ledger.models import Entry
from tests.compliance.approvals.conftest import KIND, NOW, Papers, People, as_actor, somebody


def decisions() -> list[str]:
    return list(ApprovalRequest.objects.values_list("decision", flat=True))


def acts() -> list[str]:
    return list(Entry.objects.order_by("id").values_list("kind", flat=True))


def test_p4_an_approver_approves_and_what_was_asked_is_done(
    asked: ApprovalRequest, papers: Papers, people: People
) -> None:
    approve(asked, note="Read it twice.", by=as_actor(people.ida), now=NOW)
    assert papers.approved == [("7", people.ida.pk)]
    asked = ApprovalRequest.objects.get()
    assert (asked.decision, asked.decided_by, asked.note) == (
        "approved", people.ida, "Read it twice.",
    )  # fmt: skip
    assert acts() == ["approval:request:asked", "approval:request:approved"]
    assert "twice" not in str(list(Entry.objects.values_list("facts", flat=True)))


@pytest.mark.parametrize("name", ["olga", "otto", "ada", "udo"])
def test_p4_without_the_role_nobody_decides(
    asked: ApprovalRequest, papers: Papers, people: People, name: str
) -> None:
    by = as_actor(getattr(people, name))
    with pytest.raises(MayNotDecide):
        approve(asked, by=by, now=NOW)
    with pytest.raises(MayNotDecide):
        decline(asked, note="No.", by=by, now=NOW)
    assert decisions() == [""]
    assert papers.approved == []


def test_p4_neither_the_one_who_asked_nor_the_author_decides_whatever_their_roles(
    papers: Papers, people: People
) -> None:
    papers.authors["8"] = people.ivan.pk
    asked = ask(KIND, 8, by=as_actor(people.ida), now=NOW)
    for own in (people.ida, people.ivan):
        with pytest.raises(MayNotDecide):
            approve(asked, by=as_actor(own), now=NOW)
    assert decisions() == [""]


def test_p4_a_superuser_decides_nothing_by_rank(asked: ApprovalRequest) -> None:
    root = User.objects.create_superuser("root@sandglass.example")
    for by in (as_actor(root), SYSTEM):
        with pytest.raises(MayNotDecide):
            approve(asked, by=by, now=NOW)


def test_an_approver_who_was_switched_off_decides_nothing(
    asked: ApprovalRequest, people: People
) -> None:
    User.objects.filter(pk=people.ida.pk).update(is_active=False)
    with pytest.raises(MayNotDecide):
        approve(asked, by=as_actor(people.ida), now=NOW)


def test_it_is_decided_once(asked: ApprovalRequest, papers: Papers, people: People) -> None:
    old = ApprovalRequest.objects.get()
    approve(asked, by=as_actor(people.ida), now=NOW)
    for late in (approve, decline):
        with pytest.raises(StaleRequest):
            late(old, note="No.", by=as_actor(people.ivan), now=NOW)
    with pytest.raises(StaleRequest):
        take_back(old, by=as_actor(people.olga), now=NOW)
    assert decisions() == ["approved"]
    assert len(papers.approved) == 1


def test_declining_takes_a_reason(asked: ApprovalRequest, papers: Papers, people: People) -> None:
    with pytest.raises(ReasonMissing):
        decline(asked, note="  ", by=as_actor(people.ida), now=NOW)
    decline(asked, note="Too early.", by=as_actor(people.ida), now=NOW)
    assert (asked.decision, asked.note) == ("declined", "Too early.")
    assert papers.approved == []


def test_only_who_asked_takes_it_back(asked: ApprovalRequest, people: People) -> None:
    for other in (people.otto, people.ida):
        with pytest.raises(MayNotTakeBack):
            take_back(asked, by=as_actor(other), now=NOW)
    take_back(asked, by=as_actor(people.olga), now=NOW)
    assert decisions() == ["taken_back"]
    assert acts()[-1] == "approval:request:taken_back"


def test_one_request_at_a_time_and_after_it_was_decided_another(
    asked: ApprovalRequest, people: People
) -> None:
    with pytest.raises(AskedAlready):
        ask(KIND, "7", by=as_actor(people.otto), now=NOW)
    decline(asked, note="No.", by=as_actor(people.ida), now=NOW)
    ask(KIND, "7", by=as_actor(people.otto), now=NOW)
    assert sorted(decisions()) == ["", "declined"]


def test_what_no_surface_registered_is_not_asked(people: People) -> None:
    with pytest.raises(UnknownKind):
        ask("nothing", "7", by=as_actor(people.olga), now=NOW)


def test_what_was_changed_since_is_asked_anew(
    asked: ApprovalRequest, papers: Papers, people: People
) -> None:
    papers.texts["7"] = "another"
    with pytest.raises(ChangedSinceAsked):
        approve(asked, by=as_actor(people.ida), now=NOW)
    assert decisions() == [""]
    assert papers.approved == []


def test_what_the_verb_refuses_nobody_has_approved(
    asked: ApprovalRequest, papers: Papers, people: People
) -> None:
    papers.refuses = RetentionError("It may not be.")
    with pytest.raises(RetentionError, match="It may not be"):
        approve(asked, by=as_actor(people.ida), now=NOW)
    assert decisions() == [""]
    assert acts() == ["approval:request:asked"]


def test_if_the_log_cannot_be_written_nothing_is_decided(
    asked: ApprovalRequest, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(decide_module, "append", fails)
    for verb, by in ((approve, people.ida), (decline, people.ida)):
        with pytest.raises(OSError):
            verb(asked, note="No.", by=as_actor(by), now=NOW)
    with pytest.raises(OSError):
        ask(KIND, "9", by=as_actor(people.olga), now=NOW)
    assert decisions() == [""]


def test_an_author_that_is_no_person_stands_in_nobodys_way(papers: Papers, people: People) -> None:
    asked = ask(KIND, 9, by=as_actor(people.olga), now=NOW)
    assert asked.author is None
    approve(asked, by=as_actor(people.ivan), now=NOW)


def test_who_gets_the_role_later_may_decide_too(asked: ApprovalRequest, people: People) -> None:
    nora = somebody("nora", StaffRole.OFFICER)
    with pytest.raises(MayNotDecide):
        approve(asked, by=as_actor(nora), now=NOW)
    give(nora, StaffRole.APPROVER)
    approve(asked, by=as_actor(nora), now=NOW)
    assert isinstance(asked.decided_by_id, UUID)
