"""The project's settings with throw-away values, so that types can be checked without a state."""

import os

os.environ.setdefault("SECRET_KEY", "for-type-checks-only-and-nothing-else")
os.environ.setdefault("DATABASE_URL", "postgres://localhost/types")

from compliance.project.settings import *  # noqa: F403
