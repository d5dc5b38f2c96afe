"""The text of a policy version as people read it: paragraphs, lists, emphasis, and nothing else.

A small part of Markdown. HTML in the text is escaped like every other letter, and neither links,
images nor headings are marked up: a text brings no markup of its own.
"""

from __future__ import annotations

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

MARKDOWN = MarkdownIt("zero", {"html": False, "breaks": False}).enable(["emphasis", "list"])


def wording(text: str) -> SafeString:
    """Blank lines part paragraphs, `- ` and `1.` begin items, `**` is strong."""
    shown: str = MARKDOWN.render(text).strip()
    return SafeString(shown)  # it escapes everything but its own marks
