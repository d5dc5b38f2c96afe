#!/usr/bin/env python3
"""One door to everything: `up`, `test`, and every Django command."""

import sys

# An old Python must be able to read this far.  # ruff: noqa: UP031, UP036
if sys.version_info < (3, 11):
    sys.exit(
        "Sandglass needs Python 3.11 or newer; %s is %d.%d. Start it with a newer one, "
        "for example: python3.12 manage.py up"
        % (sys.executable, sys.version_info[0], sys.version_info[1])
    )

from compliance.devup.entry import main

if __name__ == "__main__":
    sys.exit(main(sys.argv))
