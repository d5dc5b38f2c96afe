"""The page "Service": alarms, stores, the worker's minute, figures. For officers and auditors."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from compliance.admin import site, words
from compliance.alarms import letters, queries
from compliance.alarms.kinds import KINDS, Kind
from compliance.alarms.queries import Shown
from compliance.health import checks, figures
from compliance.health.figures import Backlog, Figures
from compliance.mail.server import has_mail_server
from retention import clock

# Each check of /readyz in the words of pages, with what it is needed for.
NEEDS = {
    "database": ("Database", "holds everything but the encryption keys"),
    "vault": ("Encryption keys", "without them nothing is stored, read or destroyed"),
    "broker": ("Queue", "wakes the worker once a minute"),
    "ledger": ("Activity log", "can be written, and is signed soon"),
    "sweep": ("Deletion run", "comes by every minute and trusts the host's clock"),
}
PARTS = {
    "days": "New days",
    "signing": "Signing the activity log",
    "deletion": "Deletion run",
    "count": "Nightly count check",
    "copy": "Copy of the encryption keys",
    "tallies": "Numbers for Volumes",
    "outlook": "Numbers for the first page",
}
DISKS = {"postgres": "Database", "vault": "Encryption keys"}
PAST = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: what, how it is (a word and its tone), and more about it."""

    name: str
    tone: str
    word: str
    note: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """An alarm with its times in words."""

    shown: Shown
    began: str
    ended: str
    lasted: str


@require_http_methods(["GET", "HEAD", "POST"])
def health(request: HttpRequest) -> HttpResponse:
    """The page; POST sends a test mail to whoever asks."""
    if request.method == "POST":
        return _send_test_mail(request)
    seen = figures.read(now=clock.now(), host_now=clock.host_now())
    on = queries.on()
    context = {
        **site.each_context(request),
        "title": "Service",
        "on": [_alarm(shown) for shown in on],
        "past": [_alarm(shown) for shown in queries.past(PAST)],
        "others": _others({shown.kind.code for shown in on}),
        "cannot_mail": queries.cannot_mail(),
        "needs": _needs(checks.outcomes(checks.CHECKS)),
        "parts": list(_parts(seen)),
        "figures": list(_figures(seen)),
        "metrics": bool(settings.METRICS_TOKEN),
        "looked": words.instant(clock.host_now()),
        "alarms": (),
    }
    return TemplateResponse(request, "admin/health.html", context)


def _send_test_mail(request: HttpRequest) -> HttpResponse:
    email: str = getattr(request.user, "email", "")
    if not has_mail_server():
        messages.error(request, queries.cannot_mail())
    else:
        try:
            letters.test_letter(email).send()
        except Exception:
            # The server's own words may hold names and addresses: its log has them.
            messages.error(request, "The mail server did not take the test mail.")
        else:
            messages.success(request, f"The mail server took a test mail to {email}.")
    return HttpResponseRedirect(reverse("admin:health"))


def _alarm(shown: Shown) -> AlarmLine:
    alarm = shown.alarm
    until = alarm.ended_at or clock.host_now()
    return AlarmLine(
        shown,
        words.instant(alarm.began_at),
        words.instant(alarm.ended_at),
        span(until - alarm.began_at),
    )


def _others(on: Collection[str]) -> list[Kind]:
    return [kind for code, kind in KINDS.items() if code not in on]


def _needs(found: dict[str, str]) -> list[Line]:
    lines = []
    for name, word in found.items():
        title, note = NEEDS[name]
        good = word == "ok"
        lines.append(Line(title, "good" if good else "bad", "Well" if good else word, note))
    return lines


def _parts(seen: Figures) -> Iterator[Line]:
    for name in [*PARTS, *(name for name in seen.parts if name not in PARTS)]:
        if name == "copy" and not settings.VAULT_COPY:
            note = "Ask whoever runs the service to set VAULT_COPY."
            yield Line(PARTS[name], "quiet", "Not set up", note)
        else:
            yield _part(name, seen)


def _part(name: str, seen: Figures) -> Line:
    part, title = seen.parts.get(name), PARTS.get(name, name.capitalize())
    if part is None:
        return Line(title, "warn", "Not yet", "It comes by a minute after the start.")
    took = f"{part.seconds:.2f} s"
    if part.failing_since:
        note = f"since {words.instant(part.failing_since)}, code {part.failure}"
        return Line(title, "bad", "Fails", note, took)
    return Line(title, "good", "Well", f"last {words.instant(part.came_at)}", took)


def _figures(seen: Figures) -> Iterator[tuple[str, str]]:
    yield "Due, keys not destroyed", _backlog(seen.readable)
    yield "Keys destroyed, rows not removed", _backlog(seen.rows)
    yield "Day groups that do not add up", f"{seen.blocked:,}"
    yield "Activity log entries to be signed", _backlog(seen.unsigned)
    yield "Days made ahead", f"{seen.days_ahead}"
    if seen.copy_age is not None:
        never = seen.copy_age == float("inf")
        yield "Age of the copy of the keys", "none yet" if never else _age(seen.copy_age)
    for disk, free in seen.disks.items():
        yield f"Room on the disk: {DISKS.get(disk, disk)}", _room(free)


def _backlog(found: Backlog) -> str:
    return (
        f"{found.waiting:,}, the oldest for {_age(found.oldest_seconds)}"
        if (found.waiting)
        else "none"
    )


def _age(seconds: float) -> str:
    return span(timedelta(seconds=seconds))


def _room(free: int) -> str:
    reserve = figures.reserve() / 1024**3
    return f"{free / 1024**3:,.1f} GB; calls are refused below {reserve:,.1f} GB"


def span(length: timedelta) -> str:
    """A length of time in its two largest units."""
    minutes = int(length.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    units: Sequence[tuple[int, str]] = ((days, "day"), (hours, "hour"), (minutes, "minute"))
    said = [f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in units if number]
    return " ".join(said[:2]) or "less than a minute"


site.page(
    "health/", health, name="health", title="Service", task="service",
    right="retention.view_sweeprun",
)  # fmt: skip
