"""Version 1 of the policy: the promises as they stand."""

from typing import Any

from django.db import migrations

TEXT = """\
What is sent to AI vendors and what comes back is logged and stored to judge its quality.

- **Prompts, AI responses and quality feedback** are kept for 6 months, counted in calendar months
  from the UTC day of the call, and are unreadable from 00:00 UTC of the day on which they end.
- **Code snippets** are deleted as soon as the result was returned to you, at the latest a day after
  the call. A prompt that marks no snippet is treated as a snippet as a whole.
- Nothing is kept for longer than 6 months. A shorter period that you choose, or that is sent with a
  call, wins. The one exception is a legal hold: what the law requires to be kept is kept until the
  hold is released, and no longer.
- Code leaves the repository only for the alert at hand: the lines of the finding with at most 20
  lines of context on each side, and no whole files.
- At least 30 days before any of this changes, every customer is told.
"""
SIX_MONTHS = ("prompt", "response", "evaluation")


def seed(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.alias != "default":
        return
    Version = apps.get_model("retention", "PolicyVersion")
    Period = apps.get_model("retention", "PolicyPeriod")
    version = Version.objects.create(
        number=1, state="draft", text=TEXT, context_lines=20, whole_files=False
    )
    for data_class in SIX_MONTHS:
        Period.objects.create(version=version, data_class=data_class, months=6)
    Period.objects.create(version=version, data_class="snippet", days=1, or_when_delivered=True)
    for state in ("approved", "announced"):
        version.state = state
        version.save()


class Migration(migrations.Migration):
    dependencies = [("retention", "0002_guards")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
