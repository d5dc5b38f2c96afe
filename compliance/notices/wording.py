"""The text of a policy version as people read it: paragraphs, lists, emphasis, and nothing else.

Every letter is escaped before anything is marked up, so a text can bring no markup of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe


def wording(text: str) -> SafeString:
    """Blank lines part paragraphs, lines that begin with `- ` are a list, `**` is emphasis."""
    blocks = "".join(_block(lines) for lines in _blocks(text))
    return mark_safe(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", blocks))  # escaped below


def _blocks(text: str) -> Iterator[list[str]]:
    """The lines of each block; a line that goes on with its item is put to it."""
    for block in re.split(r"\n\s*\n", text.strip()):
        lines: list[str] = []
        for line in block.splitlines():
            if not lines or (line.startswith("- ") and lines[0].startswith("- ")):
                lines.append(line)
            elif line.startswith("- ") or (lines[0].startswith("- ") and not line.startswith(" ")):
                yield lines
                lines = [line]
            else:
                lines[-1] += f" {line.strip()}"
        yield lines


def _block(lines: list[str]) -> str:
    if not lines or not lines[0].startswith("- "):
        return "<p>" + "<br>".join(escape(line) for line in lines) + "</p>"
    return f"<ul>{''.join(f'<li>{escape(line[2:])}</li>' for line in lines)}</ul>"
