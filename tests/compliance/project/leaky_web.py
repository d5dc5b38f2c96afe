"""gunicorn as `up` starts it, with logs as other projects have them."""

from compliance.devup.web import *  # noqa: F403
from tests.compliance.project.leaky_settings import LOGGING

logconfig_dict = LOGGING
