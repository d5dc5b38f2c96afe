"""Writing a draft: begun from what applies now, previewed before it is saved, thrown away.

What was changed by somebody else meanwhile is not written over.
"""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from compliance.admin import versions_page, words
from compliance.admin.drafts_form import DraftForm, initial_of
from compliance.admin.versions_approval import VERSION, open_request
from compliance.admin.versions_page import url
from compliance.admin.versions_queries import before
from compliance.notices import changes
from compliance.notices.changes import Change, Side
from compliance.notices.wording import wording
from compliance.notices.words import side
from compliance.people.acting import acting
from retention import clock
from retention.errors import ContentChanged, RetentionError
from retention.policies import content, draft
from retention.policies.draft import Content
from retention.policies.models import PolicyVersion
from retention.policies.queries import offered

State = PolicyVersion.State
CHANGED = (
    "Somebody else saved this draft after you had opened it. What you typed still stands here:"
    " open the draft in another window, put both together, and save again."
)


def new(request: HttpRequest) -> HttpResponse:
    """The form of a version that is not there yet."""
    base = _newest()
    initial = initial_of(base, draft=False)
    form = DraftForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _is_save(request):
        try:
            made = draft.draft(**form.content(), by=acting(request), now=clock.now())
        except RetentionError as refusal:
            form.add_error(None, str(refusal))
        else:
            return versions_page.done(request, f"{made} is a draft now.", url("change", made))
    return _page(request, form, base, None)


def edit(request: HttpRequest, version: PolicyVersion) -> HttpResponse:
    """The form of a draft; the base of its summary is the version that it would replace."""
    if refusal := _refused(request, version):
        return refusal
    initial = {**initial_of(version, draft=True), "seen": content.digest(version)}
    form = DraftForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _is_save(request):
        try:
            _save(request, version, form)
        except ContentChanged:
            form.add_error(None, CHANGED)
        except RetentionError as refusal:
            return versions_page.refused(request, refusal, url("change", version))
        else:
            said = f"{version} is saved."
            return versions_page.done(request, said, url("change", version))
    return _page(request, form, before(version) or _newest(), version)


def discard(request: HttpRequest, version: PolicyVersion) -> HttpResponse:
    """The question, and then it is gone."""
    if refusal := _refused(request, version):
        return refusal
    if request.method != "POST":
        return versions_page.page(
            request, "discard", title=f"Discard {version}", version=version,
            seen=content.digest(version),
        )  # fmt: skip
    try:
        with transaction.atomic():
            _refuse_changed(version, request.POST.get("seen", ""))
            draft.discard(version, by=acting(request), now=clock.now())
    except RetentionError as refusal:
        return versions_page.refused(request, refusal, url("changelist"))
    return versions_page.done(
        request, f"{version} was a draft and is discarded.", url("changelist")
    )


def _is_save(request: HttpRequest) -> bool:
    return request.POST.get("do") == "save"


@transaction.atomic
def _save(request: HttpRequest, version: PolicyVersion, form: DraftForm) -> None:
    _refuse_changed(version, form.cleaned_data["seen"])
    draft.edit(version, **form.content(), by=acting(request), now=clock.now())


def _refuse_changed(version: PolicyVersion, seen: str) -> None:
    """Raises `ContentChanged`. The row is held, so nobody saves between this and the verb."""
    locked = PolicyVersion.objects.select_for_update().filter(pk=version.pk).first()
    if locked is not None and content.digest(locked) != seen:
        raise ContentChanged


def _newest() -> PolicyVersion:
    """The announced version with the highest number, else the one on offer."""
    announced = PolicyVersion.objects.filter(state=State.ANNOUNCED).order_by("-number")
    return announced.prefetch_related("periods").first() or offered(today=clock.today())


def _refused(request: HttpRequest, version: PolicyVersion) -> HttpResponse | None:
    """What is approved stands; what somebody is being asked about stands until they decide."""
    if version.state != State.DRAFT:
        why = f"{version} is {version.state}: only drafts are changed or discarded."
    elif waits := open_request(VERSION, version.pk):
        why = (
            f"{waits.asked_by} has asked for its approval. First take that back, or have it"
            " declined, on the page of approvals."
        )
    else:
        return None
    return versions_page.refused(request, why, url("change", version))


def _page(
    request: HttpRequest, form: DraftForm, base: PolicyVersion, version: PolicyVersion | None
) -> HttpResponse:
    today = clock.today()
    title = f"Edit {version}" if version else "New draft"
    shown = form.is_bound and form.is_valid()
    return versions_page.page(
        request,
        "draft",
        title=f"Error: {title}" if form.errors else title,
        heading=title,
        version=version,
        form=form,
        base=base,
        today=words.day(today),
        periods=list(form.periods(today)),
        previewed=shown,
        changes=_changes(base, form.content()) if shown else [],
        shown_text=wording(form.cleaned_data["text"]) if shown else "",
    )


def _changes(base: PolicyVersion, said: Content) -> list[Change]:
    """What the draft as typed changes against the version before."""
    new_side = Side(
        said["rules"],
        said["context_lines"],
        said["whole_files"],
        said["purpose"],
        said["exceptions"],
        said["places"],
    )
    return changes.changes(side(base), new_side)
