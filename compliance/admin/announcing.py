"""Announcing a version to every customer, and taking it back.

Danger: mails cannot be called back, and from the announcement on a clock runs for every customer.
So both pages say what will happen before it does, want the version's name typed, and are behind
the password or second factor of the last five minutes (`policies.py`).
"""

from __future__ import annotations

from datetime import date
from smtplib import SMTPException
from typing import Any, cast
from urllib.parse import urlencode

from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from compliance.admin import versions_page, words
from compliance.admin.announcing_queries import audience
from compliance.admin.readonly import as_date
from compliance.admin.versions_page import url
from compliance.notices import announce as announcements
from compliance.notices import reply_address
from compliance.notices import withdraw as withdrawals
from compliance.notices.models import Announcement, Delivery
from compliance.people.acting import acting
from compliance.people.again import is_fresh
from compliance.people.models import User
from retention import clock
from retention.errors import RetentionError, TooEarly
from retention.policies import publish
from retention.policies.models import Activation, PolicyVersion
from retention.policies.publish import earliest_effect
from retention.policies.queries import pending

State = PolicyVersion.State
BECAUSE = "withdrawn because"
NO_ADDRESS = "Write the address to which customers’ answers go."


def announce(request: HttpRequest, version: PolicyVersion) -> HttpResponse:
    """The page; POST tests the address for answers, takes the code, or announces."""
    if version.state != State.APPROVED:
        why = f"{version} is {version.state}: only what was approved is announced."
        return versions_page.refused(request, why, url("change", version))
    what = request.POST.get("do", "") if request.method == "POST" else ""
    if what in ("test", "confirm"):
        return _address(request, version, what)
    wrong: dict[str, str] = {}
    if what == "announce" and (answer := _announce(request, version, wrong)):
        return answer
    return _page(request, version, wrong)


def _asked(request: HttpRequest, name: str) -> str:
    return str(request.POST.get(name, request.GET.get(name, ""))).strip()


def _address(request: HttpRequest, version: PolicyVersion, what: str) -> HttpResponse:
    """Mail the code, or take it; then back to the page with what was typed."""
    address, day = _asked(request, "reply_to"), _asked(request, "on")
    query = urlencode({"on": day, "reply_to": address})
    back = f"{url('announce', version)}?{query}#answers"
    try:
        validate_email(address)
        if what == "test":
            reply_address.ask(address, by=acting(request))
            said = f"A code was mailed to {address}: type it in below within 30 minutes."
        else:
            code = request.POST.get("code", "")
            reply_address.confirm(address, code, by=acting(request), now=clock.now())
            said = f"Confirmed: somebody reads {address}."
    except ValidationError:
        return versions_page.refused(request, NO_ADDRESS, back)
    except RetentionError as refusal:
        return versions_page.refused(request, refusal, back)
    except (SMTPException, OSError) as trouble:
        why = f"The mail server did not take it: {type(trouble).__name__}. Ask an operator."
        return versions_page.refused(request, why, back)
    return versions_page.done(request, said, back)


def _announce(
    request: HttpRequest, version: PolicyVersion, wrong: dict[str, str]
) -> HttpResponse | None:
    """Do it; None, and why in `wrong`, where something stands in the way."""
    day = as_date(_asked(request, "on"))
    if day is None:
        wrong["on"] = "Choose the day."
    if _asked(request, "typed") != str(version):
        wrong["typed"] = f"To confirm, type {version} exactly as it stands there."
    if wrong or day is None:
        return None
    try:
        made = announcements.announce(
            version,
            takes_effect_on=day,
            reply_to=_asked(request, "reply_to"),
            by=acting(request),
            now=clock.now(),
        )
    except TooEarly:
        wrong["on"] = _too_early(day)
        return None
    except RetentionError as refusal:
        wrong["all"] = str(refusal)
        return None
    said = (
        f"{version} is announced: it takes effect on {words.day(made.takes_effect_on)} at the"
        " earliest. Mails go out within a few minutes."
    )
    return versions_page.done(request, said, url("progress", version))


def _too_early(day: date) -> str:
    first = words.day(earliest_effect(clock.today()))
    return (
        f"{words.day(day)} is too early. The first possible day is {first}: a day for sending, 30"
        " full days of notice, and the next."
    )


def _page(request: HttpRequest, version: PolicyVersion, wrong: dict[str, str]) -> HttpResponse:
    today, now = clock.today(), clock.now()
    earliest = earliest_effect(today)
    day = as_date(_asked(request, "on")) or earliest
    if request.method != "POST" and day < earliest:
        wrong["on"] = _too_early(day)
    address = _asked(request, "reply_to") or _last_address(cast(User, request.user))
    checked = reply_address.confirmed(address, now=now) if address else None
    return versions_page.page(
        request,
        "announce",
        title=f"Error: Announce {version}" if wrong else f"Announce {version}",
        heading=f"Announce {version}",
        version=version,
        wrong=wrong,
        on=day.isoformat(),
        day=words.day(max(day, earliest)),
        earliest=earliest.isoformat(),
        first=words.day(earliest),
        reply_to=address,
        confirmed=words.instant(checked.confirmed_at) if checked else "",
        typed=_asked(request, "typed"),
        pending=pending(today=today),
        contacts=reverse("admin:compliance_contact_add"),
        fresh=is_fresh(request),
        here=request.get_full_path(),
        **_told(max(day, earliest), today),
    )


def _told(day: date, today: date) -> dict[str, Any]:
    told = audience(takes_effect_on=day, today=today)
    later = [(row.days, row.customers, words.day(row.earliest)) for row in told.longer]
    return {"told": told, "later": later, "more": told.without - len(told.listed)}


def _last_address(user: User) -> str:
    """Where answers went the last time, else whoever announces."""
    last = Announcement.objects.order_by("-made_at").first()
    return str(last.reply_to if last else user.email)


def withdraw(request: HttpRequest, version: PolicyVersion) -> HttpResponse:
    """The page that says what it means, wants a reason and the name; then it is taken back."""
    if version.state not in (State.APPROVED, State.ANNOUNCED):
        why = f"{version} is {version.state}: there is nothing to withdraw."
        return versions_page.refused(request, why, url("change", version))
    reason, typed = _asked(request, "reason"), _asked(request, "typed")
    wrong: dict[str, str] = {}
    if request.method == "POST":
        if not reason:
            wrong["reason"] = "Say why it is withdrawn."
        if typed != str(version):
            wrong["typed"] = f"To confirm, type {version} exactly as it stands there."
        if not wrong and (answer := _withdraw(request, version, reason, wrong)):
            return answer
    return versions_page.page(
        request,
        "withdraw",
        title=f"Error: Withdraw {version}" if wrong else f"Withdraw {version}",
        heading=f"Withdraw {version}",
        version=version,
        wrong=wrong,
        reason=reason,
        typed=typed,
        fresh=is_fresh(request),
        here=request.get_full_path(),
        **_heard(version),
    )


def _heard(version: PolicyVersion) -> dict[str, Any]:
    """How many have heard of it, and for how many their days run."""
    reached = Delivery.objects.filter(
        notice__announcement__version=version, state__in=("sent", "delivered", "sending", "unsure")
    )
    standing = Activation.objects.filter(version=version, voided_at=None)
    return {
        "heard": reached.values("notice__customer").distinct().count(),
        "given": standing.count(),
        "in_force": standing.filter(effective_on__lte=clock.today()).exists(),
    }


def _withdraw(
    request: HttpRequest, version: PolicyVersion, reason: str, wrong: dict[str, str]
) -> HttpResponse | None:
    try:
        _take_back(request, version, reason)
    except RetentionError as refusal:
        wrong["all"] = str(refusal)
        return None
    said = f"{version} is withdrawn: it binds nobody. Whoever was told of it is told so."
    return versions_page.done(request, said, url("change", version))


@transaction.atomic
def _take_back(request: HttpRequest, version: PolicyVersion, reason: str) -> None:
    """The verb, and the reason among the field changes: the log of acts holds no free text."""
    by, now = acting(request), clock.now()
    if version.announcements.exists():
        withdrawals.withdraw(version, by=by, now=now)
    else:
        publish.withdraw(version, by=by, now=now)
    LogEntry.objects.log_create(
        version,
        force_log=True,
        action=LogEntry.Action.UPDATE,
        changes={BECAUSE: ["", reason[:2000]]},
        actor=request.user,
    )
