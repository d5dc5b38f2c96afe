"""Where a server listens: a Unix socket beside its data, or elsewhere if that path is too long."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from compliance.devup.child import Account
from compliance.devup.console import Refused

# sockaddr_un holds 107 bytes on Linux and 103 on macOS.
LONGEST = 100


def socket_folder(wanted: Path, *, name: str, account: Account | None) -> Path:
    """A private folder for the socket `name`: `wanted`, or one in the temp dir named by a hash."""
    folder = wanted if _fits(wanted / name) else _short(wanted, name)
    folder.mkdir(mode=0o700, parents=False, exist_ok=True)
    give(folder, account)
    found = folder.lstat()
    mine = account.uid if account else os.geteuid()
    # The name in the temp dir can be guessed: what somebody else put there is not used.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != mine or found.st_mode & 0o077:
        raise Refused(f"{folder} is not a private folder of ours: remove it and start again.")
    return folder


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= LONGEST


def _short(wanted: Path, name: str) -> Path:
    mark = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]
    for place in (Path(tempfile.gettempdir()), Path("/tmp")):
        if _fits(place / f"sandglass-{mark}" / name):
            return place / f"sandglass-{mark}"
    raise Refused(f"No place short enough for a socket: choose a shorter --state than {wanted}.")


def give(folder: Path, account: Account | None) -> None:
    """Hands a folder made by root to the account of the server; never one that is another's."""
    if account is not None and folder.lstat().st_uid == os.geteuid():
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
