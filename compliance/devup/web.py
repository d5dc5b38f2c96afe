"""How gunicorn serves: its configuration file (`gunicorn -c compliance/devup/web.py`)."""

import os

from compliance.project.logs import logging_config

wsgi_app = "compliance.project.wsgi:application"
worker_class = "gthread"
workers = 2
threads = 4
timeout = 60
graceful_timeout = 8
# Paths and addresses stay out of the logs: requests are logged by route, by our own middleware.
accesslog = None
logconfig_dict = logging_config(level=os.environ.get("LOG_LEVEL") or "INFO")
# A control socket in the home folder would be one more door, and two states would share it.
control_socket_disable = True
