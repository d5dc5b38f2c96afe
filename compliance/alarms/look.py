"""Looking: what holds now becomes alarms that begin, last and end. State lies in PostgreSQL alone.

Called every minute by each web process and by the worker, so a dead worker is noticed by somebody
else. One looks at a time; a look that dies changes nothing. Mails are planned in the same
transaction and sent afterwards (`send.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction

from compliance.alarms import plan
from compliance.alarms.kinds import KINDS, Seen, holding
from compliance.alarms.models import Alarm
from compliance.health import checks, figures
from retention import clock
from retention.checks import vault_is_lost

# Trouble that stays away for so long is over; what comes back before is still the same.
QUIET = timedelta(minutes=10)
LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('compliance alarms look'))"
log = structlog.get_logger("compliance.alarms")


def look() -> bool:
    """See, raise and end alarms, plan their mails; False: somebody else is at it."""
    seen = see()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        if not cursor.fetchone()[0]:
            return False
        ended = settle(holding(seen), seen.at)
        plan.mails(ended, now=seen.at)
    return True


def see() -> Seen:
    """One look at the service; a store that does not answer is part of what is seen."""
    asked = {name: checks.CHECKS[name] for name in ("vault", "broker")}
    failed = {name for name, word in checks.outcomes(asked).items() if word != "ok"}
    now = clock.host_now()
    return Seen(
        figures.read(now=clock.now(), host_now=now),
        at=now,
        failed=frozenset(failed),
        keys_lost="vault" not in failed and vault_is_lost(),
    )


def settle(found: Collection[str], now: datetime) -> list[Alarm]:
    """Bring the alarms in line with what was found; returns those that ended.

    Needs a transaction, and nobody else at it.
    """
    known = {alarm.kind: alarm for alarm in Alarm.objects.filter(ended_at=None)}
    for code in found:
        _holds(known.get(code) or Alarm(kind=code, began_at=now), now)
    away = [alarm for code, alarm in known.items() if code not in found]
    return [alarm for alarm in away if _is_over(alarm, now)]


def _holds(alarm: Alarm, now: datetime) -> None:
    alarm.clear_since = None
    if alarm.raised_at is None and now - alarm.began_at >= KINDS[alarm.kind].after:
        alarm.raised_at = now
        log.error("alarm_began", kind=alarm.kind)
    alarm.save()


def _is_over(alarm: Alarm, now: datetime) -> bool:
    if alarm.raised_at is None:
        # It mended itself before it was an alarm: nobody was told, nobody needs to know.
        alarm.delete()
        return False
    alarm.clear_since = alarm.clear_since or now
    if now - alarm.clear_since >= QUIET:
        alarm.ended_at = alarm.clear_since
        log.info("alarm_ended", kind=alarm.kind)
    alarm.save()
    return alarm.ended_at is not None
