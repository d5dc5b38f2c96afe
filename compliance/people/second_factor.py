"""The page about one's own second factor, where staff without one are led; and the sign-in page,
which says where a password is enough."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from allauth.mfa.base.views import IndexView
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from compliance.people import factors, sessions


@method_decorator([login_required, never_cache], name="dispatch")
class Index(IndexView):  # type: ignore[misc]
    """What is set up, and whether this login has to."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The package's words, and ours."""
        user: Any = self.request.user
        staff = sessions.is_staff(user)
        return {
            **super().get_context_data(**kwargs),
            "missing": factors.is_missing(user, staff=staff),
            "not_asked": staff and not settings.MFA_REQUIRED,
            "demo": settings.DEMO,
        }


class SignIn(LoginView):  # type: ignore[misc]
    """The package's page."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With whether a password is enough."""
        return {
            **super().get_context_data(**kwargs),
            "password_is_enough": not settings.MFA_REQUIRED,
        }


sign_in = SignIn.as_view()
index = Index.as_view()
