"""The web process."""

import os

from django.core.wsgi import get_wsgi_application

from compliance.project.logs import take_over

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "compliance.project.settings")

application = get_wsgi_application()
take_over()
