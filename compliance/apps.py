"""The app of the promises."""

from __future__ import annotations

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """Customers, people, and every surface they touch."""

    name = "compliance"
    verbose_name = "Customers and people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Field changes are heard from the first write on."""
        from compliance.audit import registry

        registry.register()
