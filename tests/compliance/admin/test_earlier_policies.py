"""Policies from before this service: entered once, shown as history, binding nobody."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.test import Client

from retention.ledger.models import Entry
from retention.policies.models import Activation, RecordedVersion

pytestmark = pytest.mark.django_db
LIST = "/admin/retention/policyversion/"


def entered(folder: Path, text: str = "We keep **all** of it.\n", **more: str) -> str:
    file = folder / "policy.md"
    file.write_text(text)
    told = {"label": "March 2024", "from": "2024-03-01", "until": "2025-06-30", **more}
    options = [f"--{name}={value}" for name, value in told.items() if value]
    out = StringIO()
    call_command("record_policy", str(file), *options, stdout=out)
    return out.getvalue()


def test_it_is_recorded_and_binds_nobody(tmp_path: Path) -> None:
    assert entered(tmp_path) == "Recorded: March 2024, 2024-03-01 to 2025-06-30.\n"
    recorded = RecordedVersion.objects.get()
    assert recorded.text == "We keep **all** of it.\n"
    assert Entry.objects.get().kind == "policy:version:recorded"
    assert not Activation.objects.exists()


def test_the_list_of_versions_shows_it_as_history(admin: Client, tmp_path: Path) -> None:
    assert "from before this service" not in admin.get(LIST).content.decode()
    entered(tmp_path)
    entered(tmp_path, label="July 2025", until="", **{"from": "2025-07-01"})
    page = admin.get(LIST).content.decode().replace("\u00a0", " ")
    assert "1 Mar 2024 to 30 Jun 2025" in page
    assert "from 1 Jul 2025 on" in page
    assert page.rindex("July 2025") < page.rindex("March 2024")


def test_its_text_is_no_code_for_a_browser(admin: Client, tmp_path: Path) -> None:
    entered(tmp_path, text="<script>alert(1)</script>")
    assert "<script>alert" not in admin.get(LIST).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"label": "x" * 65}, {"until": "2024-02-01"}, {"text": "  "}, {"text": "a\0b"}],
)
def test_what_is_no_policy_is_refused(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(CommandError):
        entered(tmp_path, **wrong)
    assert not RecordedVersion.objects.exists()


def test_a_label_is_given_once(tmp_path: Path) -> None:
    entered(tmp_path)
    with pytest.raises(CommandError, match="label is taken"):
        entered(tmp_path, text="other")
    assert RecordedVersion.objects.get().text != "other"


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    options = ("--label=x", "--from=2024-03-01")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("record_policy", str(tmp_path / "none.md"), *options)


@pytest.mark.parametrize(
    "attack",
    ["UPDATE retention_recordedversion SET text = 'x'", "DELETE FROM retention_recordedversion"],
)
def test_raw_sql_changes_nothing(tmp_path: Path, attack: str) -> None:
    entered(tmp_path)
    with pytest.raises(Error), transaction.atomic():
        connection.cursor().execute(attack)
