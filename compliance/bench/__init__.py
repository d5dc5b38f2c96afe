"""The project's own benchmarks, against anchors that are measured side by side in the same run.

`manage.py bench NAME` makes stores of its own, as `up` would, runs `python -m compliance.bench` on
them and removes them. A figure without its anchor says more about the machine than about us.
"""

NAMES = ("ingest", "purge", "cells", "reading", "pages")
