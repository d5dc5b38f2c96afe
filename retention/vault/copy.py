"""The rolling copy: the one file from which a lost vault can be restored.

**Danger.** A copy holds keys that the vault may destroy a minute later. Whoever keeps copies of the
copy keeps what was promised to be gone.

**Principle.** There is one copy, replaced as a whole and never kept beside an older one. Once the
new one is in its place, the replaced file is overwritten with zeros, as the vault does with its own
destroyed keys; so are the remains of an attempt that was killed. It lies on another disk, readable
by its owner only, and is useless without the root key, which is not in it.

**Boundary.** SQLite's backup interface into a hidden file in the same folder, checked, fsync,
rename, fsync of the folder. A crash at any point leaves the old copy or the new one, never half.

**What is not guaranteed.** A destroyed key stays in the copy until the next one, at most an hour.
Snapshots and backups of the folder of the copy keep it for longer: exclude that folder from them.
Overwriting reaches the same blocks only where the file system writes in place.
After a restore the keys that were destroyed since are destroyed again from what the ledger says.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connections

from retention.vault.errors import CopyRefused
from retention.vault.router import ALIAS

# Asked every minute, this keeps the copy well under an hour old even if some minutes are missed.
DUE_AFTER = timedelta(minutes=45)
_BLOCK = 1024 * 1024


def roll(
    *,
    now: datetime,
    to: Path | None = None,
    if_older: timedelta = DUE_AFTER,
    same_disk: bool = False,
) -> bool:
    """Replaces the copy at `to` (default: settings.VAULT_COPY), if it is as old as `if_older`.

    True if it was replaced; False if it was young enough or another process is at it. `now` is the
    host's time (disks do not follow a demonstration) and becomes the copy's modification time.
    `same_disk` allows a place beside the vault. Raises CopyRefused.
    """
    source, target = vault_file(), to or _configured()
    if not same_disk and beside(source, target):
        raise CopyRefused(
            f"The copy {target} would lie in the same folders as the vault {source}, and be lost"
            " with it. Name a place on another disk, or allow this one with --same-disk."
        )
    if not target.parent.is_dir():
        raise CopyRefused(f"The folder {target.parent} does not exist: make it, mode 0700.")
    with _alone_in(target.parent) as alone:
        if not alone:
            return False
        try:
            part = _part(target)
            _wipe(part)
            if _is_young(target, now, if_older):
                return False
            _replace(source, part, target, now)
        except (OSError, sqlite3.Error) as error:
            raise CopyRefused(f"The vault was not copied to {target}: {error}") from error
    return True


def vault_file() -> Path:
    """The vault's file. Raises CopyRefused if the vault is not a SQLite file."""
    connection = connections[ALIAS]
    if connection.vendor != "sqlite" or connection.is_in_memory_db():  # type: ignore[attr-defined]
        raise CopyRefused("Only a SQLite vault is copied; PostgreSQL has its synchronous standby.")
    return Path(connection.settings_dict["NAME"])


def beside(source: Path, target: Path) -> bool:
    """True if one of the two files lies in or under the folder of the other."""
    one, other = source.resolve().parent, target.resolve().parent
    return one.is_relative_to(other) or other.is_relative_to(one)


def _configured() -> Path:
    if not settings.VAULT_COPY:
        raise CopyRefused("No place for the copy: set VAULT_COPY, or name one with --to.")
    return Path(settings.VAULT_COPY)


def _part(target: Path) -> Path:
    return target.with_name(f".{target.name}.part")


@contextmanager
def _alone_in(folder: Path) -> Iterator[bool]:
    """A lock on the folder itself: it leaves no file behind and ends with the process."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _is_young(target: Path, now: datetime, if_older: timedelta) -> bool:
    """A copy from the future is no young one: then some clock went backwards."""
    if not target.exists():
        return False
    age = now - datetime.fromtimestamp(target.stat().st_mtime, UTC)
    return timedelta() <= age < if_older


def _replace(source: Path, part: Path, target: Path, now: datetime) -> None:
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    _back_up(source, part)
    os.utime(part, (now.timestamp(), now.timestamp()))
    _sync(part)
    replaced = _opened(target)
    try:
        part.rename(target)
        _sync(target.parent)
        if replaced is not None:
            _zero(replaced)
    finally:
        if replaced is not None:
            os.close(replaced)


def _back_up(source: Path, part: Path) -> None:
    """One consistent state of the vault; its writers wait meanwhile (milliseconds)."""
    uri = f"{source.absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(uri, uri=True, timeout=20)) as vault,
        closing(sqlite3.connect(part, isolation_level=None)) as copy,
    ):
        # No journal file beside the copy, not even for a moment.
        copy.execute("PRAGMA journal_mode=MEMORY")
        vault.backup(copy)
        if (verdict := copy.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise CopyRefused(f"The copy of the vault is damaged, so the vault may be: {verdict}")


def _wipe(path: Path) -> None:
    """Overwrites and removes what a killed attempt left."""
    descriptor = _opened(path)
    if descriptor is not None:
        try:
            _zero(descriptor)
        finally:
            os.close(descriptor)
        path.unlink()


def _opened(path: Path) -> int | None:
    try:
        return os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None


def _zero(descriptor: int) -> None:
    left = os.fstat(descriptor).st_size
    os.lseek(descriptor, 0, os.SEEK_SET)
    while left > 0:
        left -= os.write(descriptor, bytes(min(left, _BLOCK)))
    os.fsync(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
