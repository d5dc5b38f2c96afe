"""The worker and the bell: Celery only rings, the work is found in PostgreSQL."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "compliance.project.settings")

app = Celery("sandglass")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["retention"])
