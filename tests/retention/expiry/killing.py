"""Kill -9, for real: the run itself, or the database under it, at every step of the purge.

    python -m tests.retention.expiry.killing --victim run --times 20
    python -m tests.retention.expiry.killing --victim database --times 20

Starts a PostgreSQL of its own that writes durably, lets days end in it one after the other, kills
the victim at each step so many times, and looks after every death and after the run that follows
whether rows, vault and log of acts agree. Prints the figures as JSON; exit code 1 if anything ever
did not agree.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date, timedelta
from pathlib import Path

import django

from compliance.devup.postgres import Postgres
from compliance.devup.state import State, ensure_keys

ANYWHERE = "at any moment"
FIRST = date(2026, 3, 2)


def children(parent: int) -> list[int]:
    """The processes that this one started."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(place.parent.name))
    return found


class Server:
    """A durable PostgreSQL in a folder of ours, and the way to end it without a word."""

    def __init__(self, folder: Path) -> None:
        self.state = State(folder)
        self.state.make()
        ensure_keys(self.state, {})
        self.postgres = Postgres(self.state, pause=time.sleep)
        self.postgres.start()

    def environment(self) -> dict[str, str]:
        """For Django's settings."""
        return {
            "DJANGO_SETTINGS_MODULE": "compliance.project.settings",
            "STATE_DIR": str(self.state.folder),
            "DATABASE_URL": self.postgres.url(),
            "VAULT_URL": str(self.state.folder / "vault" / "vault.sqlite3"),
            "ROOT_KEY_FILE": str(self.state.root_key),
            "SECRET_KEY_FILE": str(self.state.secret_key),
            "LOG_LEVEL": "ERROR",
        }

    def kill(self) -> None:
        """Every process of it, in the middle of whatever they do."""
        process = self.postgres.process
        assert process
        sessions = children(process.pid)
        for pid in [process.pid, *sessions]:
            os.kill(pid, signal.SIGKILL)
        process.wait()

    def start_again(self) -> None:
        """Recover, as after a power cut."""
        self.postgres.start()


def days() -> Iterator[tuple[date, date]]:
    """Old days and the day on which each ends; no two end on the same day."""
    from retention.policies.rules import ceiling

    last = date.min
    for number in itertools.count():
        old = FIRST + timedelta(days=number)
        if ceiling(old) > last:
            last = ceiling(old)
            yield old, last


class Trial:
    """One database, one victim, many deaths."""

    def __init__(self, server: Server, victim: str) -> None:
        from tests.cast import make_company

        self.server, self.victim = server, victim
        self.customers = [make_company(name).id for name in ("Acme", "Borealis")]
        self.deaths: Counter[str] = Counter()
        self.wrong: list[str] = []

    def round(self, name: str, old: date, today: date) -> None:
        """Let one day end, kill the victim on the way, look, and let the next run end the work."""
        from tests.retention.expiry import agreement, scenes

        for customer in self.customers:
            scenes.keep(customer, old, "a", "b", snippets=())
            scenes.keep(customer, today - timedelta(days=1), "c", "d")
        with self._in_the_way(name, old):
            killed = self._kill_run(name, today) if self._forks(name) else self._cut(name, today)
        self.deaths[name] += killed
        if not killed and name != ANYWHERE:
            self.wrong.append(f"{name}: nobody died")
        self._check(name, "after it", agreement.faults(today))
        self.sweep(today)
        self._check(name, "at the end", agreement.faults(today) + agreement.unfinished(today))

    def sweep(self, today: date) -> None:
        """One run at 00:00 UTC."""
        from retention.expiry.sweep import sweep
        from tests.retention.expiry import scenes

        sweep(now=scenes.standing_at(scenes.midnight(today)))

    def _check(self, name: str, when: str, found: list[str]) -> None:
        self.wrong += [f"{name}, {when}: {fault}" for fault in found]

    def _forks(self, name: str) -> bool:
        return self.victim == "run" or name == ANYWHERE

    def _in_the_way(self, name: str, old: date) -> AbstractContextManager[object]:
        from tests.retention.expiry import boundaries, scenes

        return (
            _dying_reader(scenes.reader(old))
            if name == boundaries.BEHIND_A_READER
            else nullcontext()
        )

    def _kill_run(self, name: str, today: date) -> bool:
        """The run is a process of its own, so that it can be killed; True if it was."""
        from django.db import connections

        connections.close_all()
        pid = os.fork()
        if not pid:
            self._be_the_run(name, today)
        if name == ANYWHERE:
            time.sleep(random.uniform(0.0, 0.15))
            if self.victim == "run":
                os.kill(pid, signal.SIGKILL)
            else:
                self.server.kill()
                self.server.start_again()
        status = os.waitpid(pid, 0)[1]
        if name == ANYWHERE and self.victim == "database":
            return True
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL

    def _be_the_run(self, name: str, today: date) -> None:
        from tests.retention.expiry.boundaries import BOUNDARIES

        try:
            with BOUNDARIES[name](self._die) if name in BOUNDARIES else nullcontext():
                self.sweep(today)
        finally:
            os._exit(0)

    def _die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def _cut(self, name: str, today: date) -> bool:
        """The database dies under the run, which then has nobody to talk to."""
        from django.db import connections

        from tests.retention.expiry.boundaries import BOUNDARIES

        failed = False
        with BOUNDARIES[name](self.server.kill):
            try:
                self.sweep(today)
            except Exception:
                failed = True
        connections.close_all()
        self.server.start_again()
        return failed


@contextmanager
def _dying_reader(reader: AbstractContextManager[object]) -> Iterator[None]:
    """Its end is of no interest when its database is gone."""
    import psycopg

    try:
        with reader:
            yield
    except psycopg.OperationalError:
        pass


def run(folder: Path, victim: str, times: int, say: Callable[[str], None]) -> dict[str, object]:
    """Every step so many times; returns the figures."""
    server = Server(folder)
    try:
        os.environ |= server.environment()
        django.setup()
        from django.core.management import call_command

        for alias in ("default", "vault"):
            call_command("migrate", database=alias, verbosity=0)
        from retention.expiry import conservation
        from tests.retention.expiry import scenes
        from tests.retention.expiry.boundaries import BOUNDARIES

        started, trial = time.monotonic(), Trial(server, victim)
        ends = days()
        for turn in range(times):
            for name in [*BOUNDARIES, ANYWHERE]:
                trial.round(name, *next(ends))
            deaths = sum(trial.deaths.values())
            say(f"{turn + 1} of {times}: {deaths} deaths, {trial.wrong or 'all well'}")
        stored, delivered, purged = (
            scenes.count(f"SELECT sum({column}) FROM retention_cell")
            for column in ("acknowledged", "delivered", "purged")
        )
        live = scenes.count("SELECT count(*) FROM retention_record")
        if stored != live + delivered + purged or conservation.check_all():
            trial.wrong.append("the counts do not add up")
        return {
            "victim": victim,
            "deaths": dict(trial.deaths),
            "rounds": times * (len(BOUNDARIES) + 1),
            "acknowledged": stored,
            "live": live,
            "purged": purged,
            "seconds": round(time.monotonic() - started, 1),
            "wrong": trial.wrong,
        }
    finally:
        server.postgres.stop()


def main() -> int:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--victim", choices=["run", "database"], required=True)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        figures = run(
            options.folder or Path(place),
            options.victim,
            options.times,
            lambda text: print(text, file=sys.stderr, flush=True),  # noqa: T201
        )
    print(json.dumps(figures))  # noqa: T201
    return 1 if figures["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
