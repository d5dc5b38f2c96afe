"""Sends the app `vault` to the database `vault`, and nothing else there."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

APP_LABEL = "vault"
ALIAS = "vault"


class VaultRouter:
    """By app label, in both directions: no key outside the vault, no other table inside."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """The vault for its own models; no opinion about others."""
        return ALIAS if model._meta.app_label == APP_LABEL else None

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        """As for reading."""
        return self.db_for_read(model, **hints)

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool | None:
        """No relation crosses the vault's wall."""
        inside = {one._meta.app_label == APP_LABEL, other._meta.app_label == APP_LABEL}
        if inside == {True, False}:
            return False
        return True if inside == {True} else None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """The vault's tables in the vault, all others elsewhere."""
        if db == ALIAS or app_label == APP_LABEL:
            return db == ALIAS and app_label == APP_LABEL
        return None
