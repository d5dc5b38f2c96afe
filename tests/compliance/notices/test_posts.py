"""Notices posted to webhooks: signed, to the judged address, never counted as given."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
from django.db import IntegrityError, connection, transaction

from compliance.notices import posts
from compliance.notices.models import Delivery
from compliance.notices.withdraw import withdraw
from compliance.webhooks import addresses, send
from compliance.webhooks.endpoints import add_endpoint, end_endpoint, secret
from compliance.webhooks.errors import BadEndpoint, StaleEndpoint
from compliance.webhooks.models import Endpoint
from retention import clock
from retention.actor import SYSTEM
from retention.ledger.models import Entry
from retention.policies.models import PolicyVersion
from tests.compliance.notices.conftest import Scene, activation_of, notice_of, states
from tests.compliance.webhooks.receiver import NAME, Receiver, receiver

State = Delivery.State


@pytest.fixture
def hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver that the name leads to, as if 127.0.0.1 were a public address."""
    folder = tmp_path / "tls"
    folder.mkdir()
    real = ssl.create_default_context
    with receiver(folder) as made:
        trusted = str(folder / "cert.pem")
        monkeypatch.setattr(ssl, "create_default_context", lambda: real(cafile=trusted))
        monkeypatch.setattr(send, "resolve", lambda host, port: ["127.0.0.1"])
        yield made


def endpoint(scene: Scene, hooks: Receiver, host: str = NAME) -> tuple[Endpoint, str]:
    acme = scene.customer("Acme")
    url = f"https://{host}:{hooks.port}/in"
    return add_endpoint(acme, url=url, by=scene.by, now=clock.now())


def test_a_notice_is_posted_signed_and_does_not_count_as_given(
    scene: Scene, hooks: Receiver
) -> None:
    made, shown = endpoint(scene, hooks)
    scene.announce()
    scene.write()
    assert posts.post_waiting() == 1
    [(path, headers, body)] = hooks.posts
    assert path == "/in"
    told = standardwebhooks.Webhook(shown).verify(body, headers)
    notice = notice_of(made.customer)
    assert told["type"] == "notice.published"
    assert told["data"]["notice"] == str(notice.pk)
    assert told["data"]["text"] == notice.text
    assert headers["webhook-id"] == str(Delivery.objects.get().pk)
    assert states() == [(State.DELIVERED, "")]
    assert activation_of(made.customer) is None
    assert posts.post_waiting() == 0


def test_a_body_that_was_changed_on_its_way_is_told_by_the_signature(
    scene: Scene, hooks: Receiver
) -> None:
    _, shown = endpoint(scene, hooks)
    scene.announce()
    scene.write()
    posts.post_waiting()
    [(_, headers, body)] = hooks.posts
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(shown).verify(body.replace(b"90 days", b"99 days"), headers)


@pytest.mark.parametrize("status", [301, 307, 400, 429, 500, 503])
def test_whatever_is_no_yes_is_tried_again_and_no_redirect_is_followed(
    scene: Scene, hooks: Receiver, status: int
) -> None:
    endpoint(scene, hooks)
    scene.announce()
    scene.write()
    hooks.status, hooks.headers = status, {"Location": f"https://{NAME}:{hooks.port}/elsewhere"}
    assert posts.post_waiting() == 0
    assert [path for path, _, _ in hooks.posts] == ["/in"]
    assert states() == [(State.WAITING, f"answered_{status}")]
    assert posts.post_waiting() == 0
    hooks.status = 200
    Delivery.objects.update(next_try_at=clock.host_now())
    assert posts.post_waiting() == 1
    assert len({headers["webhook-id"] for _, headers, _ in hooks.posts}) == 1


def test_gone_means_gone_and_tries_end(scene: Scene, hooks: Receiver) -> None:
    endpoint(scene, hooks)
    scene.announce()
    scene.write()
    hooks.status = 500
    for _ in range(posts.MOST_TRIES + 2):
        Delivery.objects.filter(state="waiting").update(next_try_at=clock.host_now())
        posts.post_waiting()
    assert states() == [(State.REFUSED, "answered_500")]
    assert len(hooks.posts) == posts.MOST_TRIES


def test_410_is_not_asked_again(scene: Scene, hooks: Receiver) -> None:
    endpoint(scene, hooks)
    scene.announce()
    scene.write()
    hooks.status = 410
    posts.post_waiting()
    assert states() == [(State.REFUSED, "answered_410")]


def test_a_certificate_for_another_name_is_no_endpoint(scene: Scene, hooks: Receiver) -> None:
    endpoint(scene, hooks, "other.acme.example")
    scene.announce()
    scene.write()
    assert posts.post_waiting() == 0
    assert hooks.posts == []
    assert states() == [(State.WAITING, "no_connection")]


def test_a_name_that_leads_inside_is_not_posted_to(
    scene: Scene, hooks: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint(scene, hooks)
    scene.announce()
    scene.write()
    monkeypatch.setattr(send, "resolve", addresses.resolve)
    monkeypatch.setattr(
        addresses.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", 443))]
    )
    assert posts.post_waiting() == 0
    assert hooks.posts == []
    assert states() == [(State.WAITING, "address_not_public")]


def test_who_died_while_it_posted_posts_again(scene: Scene, hooks: Receiver) -> None:
    endpoint(scene, hooks)
    scene.announce()
    scene.write()
    assert posts.claim(Delivery.objects.get().pk, clock.host_now())
    assert posts.post_waiting() == 0
    Delivery.objects.update(claimed_at=clock.host_now() - posts.LONGEST * 1.1)
    assert posts.post_waiting() == 1


def test_an_ended_webhook_gets_nothing_more_and_stays_ended(scene: Scene, hooks: Receiver) -> None:
    made, _ = endpoint(scene, hooks)
    scene.announce()
    scene.write()
    end_endpoint(made, by=scene.by, now=clock.now())
    assert posts.post_waiting() == 0
    assert states() == [(State.DROPPED, "endpoint_ended")]
    with pytest.raises(StaleEndpoint):
        end_endpoint(made, by=scene.by, now=clock.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Endpoint.objects.update(ended_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Endpoint.objects.update(url="https://other.example/")
    kinds = Entry.objects.filter(kind__startswith="webhook:").values_list("kind", flat=True)
    assert sorted(kinds) == ["webhook:endpoint:added", "webhook:endpoint:ended"]


def test_a_withdrawal_is_posted_to_whom_the_change_was(scene: Scene, hooks: Receiver) -> None:
    endpoint(scene, hooks)
    scene.announce()
    scene.write()
    posts.post_waiting()
    withdraw(PolicyVersion.objects.get(number=2), by=scene.by, now=clock.now())
    scene.write()
    assert posts.post_waiting() == 1
    assert json.loads(hooks.posts[-1][2])["type"] == "notice.withdrawn"


def test_a_secret_is_one_endpoints_own_and_lies_in_no_table(scene: Scene, hooks: Receiver) -> None:
    made, shown = endpoint(scene, hooks)
    bank = scene.customer("Bank")
    other, others = add_endpoint(bank, url=made.url, by=SYSTEM, now=clock.now())
    assert shown == secret(made) != others == secret(other)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM compliance_endpoint e WHERE e::text LIKE %s",
                       [f"%{shown[6:20]}%"])  # fmt: skip
        assert cursor.fetchone() == (0,)
    with pytest.raises(BadEndpoint):
        add_endpoint(bank, url=made.url, by=SYSTEM, now=clock.now())
    with pytest.raises(BadEndpoint):
        add_endpoint(bank, url="http://acme.example/", by=SYSTEM, now=clock.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Endpoint.objects.create(customer=bank, url="http://a.example/", created_at=clock.now())


def test_headers_carry_the_time_of_the_try() -> None:
    now = datetime.fromisoformat("2026-11-22T10:00:00+00:00")
    first = send.headers("{}", "whsec_c2VjcmV0", "id", now)
    second = send.headers("{}", "whsec_c2VjcmV0", "id", now + timedelta(minutes=5))
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 300
    assert first["webhook-signature"] != second["webhook-signature"]


def test_nothing_of_the_service_is_named_in_what_is_posted(scene: Scene, hooks: Receiver) -> None:
    endpoint(scene, hooks)
    scene.announce()
    scene.write()
    posts.post_waiting()
    headers: Any = hooks.posts[0][1]
    assert headers["User-Agent"] == "Sandglass"
    assert "Authorization" not in headers
