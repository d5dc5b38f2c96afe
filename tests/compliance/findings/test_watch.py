"""P4: whom a notice did not reach is somebody's work, until it does."""

from __future__ import annotations

from compliance.findings.models import Finding
from compliance.findings.watch import watch
from compliance.notices.models import Delivery
from retention import clock
from retention.policies.models import PolicyVersion
from tests.compliance.alarms.conftest import smtp as smtp
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import Scene
from tests.compliance.notices.conftest import scene as scene


def standing() -> list[tuple[str, str]]:
    found = Finding.objects.filter(standing=True).order_by("kind", "key")
    return [(one.kind, one.state) for one in found]


def test_p4_a_customer_without_a_contact_is_a_finding_until_it_is_told(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme")
    scene.announce()
    scene.send()
    assert watch(now=clock.now()) == (1, 0)
    assert Finding.objects.get().customer == acme
    assert watch(now=clock.now()) == (0, 0)
    scene.contact(acme, "legal@acme.example")
    scene.send()
    assert watch(now=clock.now()) == (0, 1)
    assert standing() == []


def test_who_was_told_is_no_finding(scene: Scene, smtp: MailServer) -> None:
    scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    assert watch(now=clock.now()) == (0, 0)


def test_a_mail_nobody_is_sure_of_is_a_finding(scene: Scene, smtp: MailServer) -> None:
    scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.write()
    Delivery.objects.update(state="unsure", claimed_at=clock.host_now())
    watch(now=clock.now())
    assert standing() == [("mail_unsure", "open"), ("notice_not_given", "open")]


def test_an_approved_version_is_a_finding_after_three_days_until_it_is_withdrawn(
    scene: Scene,
) -> None:
    from retention.policies.publish import withdraw

    version = scene.approved()
    scene.passes(days=2)
    assert watch(now=clock.now()) == (0, 0)
    scene.passes(days=1, minutes=1)
    assert watch(now=clock.now()) == (1, 0)
    assert standing() == [("approved_not_announced", "open")]
    withdraw(PolicyVersion.objects.get(pk=version.pk), by=scene.by, now=clock.now())
    assert watch(now=clock.now()) == (0, 1)
