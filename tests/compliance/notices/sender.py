"""A sender that somebody kills: a process of its own on the test's stores."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.conftest import Live

SENDER = """
import json, sys, django
django.setup()
from django.conf import settings
given = json.loads(sys.argv[1])
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", given["port"]
settings.DEMO = True
import os, resource, signal
from compliance.notices import letters, send, settle
die = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
if given["die"] == "claimed":
    letters.letter = die
if given["die"] == "taken":
    settle.handed_over = die
if given["die"] == "settled":
    settle.give = die
def memory():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))
send.send_waiting(seconds=0.001)
before = memory()
sent = send.send_waiting(seconds=given["seconds"])
print(json.dumps({"sent": sent, "before": before, "after": memory()}))
"""


def sender(
    live: Live, port: int, *, die: str = "", seconds: float = 600
) -> subprocess.Popen[bytes]:
    """Started; `die`: at which moment it kills itself."""
    arguments = json.dumps({"port": port, "die": die, "seconds": seconds})
    command = [sys.executable, "-c", SENDER, arguments]
    return subprocess.Popen(command, env=live.environment(), stdout=subprocess.PIPE)
