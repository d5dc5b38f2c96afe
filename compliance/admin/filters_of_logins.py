"""The filters above the list of logins, in the words of the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import capfirst


class YesNoFilter(admin.BooleanFieldListFilter):
    """All, yes or no, under the field's own name."""

    called: ClassVar[str] = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = self.called or self.title


class SignInFilter(YesNoFilter):
    """Logins that are switched off, and those that are not."""

    called = "may sign in"


class AdministratorFilter(YesNoFilter):
    """Those who may do everything."""

    called = "administrator"


class RoleFilter(admin.RelatedFieldListFilter):
    """By role. A role's own name is a code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "role"

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """In words."""
        named = super().field_choices(field, request, model_admin)
        return [(key, capfirst(str(name).replace("_", " "))) for key, name in named]
