"""The columns of a list of customers: what each may say, and what is said of what it may not.

Pure: a text in, a value or a complaint out. Spreadsheets change what people type, so each column
takes what they make of it, as long as it can mean one thing only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from compliance.customers.contract import LONGEST_NOTICE
from compliance.customers.models import REFERENCE
from compliance.customers.onboard import LONGEST_NAME
from compliance.terms.models import VERSION
from retention.policies.models import SHORTEST_NOTICE
from retention.policies.rules import Profile

ROLES = ("legal", "security", "technical")
# Ours, and what else people call them in their own lists.
NAMES: Mapping[str, str] = {
    "customer": "name",
    "customer_name": "name",
    "external_reference": "reference",
    "legal_contact": "legal_contacts",
    "security_contact": "security_contacts",
    "technical_contact": "technical_contacts",
    "owner": "account_owner",
}
YES = {"yes", "true", "1", "x", "wahr", "ja", "y"}
NO = {"", "no", "false", "0", "falsch", "nein", "n"}
LONGEST_ADDRESS = 254
# What a spreadsheet takes for a formula; our own lists mark it as text.
MARKED = re.compile(r"'(?=[=+\-@])")
EXACT = re.compile(r'="(.*)"', re.DOTALL)
INVISIBLE = re.compile(r"[\u200b-\u200d\u2060\ufeff]")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
BETWEEN_PEOPLE = re.compile(r"[;|\n]")
PERSON = re.compile(r"(?P<name>.*?)\s*<(?P<email>[^<>]*)>", re.DOTALL)


class Wrong(Exception):
    """A value that cannot be taken: what is wrong with it, and what to do about it."""

    def __init__(self, wrong: str, do: str) -> None:
        super().__init__(wrong)
        self.wrong, self.do = wrong, do


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the customer who is written to."""

    name: str
    email: str


def column(heading: str) -> str:
    """The column that a heading means, whatever its case, spaces and hyphens."""
    word = re.sub(r"[\s-]+", "_", tidy(heading).lower())
    return NAMES.get(word, word)


def tidy(text: str) -> str:
    """The text as it was meant: without what spreadsheets put around and into it."""
    text = INVISIBLE.sub("", text.replace("\u00a0", " ").replace("\r\n", "\n")).strip()
    if exact := EXACT.fullmatch(text):
        text = exact[1].replace('""', '"')
    return MARKED.sub("", text, count=1).strip() if text.startswith("'") else text


def reference(text: str) -> str:
    """How our own books call the customer."""
    if not text:
        raise Wrong("It is empty.", "Give each customer a number or short name of its own.")
    if not re.fullmatch(REFERENCE, text):
        raise Wrong(
            "It is no reference.",
            "Use up to 64 letters, digits, dots, hyphens, slashes and underscores, without spaces.",
        )
    return text


def name(text: str) -> str:
    """A line of 1 to 200 characters."""
    text = " ".join(text.split())
    if not text:
        raise Wrong("It is empty.", "Write the customer’s name.")
    if len(text) > LONGEST_NAME:
        raise Wrong(f"It has {len(text)} characters.", f"Use {LONGEST_NAME} at most.")
    return text


def people(text: str) -> tuple[Person, ...]:
    """`Lena Berg <lena@acme.example>; ops@acme.example`, each address once."""
    found = [_person(part.strip()) for part in BETWEEN_PEOPLE.split(text) if part.strip()]
    return tuple({person.email: person for person in reversed(found)}.values())[::-1]


def _person(text: str) -> Person:
    match = PERSON.fullmatch(text)
    called, email = (match["name"], match["email"]) if match else ("", text)
    called, email = " ".join(called.strip('"').split()), email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Wrong(
            f"“{_short(text)}” holds no e-mail address.",
            "Write Lena Berg <lena@acme.example>, and a semicolon between two people.",
        ) from None
    if len(email) > LONGEST_ADDRESS or len(called) > LONGEST_NAME:
        raise Wrong(f"“{_short(text)}” is too long.", "Use 200 characters for a name at most.")
    return Person(called or email, email)


def notice_days(text: str) -> int:
    """Full days; 30 when nothing is said."""
    if not text:
        return SHORTEST_NOTICE
    number = re.fullmatch(r"(\d{1,6})(?:[.,]0+)?", text)
    if not number:
        raise Wrong(
            f"“{_short(text)}” is no number of days.", "Write digits alone, such as 60, or nothing."
        )
    if not SHORTEST_NOTICE <= int(number[1]) <= LONGEST_NOTICE:
        raise Wrong(
            f"{int(number[1])} days are not allowed: everybody has at least {SHORTEST_NOTICE}.",
            f"Write {SHORTEST_NOTICE} to {LONGEST_NOTICE}, as the contract says.",
        )
    return int(number[1])


def owner(text: str) -> str:
    """The address of one of our logins, or nothing."""
    return text.lower()


def terms_version(text: str) -> str:
    """As on the document, or nothing."""
    text = " ".join(text.split())
    if text and not re.fullmatch(VERSION, text):
        raise Wrong(
            f"“{_short(text)}” is no version.",
            "Use up to 64 letters, digits, spaces, dots, hyphens, slashes and underscores.",
        )
    return text


def day(text: str) -> date | None:
    """A day as 2026-03-01, or as spreadsheets write it where that can mean one day only."""
    text = re.sub(r"[ T]00:00(:00(\.0+)?)?$", "", text)
    if not text:
        return None
    german = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text)
    try:
        if german:
            return date(int(german[3]), int(german[2]), int(german[1]))
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Wrong(
            f"“{_short(text)}” is no day that everybody reads alike.", "Write it as 2026-03-01."
        ) from None


def signer(text: str) -> str:
    """A name, or nothing."""
    return name(text) if text else ""


def profile(text: str) -> str:
    """`standard` when nothing is said."""
    chosen = text.lower() or Profile.STANDARD.value
    if chosen not in set(Profile):
        raise Wrong(f"There is no profile “{_short(text)}”.", "Write standard or minimal.")
    return chosen


def yes_or_no(text: str) -> bool:
    """No when nothing is said."""
    if (said := text.lower()) not in YES | NO:
        raise Wrong(f"“{_short(text)}” is neither yes nor no.", "Write yes or no.")
    return said in YES


COLUMNS: Mapping[str, Callable[[str], Any]] = {
    "reference": reference,
    "name": name,
    "legal_contacts": people,
    "security_contacts": people,
    "technical_contacts": people,
    "notice_days": notice_days,
    "account_owner": owner,
    "terms_version": terms_version,
    "terms_accepted_on": day,
    "terms_accepted_by": signer,
    "profile": profile,
    "text_carries_no_code": yes_or_no,
}
REQUIRED = ("reference", "name")


def value(column: str, text: str) -> Any:
    """What the column says there. Raises `Wrong`."""
    text = tidy(text)
    if CONTROL.search(text):
        raise Wrong("It holds characters that cannot be printed.", "Type it anew.")
    return COLUMNS[column](text)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
