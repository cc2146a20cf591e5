"""Pure: by which line init knows a file that it wrote and nobody edited.

The first line holds a digest of all others. So no list of files lies about, what is written does not depend on what an
older version would have written, and an edit is an edit, wherever it is. Line ends do not count: git may change them.
"""

from __future__ import annotations

import re
from hashlib import sha256

_LINE = re.compile(
    r"# Written by `ci-actions init` \(([0-9a-f]{12})\): edit it, and it is yours; init only updates what nobody edited\.\n"
)
_TEXT = (
    "# Written by `ci-actions init` ({}): edit it, and it is yours; init only updates what nobody edited.\n"
)


def marked(body: str) -> str:
    """Return the text of a file with the line that says whose it is."""
    return _TEXT.format(_digest(body)) + body


def body(content: bytes) -> str:
    """Return what a file says, without that line if there is one, and with the line ends of Unix."""
    text = _text(content)
    return text[found.end() :] if (found := _LINE.match(text)) else text


def is_marked(content: bytes) -> bool:
    """Whether init wrote this file, whoever edited it since."""
    return _LINE.match(_text(content)) is not None


def is_unedited(content: bytes) -> bool:
    """Whether init wrote this file and nobody edited it."""
    text = _text(content)
    found = _LINE.match(text)
    return found is not None and found[1] == _digest(text[found.end() :])


def _text(content: bytes) -> str:
    return content.decode("utf-8-sig", "surrogateescape").replace("\r\n", "\n")


def _digest(body: str) -> str:
    return sha256(body.encode("utf-8", "surrogateescape")).hexdigest()[:12]
