"""Keeps the embedded servers for one-off commands, and ends them with the last one.

`python -m compliance.devup.keeper STATE` is started by the first command that finds no server.
Commands hold the lock `users`, shared, for as long as they run; the kernel drops it even after
kill -9. The keeper ends when nobody holds it. Whoever starts, joins or ends servers holds `door`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from compliance.devup.console import Refused
from compliance.devup.services import Services
from compliance.devup.state import Lock, State


class Keeper:
    def __init__(self, state: State) -> None:
        self.state = state
        self.alive = Lock(state.locks / "keeper")
        self.door = Lock(state.locks / "door")
        self.users = Lock(state.locks / "users")
        self.services = Services(state, os.environ)
        self.told = False

    def run(self) -> int:
        """Serves until the last user left, then stops everything; 1 if nothing could be started."""
        signal.signal(signal.SIGTERM, self._tell)
        signal.signal(signal.SIGINT, self._tell)
        self.alive.take()
        try:
            self.services.start()
        except Refused as refusal:
            _report({"error": str(refusal)})
            return 1
        _report({})
        while not self.told and not self.services.dead() and not self._nobody_is_left():
            time.sleep(0.05)
        self.services.stop()
        return 0

    def _nobody_is_left(self) -> bool:
        """True with the door shut behind us: nobody can join servers that are about to end."""
        if not self.door.take():
            return False
        if self.users.take():
            return True
        self.door.release()
        return False

    def _tell(self, _signal: int, _frame: FrameType | None) -> None:
        self.told = True


def _report(facts: dict[str, str]) -> None:
    """Tells the command that started us: the last line, then the stream ends."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


if __name__ == "__main__":
    sys.exit(Keeper(State(Path(sys.argv[1]))).run())
