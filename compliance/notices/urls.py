"""Where the mail provider tells what became of mails; nothing where no provider is set."""

from __future__ import annotations

from anymail.signals import tracking
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.conf import settings
from django.urls import URLPattern, path

from compliance.notices.events import heard

# Each checks a signature (Mailgun) or a name and password that only the provider was given.
VIEWS = {
    "brevo": BrevoTrackingWebhookView,
    "mailgun": MailgunTrackingWebhookView,
    "mailjet": MailjetTrackingWebhookView,
    "postmark": PostmarkTrackingWebhookView,
    "sparkpost": SparkPostTrackingWebhookView,
}
tracking.connect(heard, dispatch_uid="compliance.notices")


def patterns(provider: str) -> list[URLPattern]:
    """The one address of this provider."""
    if not provider:
        return []
    view = VIEWS[provider].as_view()
    return [path(f"hooks/mail/{provider}/tracking/", view, name="mail_events")]


urlpatterns = patterns(settings.EMAIL_PROVIDER)
