"""The docs page: what it shows is what a reader's shell and Python get to run here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from compliance.api import urls
from tests.compliance.api.conftest import Served


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


def page() -> Blocks:
    answer = Client().get("/api/docs/")
    assert answer.status_code == 200
    return Blocks(answer.content.decode())


class Reader:
    """Somebody with this page, curl and Python."""

    def __init__(self, folder: Path, served: Served) -> None:
        self.folder, self.page = folder, page()
        settings, *self.shell = self.page.shell
        for key in (served.ingest, served.read):
            settings = settings.replace("sg_…", key, 1)
        self.settings = settings + "\n"

    def run(self, script: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.settings + script],
            check=False,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def parsed(self, script: str) -> list[Any]:
        """Each JSON value that it prints."""
        text, found = self.run(script).strip(), []
        while text:
            value, end = json.JSONDecoder().raw_decode(text)
            found.append(value)
            text = text[end:].strip()
        return found


@pytest.fixture
def reader(served: Served, tmp_path: Path) -> Reader:
    return Reader(tmp_path, served)


def test_every_command_shown_works_in_the_order_shown(reader: Reader, served: Served) -> None:
    attempt, first, again, batch, later, delivered, read, wrong = reader.shell
    assert reader.parsed(attempt)[0]["in_force"]["version"] == 1
    [sent] = reader.parsed(first)
    assert sent["receipt"]["stored"] == 1
    assert {kept["class"] for kept in sent["results"][0]["records"]} == {
        *("prompt", "snippet", "response"),
    }
    assert reader.parsed(again)[0]["results"][0]["status"] == "duplicate"
    [mixed] = reader.parsed(batch)
    assert [result["status"] for result in mixed["results"]] == ["stored", "refused"]
    assert "model" in mixed["results"][1]["errors"]
    assert [part["status"] for part in reader.parsed(later)] == ["stored", "stored"]
    assert reader.parsed(delivered)[0]["deleted"] == 1
    one, listed = reader.parsed(read)
    texts = {record["class"]: record["content"].get("text") for record in one["records"]}
    assert texts["snippet"] == "eval(x)"
    assert texts["response"].startswith("Yes")
    assert len(listed["results"]) == 1
    assert listed["next"].startswith(served.address)
    shown = reader.run(wrong)
    assert "403" in shown.splitlines()[0]
    assert f'"type":"{served.address}/api/problems/scope_missing/"' in shown


def test_the_client_shown_works_as_it_is(reader: Reader) -> None:
    for name, text in reader.page.python.items():
        (reader.folder / name).write_text(text)
    assert set(reader.page.python) == {"sandglass_client.py", "use.py"}
    printed = reader.run(f"{sys.executable} use.py").splitlines()
    assert re.match(r"python-1 stored \{'prompt': '20", printed[0])
    assert printed[1] == "stored"
    assert printed[2].startswith("python-1 20")


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
