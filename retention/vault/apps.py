"""The vault is a Django app of its own, so that it can have a database of its own."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Label `vault`; the router sends everything with this label to the alias of the same name."""

    name = "retention.vault"
    label = "vault"
    verbose_name = "Vault"

    def ready(self) -> None:
        """Registers the system checks."""
        from retention.vault import checks  # noqa: F401  (registers itself)
