"""The servers of a state for one command: found running, or started for its duration."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, MutableMapping

from compliance.devup.bootstrap import ROOT
from compliance.devup.console import Refused
from compliance.devup.services import reachable
from compliance.devup.state import Lock, State, held

PATIENCE = 60.0


@contextlib.contextmanager
def borrowed(state: State, environment: MutableMapping[str, str]) -> Iterator[None]:
    """Puts `DATABASE_URL` and `BROKER_URL` into the environment and keeps their servers alive."""
    users, door = Lock(state.locks / "users"), Lock(state.locks / "door")
    keeper = None
    try:
        with held(door):
            users.take(shared=True, wait=True)
            found = reachable(state, environment)
            if found is None:
                keeper = _started_by_somebody(state, environment)
                found = reachable(state, environment)
        if found is None:
            raise Refused(f"The servers of {state.folder} do not answer: see {state.logs}.")
        environment.update(found)
        yield
    finally:
        users.close()
        if keeper is not None:
            _wait_for_end(keeper, state)


def _started_by_somebody(
    state: State, environment: MutableMapping[str, str]
) -> subprocess.Popen[bytes] | None:
    """Waits for `up`, which restarts what died, or starts a keeper of our own."""
    until = time.monotonic() + PATIENCE
    while _up_runs(state):
        if reachable(state, environment) is not None or time.monotonic() > until:
            return None
        time.sleep(0.1)
    _wait_for_older_keeper(state)
    return _start_keeper(state, environment)


def _up_runs(state: State) -> bool:
    lock = Lock(state.folder / "lock")
    try:
        return not lock.take(shared=True)
    finally:
        lock.close()


def _start_keeper(state: State, environment: MutableMapping[str, str]) -> subprocess.Popen[bytes]:
    """A process of its own session: Ctrl-C at our terminal must not take it from other commands."""
    with open(state.log("keeper"), "ab") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "compliance.devup.keeper", str(state.folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=ROOT,
            env=dict(environment),
            start_new_session=True,
        )
    assert keeper.stdout is not None
    with keeper.stdout:
        lines = keeper.stdout.read().splitlines()
    facts = json.loads(lines[-1]) if lines else {"error": f"See {state.logs / 'keeper.log'}."}
    if "error" in facts:
        keeper.wait()
        raise Refused(facts["error"])
    return keeper


def _wait_for_older_keeper(state: State) -> None:
    """One that is ending is waited for; one that serves other settings is in the way."""
    alive = Lock(state.locks / "keeper")
    try:
        until = time.monotonic() + PATIENCE
        while not alive.take():
            if time.monotonic() > until:
                raise Refused(
                    "Another command runs on this state with another DATABASE_URL or BROKER_URL: "
                    "wait for it, or give both commands the same."
                )
            time.sleep(0.05)
    finally:
        alive.close()


def _wait_for_end(keeper: subprocess.Popen[bytes], state: State) -> None:
    """Until the keeper ended, unless other commands still need it."""
    users = Lock(state.locks / "users")
    try:
        while keeper.poll() is None and not _others_need_it(users):
            time.sleep(0.02)
    finally:
        users.close()


def _others_need_it(users: Lock) -> bool:
    """Other commands hold the lock shared; the keeper at its end holds it alone."""
    alone = users.take()
    users.release()
    shared = users.take(shared=True)
    users.release()
    return shared and not alone
