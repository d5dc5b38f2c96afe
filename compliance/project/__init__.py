"""The composition root: settings, addresses, worker. The one place that knows everything."""

from compliance.project.celery import app as celery_app

__all__ = ["celery_app"]
