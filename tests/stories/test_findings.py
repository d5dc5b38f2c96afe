"""A week's flags, from the senders' bodies to an empty worklist, by the page's own forms (P8)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from itertools import cycle, islice
from typing import Any

import orjson
import pytest
from django.test import Client

from compliance.bench import samples
from compliance.customers.contacts import add_contact
from compliance.findings import send
from compliance.findings.count import count_up
from compliance.findings.models import Finding, FindingLetter
from retention import clock
from retention.actor import SYSTEM
from retention.expiry import partitions
from retention.ledger import sequence
from retention.records import flagged
from tests.cast import SINCE, Cast, Company, make_company
from tests.compliance.admin.conftest import signed_in

MONDAY = date(2026, 11, 16)
PAGE = "/admin/findings/"
# To whom the calls of the week went; the first flags most.
ROUTES = [
    ("openai", "proj_a1", "responses"),
    ("openai", "proj_a1", "batch"),
    ("openai", "proj_b2", "responses"),
    ("amazon-bedrock", "111122223333", "converse"),
    ("amazon-bedrock", "444455556666", "converse"),
    ("amazon-bedrock", "444455556666", "invoke"),
    ("mistral", "team-7", "chat"),
    ("anthropic", "ws-eu", "messages"),
]
FLAGS = ["no_finding"] * 5 + ["code_not_marked"] * 3 + ["no_content"] * 2
FLAGGED = 3000


def made(number: int, flag: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body as a careless sender posts it, so that it gets this flag; or as it should be."""
    names = dict(zip(("subprocessor", "account", "endpoint"), ROUTES[number % 8], strict=True))
    body = body | names
    if flag == "no_finding":
        body.pop("finding")
    elif flag == "code_not_marked":
        text = "\n".join(part["text"] for part in body["prompt"])
        body["prompt"] = [{"type": "text", "text": text}]
    elif flag == "no_content":
        body.pop("prompt")
        body["response"] = {"text": "", "finish_reason": "error"}
    return body


def bodies(at: datetime, flags: Iterator[str], number: int) -> Iterator[dict[str, Any]]:
    """So many flagged exchanges of real code and prose, and a tenth more without a flag."""
    sent = samples.exchanges(f"week-{at:%a}", number + number // 10, occurred_at=at.isoformat())
    for n, body in enumerate(sent):
        yield made(n, "" if n >= number else next(flags), body)


def post(company: Company, items: list[dict[str, Any]]) -> Counter[str]:
    answer = Client().post(
        "/api/v1/exchanges",
        orjson.dumps({"exchanges": items}),
        content_type="application/json",
        headers={"authorization": f"Bearer {company.ingest}"},
    )
    results = orjson.loads(answer.content)["results"]
    assert {result["status"] for result in results} == {"stored"}
    return Counter(flag for result in results for flag in result["flags"])


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Where the form about findings goes, and what it sends along unseen."""
    found = re.search(r'<form method="post" action="((?:/admin/findings/)?\?[^"]*)"', page)
    assert found
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page[found.start() :])
    return unescape(found[1]), dict(hidden)


class Desk:
    """An officer who presses buttons, and how often."""

    def __init__(self, client: Client) -> None:
        self.client, self.actions = client, 0

    def do(self, query: str, action: str, **fields: str) -> str:
        """Narrow the list, choose all that fit, do it: one press, as the form stands there."""
        page = self.client.get(PAGE + query).content.decode()
        there, hidden = form_of(page)
        asked = {**hidden, "which": "all", "action": action, **fields}
        return self._press(PAGE + there, asked)

    def confirm(self, page: str) -> str:
        """Press the button under what is shown first."""
        return self._press(*form_of(page))

    def _press(self, url: str, fields: dict[str, str]) -> str:
        self.actions += 1
        answer = self.client.post(url, fields, follow=True)
        assert answer.status_code == 200
        return answer.content.decode()


@pytest.fixture
def companies(cast: Cast) -> list[Company]:
    """Four customers, each with somebody to write to."""
    every = [cast.acme, cast.borealis, cast.cygnus, make_company("Delta")]
    for company in every:
        email = f"security@{company.customer.name.lower()}.example"
        add_contact(
            company.customer, name="Samir", email=email, role="security", by=SYSTEM, now=SINCE
        )
    return every


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)
    partitions.ensure(moment.date())


def minute() -> None:
    """What the worker does."""
    flagged.fold(today=clock.today())
    count_up(now=clock.now())
    sequence.sign_pending(now=clock.now())
    send.send_waiting()


def test_p8_a_weeks_three_thousand_flags_are_worked_off_in_under_twenty_actions(
    cast: Cast, companies: list[Company], monkeypatch: pytest.MonkeyPatch, mailoutbox: list[Any]
) -> None:
    flags, answered = islice(cycle(FLAGS), FLAGGED), Counter[str]()
    for n in range(7):
        noon = datetime.combine(MONDAY + timedelta(days=n), time(12), UTC)
        at(monkeypatch, noon)
        some = bodies(noon, flags, FLAGGED // 7 + (n < FLAGGED % 7))
        for company in cycle(companies):
            if not (items := list(islice(some, 60))):
                break
            answered += post(company, items)
        minute()
    assert answered["no_finding"] == 1500
    assert answered.total() == FLAGGED
    assert sum(Finding.objects.values_list("items", flat=True)) == FLAGGED
    assert Finding.objects.filter(state="open").count() == 24

    desk = Desk(signed_in(cast.olga))
    desk.do("", "assign", owner=str(cast.olga.pk))
    # P8: code that no alert asked for. Who sent it is told; what is known of it is written down.
    shown = desk.do("?kind=no_finding", "tell")
    assert "Write 4 letters" in shown
    assert "4 letters written" in desk.confirm(shown)
    assert "3 findings explained" in desk.do(
        "?kind=no_finding&vendor=openai", "explain", note="The nightly benchmark: our own code."
    )
    desk.do("?kind=no_finding&vendor=amazon-bedrock", "fix", note="Sender 4.2 names the alert.")
    desk.do("?kind=no_finding", "accept", note="A trial until Christmas.", until="2026-12-24")
    shown = desk.do("?kind=code_not_marked", "tell")
    desk.confirm(shown)
    desk.do("?kind=code_not_marked&customer=Acme", "fix", note="They mark snippets now.")
    desk.do("?kind=no_content&vendor=openai", "explain", note="Requests that timed out.")
    desk.do("?kind=no_content", "fix", note="The sender passes content on again.")
    assert not Finding.objects.filter(state="open").exists()
    assert desk.actions < 20
    assert "Nothing is open." in desk.client.get(PAGE).content.decode()
    assert FindingLetter.objects.count() == 8

    minute()
    assert sorted(mail.to for mail in mailoutbox) == sorted(
        letter.addresses for letter in FindingLetter.objects.all()
    )
    # One call more of the kind that was fixed: it is there again, and says so.
    monday = datetime.combine(MONDAY + timedelta(days=7), time(12), UTC)
    at(monkeypatch, monday)
    [body] = samples.exchanges("again", 1, occurred_at=monday.isoformat())
    post(cast.acme, [made(3, "no_finding", body)])
    minute()
    [again] = Finding.objects.filter(state="open")
    assert (again.kind, again.subprocessor) == ("no_finding", "amazon-bedrock")
    assert "Opened again" in desk.client.get(f"{PAGE}{again.pk}/").content.decode()
