"""Settings of mail: a server or a provider, where mails come back to, who may tell of them."""

from __future__ import annotations

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.core.validators import validate_email

from compliance.project import env

EXAMPLE = "smtp+tls://user:password@mail.example.com:587"
# What django-anymail calls each one's key for sending.
KEYS = {
    "brevo": "BREVO_API_KEY",
    "mailgun": "MAILGUN_API_KEY",
    "mailjet": "MAILJET_API_KEY",
    "postmark": "POSTMARK_SERVER_TOKEN",
    "sparkpost": "SPARKPOST_API_KEY",
}
# A local part has room for 64 characters; the delivery and its proof take 54 of them.
LONGEST_LOCAL = 10


def sending(*, otherwise: str) -> dict[str, Any]:
    """By a server (EMAIL_URL), by a provider, or into files, by the back end `otherwise`."""
    if url := env.text("EMAIL_URL", ""):
        return env.address("EMAIL_URL", url, environ.Env.email_url_config, example=EXAMPLE)
    if env.secret("EMAIL_PROVIDER_KEY", None):
        return {"EMAIL_BACKEND": f"anymail.backends.{provider()}.EmailBackend"}
    return {"EMAIL_BACKEND": otherwise}


def provider() -> str:
    """Whose events are heard, and who sends where its key is given too."""
    name = env.text("EMAIL_PROVIDER", "")
    if name and name not in KEYS:
        raise ImproperlyConfigured(f"EMAIL_PROVIDER is none of {', '.join(KEYS)}.")
    if not name and env.secret("EMAIL_PROVIDER_KEY", None):
        raise ImproperlyConfigured("EMAIL_PROVIDER_KEY is set, but not whose: EMAIL_PROVIDER.")
    return name


def anymail() -> dict[str, Any]:
    """What django-anymail needs. Events without a secret would let anybody take a notice back."""
    if not (name := provider()):
        return {}
    events = env.secret("EMAIL_EVENTS_SECRET", None)
    if not events or (name != "mailgun" and ":" not in events):
        kind = "its signing key" if name == "mailgun" else "name:password, as its webhook sends"
        raise ImproperlyConfigured(f"EMAIL_EVENTS_SECRET must be set with EMAIL_PROVIDER: {kind}.")
    found: dict[str, Any] = {
        KEYS[name]: env.secret("EMAIL_PROVIDER_KEY", None),
        # Some know no sender on the envelope: they take returned mails themselves.
        "IGNORE_UNSUPPORTED_FEATURES": True,
    }
    if name == "mailgun":
        return {**found, "MAILGUN_WEBHOOK_SIGNING_KEY": events}
    return {**found, "WEBHOOK_SECRET": events}


def return_path() -> str:
    """`bounces@mail.example.com`, whose mails are given to `receive_mail`; or none."""
    value = env.text("EMAIL_RETURN_PATH", "").lower()
    if not value:
        return ""
    try:
        validate_email(value)
    except Exception:
        raise ImproperlyConfigured("EMAIL_RETURN_PATH is no e-mail address.") from None
    local = value.partition("@")[0]
    if "+" in local or len(local) > LONGEST_LOCAL:
        raise ImproperlyConfigured(
            f"EMAIL_RETURN_PATH: at most {LONGEST_LOCAL} characters before the @, and no +."
        )
    return value
