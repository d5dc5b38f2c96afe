"""Makes `.venv` beside `manage.py` and fills it from the hash lock: the standard library alone.

Danger: an install that was killed half-way leaves packages that look installed and are not.
Therefore the record in `.venv` says `installing` before the first file is written and names the
installed locks only after the last one; whoever finds `installing` starts from an empty folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from compliance.devup import child
from compliance.devup.console import Counter, Refused, say

ROOT = Path(__file__).resolve().parents[2]
LOCK = "requirements.txt"
TEST_LOCK = "requirements-test.txt"
# What pip says of each package, whichever way it goes.
PACKAGE = re.compile(r"(?:Collecting|Requirement already satisfied:|Ignoring) (\S+)")
AGAIN = "SANDGLASS_BOOTSTRAPPED"


def ensure(argv: list[str], *, tests: bool, root: Path = ROOT) -> None:
    """Returns in an interpreter that has the requirements, or replaces the process by one.

    An environment of somebody's own (Django is importable, and we did not make it) is left alone.
    """
    venv = Environment(root)
    again = os.environ.pop(AGAIN, None)
    ready = importable("django")
    if ready and not (venv.is_running() and venv.record.exists()):
        return
    if venv.is_running() and not ready and again:
        raise Refused(f"{venv.folder} is damaged: remove it and start again.")
    if not venv.has(tests=tests) or (venv.is_running() and not ready):
        _install(venv, argv, tests=tests)
    elif venv.is_running():
        return
    _replace(str(venv.python), argv)


def importable(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


class Environment:
    """The folder `.venv` and what is known to be installed in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.python = self.folder / "bin" / "python"
        self.record = self.folder / "sandglass.json"

    def is_running(self) -> bool:
        return Path(sys.prefix).resolve() == self.folder.resolve()

    def has(self, *, tests: bool) -> bool:
        """The lock, or the test lock which contains it, is installed as it reads now."""
        locks = [TEST_LOCK] if tests else [LOCK, TEST_LOCK]
        known = self.known()
        return self.python.exists() and any(known.get(lock) == self.digest(lock) for lock in locks)

    def known(self) -> dict[str, str]:
        try:
            found = json.loads(self.record.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def was_interrupted(self) -> bool:
        return "installing" in self.known() or not self.python.exists()

    def remember(self, known: dict[str, str]) -> None:
        fresh = self.record.with_suffix(".new")
        fresh.write_text(json.dumps(known))
        fresh.replace(self.record)

    def digest(self, lock: str) -> str:
        return hashlib.sha256((self.root / lock).read_bytes()).hexdigest()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One installer at a time; the second waits and finds the work done."""
        handle = os.open(self.root, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say("Another start is installing the requirements: waiting for it.")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _install(venv: Environment, argv: list[str], *, tests: bool) -> None:
    if venv.is_running() and venv.was_interrupted():
        # The folder is about to be emptied: not from an interpreter that lives in it.
        _replace(getattr(sys, "_base_executable", sys.executable), argv)
    os.environ[AGAIN] = "1"
    with venv.alone():
        if not venv.has(tests=tests) or venv.is_running():
            _fill(venv, TEST_LOCK if tests else LOCK)


def _fill(venv: Environment, lock: str) -> None:
    total = len(re.findall(r"^[\w.\[\]-]+==", (venv.root / lock).read_text(), re.MULTILINE))
    say(f"Installing {total} packages from {lock} into {venv.folder} (once).")
    try:
        if not (_with_uv(venv, lock) or _with_pip(venv, lock, total)):
            raise Refused(
                f"The packages could not be installed. Repeat the command, or install {lock} "
                "into an environment of your own and start manage.py from there."
            )
    except OSError as error:
        raise Refused(f"{venv.folder} cannot be made: {error.strerror}.") from None
    except KeyboardInterrupt:
        raise Refused("Interrupted. The next start begins the installation anew.") from None
    digests = {lock: venv.digest(lock)}
    if lock == TEST_LOCK:
        digests[LOCK] = venv.digest(LOCK)
    venv.remember(digests)


def _fails(command: list[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode != 0


def _begin(venv: Environment, command: list[str]) -> bool:
    """An environment with a working interpreter, marked as unfinished."""
    if venv.was_interrupted():
        shutil.rmtree(venv.folder, ignore_errors=True)
        if _fails(command):
            return False
    venv.remember({"installing": "yes"})
    return True


def _with_uv(venv: Environment, lock: str) -> bool:
    uv = shutil.which("uv")
    if not uv or not _begin(venv, [uv, "venv", "--python", sys.executable, str(venv.folder)]):
        return False
    # uv shows its own progress; a machine it does not get along with is left to pip.
    install = [uv, "pip", "install", "--python", str(venv.python), "--require-hashes", "-r", lock]
    uv_child = child.spawn(install, parent_died=signal.SIGKILL, cwd=venv.root, foreground=True)
    return uv_child.wait() == 0


def _with_pip(venv: Environment, lock: str, total: int) -> bool:
    pip = [str(venv.python), "-m", "pip"]
    make = [sys.executable, "-m", "venv", str(venv.folder)]
    if not _begin(venv, make) or _fails([*pip, "--version"]):
        # Debian ships Python without ensurepip: its own pip can fill another environment.
        shutil.rmtree(venv.folder, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--python", str(venv.python)]
        if not importable("pip") or not _begin(venv, [*make, "--without-pip"]):
            raise Refused(
                "This Python can make no environment with pip. "
                "Install it (Debian: apt-get install python3-venv) and start again."
            )
    options = ["--require-hashes", "--no-input", "--disable-pip-version-check"]
    return _counted([*pip, "install", *options, "--progress-bar", "off", "-r", lock], venv, total)


def _counted(command: list[str], venv: Environment, total: int) -> bool:
    """pip, with a count instead of its chatter; its last lines if it fails."""
    counter, tail = Counter("packages", total), list[str]()
    reader, writer = os.pipe()
    # It dies with us: the next start empties the folder that it writes into.
    pip = child.spawn(
        command, parent_died=signal.SIGKILL, output=writer, cwd=venv.root, foreground=True
    )
    os.close(writer)
    with open(reader, errors="replace") as lines:
        for line in lines:
            tail = [*tail[-19:], line.rstrip()]
            if found := PACKAGE.match(line):
                counter.step(found[1].rstrip(":"))
            elif line.startswith("Installing collected"):
                counter.finish()
                say("  all there, unpacking")
    if pip.wait():
        say("\n".join(tail))
    return pip.returncode == 0


def _replace(python: str, argv: list[str]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(python, [python, str(Path(argv[0]).absolute()), *argv[1:]])
