"""Room on the disk: ingest stops early, so that deletion never has to.

Destroying keys and dropping days need space themselves. A database that has written its disk full
shuts down, and then nothing can be deleted on its day. So exchanges are refused while the disks we
can see (the vault's, and the embedded database's) have less than the reserve left.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from retention.errors import StorageFull


def ensure_room() -> None:
    """Raise `StorageFull` when a disk has less than `DISK_RESERVE_MB` left."""
    for folder in folders():
        disk = os.statvfs(folder)
        if disk.f_bavail * disk.f_frsize < settings.DISK_RESERVE_MB * 1024 * 1024:
            raise StorageFull


def folders() -> Iterator[Path]:
    """Where our stores lie, on disks that this process can see."""
    candidates = [settings.STATE_DIR / "postgres"]
    vault = settings.DATABASES["vault"]
    if vault["ENGINE"].endswith("sqlite3"):
        candidates.append(Path(vault["NAME"]).parent)
    return (folder for folder in candidates if folder.is_dir())
