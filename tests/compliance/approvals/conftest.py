"""People who ask and decide, and a kind of thing to decide on that remembers what was done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest

from compliance.approvals import registry
from compliance.approvals.decide import ask
from compliance.approvals.models import ApprovalRequest
from compliance.approvals.registry import Described, Kind, register
from compliance.people.models import User
from compliance.people.roles import StaffRole, give
from retention.actor import Actor
from retention.errors import RetentionError

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
KIND = "paper"


@dataclass
class Papers:
    """Things to approve, by id: who wrote them, what they say, and which were approved by whom."""

    authors: dict[str, UUID] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    approved: list[tuple[str, UUID | None]] = field(default_factory=list)
    refuses: RetentionError | None = None

    def approve(self, subject: str, *, by: Actor, now: datetime) -> None:
        """As a verb of some slice would."""
        if self.refuses:
            raise self.refuses
        self.approved.append((subject, by.id))


@pytest.fixture
def papers() -> Iterator[Papers]:
    made = Papers()
    register(
        Kind(
            KIND,
            "Paper",
            describe=lambda subject: Described(f"Paper {subject}", "/admin/"),
            approve=made.approve,
            author=made.authors.get,
            fingerprint=lambda subject: made.texts.get(subject, ""),
        )
    )
    yield made
    del registry.KINDS[KIND]


@dataclass(frozen=True)
class People:
    """Olga and Otto are officers, Ida and Ivan approvers, Ada is administrator, Udo auditor."""

    olga: User
    otto: User
    ida: User
    ivan: User
    ada: User
    udo: User


def somebody(name: str, *roles: StaffRole) -> User:
    user = User.objects.create_user(f"{name}@sandglass.example")
    give(user, *roles)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def people(db: None) -> People:
    return People(
        olga=somebody("olga", StaffRole.OFFICER),
        otto=somebody("otto", StaffRole.OFFICER),
        ida=somebody("ida", StaffRole.OFFICER, StaffRole.APPROVER),
        ivan=somebody("ivan", StaffRole.APPROVER),
        ada=somebody("ada", StaffRole.ADMINISTRATOR),
        udo=somebody("udo", StaffRole.AUDITOR),
    )


@pytest.fixture
def asked(papers: Papers, people: People) -> ApprovalRequest:
    """Olga asks about paper 7, which she wrote."""
    papers.authors["7"] = people.olga.pk
    return ask(KIND, 7, by=as_actor(people.olga), now=NOW)


def as_actor(user: User) -> Actor:
    return Actor("user", user.pk)
