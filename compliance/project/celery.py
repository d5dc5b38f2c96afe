"""The worker and the bell: Celery only rings, the work is found in PostgreSQL."""

import os

from celery import Celery
from celery.signals import celeryd_init, setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "compliance.project.settings")

app = Celery("sandglass")
app.config_from_object("django.conf:settings", namespace="CELERY")
_SLICES = ("people", "approvals", "arrival", "notices", "findings")
app.autodiscover_tasks(["retention", *(f"compliance.{name}" for name in _SLICES)])
app.autodiscover_tasks(["compliance.alarms"], related_name="watch")


@celeryd_init.connect
@setup_logging.connect
def use_our_logs(**_: object) -> None:
    """Keeps Celery from adding handlers of its own, which would write arguments and messages."""
    from logging.config import dictConfig

    from django.conf import settings

    from compliance.project.logs import take_over

    dictConfig(settings.LOGGING)
    take_over()
