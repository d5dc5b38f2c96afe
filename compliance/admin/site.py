"""The site's name, and what of other apps does not belong on it."""

from __future__ import annotations

from importlib import import_module

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.auth.models import Group

admin.site.site_title = admin.site.site_header = "Sandglass"
admin.site.index_title = "Administration"
admin.site.site_url = "/"
admin.site.empty_value_display = "–"

# They register themselves when Django gets to them: let them do it now, and take them away again.
# Roles are written in `people/roles.py`; addresses are the login's own; second factors are nobody
# else's to see. The list of field changes comes back in `changes.py`, with our columns.
for app in ("django.contrib.auth", "allauth.account", "allauth.mfa", "auditlog"):
    import_module(f"{app}.admin")
admin.site.unregister([Group, EmailAddress, Authenticator, LogEntry])
