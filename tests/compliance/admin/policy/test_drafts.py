"""A draft cannot be got wrong: months and days apart, never for ever, nobody written over."""

from __future__ import annotations

from datetime import date

import pytest
from django import forms

from compliance.admin.drafts_form import beside, gives, period_in
from retention.policies import content
from retention.policies.models import PolicyVersion
from retention.policies.rules import DataClass, Period
from tests.compliance.admin.policy.conftest import LIST, TYPED, Desk, plain

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("number", "unit"),
    [(None, "months"), (None, "days"), (0, "days"), (-1, "months"), (7, "months"), (185, "days"),
     (3, ""), (3, "years"), (90, "months")],
)  # fmt: skip
def test_a_period_is_never_for_ever_and_never_beyond_six_months(
    number: int | None, unit: str
) -> None:
    with pytest.raises(forms.ValidationError):
        period_in(number, unit)


def test_ninety_days_and_three_months_are_told_apart() -> None:
    assert period_in(90, "days") == Period(days=90)
    assert period_in(3, "months") == Period(months=3)
    assert "20\u00a0Feb\u00a02027" in gives(Period(days=90), TODAY)
    assert "3 months would be another day: 22\u00a0Feb" in beside(Period(days=90), TODAY)
    assert "90 days would be another day: 20\u00a0Feb" in beside(Period(months=3), TODAY)
    assert beside(Period(days=45), TODAY) == ""


def test_preview_says_what_changes_and_saves_nothing(desk: Desk) -> None:
    page = plain(desk.officer.post(f"{LIST}add/", {**TYPED, "do": "preview"}))
    assert "<strong>AI responses:</strong> 6 months → 90 days" in page
    assert "Not saved yet." in page
    assert PolicyVersion.objects.count() == 1


def test_save_writes_the_draft_with_its_author(desk: Desk) -> None:
    desk.officer.post(f"{LIST}add/", {**TYPED, "do": "save"})
    version = PolicyVersion.objects.get(number=2)
    assert (version.state, version.author_id) == ("draft", desk.otto.pk)
    assert version.rules().periods[DataClass.RESPONSE] == Period(days=90)
    assert version.rules().periods[DataClass.SNIPPET].or_when_delivered


@pytest.mark.parametrize(
    "wrong",
    [{"number_response": ""}, {"number_response": "7", "unit_response": "months"},
     {"unit_response": "years"}, {"text": " "}, {"reason": ""}, {"context_lines": "-1"}],
)  # fmt: skip
def test_what_is_wrong_is_marked_and_not_saved(desk: Desk, wrong: dict[str, str]) -> None:
    page = plain(desk.officer.post(f"{LIST}add/", {**TYPED, **wrong, "do": "save"}))
    assert "It is not saved" in page
    assert 'aria-invalid="true"' in page
    assert PolicyVersion.objects.count() == 1


def test_what_somebody_else_saved_meanwhile_is_not_written_over(desk: Desk) -> None:
    version = desk.drafted()
    seen = content.digest(version)
    desk.post(version, "edit", **{**TYPED, "text": "First.", "seen": seen, "do": "save"})
    page = desk.post(version, "edit", **{**TYPED, "text": "Second.", "seen": seen, "do": "save"})
    assert "Somebody else saved this draft" in page
    version.refresh_from_db()
    assert version.text == "First."


def test_a_draft_is_discarded_after_a_question_and_never_by_looking(desk: Desk) -> None:
    version = desk.drafted()
    desk.page(version, "discard")
    assert PolicyVersion.objects.filter(pk=version.pk).exists()
    assert "Nothing was done" in desk.post(version, "discard", seen="of another day")
    assert "is discarded" in desk.post(version, "discard", seen=content.digest(version))
    assert not PolicyVersion.objects.filter(pk=version.pk).exists()


@pytest.mark.parametrize("name", ["edit", "discard"])
def test_what_is_being_asked_about_or_was_approved_stays_as_it_is(desk: Desk, name: str) -> None:
    version = desk.asked()
    was = content.digest(version)
    sent = {**TYPED, "text": "Other.", "seen": was, "do": "save"}
    assert "has asked for its approval" in desk.post(version, name, **sent)
    desk.decide()
    assert "only drafts are changed" in desk.post(version, name, **sent)
    version.refresh_from_db()
    assert (version.state, content.digest(version)) == ("approved", was)


def test_only_officers_write_drafts(desk: Desk) -> None:
    version = desk.drafted()
    for path in ("add/", f"{version.pk}/edit/", f"{version.pk}/discard/", f"{version.pk}/ask/"):
        assert desk.approver.post(f"{LIST}{path}", TYPED).status_code == 403
        assert desk.officer.head(f"{LIST}{path}").status_code in (200, 405)
