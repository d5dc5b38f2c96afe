"""The app of the promises, and the administration as its own site."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin
from django.db.models.signals import post_migrate


class ComplianceConfig(AppConfig):
    """Customers, people, and every surface they touch."""

    name = "compliance"
    verbose_name = "Customers and people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Changes and sign-ins are heard from the first; roles get their rights at `migrate`."""
        from compliance.audit import registry
        from compliance.people import hearing
        from compliance.people.roles import make_groups

        registry.register()
        hearing.connect()
        post_migrate.connect(make_groups, sender=self)
        apps.get_app_config("auditlog").verbose_name = "Field changes"


class AdminConfig(admin.AdminConfig):
    """Django's administration, with the site that orders its pages by task."""

    default = False
    default_site = "compliance.admin.site.the_site"
