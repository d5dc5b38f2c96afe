"""Every page renders, for those who may see it, with as many queries for few rows as for many."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib import admin as django_admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from compliance.people.roles import StaffRole
from retention.policies.models import PolicyVersion

Populate = Callable[[int], None]
MODELS = sorted(django_admin.site._registry, key=lambda model: model._meta.label)
FORBIDDEN = ["cell", "vault", "sweep", "shred", "purge", "seal", "ledger", "grant", "attestation",
             "exchange", "record"]  # fmt: skip


def label(model: type[Model]) -> str:
    return model._meta.label_lower


def page_of(model: type[Model], action: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=args)


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def queries_of(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        text_of(client, url)
    return len(queries)


def every_page(model: type[Model]) -> list[str]:
    first = model._default_manager.first()
    assert first, f"the fixture makes no {label(model)}"
    return [page_of(model, "changelist"), page_of(model, "change", first.pk)]


def running_text(page: str) -> str:
    """What people read: no markup, codes, quotes; nor the one term that holds such a word."""
    body = re.sub(r"<(code|pre|style|script)\b.*?</\1>", " ", page, flags=re.DOTALL)
    body = re.sub(r"\b\w+:\w+:\w+\b", " ", strip_tags(body))
    return re.sub(r"deletion records?", " ", body, flags=re.IGNORECASE)


def test_these_and_no_others_are_on_the_site() -> None:
    assert {label(model) for model in MODELS} == {
        "compliance.customer", "compliance.apikey", "compliance.contact", "compliance.member",
        "compliance.user", "compliance.acceptance",
        "retention.policyversion", "retention.cell", "retention.deletionrecord",
        "retention.sweeprun", "retention.entry", "auditlog.logentry",
    }  # fmt: skip


def test_no_model_with_content_is_on_the_site() -> None:
    for model in MODELS:
        fields = {field.name for field in model._meta.get_fields()}
        assert not fields & {"payload", "identity", "wrapped"}, label(model)
        assert model._meta.app_label != "vault"


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_its_pages_render(admin: Client, populate: Populate, model: type[Model]) -> None:
    populate(1)
    for url in every_page(model):
        text_of(admin, url)


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_its_list_takes_as_many_queries_for_twelve_rows_as_for_two(
    admin: Client, populate: Populate, model: type[Model]
) -> None:
    populate(2)
    url = page_of(model, "changelist")
    text_of(admin, url)  # the first look fills caches of content types
    few = queries_of(admin, url)
    populate(10)
    assert queries_of(admin, url) == few
    assert few <= 8


def test_a_deletion_record_takes_as_many_queries_for_many_day_groups(
    admin: Client, populate: Populate
) -> None:
    from retention.expiry.models import DeletionRecord
    from retention.records.models import Cell

    populate(1)
    deletion = DeletionRecord.objects.get()
    url = page_of(DeletionRecord, "change", deletion.pk)
    text_of(admin, url)
    none = queries_of(admin, url)
    Cell.objects.update(deletion=deletion)
    assert queries_of(admin, url) == none


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_its_pages_say_it_in_the_words_of_people(
    admin: Client, populate: Populate, model: type[Model]
) -> None:
    populate(1)
    for url in every_page(model):
        text = running_text(text_of(admin, url))
        found = re.findall(rf"\b(?:{'|'.join(FORBIDDEN)})s?\b", text, flags=re.IGNORECASE)
        assert not found, f"{url}: {found}"


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_its_pages_hold_no_script_or_style_of_their_own(
    admin: Client, populate: Populate, model: type[Model]
) -> None:
    populate(1)
    for url in [*every_page(model), "/admin/"]:
        assert not re.search(r"<script>|<style|\son(click|load|change)=", text_of(admin, url))


LOOKED_AT = [model for model in MODELS if model._meta.app_label in ("retention", "auditlog")]


@pytest.mark.parametrize("model", LOOKED_AT, ids=label)
def test_what_the_engine_writes_is_only_looked_at(
    admin: Client, populate: Populate, model: type[Model]
) -> None:
    populate(1)
    first = model._default_manager.first()
    assert first
    assert admin.get(page_of(model, "add")).status_code == 403
    assert admin.post(page_of(model, "change", first.pk), {}).status_code in (403, 405)
    assert admin.post(page_of(model, "delete", first.pk), {"post": "yes"}).status_code == 403
    attempt = {"action": "delete_selected", "_selected_action": [first.pk], "post": "yes"}
    admin.post(page_of(model, "changelist"), attempt)
    assert model._default_manager.filter(pk=first.pk).exists()


@pytest.mark.parametrize("name", ["customer", "apikey", "contact", "user"])
def test_nothing_that_others_point_to_is_deleted(
    admin: Client, populate: Populate, name: str
) -> None:
    populate(1)
    (model,) = [model for model in MODELS if model._meta.model_name == name]
    first = model._default_manager.first()
    assert first
    assert admin.post(page_of(model, "delete", first.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_an_auditor_sees_every_page_and_changes_nothing(
    staff: Callable[[StaffRole], Client], populate: Populate, model: type[Model]
) -> None:
    populate(1)
    auditor = staff(StaffRole.AUDITOR)
    listed, looked_at = every_page(model)
    text_of(auditor, listed)
    text_of(auditor, looked_at)
    assert auditor.post(looked_at, {"_save": "Save"}).status_code in (403, 405)
    assert auditor.get(page_of(model, "add")).status_code == 403


def test_a_policy_version_says_how_long_each_kind_is_kept(admin: Client) -> None:
    version = PolicyVersion.objects.get(number=1)
    text = text_of(admin, page_of(PolicyVersion, "change", version.pk))
    assert "1 day, or until returned" in text
    assert text.count("6 months") >= 3
