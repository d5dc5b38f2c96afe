"""What mail providers tell us: only who knows the secret is believed, and only about its mail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from compliance.notices.models import Delivery, MailEvent
from retention import clock
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import Scene, activation_of, states

State = Delivery.State
SECRET = "events:a-secret-of-more-than-32-characters"
KEY = "signing-key-of-more-than-thirty-two-characters"


@pytest.fixture
def sent(scene: Scene, smtp: MailServer, settings: Any) -> Delivery:
    settings.ROOT_URLCONF = "tests.compliance.notices.hook_urls"
    settings.PUBLIC_URL = "https://data.example.com"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = False
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    return Delivery.objects.get()


def postmark(delivery: Delivery, secret: str = SECRET, **facts: Any) -> int:
    event = {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": 42,
        "Email": delivery.address,
        "BouncedAt": "2026-11-22T10:00:00Z",
        "Details": "smtp;550 5.1.1 no such user",
        "Metadata": {"delivery": str(delivery.pk)},
        "MessageID": "a-b-c",
        **facts,
    }
    basic = base64.b64encode(secret.encode()).decode()
    answer = Client().post(
        "/hooks/mail/postmark/tracking/",
        json.dumps(event),
        content_type="application/json",
        headers={"Authorization": f"Basic {basic}"},
    )
    return answer.status_code


def test_a_hard_bounce_takes_the_notice_back(sent: Delivery) -> None:
    assert postmark(sent) == 200
    assert states() == [(State.BOUNCED, "came_back")]
    assert activation_of(sent.notice.customer) is None
    [event] = MailEvent.objects.all()
    assert (event.kind, event.source, event.event_id) == ("hard_bounce", "postmark", "42")


def test_told_twice_it_is_written_down_once(sent: Delivery) -> None:
    assert [postmark(sent), postmark(sent)] == [200, 200]
    assert MailEvent.objects.count() == 1


@pytest.mark.parametrize("secret", ["", "events:wrong", "a:b"])
def test_nobody_is_believed_without_the_secret(sent: Delivery, secret: str) -> None:
    assert postmark(sent, secret) == 400
    assert not MailEvent.objects.exists()
    assert activation_of(sent.notice.customer) is not None


@pytest.mark.parametrize(
    ("facts", "kind", "state"),
    [
        ({"Type": "SoftBounce", "Details": "smtp;452 4.2.2 full"}, "soft_bounce", State.SENT),
        ({"Type": "SoftBounce", "Details": ""}, "soft_bounce", State.SENT),
        ({"Type": "Transient"}, "deferred", State.SENT),
        ({"Type": "BadEmailAddress"}, "refused", State.BOUNCED),
        ({"RecordType": "Delivery", "DeliveredAt": "2026-11-22T10:00:00Z"}, "delivered",
         State.DELIVERED),
    ],
)  # fmt: skip
def test_each_event_is_taken_for_what_it_is(
    sent: Delivery, facts: dict[str, str], kind: str, state: str
) -> None:
    assert postmark(sent, **facts) == 200
    assert [event.kind for event in MailEvent.objects.all()] == [kind]
    assert states()[0][0] == state


@pytest.mark.parametrize(
    "facts",
    [
        {"Type": "AutoResponder"},
        {"RecordType": "Open"},
        {"RecordType": "Click"},
        {"Type": "SpamComplaint", "RecordType": "SpamComplaint"},
        {"Email": "somebody@else.example"},
        {"Metadata": {}},
        {"Metadata": {"delivery": "nonsense"}},
        {"Metadata": {"delivery": "00000000-0000-0000-0000-000000000000"}},
    ],
)
def test_what_is_not_about_the_mail_changes_nothing(sent: Delivery, facts: dict[str, Any]) -> None:
    assert postmark(sent, **facts) == 200
    assert not MailEvent.objects.exists()
    assert activation_of(sent.notice.customer) is not None


def test_a_mail_is_found_by_the_providers_own_id_too(sent: Delivery) -> None:
    Delivery.objects.filter(pk=sent.pk).update(provider_id="a-b-c")
    assert postmark(sent, Metadata={}) == 200
    assert MailEvent.objects.count() == 1


def mailgun(delivery: Delivery, key: str = KEY, event: str = "failed") -> int:
    token, timestamp = "t" * 50, str(int(clock.host_now().timestamp()))
    mac = hmac.new(key.encode(), (timestamp + token).encode(), hashlib.sha256).hexdigest()
    told = {
        "signature": {"token": token, "timestamp": timestamp, "signature": mac},
        "event-data": {
            "event": event,
            "severity": "permanent",
            "recipient": delivery.address,
            "timestamp": 1764000000.5,
            "message": {"headers": {"message-id": delivery.message_id.strip("<>")}},
            "delivery-status": {"message": "550 5.1.1 unknown user"},
        },
    }
    answer = Client().post(
        "/hooks/mail/mailgun/tracking/", json.dumps(told), content_type="application/json"
    )
    return answer.status_code


def test_a_signed_event_about_our_message_id_is_believed(sent: Delivery, settings: Any) -> None:
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": KEY}
    assert mailgun(sent) == 200
    assert states() == [(State.BOUNCED, "came_back")]


def test_an_event_that_is_signed_with_another_key_is_not(sent: Delivery, settings: Any) -> None:
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": KEY}
    assert mailgun(sent, key="another") == 400
    assert not MailEvent.objects.exists()


def test_without_a_provider_there_is_no_address() -> None:
    with pytest.raises(Resolver404):
        resolve("/hooks/mail/postmark/tracking/")
