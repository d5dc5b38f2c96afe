"""A name for a user who has none, as in containers that run as any number.

`initdb` wants to know what its user is called, only to name the owner of the database, which we
name ourselves. In a user namespace of its own the number is seen as one that has a name; the
files still belong to the real number.
"""

from __future__ import annotations

import ctypes
import os
import pwd
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_DUMPABLE = 4


def has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def borrow_name() -> None:
    """Between fork and exec: from here on the process sees itself under a number with a name."""
    named = next((entry for entry in pwd.getpwall() if entry.pw_uid != 0), None)
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    # Without this bit the kernel gives the files below to root after a change of the user.
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    if named is None or libc.unshare(CLONE_NEWUSER) != 0:
        return
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{named.pw_uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{named.pw_gid} {gid} 1")
