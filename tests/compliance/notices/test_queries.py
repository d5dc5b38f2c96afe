"""How far an announcement has come, in numbers that agree with each other."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from compliance.customers.models import Customer
from compliance.notices import bounces, pack, queries
from compliance.notices.bounces import Heard
from compliance.notices.models import Delivery
from compliance.notices.queries import Standing, Why
from compliance.notices.reach import reached
from retention import clock
from retention.policies.models import PolicyVersion
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import Scene, notice_of


@pytest.fixture
def told(scene: Scene, smtp: MailServer) -> Any:
    """Three reached, one without a contact, one whose mail came back."""
    for name in ("Acme", "Bank", "Corp"):
        scene.customer(name, f"legal@{name.lower()}.example")
    scene.customer("Nobody")
    lost = scene.customer("Lost", "legal@lost.example")
    Customer.objects.filter(pk=lost.pk).update(account_owner=scene.olga)
    made = scene.announce()
    scene.send()
    come_back("legal@lost.example")
    made.refresh_from_db()
    return made


def come_back(address: str) -> None:
    delivery = Delivery.objects.get(address=address)
    bounces.hear(delivery.pk, Heard("hard_bounce", "dsn", address), now=clock.now())


def test_every_notice_has_one_standing_and_the_sums_agree(told: Any, scene: Scene) -> None:
    found = queries.progress(told, now=clock.now())
    assert found.by_standing == {Standing.GIVEN: 3, Standing.NOT_GIVEN: 2}
    assert (found.notices, found.given, found.finished) == (5, 3, True)
    assert found.mails == {"sent": 3, "bounced": 1}
    assert queries.given_per_day(told) == [(clock.today(), 3)]
    [(day, number)] = queries.effective_per_day(told)
    assert (day, number) == (clock.today() + timedelta(days=32), 3)
    assert queries.ahead(today=clock.today()) == [(day, told, 3)]


def test_a_mail_that_has_not_come_back_for_72_hours_is_surely_given(
    told: Any, scene: Scene
) -> None:
    delivery = Delivery.objects.get(address="legal@acme.example")
    bounces.hear(delivery.pk, Heard("delivered", "dsn", "a"), now=clock.now())
    found = queries.progress(told, now=clock.now())
    assert found.by_standing[Standing.SURELY_GIVEN] == 1
    almost = clock.now() + timedelta(hours=71, minutes=59)
    assert queries.progress(told, now=almost).by_standing[Standing.GIVEN] == 2
    found = queries.progress(told, now=clock.now() + timedelta(hours=72))
    assert found.by_standing == {Standing.SURELY_GIVEN: 3, Standing.NOT_GIVEN: 2}
    later = clock.now() + timedelta(days=32)
    assert queries.progress(told, now=later).by_standing[Standing.IN_FORCE] == 3


def test_who_is_not_reached_is_named_with_the_reason_and_who_talks_to_them(
    told: Any, scene: Scene
) -> None:
    found = {one.customer.name: one for one in queries.not_reached(told, now=clock.now())}
    assert {name: one.why for name, one in found.items()} == {
        "Nobody": Why.NO_CONTACT,
        "Lost": Why.CAME_BACK,
    }
    assert found["Lost"].customer.account_owner == scene.olga
    assert len(queries.not_given(clock.now())) == 2
    scene.contact(found["Nobody"].customer, "new@nobody.example")
    [waiting] = [
        one for one in queries.not_reached(told, now=clock.now()) if one.why is Why.WAITING
    ]
    assert waiting.customer.name == "Nobody"
    assert len(queries.not_given(clock.now())) == 1
    reached(notice_of(found["Lost"].customer), way="phone", evidence="Call", by=scene.by,
            now=clock.now())  # fmt: skip
    assert queries.not_given(clock.now()) == []


def test_the_number_of_queries_does_not_grow_with_the_customers(told: Any, scene: Scene) -> None:
    from django.db import connection

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            queries.not_reached(told, now=clock.now())
            queries.progress(told, now=clock.now())
        return len(seen)

    before = asked()
    for address in ("legal@acme.example", "legal@bank.example"):
        come_back(address)
    assert asked() == before


def test_a_bounce_after_the_effect_is_a_case_for_a_person(told: Any, scene: Scene) -> None:
    assert not queries.came_back_too_late().exists()
    scene.passes(days=40)
    come_back("legal@acme.example")
    [event] = queries.came_back_too_late()
    assert event.delivery.notice.customer.name == "Acme"


def test_unsure_mails_are_listed(scene: Scene, smtp: MailServer) -> None:
    scene.customer("Acme", "legal@acme.example")
    scene.announce()
    smtp.hangs_up = True
    scene.send()
    assert [one.address for one in queries.unsure()] == ["legal@acme.example"]
    [one] = queries.not_given(clock.now())
    assert one.why is Why.UNSURE


def test_the_evidence_of_a_version_adds_up_and_can_be_checked(
    told: Any, scene: Scene, tmp_path: Any
) -> None:
    Customer.objects.filter(name="Acme").update(name="=HYPERLINK(1)")
    with pack.build(PolicyVersion.objects.get(number=2), now=clock.now()) as file:
        content = zipfile.ZipFile(file)
        manifest = json.loads(content.read("manifest.json"))
        assert manifest["adds_up"] is True
        assert manifest["notices"] == 5
        assert (manifest["notices_given"], manifest["notices_not_given"]) == (3, 2)
        for member in manifest["files"]:
            assert sha256(content.read(member["path"])).hexdigest() == member["sha256"]
        rows = {member["path"]: member["rows"] for member in manifest["files"]}
        assert rows["notices.csv"] == rows["notices.jsonl"] == 5
        assert rows["deliveries.jsonl"] == manifest["deliveries"] == 4
        assert rows["activations.csv"] == manifest["activations"] == 4
        assert b"'=HYPERLINK" in content.read("notices.csv")
        deliveries = [json.loads(line) for line in content.read("deliveries.jsonl").splitlines()]
        assert all(one["headers"]["Message-ID"] == one["message_id"] for one in deliveries)
        kinds = {
            json.loads(line)["kind"] for line in content.read("log-of-acts.jsonl").splitlines()
        }
        assert {
            "policy:version:announced",
            "policy:version:given",
            "policy:version:voided",
        } <= kinds
        assert "Evidence of version 2" in content.read("README.txt").decode()
