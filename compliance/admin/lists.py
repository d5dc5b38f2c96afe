"""A list's search and filters as one form, so that several are chosen at once and sent together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.contrib.admin.views.main import SEARCH_VAR, ChangeList

from compliance.admin import site


@dataclass(frozen=True, slots=True)
class Choice:
    """One of what can be chosen; the empty value is "all"."""

    value: str
    title: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Chooser:
    """A filter as a field of the form: to choose from, or to type into."""

    name: str
    title: str
    choices: Sequence[Choice] = ()
    typed_as: str = ""
    value: str = ""


class List(ChangeList):
    """Django's list under its task's title; a field that was left empty filters nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_popup:
            self.title = site.title_of(self.model)

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """Without the fields that were left at "all"."""
        found = super().get_filters_params(params)
        return {name: value for name, value in found.items() if value not in ("", [""])}

    def choosers(self) -> list[Chooser]:
        """The filters as fields."""
        return [chooser for spec in self.filter_specs if (chooser := self._chooser(spec))]

    def kept(self) -> Iterator[tuple[str, str]]:
        """What the form sends along unseen: the order, and filters that have no field in it."""
        shown = {SEARCH_VAR, *(chooser.name for chooser in self.choosers())}
        yield from ((name, value) for name, value in self.params.items() if name not in shown)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is asked for, also by a filter that has no field."""
        return bool(self.query or self.get_filters_params())

    def _chooser(self, spec: Any) -> Chooser | None:
        if typed_as := getattr(spec, "typed_as", ""):
            return Chooser(
                spec.parameter_name, str(spec.title), typed_as=typed_as, value=spec.value() or ""
            )
        asked = {name: _choices(spec, self, name) for name in spec.expected_parameters()}
        # A filter may ask the same in two ways ("is it empty?"): a field can ask in one.
        name = max(asked, key=lambda name: len(asked[name]), default=None)
        return Chooser(name, str(spec.title), asked[name]) if name else None


def _choices(spec: Any, shown: ChangeList, name: str) -> list[Choice]:
    """What can be chosen by this one parameter, and "all"."""
    others = set(spec.expected_parameters()) - {name}
    found = []
    for choice in spec.choices(shown):
        chosen = parse_qs(choice["query_string"].lstrip("?"))
        if not others & chosen.keys():
            value = chosen.get(name, [""])[-1]
            found.append(Choice(value, str(choice["display"]), choice["selected"]))
    return found
