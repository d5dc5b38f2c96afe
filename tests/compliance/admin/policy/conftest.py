"""An officer and an approver at the desk, in a service whose days a test moves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from compliance.approvals.models import ApprovalRequest
from compliance.people.models import User
from compliance.people.roles import StaffRole, give
from retention import clock
from retention.actor import Actor
from retention.policies import content
from retention.policies.draft import draft
from retention.policies.models import PolicyVersion
from retention.policies.rules import Period
from tests.cast import PASSWORD
from tests.compliance.notices.conftest import REPLY_TO as REPLY_TO
from tests.compliance.notices.conftest import Scene as Notices
from tests.compliance.notices.conftest import later as later
from tests.compliance.notices.conftest import smtp as smtp
from tests.conftest import Live
from tests.factories.versions import rules_with

LIST = "/admin/retention/policyversion/"
TYPED: Mapping[str, str] = {
    "number_prompt": "6", "unit_prompt": "months",
    "number_response": "90", "unit_response": "days",
    "number_evaluation": "6", "unit_evaluation": "months",
    "context_lines": "20", "text": "AI responses are kept for **90 days**.",
    "purpose": "To judge answers.", "exceptions": "A legal hold.", "places": "One database.",
    "reason": "Nobody needs them for longer.",
}  # fmt: skip


class Desk(Notices):
    """The service, with somebody of each role signed in; signing in was just now."""

    def __init__(self) -> None:
        super().__init__()
        self.officer, self.otto = self.person(StaffRole.OFFICER)
        self.approver, self.anna = self.person(StaffRole.APPROVER)
        self.by = Actor("user", self.otto.pk)

    def person(self, role: StaffRole) -> tuple[Client, User]:
        """A login of that role, signed in through the page, as people do."""
        user = User.objects.create_user(f"{role.value}@sandglass.example", PASSWORD)
        give(user, role)
        client = Client()
        client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        return client, User.objects.get(pk=user.pk)

    def drafted(self, **periods: Period) -> PolicyVersion:
        """A draft of the officer's."""
        return draft(
            rules=rules_with(**periods or {"response": Period(days=90)}),
            text="AI responses are kept for **90 days**.",
            purpose="To judge answers.",
            exceptions="A legal hold.",
            places="One database.",
            context_lines=20,
            whole_files=False,
            reason="Nobody needs them for longer.",
            by=self.by,
            now=clock.now(),
        )

    def asked(self, **periods: Period) -> PolicyVersion:
        """A draft whose approval was asked for on its page."""
        version = self.drafted(**periods)
        assert "Approval is asked for" in self.post(version, "ask", seen=content.digest(version))
        return version

    def decide(self, what: str = "approve", by: Client | None = None) -> str:
        """What somebody reads after deciding on the newest question."""
        request = ApprovalRequest.objects.latest("asked_at")
        sent = {"do": what, "request": str(request.pk), "note": "Too short."}
        return plain((by or self.approver).post("/admin/approvals/", sent, follow=True))

    def agreed(self, **periods: Period) -> PolicyVersion:
        """A version that the approver has approved on the page of approvals."""
        version = self.asked(**periods)
        self.decide()
        version.refresh_from_db()
        return version

    def page(self, version: PolicyVersion, name: str = "change", **asked: str) -> str:
        """What the officer reads there, in one line."""
        answer = self.officer.get(f"{LIST}{version.pk}/{name}/", asked)
        assert answer.status_code == 200, answer.status_code
        return plain(answer)

    def post(self, version: PolicyVersion, name: str, **sent: str) -> str:
        """What the officer reads after pressing the button."""
        return plain(self.officer.post(f"{LIST}{version.pk}/{name}/", sent, follow=True))


def plain(answer: Any) -> str:
    """The page with single spaces."""
    return " ".join(answer.content.decode().replace("\u00a0", " ").split())


@pytest.fixture
def desk(live: Live, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    settings.DEMO = True
    # One address may try to sign in so often only; so many tests would be too many.
    counters: Any = caches["default"]
    for store in (counters._valkey, counters._table):
        monkeypatch.setattr(store, "key_prefix", f"desk-{os.getpid()}")
    counters.clear()
    return Desk()
