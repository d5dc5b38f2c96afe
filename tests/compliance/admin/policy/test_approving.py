"""A second person approves on what they have seen; what they saw stands with the version."""

from __future__ import annotations

from compliance.approvals.models import ApprovalRequest
from retention import clock
from retention.policies.models import PolicyVersion, Revision
from retention.policies.publish import earliest_effect
from tests.compliance.admin.conftest import add_day_group
from tests.compliance.admin.policy.conftest import LIST, Desk, plain


def test_the_second_person_approves_and_the_impact_is_stored(desk: Desk) -> None:
    customer = desk.customer("Acme")
    add_day_group(customer.pk, clock.today(), "response")
    version = desk.agreed()
    assert (version.state, version.approved_by) == ("approved", desk.anna.pk)
    assert version.impact is not None
    assert (version.impact["customers"], version.impact["items"]) == (1, 3)
    page = desk.page(version)
    assert "The impact, as approved" in page
    assert version.content_hash in page


def test_whoever_decides_reads_what_it_means_beside_the_buttons(desk: Desk) -> None:
    add_day_group(desk.customer("Acme").pk, clock.today(), "response")
    desk.asked()
    asked = ApprovalRequest.objects.get()
    page = plain(desk.approver.get("/admin/approvals/", {"request": str(asked.pk)}))
    assert "AI responses: 6 months → 90 days" in page
    assert "Items kept today that would be deleted earlier: 3 (customers: 1)" in page
    assert page.index("What it means") < page.index('value="approve"')
    desk.decide("decline")
    page = plain(desk.approver.get("/admin/approvals/", {"request": str(asked.pk)}))
    assert "What it means" not in page


def test_the_impact_page_counts_and_changes_nothing(desk: Desk) -> None:
    customer = desk.customer("Acme")
    add_day_group(customer.pk, clock.today(), "response")
    version = desk.drafted()
    page = plain(desk.approver.get(f"{LIST}{version.pk}/impact/"))
    assert "whose deletion dates move earlier" in page
    assert "under this version" in page
    too_early = desk.page(version, "impact", on=clock.today().isoformat())
    assert "That day is too early" in too_early
    assert desk.officer.post(f"{LIST}{version.pk}/impact/").status_code == 405


def test_nobody_approves_what_is_their_own(desk: Desk) -> None:
    version = desk.asked()
    assert "Nothing was done" in desk.decide(by=desk.officer)
    version.refresh_from_db()
    assert version.state == "draft"


def test_a_page_from_before_a_change_asks_for_nothing(desk: Desk) -> None:
    version = desk.drafted()
    assert "was changed after you had opened this page" in desk.post(version, "ask", seen="old")
    assert desk.officer.get(f"{LIST}{version.pk}/ask/").status_code == 405


def test_what_was_declined_says_why_and_can_be_asked_anew(desk: Desk) -> None:
    version = desk.asked()
    desk.decide("decline")
    page = desk.page(version)
    assert "Too short." in page
    assert "Ask for approval" in page


def test_steps_cannot_be_skipped(desk: Desk) -> None:
    desk.confirm()
    version = desk.drafted()
    day = earliest_effect(clock.today()).isoformat()
    sent = {"do": "announce", "on": day, "reply_to": "privacy@sandglass.example"}
    page = desk.post(version, "announce", **sent, typed=str(version))
    assert "only what was approved is announced" in page
    page = desk.post(version, "withdraw", reason="x", typed=str(version))
    assert "there is nothing to withdraw" in page
    assert PolicyVersion.objects.get(pk=version.pk).state == "draft"


def test_a_correction_of_a_typo_takes_a_second_person_too(desk: Desk) -> None:
    version = desk.agreed()
    typo = version.text.replace("AI", "The AI")
    assert "<ins>The</ins>" in desk.post(version, "revise", do="preview", text=typo)
    sent = {"do": "propose", "text": typo, "reason": "An article was missing."}
    assert "is proposed" in desk.post(version, "revise", **sent)
    revision = Revision.objects.get()
    assert (revision.proposed_by, revision.approved_by) == (desk.otto.pk, None)
    assert typo.replace("**", "") not in desk.page(version).replace("<strong>", "")
    desk.decide()
    revision.refresh_from_db()
    assert revision.approved_by == desk.anna.pk
    assert "The AI responses are kept" in desk.page(version)
    page = plain(desk.officer.get(f"{LIST}{version.pk}/revisions/{revision.pk}/"))
    assert "<ins>The</ins>" in page


def test_another_number_is_no_typo(desk: Desk) -> None:
    version = desk.agreed()
    other = version.text.replace("90", "60")
    assert "This is more than a typo" in desk.post(version, "revise", do="preview", text=other)
    sent = {"do": "propose", "text": other, "reason": "A slip."}
    assert "Nothing was done" in desk.post(version, "revise", **sent)
    assert not Revision.objects.exists()
