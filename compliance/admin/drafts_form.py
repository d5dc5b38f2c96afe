"""The form of a draft: a number and a unit apart for each kind of data, and never neither.

What a period gives is said for the AI calls of today, so that nobody takes 90 days for 3 months.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from compliance.admin import words
from retention.policies.draft import MOST_CONTEXT_LINES, SNIPPETS, Content
from retention.policies.models import PolicyVersion
from retention.policies.rules import CEILING_MONTHS, LONGEST_RETAIN_DAYS, DataClass, Period, Rules

CHOSEN = (DataClass.PROMPT, DataClass.RESPONSE, DataClass.EVALUATION)
UNITS = (("months", "calendar months"), ("days", "days"))
MOST = {"months": CEILING_MONTHS, "days": LONGEST_RETAIN_DAYS}
NEAR_DAYS = 30
TEXTS = (
    ("text", "Text of the policy, as customers read it", 14, True),
    ("purpose", "What it is kept for", 3, False),
    ("exceptions", "Exceptions", 3, False),
    ("places", "Where it is kept", 3, False),
    ("reason", "Why it changes", 3, True),
)
LONGEST_TEXT = 100_000


def period_in(number: int | None, unit: str) -> Period:
    """The period that was typed. Raises `ValidationError`, saying what may stand there."""
    if number is None:
        raise forms.ValidationError("Write a number: nothing is kept for ever.", "missing")
    if unit not in MOST:
        raise forms.ValidationError("Choose months or days.", "no_unit")
    if not 1 <= number <= MOST[unit]:
        raise forms.ValidationError(
            f"{number} {unit} cannot be: 1 to {CEILING_MONTHS} months,"
            f" or 1 to {LONGEST_RETAIN_DAYS} days.",
            "out_of_range",
        )
    return Period(months=number) if unit == "months" else Period(days=number)


def gives(period: Period, today: date) -> str:
    """What it means for the calls of today."""
    return (
        f"AI calls of today, {words.day(today)}: deleted on"
        f" {words.deletion_date(period.end(today))}."
    )


def beside(period: Period, today: date) -> str:
    """What the other unit would give, where the two are easily taken for each other."""
    if period.months:
        other, named = Period(days=period.months * NEAR_DAYS), f"{period.months * NEAR_DAYS} days"
    elif period.days and not period.days % NEAR_DAYS and period.days // NEAR_DAYS <= CEILING_MONTHS:
        months = period.days // NEAR_DAYS
        other, named = Period(months=months), f"{months} month" + "s" * (months > 1)
    else:
        return ""
    return f"{named.capitalize()} would be another day: {words.day(other.end(today))}."


class DraftForm(forms.Form):
    """Everything that a version says; `seen` is what the draft was when the form was opened."""

    context_lines = forms.IntegerField(
        label="Most lines of code around a finding", min_value=0, max_value=MOST_CONTEXT_LINES
    )
    whole_files = forms.BooleanField(label="Whole files may be sent", required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in CHOSEN:
            self.fields[f"number_{kind}"] = forms.IntegerField(label="Number", required=False)
            self.fields[f"unit_{kind}"] = forms.ChoiceField(
                label="Unit", choices=UNITS, required=False
            )
        for name, label, rows, required in TEXTS:
            self.fields[name] = forms.CharField(
                label=label,
                required=required,
                max_length=LONGEST_TEXT,
                widget=forms.Textarea({"rows": rows, "class": "policy-text"}),
            )
        for field in self:
            if field.errors:
                field.field.widget.attrs |= {
                    "aria-invalid": "true",
                    "aria-describedby": f"{field.auto_id}-error",
                }

    def clean(self) -> dict[str, Any]:
        """Each number with its unit as a period."""
        found: dict[str, Any] = super().clean() or {}
        found["periods"] = {DataClass.SNIPPET: SNIPPETS}
        for kind in CHOSEN:
            if self.has_error(f"number_{kind}") or self.has_error(f"unit_{kind}"):
                continue
            try:
                number, unit = found.get(f"number_{kind}"), found.get(f"unit_{kind}", "")
                found["periods"][kind] = period_in(number, unit)
            except forms.ValidationError as error:
                self.add_error(f"number_{kind}", error)
        return found

    def content(self) -> Content:
        """For the verb."""
        said = self.cleaned_data
        return Content(
            rules=Rules(said["periods"]),
            text=said["text"],
            purpose=said["purpose"],
            exceptions=said["exceptions"],
            places=said["places"],
            context_lines=said["context_lines"],
            whole_files=said["whole_files"],
            reason=said["reason"],
        )

    def periods(self, today: date) -> Iterator[PeriodRow]:
        """The rows of the form: a kind of data, its two fields, and what they give."""
        for kind in CHOSEN:
            yield PeriodRow(
                words.kind_of_data(kind),
                self[f"number_{kind}"],
                self[f"unit_{kind}"],
                self._told(kind, today),
            )

    def texts(self) -> Sequence[forms.BoundField]:
        """The fields of words."""
        return [self[name] for name, *_ in TEXTS]

    def _told(self, kind: DataClass, today: date) -> Sequence[str]:
        """What stands there, where it can be a period."""
        try:
            number = self[f"number_{kind}"].value()
            period = period_in(int(number), str(self[f"unit_{kind}"].value()))
        except (forms.ValidationError, TypeError, ValueError):
            return ()
        return [line for line in (gives(period, today), beside(period, today)) if line]


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One kind of data in the form."""

    kind: str
    number: forms.BoundField
    unit: forms.BoundField
    told: Sequence[str]


def initial_of(version: PolicyVersion, *, draft: bool) -> Mapping[str, Any]:
    """What the form begins with: this draft, or what applies now, with a reason to be written."""
    found: dict[str, Any] = {
        name: getattr(version, name) for name in (*(n for n, *_ in TEXTS), "context_lines")
    }
    found["whole_files"] = version.whole_files
    found["reason"] = version.reason if draft else ""
    for row in version.periods.all():
        unit = "months" if row.months else "days"
        found[f"number_{row.data_class}"] = row.months or row.days
        found[f"unit_{row.data_class}"] = unit
    return found
