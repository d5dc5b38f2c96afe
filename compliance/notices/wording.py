"""The text of a policy version as people read it: paragraphs, lists, emphasis, and nothing else.

A small part of Markdown. HTML in the text is escaped like every other letter, and neither links,
images nor headings are marked up: a text brings no markup of its own.
"""

from __future__ import annotations

import re
from textwrap import fill

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

WIDTH = 76
ITEM = re.compile(r"(\s*)(?:[-*+]|\d+[.)])\s")
MARKDOWN = MarkdownIt("zero", {"html": False, "breaks": False}).enable(["emphasis", "list"])


def wording(text: str) -> SafeString:
    """Blank lines part paragraphs, `- ` and `1.` begin items, `**` is strong."""
    shown: str = MARKDOWN.render(text).strip()
    return SafeString(shown)  # it escapes everything but its own marks


def plain(text: str) -> str:
    """The same for a letter without HTML: word for word, in lines that every reader shows whole."""
    blocks: list[str] = []
    for line in text.rstrip().splitlines():
        if line.strip() and blocks and blocks[-1] and not ITEM.match(line):
            blocks[-1] += f" {line.strip()}"
        else:
            blocks.append(line.rstrip())
    return "\n".join(_wrapped(block) for block in blocks)


def _wrapped(block: str) -> str:
    item = ITEM.match(block)
    under = f"{item[1]}  " if item else ""
    return fill(
        block, WIDTH, subsequent_indent=under, break_long_words=False, break_on_hyphens=False
    )
