"""When which job is rung: static, nobody edits legal clocks in a form."""

from __future__ import annotations

from typing import Any

CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # A tick that nobody took within its minute is worthless: the next one finds all the work.
    "tick": {"task": "retention.tick", "schedule": 60.0, "options": {"expires": 55}},
    "tidy": {"task": "people.tidy", "schedule": 3600.0, "options": {"expires": 3000}},
    "lists": {"task": "arrival.tidy", "schedule": 3600.0, "options": {"expires": 3000}},
    "alarms": {"task": "compliance.alarms", "schedule": 60.0, "options": {"expires": 55}},
    "approvals": {"task": "compliance.approvals", "schedule": 60.0, "options": {"expires": 55}},
    "notices": {"task": "compliance.notices", "schedule": 60.0, "options": {"expires": 55}},
    "findings": {"task": "compliance.findings", "schedule": 60.0, "options": {"expires": 55}},
}
