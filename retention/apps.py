from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "retention"
    verbose_name = "Retention"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from retention import checks  # noqa: F401
        from retention.expiry.partitions import ensure_after_migrate

        post_migrate.connect(ensure_after_migrate, sender=self)
