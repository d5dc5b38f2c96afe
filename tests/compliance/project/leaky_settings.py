"""The project's settings with logs as other projects have them: the control of the log tests."""

import structlog

from compliance.project.settings import *  # noqa: F403

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(name)s %(levelname)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "DEBUG"},
    "loggers": {
        name: {"handlers": [], "propagate": True, "level": "DEBUG"}
        for name in ("django", "celery", "gunicorn.error")
    },
}
structlog.configure(processors=[structlog.stdlib.ProcessorFormatter.wrap_for_formatter])
