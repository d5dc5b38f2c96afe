"""What this slice hears of, connected once when the app is ready."""

from __future__ import annotations

from allauth.account.signals import authentication_step_completed, password_reset
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_in, user_logged_out

from compliance.people import notify, sessions, signin
from compliance.people.models import password_replaced


def connect() -> None:
    """Sign-ins begin a session, proofs rotate it, changes end others and are told by mail."""
    user_logged_in.connect(sessions.begin)
    user_logged_out.connect(sessions.signed_out)
    authentication_step_completed.connect(sessions.rotate)
    password_reset.connect(signin.unlock)
    password_replaced.connect(notify.tell_of_new_password)
    for change in (mfa.authenticator_added, mfa.authenticator_removed, mfa.authenticator_reset):
        change.connect(sessions.end_others_of)
    for change in (mfa.authenticator_added, mfa.authenticator_removed):
        change.connect(notify.tell_of_factor)
    mfa.authenticator_reset.connect(notify.tell_of_second_factor)
