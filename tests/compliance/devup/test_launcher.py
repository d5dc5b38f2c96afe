"""The embedded servers: whoever starts them, wherever they lie, however the starter dies."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from compliance.devup import child
from compliance.devup.bootstrap import ROOT
from compliance.devup.child import Account
from compliance.devup.console import Refused
from compliance.devup.postgres import Postgres
from compliance.devup.services import Services, reachable
from compliance.devup.sockets import socket_folder
from compliance.devup.state import State
from tests.compliance.devup.witness import holds_within, processes_of

START_AND_WAIT = """
import sys, time
from pathlib import Path
from compliance.devup.services import Services
from compliance.devup.state import State
state = State(Path(sys.argv[1]))
state.make()
services = Services(state, {}, fast=True)
services.start()
print("started", flush=True)
time.sleep(60)
"""
# A user without a name, a home or a password: only the kernel knows it.
STRANGER = 12345


def start_elsewhere(
    folder: Path, environment: dict[str, str], account: Account | None = None
) -> subprocess.Popen[bytes]:
    """A process that started the servers of the folder and waits."""
    reader, writer = os.pipe()
    process = child.spawn(
        [sys.executable, "-c", START_AND_WAIT, folder],
        parent_died=signal.SIGKILL,
        output=writer,
        env=environment,
        cwd=ROOT,
        account=account,
    )
    os.close(writer)
    said = b""
    with open(reader, "rb") as lines:
        for line in lines:
            said += line
            if line == b"started\n":
                return process
    process.wait()
    raise AssertionError(said.decode())


def looked_after(services: Services) -> bool:
    services.look_after()
    return not services.dead()


def ask(url: str, question: str) -> str:
    with psycopg.connect(url) as db:
        row = db.execute(question.encode()).fetchone()
    assert row is not None
    return str(row[0])


def test_it_starts_both_servers_and_says_where_they_are(services: Services) -> None:
    urls = services.urls()
    assert ask(urls["DATABASE_URL"], "SELECT current_database()") == "sandglass"
    assert reachable(services.state, {}) == urls


def test_the_database_is_utf8_with_checksums_and_one_order_everywhere(services: Services) -> None:
    url = services.urls()["DATABASE_URL"]
    assert ask(url, "SHOW server_encoding") == "UTF8"
    assert ask(url, "SHOW data_checksums") == "on"
    provider = (
        "SELECT concat(datlocprovider, datlocale) FROM pg_database WHERE datname = 'sandglass'"
    )
    assert ask(url, provider) == "bC.UTF-8"


def test_no_statement_and_no_value_reaches_the_log_of_the_database(services: Services) -> None:
    url = services.urls()["DATABASE_URL"]
    for question in (
        "SELECT 'needle-one'::int",
        "SELECT needle_two",
        "DO $$ BEGIN RAISE EXCEPTION 'needle-three'; END $$",
        "DO $$ BEGIN RAISE WARNING 'needle-four'; END $$",
    ):
        with psycopg.connect(url, autocommit=True) as db:
            try:
                db.execute(question.encode())
            except psycopg.Error:
                continue
    assert "needle" not in (services.state.logs / "postgres.log").read_text()


def test_nobody_else_can_reach_the_servers(services: Services) -> None:
    state = services.state
    for place in (state.folder, state.folder / "postgres" / "run", state.folder / "valkey"):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    for socket in ("postgres/run/.s.PGSQL.5432", "valkey/valkey.sock"):
        assert stat.S_IMODE((state.folder / socket).stat().st_mode) == 0o700


def test_it_starts_in_a_home_that_is_closed_to_everybody(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    state = State(home / "deeper" / "state")
    state.make()
    running = Services(state, {}, fast=True)
    url = running.start()["DATABASE_URL"]
    try:
        assert ask(url, "SELECT 1") == "1"
    finally:
        running.stop()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_it_starts_where_the_path_is_too_long_for_a_socket(folder: Path) -> None:
    state = State(folder / ("x" * 100) / ("y" * 100))
    state.make()
    running = Services(state, {}, fast=True)
    urls = running.start()
    try:
        assert ask(urls["DATABASE_URL"], "SELECT 1") == "1"
        assert reachable(state, {}) == urls
        places = [server.sockets for server in running.servers.values()]
        assert all(stat.S_IMODE(place.stat().st_mode) == 0o700 for place in places)
    finally:
        running.stop()
    assert not any(place.exists() for place in places)


def test_what_somebody_else_put_in_the_place_of_the_socket_is_not_used(folder: Path) -> None:
    long = folder / ("x" * 120)
    place = socket_folder(long, name="a.sock", account=None)
    place.chmod(0o777)
    with pytest.raises(Refused, match="not a private folder"):
        socket_folder(long, name="a.sock", account=None)
    place.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_as_root_the_database_runs_as_nobody_and_may_do_no_more_than_search(
    services: Services,
) -> None:
    database = services.servers["DATABASE_URL"]
    assert database.process is not None
    status = Path(f"/proc/{database.process.pid}/status").read_text()
    uids = status.partition("Uid:")[2].split()[:4]
    assert uids == ["65534"] * 4
    effective = int(status.partition("CapEff:")[2].split()[0], 16)
    search_or_override = 1 << child.CAP_DAC_READ_SEARCH, 1 << child.CAP_DAC_OVERRIDE
    assert effective in (0, *search_or_override)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a plain user here")
def test_it_starts_as_a_plain_user_without_a_name(
    folder: Path, environment: dict[str, str]
) -> None:
    os.chown(folder, STRANGER, STRANGER)
    # `search`: the interpreter itself may lie in root's home.
    account = Account(STRANGER, STRANGER, search=True)
    process = start_elsewhere(folder / "state", environment, account)
    data = folder / "state" / "postgres" / "data"
    assert data.stat().st_uid == STRANGER
    child.stop(process, by=signal.SIGKILL, patience=5)


def test_kill_9_of_the_starter_ends_the_servers_and_the_next_start_works(
    folder: Path, environment: dict[str, str]
) -> None:
    for _ in range(3):
        process = start_elsewhere(folder / "state", environment)
        assert len(processes_of(folder)) > 2
        child.stop(process, by=signal.SIGKILL, patience=5)
        assert holds_within(30, lambda: not processes_of(folder))


def test_the_next_start_waits_for_a_server_that_is_still_ending(
    folder: Path, environment: dict[str, str]
) -> None:
    for _ in range(3):
        process = start_elsewhere(folder / "state", environment)
        child.stop(process, by=signal.SIGKILL, patience=5)
    process = start_elsewhere(folder / "state", environment)
    child.stop(process, by=signal.SIGKILL, patience=5)


def test_a_killed_database_is_started_again_with_what_it_acknowledged(state: State) -> None:
    services = Services(state, {})
    services.start()
    database = services.servers["DATABASE_URL"]
    with psycopg.connect(database.url()) as db:
        db.execute("CREATE TABLE kept AS SELECT 42 AS n")
    assert database.process is not None
    child.stop(database.process, by=signal.SIGKILL, patience=5)
    assert [server.name for server in services.dead()] == ["PostgreSQL"]
    try:
        assert holds_within(30, lambda: looked_after(services))
        assert ask(database.url(), "SELECT n FROM kept") == "42"
    finally:
        services.stop()


def test_a_stale_pid_that_lives_again_does_not_keep_the_database_from_starting(
    services: Services,
) -> None:
    database = services.servers["DATABASE_URL"]
    assert isinstance(database, Postgres)
    database.stop()
    # After a reboot the number belongs to somebody else: here to this test.
    (database.data / "postmaster.pid").write_text(f"{os.getpid()}\n{database.data}\n0\n5432\n")
    database.start()
    assert ask(database.url(), "SELECT 1") == "1"


def test_data_whose_making_was_interrupted_is_made_anew(state: State) -> None:
    half = state.folder / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    running = Services(state, {}, fast=True)
    try:
        assert ask(running.start()["DATABASE_URL"], "SELECT 1") == "1"
    finally:
        running.stop()


@pytest.mark.parametrize("name", ["DATABASE_URL", "BROKER_URL"])
def test_a_server_that_is_named_by_the_environment_is_not_started(state: State, name: str) -> None:
    assert name not in Services(state, {name: "somewhere"}).servers


def test_a_server_that_cannot_start_says_why(state: State) -> None:
    data = state.folder / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    running = Services(state, {}, fast=True)
    with pytest.raises(Refused, match="PostgreSQL did not start"):
        running.start()
