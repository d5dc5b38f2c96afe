"""How gunicorn serves: its configuration file (`gunicorn -c compliance/devup/web.py`)."""

import gc
import os
import re

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


def post_worker_init(worker: object) -> None:
    """What stays for good is not looked through for rubbish again and again.

    Without it a full collection, every fifteen batches or so, takes as long as three batches.
    """
    from django.urls import get_resolver

    # The first request would import all views; they stay too.
    assert get_resolver().url_patterns
    gc.collect()
    gc.freeze()
