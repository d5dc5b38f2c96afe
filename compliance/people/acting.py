"""From a request to the actor that verbs and the activity log know: an id, never an address."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from retention.actor import Actor


def acting(request: HttpRequest) -> Actor:
    """Who is signed in; only for pages that nobody sees without signing in."""
    return actor_of(request.user)


def actor_of(user: object) -> Actor:
    """The actor that this login is. Raises `TypeError` for an anonymous visitor."""
    if not isinstance(user, AbstractBaseUser):
        raise TypeError("An anonymous visitor is no actor.")
    return Actor("user", user.pk)
