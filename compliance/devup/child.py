"""Child processes that die with their parent, however it dies.

Linux sends a child the chosen signal when the thread that started it ends, also after kill -9.
That is tied to the thread: start children from the main thread only. Elsewhere nothing is sent;
there a server that was left behind is found by its lock at the next start.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from compliance.devup.console import Refused

LINUX = sys.platform == "linux"
LIBC = ctypes.CDLL(None, use_errno=True) if LINUX else None
# linux/prctl.h, linux/securebits.h, linux/capability.h
PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2


@dataclass(frozen=True)
class Account:
    """Whom a child runs as. `search`: it may pass folders closed to it, and nothing else."""

    uid: int
    gid: int
    search: bool = False


def spawn(
    command: Sequence[str | Path],
    *,
    parent_died: signal.Signals,
    log: Path | None = None,
    output: int | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    account: Account | None = None,
    keep: Sequence[int] = (),
    foreground: bool = False,
    first: Callable[[], None] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a child that gets `parent_died` when this process ends.

    `log` takes what it writes; `output` is a descriptor that takes its standard output, and its
    errors where there is no log; `keep` are descriptors it inherits. `foreground`: it belongs to
    our terminal and Ctrl-C reaches it; otherwise it has a session and private files of its own.
    `first` is called in the child, as its account.
    """
    parent = os.getpid()
    sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if log else None
    try:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=None if foreground else subprocess.DEVNULL,
            stdout=output if output is not None else sink,
            stderr=sink if log else output,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            pass_fds=keep,
            start_new_session=not foreground,
            umask=-1 if foreground else 0o077,
            # No other thread runs in the processes that start children.
            preexec_fn=lambda: _become(parent, parent_died, account, first),  # noqa: PLW1509
        )
    finally:
        if sink is not None:
            os.close(sink)


def _become(
    parent: int,
    parent_died: signal.Signals,
    account: Account | None,
    first: Callable[[], None] | None,
) -> None:
    """Between fork and exec. Changing the user clears the death signal, so that comes last."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    if account is not None:
        _take(account)
    if first is not None:
        first()
    if LINUX:
        _prctl(PR_SET_PDEATHSIG, parent_died)
    if os.getppid() != parent:
        os._exit(1)


def _take(account: Account) -> None:
    if account.search:
        # Without this bit access(2) ignores capabilities, and changing the user drops them.
        _prctl(PR_SET_SECUREBITS, NO_SETUID_FIXUP)
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    if account.search and not (_keep_only(CAP_DAC_READ_SEARCH) or _keep_only(CAP_DAC_OVERRIDE)):
        os._exit(1)


def _keep_only(capability: int) -> bool:
    """Containers often lack READ_SEARCH and have OVERRIDE, which includes it."""
    assert LIBC is not None
    bit = 1 << capability
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    if LIBC.capset(header, struct.pack("6I", bit, bit, bit, 0, 0, 0)) != 0:
        return False
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)
    return True


def _prctl(option: int, *values: int) -> None:
    assert LIBC is not None
    words = [ctypes.c_ulong(int(value)) for value in (option, *values, 0, 0, 0, 0)[:5]]
    if LIBC.prctl(*words) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def stop(
    process: subprocess.Popen[bytes],
    *,
    by: signal.Signals,
    patience: float,
    hurry: Callable[[], bool] = lambda: False,
) -> None:
    """Signals the child and waits; kills it after `patience` seconds, or at once on `hurry()`."""
    if process.poll() is None:
        process.send_signal(by)
    wait(process, patience=patience, hurry=hurry)


def wait(process: subprocess.Popen[bytes], *, patience: float, hurry: Callable[[], bool]) -> None:
    """Waits for a child that was told to end; kills it when that takes too long."""
    until = time.monotonic() + patience
    while process.poll() is None:
        if time.monotonic() > until or hurry():
            process.kill()
            process.wait()
        time.sleep(0.02)


def tail(log: Path, lines: int = 12) -> str:
    """The end of a log, for the message of a failure."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])


def until_ready(
    process: subprocess.Popen[bytes],
    ready: Callable[[], bool],
    *,
    name: str,
    log: Path,
    pause: Callable[[float], None],
    patience: float,
    every: float = 0.02,
) -> None:
    """Returns once `ready()`; raises `Refused` with the end of the log if the child ends first."""
    until = time.monotonic() + patience
    while not ready():
        if process.poll() is not None:
            raise Refused(f"{name} did not start ({log}):\n{tail(log)}")
        if time.monotonic() > until:
            raise Refused(f"{name} was not ready after {patience:.0f} s ({log}):\n{tail(log)}")
        pause(every)
