"""Logs hold one JSON object a line, and neither content nor a person, at any level.

The programs are started as `up` starts them, at the lowest level, and fed with words that occur
nowhere else. The control runs the same with logs as other projects have them: there the words are
found, so the search can find them.
"""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from django.db import connections

from compliance.devup.bootstrap import ROOT
from compliance.devup.programs import programs
from compliance.devup.state import State
from compliance.people.models import User
from tests.cast import PASSWORD, Cast
from tests.compliance.project.marks import mark, marks_in
from tests.conftest import Live

CELERY_SAYS_GOODBYE = {"", "worker: Warm shutdown (MainProcess)"}
LEAKY = {"DJANGO_SETTINGS_MODULE": "tests.compliance.project.leaky_settings"}
MAIL = f"{mark('mail')}@acme.example"


@dataclass
class Web:
    """The web server of `up`, and a client that sends whatever bytes it likes."""

    port: int
    process: subprocess.Popen[bytes]

    def say(self, raw: str) -> str:
        """The answer to these bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(raw.replace("\n", "\r\n").encode("latin-1"))
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode("latin-1")

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, str]:
        """Status, cookies and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = body if body is None or isinstance(body, str) else json.dumps(body)
        connection.request(method, path, sent, headers)
        answer = connection.getresponse()
        cookies = answer.headers.get_all("Set-Cookie") or []
        text = answer.read().decode()
        connection.close()
        return answer.status, "; ".join(cookie.partition(";")[0] for cookie in cookies), text


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Takes everything that a started program writes."""
    return tmp_path / "said.log"


@pytest.fixture
def start(live: Live, tmp_path: Path, log: Path) -> Iterator[Start]:
    """Starts one of the programs of `up` on the test's stores, at the lowest log level."""
    state = State(tmp_path / "state")
    state.make()
    running: list[subprocess.Popen[bytes]] = []

    def _start(name: str, *more: str, listener: int = 0, **env: str) -> subprocess.Popen[bytes]:
        program = next(p for p in programs(state, listener) if p.name == name)
        command = [str(word) for word in program.command]
        if env == LEAKY:
            command = [word.replace("compliance/devup/web.py", LEAKY_WEB) for word in command]
        env = {"LOG_LEVEL": "DEBUG", "BROKER_URL": "memory://", "SECRET_KEY": "x" * 50} | env
        env.setdefault("MFA_REQUIRED", "false")
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*command, *more],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[listener] if listener else [],
                env=live.environment() | {"STATE_DIR": str(state.folder)} | env,
            )
        running.append(process)
        return running[-1]

    yield _start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()


LEAKY_WEB = "tests/compliance/project/leaky_web.py"


def served(start: Start, **env: str) -> Web:
    """The web server, once it answers."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    web = Web(port, start("web", listener=listener.fileno(), **env))
    until = time.monotonic() + 60
    while time.monotonic() < until and web.process.poll() is None:
        try:
            if web.ask("GET", "/healthz")[0] == 200:
                listener.close()
                return web
        except OSError:
            time.sleep(0.1)
    raise AssertionError("The web server does not answer.")


def ended(process: subprocess.Popen[bytes], by: signal.Signals | None = None) -> None:
    """Waits for the end, of its own accord or by a signal."""
    if by is not None:
        process.send_signal(by)
    process.wait(timeout=60)


def exchange(**more: Any) -> dict[str, Any]:
    """An exchange with a word in each of its fields."""
    return {
        "id": mark("id"),
        "occurred_at": datetime.now(UTC).isoformat(),
        **{name: mark(name) for name in ("subprocessor", "model", "purpose", "account")},
        "source": {name: mark(name) for name in ("provider", "repository", "commit", "path")},
        "finding": {"id": mark("finding"), "rule": mark("rule")},
        "prompt": [
            {"type": "text", "text": mark("text")},
            {"type": "snippet", "path": mark("path"), "text": mark("code")},
        ],
        "response": {"text": mark("response")},
        "evaluation": {"verdict": mark("verdict").lower(), "feedback": mark("feedback")},
    } | more


def send_good_and_bad(web: Web, cast: Cast) -> None:
    """Exchanges of every fate, later parts, look-ups, keys that are none."""
    key = {"Authorization": f"Bearer {cast.acme.ingest}", "Content-Type": "application/json"}
    reader = {"Authorization": f"Bearer {cast.acme.read}"}
    bad = [
        exchange(id=mark("id") + " " * 300),
        exchange(**{mark("unknownfield"): 1}),
        exchange(id=mark("other"), retain_days=mark("number")),
        exchange(occurred_at=mark("time")),
    ]
    assert web.ask("POST", EXCHANGES, {"exchanges": [exchange(), *bad]}, **key)[0] == 200
    assert web.ask("POST", EXCHANGES, {"exchanges": [exchange()]}, **key)[0] == 200
    assert web.ask("POST", EXCHANGES, '{"exchanges": [' + mark("broken"), **key)[0] == 400
    assert web.ask("POST", EXCHANGES, mark("zipped"), **key, **{"Content-Encoding": "gzip"})[0]
    path = f"{EXCHANGES}/{mark('id')}"
    assert web.ask("POST", f"{path}/response", {"text": mark("later")}, **key)[0] == 409
    assert web.ask("POST", f"{path}/delivered", {}, **key)[0] == 200
    assert web.ask("GET", path, **reader)[0] == 200
    assert web.ask("GET", f"{path}?{mark('query')}={mark('value')}", **reader)[0] == 400
    assert web.ask("GET", path, Authorization=f"Bearer sg_{mark('key')}")[0] == 401
    assert web.ask("GET", "/api/schema/")[0] == 200


def break_the_database(live: Live, web: Web, cast: Cast) -> None:
    """A view that fails on rows which the database's message quotes, and one without its table."""
    params = connections["default"].get_connection_params()
    key = {"Authorization": f"Bearer {cast.acme.ingest}", "Content-Type": "application/json"}
    with psycopg.connect(
        host=params["host"], user=params["user"], dbname=live.database, autocommit=True
    ) as connection:
        rule = f"CHECK (external_id <> '{mark('detail')}')"
        connection.execute(f"ALTER TABLE retention_record ADD CONSTRAINT no {rule} NOT VALID")
        refused = {"exchanges": [exchange(id=mark("detail"))]}
        assert web.ask("POST", EXCHANGES, refused, **key)[0] == 500
        connection.execute("ALTER TABLE compliance_user RENAME TO away")
        sign_in(web, MAIL, PASSWORD, expect=500)


def sign_in(web: Web, email: str, password: str, *, expect: int) -> str:
    """Signs in as a browser does; the cookies."""
    _, cookies, page = web.ask("GET", "/accounts/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    form = urlencode({"login": email, "password": password, "csrfmiddlewaretoken": token[1]})
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
    status, more, _ = web.ask("POST", "/accounts/login/", form, **kind)
    assert status == expect
    return f"{cookies}; {more}"


def visit(web: Web) -> None:
    """People: a wrong and a right sign-in, a look into the admin, a password to be reset."""
    sign_in(web, MAIL, mark("password"), expect=200)
    cookies = sign_in(web, MAIL, PASSWORD, expect=302)
    assert web.ask("GET", f"/admin/?q={mark('query')}", Cookie=cookies)[0] == 200
    page = web.ask("GET", "/accounts/password/reset/", Cookie=cookies)[2]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    form = urlencode({"email": MAIL, "csrfmiddlewaretoken": token[1]})
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
    assert web.ask("POST", "/accounts/password/reset/", form, **kind)[0] == 302


def knock(web: Web) -> None:
    """Requests that no browser sends."""
    web.say(f"GET /{mark('address')} HTTP/1.1\nHost: localhost\n\n")
    web.say(f"{mark('method').upper()} / HTTP/1.1\nHost: localhost\nConnection: close\n\n")
    web.say(f"GET / HTTP/1.1\nHost: {mark('host')}\nConnection: close\n\n")
    web.say(f"GET /{mark('line')} {mark('protocol')}\n\n")
    web.say(f"GET / HTTP/1.1\n{mark('header')} no colon\n\n")
    web.say(f"POST {EXCHANGES} HTTP/1.1\nHost: x\nTransfer-Encoding: {mark('coding')}\n\n")
    web.say(f"GET /{'a' * 9000}{mark('long')} HTTP/1.1\nHost: localhost\n\n")
    web.say("POST / HTTP/1.1\nHost: localhost\nContent-Length: 99\n\n" + mark("cutoff"))


EXCHANGES = "/api/v1/exchanges"


def use_everything(start: Start, cast: Cast, live: Live, **env: str) -> None:
    """All of it, at one server, until it ends."""
    User.objects.create_superuser(MAIL, PASSWORD)
    web = served(start, **env)
    send_good_and_bad(web, cast)
    visit(web)
    knock(web)
    break_the_database(live, web, cast)
    ended(web.process, signal.SIGTERM)


def lines_of(log: Path) -> list[dict[str, Any]]:
    """Every line as the JSON object that it must be."""
    said = [line for line in log.read_text().splitlines() if line not in CELERY_SAYS_GOODBYE]
    lines = [json.loads(line) for line in said]
    assert all({"event", "level", "logger", "timestamp"} <= line.keys() for line in lines)
    return lines


def test_the_web_server_logs_no_content_and_no_person(
    start: Start, cast: Cast, live: Live, log: Path
) -> None:
    use_everything(start, cast, live)
    assert marks_in(log.read_text().lower()) == set()
    assert "127.0.0.1" not in log.read_text()
    events = lines_of(log)
    requests = [line for line in events if line["event"] == "request"]
    assert {"api/v1/exchanges", "api/v1/exchanges/<path:id>"} <= {r["route"] for r in requests}
    assert {200, 400, 401, 409, 500} <= {r["status"] for r in requests}
    assert "other" in {r["method"] for r in requests}
    assert {"CheckViolation", "IntegrityError"} & {line.get("exception") for line in events}
    assert {"gunicorn.error", "django.request"} <= {line["logger"] for line in events}


def test_control_the_web_server_without_the_filter_do_show_it(
    start: Start, cast: Cast, live: Live, log: Path
) -> None:
    use_everything(start, cast, live, **LEAKY)
    shown = marks_in(log.read_text().lower())
    assert {"detail", "address", "host", "protocol", "header"} <= shown


def test_the_worker_logs_no_content_whoever_says_it(start: Start, log: Path) -> None:
    ended(start("worker", "-I", "tests.compliance.project.talkative"))
    assert marks_in(log.read_text()) == set()
    events = lines_of(log)
    assert {"ValueError", "RuntimeError", "KeyError"} <= {e.get("exception") for e in events}
    assert {"celery.app.trace", "py.warnings", "compliance.process"} <= {
        e["logger"] for e in events
    }


def test_control_the_worker_without_the_filter_does_show_it(start: Start, log: Path) -> None:
    ended(start("worker", "-I", "tests.compliance.project.talkative", **LEAKY))
    assert {"argument", "text", "exception", "warning"} <= marks_in(log.read_text())


def test_the_worker_does_not_log_the_brokers_password(start: Start, log: Path) -> None:
    worker = start("worker", BROKER_URL=f"redis://:{mark('password')}@127.0.0.1:1/0")
    wait_for("celery.worker", log, worker)
    ended(worker, signal.SIGKILL)
    assert marks_in(log.read_text()) == set()
    assert lines_of(log)


def test_the_scheduler_logs_like_everybody_else(start: Start, log: Path, tmp_path: Path) -> None:
    schedule = tmp_path / "state" / "celerybeat-schedule"
    schedule.write_text(mark("schedule"))
    beat = start("beat")
    wait_for("celery.beat", log, beat)
    ended(beat, signal.SIGTERM)
    assert "celery.beat" in {line["logger"] for line in lines_of(log)}
    assert marks_in(log.read_text()) == set()
    assert str(schedule) not in log.read_text()


def wait_for(logger: str, log: Path, process: subprocess.Popen[bytes]) -> None:
    """Until that logger said something."""
    until = time.monotonic() + 60
    while f'"{logger}' not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)
