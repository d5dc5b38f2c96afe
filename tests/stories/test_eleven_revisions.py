"""P4: a privacy page that was revised eleven times, as eleven versions that customers were told of.

The facts are those that such pages change in two years: vendors added, the way to the agreements
moved, tenants kept apart, a minimal profile, kinds of data outside the six months. The words are
ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from compliance.notices.announce import announce
from retention import clock
from retention.policies.draft import draft
from retention.policies.history import Standing, bindings
from retention.policies.models import PolicyVersion
from retention.policies.publish import approve, earliest_effect
from retention.policies.queries import version_in_force
from retention.policies.rules import Period
from tests.compliance.alarms.conftest import smtp as smtp
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import REPLY_TO, Scene, notice_of
from tests.compliance.notices.conftest import scene as scene
from tests.factories.versions import APPROVER, AUTHOR, rules_with


@dataclass(frozen=True)
class Revision:
    """What one revision changes, and words that its notice must hold."""

    told: tuple[str, ...]
    says: Mapping[str, str] = field(default_factory=dict)
    periods: Mapping[str, Period] = field(default_factory=dict)
    lines: int | None = None


ONE, TWO = "Model vendors: OpenAI.", "Model vendors: OpenAI and Amazon Bedrock."
APART = f"{TWO} Each customer's data lies apart from every other's, under keys of its own."
DESK, PORTAL = "Agreements: ask our support desk.", "Agreements: on our trust portal."
OUTSIDE = "Outside the six months: counts without content, and the answers you rated."
MINIMAL = "A customer may choose to keep as little as possible: 30 days, and no code."
HISTORY = (
    Revision(("OpenAI",), {"places": ONE}),
    Revision(("Amazon Bedrock",), {"places": TWO}),
    Revision(("support desk",), {"text": DESK}),
    Revision(("10",), lines=10),
    Revision(("legal hold",), {"exceptions": "A legal hold."}),
    Revision(("under keys of its own",), {"places": APART}),
    Revision(("AI responses", "90 days"), periods={"response": Period(days=90)}),
    Revision(("trust portal",), {"text": PORTAL}),
    Revision(("as little as possible",), {"text": f"{PORTAL} {MINIMAL}"}),
    Revision(("counts without content",), {"exceptions": f"A legal hold. {OUTSIDE}"}),
    Revision(("AI responses", "6 months"), periods={"response": Period(months=6)}),
)


def published(scene: Scene, says: dict[str, str], periods: dict[str, Period], lines: int) -> None:
    """Drafted, approved by another person, announced, and mailed."""
    now = clock.now()
    version = draft(
        rules=rules_with(**periods),
        context_lines=lines,
        whole_files=False,
        reason="The page was revised.",
        by=AUTHOR,
        now=now,
        text=says["text"],
        purpose=says["purpose"],
        exceptions=says["exceptions"],
        places=says["places"],
    )
    approved = approve(version, impact={}, by=APPROVER, now=now)
    scene.confirm()
    day = earliest_effect(clock.today())
    announce(approved, takes_effect_on=day, reply_to=REPLY_TO, by=scene.by, now=now)
    assert scene.send() == 1


@pytest.mark.timeout(300)
def test_p4_eleven_revisions_are_eleven_versions_each_told_thirty_days_before(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    says = {"text": "What we keep.", "purpose": "To judge answers.", "exceptions": "", "places": ""}
    periods: dict[str, Period] = {}
    lines = 20
    for number, revision in enumerate(HISTORY, start=2):
        says |= revision.says
        periods |= revision.periods
        lines = revision.lines or lines
        published(scene, says, periods, lines)
        mail = smtp.mails[-1]
        plain = mail.get_body(("plain",))
        assert plain is not None
        words = " ".join(plain.get_content().split())
        assert [one for one in revision.told if one not in words] == []
        notice = acme.notices.get(announcement__version__number=number)
        assert notice.activation is not None
        given, effective = notice.activation.given_on, notice.activation.effective_on
        assert effective >= given + timedelta(days=31)
        assert version_in_force(acme.pk, effective - timedelta(days=1)).number == number - 1
        assert version_in_force(acme.pk, effective).number == number
        scene.passes(days=(effective - clock.today()).days)
    history = bindings(acme.pk, today=clock.today())
    assert [one.version.number for one in history] == list(range(12, 0, -1))
    assert [one.standing for one in history[:2]] == [Standing.IN_FORCE, Standing.SUPERSEDED]
    assert (
        PolicyVersion.objects.get(number=12).rules() == PolicyVersion.objects.get(number=1).rules()
    )
    assert len(smtp.mails) == len(HISTORY) == 11


def test_p4_the_notice_of_a_revision_is_kept_word_for_word(scene: Scene, smtp: MailServer) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    says = {"text": DESK, "purpose": "To judge answers.", "exceptions": "", "places": TWO}
    published(scene, says, {}, 20)
    kept = notice_of(acme)
    sent = smtp.mails[0].get_body(("plain",))
    assert sent is not None
    assert "Amazon Bedrock" in kept.text
    assert sent.get_content().split() == kept.text.split()
