"""How gunicorn serves: its configuration file (`gunicorn -c compliance/devup/web.py`)."""

from __future__ import annotations

import gc
import os
import re
from pathlib import Path
from typing import Any

from compliance.project import env
from compliance.project.logs import logging_config

wsgi_app = "compliance.project.wsgi:application"
worker_class = "gthread"
wanted = os.environ.get("WEB_CONCURRENCY") or "2"
if not re.fullmatch("[1-9][0-9]?", wanted):
    raise SystemExit(f"WEB_CONCURRENCY is {wanted!r}: write a number of processes from 1 to 99.")
workers = int(wanted)
threads = 4
# Each request goes to a worker that has time for it. A connection that is kept alive stays with one
# worker: two busy clients of the same one would share its interpreter while the other stands idle.
keepalive = 0
timeout = 60
graceful_timeout = 8
# Paths and addresses stay out of the logs: requests are logged by route, by our own middleware.
accesslog = None
logconfig_dict = logging_config(level=os.environ.get("LOG_LEVEL") or "INFO")
# A control socket in the home folder would be one more door, and two states would share it.
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Counts of processes that are gone begin anew with the server, as Prometheus expects it.

    Django is not there yet, so the state is looked up as the settings do it.
    """
    state = env.path("STATE_DIR", Path(__file__).resolve().parents[2] / "var")
    for file in (state / "metrics").glob("*.db"):
        file.unlink(missing_ok=True)


def post_worker_init(worker: Any) -> None:
    """The watch for alarms begins, and what stays for good is not looked through for rubbish.

    A worker that is dead cannot say so itself: so the web server looks too. Without the freeze a
    full collection, every fifteen batches or so, takes as long as three batches.
    """
    from django.urls import get_resolver

    from compliance.alarms import watch

    # The first request would import all views; they stay too.
    assert get_resolver().url_patterns
    gc.collect()
    gc.freeze()
    watch.start()
