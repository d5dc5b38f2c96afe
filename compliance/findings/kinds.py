"""Every kind of finding in words: what it means, what an officer does, what a customer changes.

Kinds of flags come by themselves, with whatever flags the engine counts; one without words here is
told by its code. Kinds without flags are raised by name, so they must stand here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`title` says it in a few words, `means` and `do` in a sentence or two each.

    `change`: what a customer is asked to change; nothing where customers are not written to.
    `page`: where an officer goes on ("customer", "policy"); `flags`: whether flags raise it.
    """

    code: str
    title: str
    means: str
    do: str
    change: str = ""
    page: str = ""
    flags: bool = True


_ALL = (
    Kind(
        "code_not_marked",
        "Code not marked",
        "The prompt marks no part as a code snippet, so all of its text is treated as one: it is"
        " deleted after a day at the latest, or when the result was returned.",
        "If the customer’s prompts carry no code, note that on its page. Else its sender must mark"
        " snippets.",
        "Send source code as parts of the type “snippet” with path and lines, and everything else"
        " as “text”. If your texts never carry code, tell us so.",
    ),
    Kind(
        "no_finding",
        "Snippet without an alert",
        "Code was shared with the vendor and nothing says for which alert. Only the code that a"
        " specific alert needs may be shared.",
        "Ask the sender for which alert the code was sent. If there was none, the code should not"
        " have been sent.",
        "Name the alert (“finding”: its id, rule or line) with every AI call that carries code, and"
        " send no code without one.",
    ),
    Kind(
        "no_content",
        "AI call without content",
        "Neither prompt nor response has a text: a sender that is set up wrongly looks like this.",
        "Compare it with what the product shows; usually a setting of the sender leaves content"
        " out.",
        "Check that your sender passes on prompts and responses; it may be set to leave content"
        " out.",
    ),
    Kind(
        "whole_file",
        "Whole file shared",
        "A snippet holds a whole file, where the lines of the alert and a few around them would"
        " do.",
        "See whether the sender cuts snippets. A wider scope is a change of the policy.",
        "Send the lines of the alert with the least context, not whole files.",
    ),
    Kind(
        "subprocessor_unlisted",
        "Vendor not on the list",
        "The call went to a vendor that is not among the subprocessors that customers know.",
        "Find out who switched it on. Stop it, or announce the vendor before it goes on.",
        "Use the AI vendors that are on our list of subprocessors only.",
    ),
    Kind(
        "no_attestation",
        "No zero-retention evidence",
        "No evidence in force says that the vendor keeps nothing of these calls.",
        "Get the evidence renewed for this account and endpoint, or stop using them.",
        "Use the vendor accounts for which zero retention is agreed.",
    ),
    Kind(
        "repository_not_allowed",
        "Repository not on the list",
        "Code came from a repository that the customer did not choose.",
        "Ask the customer whether it belongs on the list; if not, the sender must leave it out.",
        "Choose the repositories that may be read, or take this one out of your sender.",
    ),
    Kind(
        "personal_data",
        "Personal data found",
        "Something that looks like personal data went to the vendor. Detection can err.",
        "Find the field it comes from with the customer; it should be left out before sending.",
        "Leave personal data out of what you send: names, addresses, numbers of people.",
    ),
    Kind(
        "secret",
        "Secret found",
        "Something that looks like a password or key went to the vendor. Detection can err.",
        "Ask the customer to replace the secret at once, then to leave secrets out.",
        "Replace the password or key that was sent, and leave secrets out of what you send.",
    ),
    Kind(
        "notice_not_given",
        "Customer not given notice",
        "No notice of the change has reached a legal contact, so the change does not apply to this"
        " customer: the version before stays.",
        "Find a legal contact who can be reached and enter them; the days begin when they were"
        " told.",
        page="customer",
        flags=False,
    ),
    Kind(
        "mail_unsure",
        "Mail may not have arrived",
        "The connection broke while a mail was handed over, so nobody knows whether it went out. It"
        " is not sent twice by itself.",
        "Ask the recipient, or send it again on the page of the notice.",
        page="customer",
        flags=False,
    ),
    Kind(
        "mail_came_too_late",
        "Notice came back after the change applied",
        "The notice counted as given and the change applies; only then did the mail come back.",
        "Talk to the customer: tell them what applies now and since when, and mend their contacts.",
        page="customer",
        flags=False,
    ),
    Kind(
        "approved_not_announced",
        "Version approved, not announced",
        "A policy version was approved days ago and nobody was told of it, so it binds nobody.",
        "Announce it, or withdraw it.",
        page="policy",
        flags=False,
    ),
)
KINDS: Mapping[str, Kind] = {kind.code: kind for kind in _ALL}


def kind_of(code: str) -> Kind:
    """The words for a kind, also for a flag that has none of its own yet."""
    if known := KINDS.get(code):
        return known
    title = code.replace("_", " ").capitalize()
    return Kind(
        code,
        title,
        f"AI calls were flagged with “{code}”.",
        "Look at some of the calls and ask whoever sends them.",
        f"Look at the AI calls that our answers flag with “{code}”.",
    )
