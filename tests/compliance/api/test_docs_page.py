"""The docs page: what it shows is what a reader's shell and Python get to run here."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import types
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from compliance.api import urls
from tests.compliance.api.conftest import Served

BETWEEN = "-----between-----"
# So many characters of code fit beside the margins.
WIDEST = 80


class Blocks(HTMLParser):
    """The examples of a page, and every link in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.shell: list[str] = []
        self.python: dict[str, str] = {}
        self.ids: set[str] = set()
        self.links: list[str] = []
        self._open: dict[str, str | None] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag == "pre":
            self._open = facts
            if facts.get("data-run") == "sh":
                self.shell.append("")
        self.ids |= {facts["id"] or ""} if "id" in facts else set()
        self.links += [facts["href"] or ""] if tag == "a" else []

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._open = {}

    def handle_data(self, data: str) -> None:
        if self._open.get("data-run") == "sh":
            self.shell[-1] += data
        elif file := self._open.get("data-file"):
            self.python[file] = self.python.get(file, "") + data


def html() -> str:
    answer = Client().get("/api/docs/")
    assert answer.status_code == 200
    return answer.content.decode()


def page() -> Blocks:
    return Blocks(html())


class Reader:
    """Somebody with this page, curl and Python."""

    def __init__(self, folder: Path, served: Served) -> None:
        self.folder, self.page = folder, page()
        settings, *self.shell = self.page.shell
        for key in (served.ingest, served.read):
            settings = settings.replace("sg_…", key, 1)
        self.settings = settings

    def session(self, *scripts: str) -> list[str]:
        """What each prints, one after the other in one shell, after the settings."""
        together = f"\necho {BETWEEN}\n".join((self.settings, *scripts))
        return self.run(together).split(BETWEEN)[1:]

    def run(self, script: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            check=False,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def parsed(printed: str) -> list[Any]:
    """Each JSON value in it."""
    text, found = printed.strip(), []
    while text:
        value, end = json.JSONDecoder().raw_decode(text)
        found.append(value)
        text = text[end:].strip()
    return found


@pytest.fixture
def reader(served: Served, tmp_path: Path) -> Reader:
    return Reader(tmp_path, served)


def test_every_command_shown_works_in_the_order_shown(reader: Reader, served: Served) -> None:
    attempt, first, again, batch, later, delivered, read, told, wrong = reader.session(
        *reader.shell
    )
    assert parsed(attempt)[0]["in_force"]["version"] == 1
    [sent] = parsed(first)
    assert sent["receipt"]["stored"] == 1
    assert {kept["class"] for kept in sent["results"][0]["records"]} == {
        *("prompt", "snippet", "response"),
    }
    assert parsed(again)[0]["results"][0]["status"] == "duplicate"
    [mixed] = parsed(batch)
    assert [result["status"] for result in mixed["results"]] == ["stored", "refused"]
    assert "model" in mixed["results"][1]["errors"]
    assert [part["status"] for part in parsed(later)] == ["stored", "stored"]
    assert parsed(delivered)[0]["deleted"] == 1
    one, listed = parsed(read)
    texts = {record["class"]: record["content"].get("text") for record in one["records"]}
    assert texts["snippet"] == "eval(x)"
    assert texts["response"].startswith("Yes")
    assert len(listed["results"]) == 1
    assert listed["next"].startswith(served.address)
    assert parsed(told) == [{"next": None, "results": []}]
    assert "403" in wrong.strip().splitlines()[0]
    assert f'"type":"{served.address}/api/problems/scope_missing/"' in wrong


def test_every_command_shown_may_be_run_twice(reader: Reader) -> None:
    *_, first, _, batch, later, delivered, read, _, _ = reader.session(*reader.shell, *reader.shell)
    assert parsed(first)[0]["results"][0]["status"] == "duplicate"
    assert [one["status"] for one in parsed(batch)[0]["results"]] == ["duplicate", "refused"]
    assert [part["status"] for part in parsed(later)] == ["duplicate", "duplicate"]
    assert parsed(delivered)[0]["deleted"] == 0
    assert parsed(read)[0]["records"]


def test_they_may_be_run_anew_in_another_shell(reader: Reader) -> None:
    _, first, *_ = reader.session(*reader.shell)
    reader.settings += "\nNOW=$(date -u -d '1 minute ago' +%Y-%m-%dT%H:%M:%SZ) DAY=${NOW%T*}"
    _, anew, *_ = reader.session(*reader.shell)
    assert {parsed(sent)[0]["results"][0]["status"] for sent in (first, anew)} == {"stored"}


def test_the_client_shown_works_as_it_is(reader: Reader) -> None:
    for name, text in reader.page.python.items():
        (reader.folder / name).write_text(text)
    assert set(reader.page.python) == {"sandglass_client.py", "use.py"}
    for printed in reader.session(f"{sys.executable} use.py", f"{sys.executable} use.py"):
        stored, later, *listed = printed.strip().splitlines()
        assert re.match(r"python-\S+ stored \{'prompt': '20", stored)
        assert later == "stored"
        assert stored.split()[0] in {line.split()[0] for line in listed}


@pytest.fixture
def shown() -> Any:
    """The client as it stands on the page; its pauses take no time."""
    source = page().python["sandglass_client.py"]
    module = types.ModuleType("sandglass_client")
    exec(compile(source, "sandglass_client.py", "exec"), vars(module))
    at = [0.0]
    clock = SimpleNamespace(monotonic=lambda: at[0], sleep=lambda s: at.__setitem__(0, at[0] + s))
    module.time = clock  # type: ignore[attr-defined]
    return module


def fails(module: Any, failure: Callable[[], Exception]) -> list[str]:
    """Every request of the client's fails like that; the list names them."""
    asked: list[str] = []

    def opened(request: Any, timeout: float) -> None:
        asked.append(request.method)
        raise failure()

    module.urllib = SimpleNamespace(
        request=SimpleNamespace(Request=urllib.request.Request, urlopen=opened),
        error=urllib.error,
    )
    return asked


def refusal(status: int, **told: Any) -> Exception:
    headers = Message()
    return urllib.error.HTTPError("", status, "", headers, BytesIO(json.dumps(told).encode()))


def test_the_client_shown_repeats_no_get_that_is_not_found(shown: Any) -> None:
    for method in ("GET", "POST"):
        asked = fails(shown, lambda: refusal(404, code="unknown_exchange", retryable=True))
        with pytest.raises(RuntimeError, match="unknown_exchange"):
            shown.call(method, "/x", "key")
        assert (len(asked) == 1) is (method == "GET")


def test_the_client_shown_gives_up_after_its_minutes_and_says_why(shown: Any) -> None:
    for failure, said in (
        (lambda: refusal(503, code="storage_full", retryable=True), "storage_full"),
        (lambda: http.client.IncompleteRead(b""), "IncompleteRead"),
        (lambda: ConnectionResetError("gone"), "ConnectionResetError"),
        (lambda: refusal(502), "502"),
    ):
        began = shown.time.monotonic()
        asked = fails(shown, failure)
        with pytest.raises(RuntimeError, match=said):
            shown.call("POST", "/x", "key", {})
        assert len(asked) > 5
        assert 60 * (shown.MINUTES - 1) <= shown.time.monotonic() - began <= 60 * shown.MINUTES


def test_no_line_shown_is_too_long_for_the_page() -> None:
    shown = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", html(), re.DOTALL)
    lines = [unescape(line) for block in shown for line in block.splitlines()]
    assert [line for line in lines if len(line) > WIDEST] == []


def test_the_way_back_to_the_contents_ends_every_section() -> None:
    text = html()
    assert text.count('<a href="#contents">') == text.count("<h2 ")
    assert 'id="contents"' in text


def test_every_link_leads_somewhere() -> None:
    found = page()
    for link in found.links:
        if link.startswith("#"):
            assert not link[1:] or link[1:] in found.ids
        elif link.startswith("/"):
            assert Client().get(link.partition("#")[0]).status_code in (200, 302), link


def test_every_address_of_the_api_is_on_the_page() -> None:
    text = Client().get("/api/docs/").content.decode()
    for found in urls.urlpatterns:
        route = re.sub(r"<\w+:\w+>", "{id}", str(found.pattern))
        last = route.rpartition("{id}")[2].strip("/") or route.partition("/{id}")[0]
        if route.startswith(("api/v1", "healthz", "readyz")):
            assert last in text, route


def test_the_page_needs_neither_key_nor_script() -> None:
    text = Client().get("/api/docs/").content.decode()
    assert "<script" not in text
    assert "style=" not in text
    assert "data.example.com" not in text
