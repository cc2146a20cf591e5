"""Markdown that shows text as it is: nothing in a cell, a heading or a path can become markup."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: What GitHub takes as the text of an issue or a comment, by `length`: https://docs.github.com/rest/issues/comments
LONGEST = 65_536

_SPECIAL = {ord(sign): f"\\{sign}" for sign in "\\`*_{}[]()#+!|~$"}
_SPECIAL |= {ord("<"): "&lt;", ord(">"): "&gt;", ord("&"): "&amp;"}
#: A zero-width space behind `@` keeps a name in a path or a message from notifying people.
_SPECIAL[ord("@")] = "@\u200b"
#: What GitHub makes a link of although nobody marked it.
_ADDRESS = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)
#: What makes a list or a heading of a line that begins with it.
_BULLET = re.compile(r"^(?=[-=])|^(\d+)(?=\.(?:\s|$))")


def plain(text: str) -> str:
    """Return text on one line with control characters made visible and lone surrogates replaced."""
    made = "".join(
        sign if sign.isprintable() else " " if sign.isspace() else f"\\x{ord(sign):02x}" for sign in text
    )
    return made.encode("utf-8", "replace").decode()


def escape(text: str) -> str:
    """Return text that Markdown shows unchanged, in a paragraph and in a table's cell."""
    made = plain(text).strip().translate(_SPECIAL)
    made = _ADDRESS.sub(lambda found: f"&#{ord(found[0])};", made)
    return _BULLET.sub(lambda found: f"{found[1] or ''}\\", made)


def code(text: str) -> str:
    """Return text as inline code, also in a table's cell, whatever backticks and bars it holds."""
    shown = plain(text)
    if "`" in shown or "|" in shown:
        return f"<code>{escape(text)}</code>"
    return f"`{shown}`" if shown.strip() else ""


def link(text: str, address: str) -> str:
    """Return a link around text that is already Markdown."""
    return f"[{text}](<{address}>)"


def table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), limit: int = 0
) -> str:
    """Return a table of cells that are already Markdown; `right` are columns of numbers.

    With a `limit`, the rows behind it are counted instead of shown.
    """
    shown = rows[:limit] if limit else rows
    lines = [
        "| " + " | ".join(headers) + " |",
        "|" + "|".join("--:" if column in right else "---" for column in range(len(headers))) + "|",
        *("| " + " | ".join(row) + " |" for row in shown),
    ]
    more = len(rows) - len(shown)
    return "\n".join(lines) + (f"\n\n… and {more} more." if more else "")


def details(title: str, body: str) -> str:
    """Return `body` folded under a title that is plain text."""
    # Markdown is not read in a line that begins with such a tag: a backslash would be shown.
    shown = plain(title).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<details><summary>{shown}</summary>\n\n{body}\n\n</details>"


def length(text: str) -> int:
    """Return how long GitHub may think a text is: in units of UTF-16, of which there are never fewer than characters."""
    return len(text.encode("utf-16-le")) // 2
