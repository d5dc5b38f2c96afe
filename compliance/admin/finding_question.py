"""What is asked on the pages of findings: which of them, and what is to be done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.http import urlencode

from compliance.admin.readonly import as_uuid, customers_named
from compliance.findings import queries
from compliance.findings.kinds import kind_of
from compliance.findings.models import LONGEST_NOTE, Finding
from compliance.findings.queries import Wanted
from compliance.people.models import User

STATES: Mapping[str, str] = {
    "open": "Open",
    "explained": "Explained",
    "fixed": "Fixed",
    "accepted": "Accepted",
    "all": "All",
}
OWNERS: Mapping[str, str] = {"": "Everybody’s", "mine": "Mine", "nobody": "Without an owner"}
ACTIONS: Mapping[str, str] = {
    "explain": "Explain: it is as it should be",
    "fix": "Fixed: something was changed",
    "accept": "Accept: it may go on",
    "assign": "Give to somebody",
    "tell": "Tell the customers",
    "reopen": "Open again",
}
LONGEST, MOST_TICKED = 200, 500


@dataclass(frozen=True, slots=True)
class Asked:
    """Which findings the page was asked for; nonsense in the address is the usual choice."""

    state: str
    owner: str
    kind: str
    vendor: str
    customer: str
    me: User

    @classmethod
    def of(cls, request: HttpRequest) -> Asked:
        """From the address."""
        given: QueryDict = request.GET
        texts = {
            name: given.get(name, "").replace("\0", "").strip()[:LONGEST]
            for name in ("state", "owner", "kind", "vendor", "customer")
        }
        texts["state"] = texts["state"] if texts["state"] in STATES else "open"
        texts["owner"] = texts["owner"] if texts["owner"] in OWNERS else ""
        assert isinstance(request.user, User)
        return cls(**texts, me=request.user)

    def found(self) -> QuerySet[Finding]:
        """They, the most flags first."""
        return Wanted(
            state="" if self.state == "all" else self.state,
            kind=self.kind,
            vendor=self.vendor,
            owner=self.me.pk if self.owner == "mine" else None,
            nobody=self.owner == "nobody",
            customers=customers_named(self.customer) if self.customer else None,
        ).all()

    def address(self, **other: object) -> str:
        """The same page with something else."""
        names = ("state", "owner", "kind", "vendor", "customer")
        asked = {name: getattr(self, name) for name in names} | other
        return "?" + urlencode({name: value for name, value in asked.items() if value})

    @property
    def narrowed(self) -> bool:
        """Whether anything but the usual was asked for."""
        rest = (self.owner, self.kind, self.vendor, self.customer)
        return self.state != "open" or any(rest)

    def choosers(self) -> Sequence[tuple[str, str, Sequence[tuple[str, str, bool]]]]:
        """The fields to choose from: name, label, and value, words and whether it is chosen."""
        kinds, vendors = queries.kinds_and_vendors()
        offered: Sequence[tuple[str, str, Mapping[str, str]]] = (
            ("state", "State", STATES),
            ("owner", "Owner", OWNERS),
            ("kind", "Kind", {"": "All", **{kind: kind_of(kind).title for kind in kinds}}),
            ("vendor", "Vendor", {"": "All", **{vendor: vendor for vendor in vendors}}),
        )
        return [
            (name, label, [(key, text, key == getattr(self, name)) for key, text in texts.items()])
            for name, label, texts in offered
        ]


class Work(forms.Form):
    """What is to be done, with which of them, and why."""

    action = forms.ChoiceField(label="What", choices=[("", "Choose …"), *ACTIONS.items()])
    which = forms.ChoiceField(label="With", choices=[("ticked", "those ticked"), ("all", "all")])
    number = forms.IntegerField(required=False, min_value=0)
    note = forms.CharField(label="Reason", required=False, max_length=LONGEST_NOTE)
    until = forms.DateField(label="Accept until", required=False)
    owner = forms.ModelChoiceField(User.objects.none(), label="Give to", required=False)

    def __init__(self, data: QueryDict | None = None, *, all_of_them: int) -> None:
        """`all_of_them`: how many there are in all, which must be the number that was seen."""
        super().__init__(data)
        self.all_of_them = all_of_them
        self.ticked = data.getlist("ids")[:MOST_TICKED] if data else []
        people = self.fields["owner"]
        assert isinstance(people, forms.ModelChoiceField)
        people.queryset = workers()

    def clean(self) -> dict[str, Any]:
        """What each action needs; and that the whole list is the one that was seen."""
        cleaned = super().clean() or {}
        action = cleaned.get("action")
        if cleaned.get("which") == "all":
            if cleaned.get("number") != self.all_of_them:
                text = f"The list has changed: {self.all_of_them:,} fit now. Look again."
                self.add_error("which", text)
        elif not self.ticked:
            self.add_error("which", "Tick at least one, or choose all of them.")
        if action in ("explain", "fix", "accept") and not (cleaned.get("note") or "").strip():
            self.add_error("note", "Say why: it stays in the history.")
        if action == "assign" and not cleaned.get("owner") and "owner" not in self.errors:
            self.add_error("owner", "Say whom to give them to.")
        return cleaned

    def chosen(self) -> list[UUID]:
        """The ids of those that were ticked; nonsense is left out."""
        return [identifier for text in self.ticked if (identifier := as_uuid(text))]


def workers() -> QuerySet[User]:
    """Everybody who may work findings off."""
    named = {"content_type__app_label": "compliance", "codename": "change_finding"}
    rights = Permission.objects.filter(**named)
    may = Q(is_superuser=True) | Q(groups__permissions__in=rights) | Q(user_permissions__in=rights)
    return User.objects.filter(may, is_active=True).distinct().order_by("email")
