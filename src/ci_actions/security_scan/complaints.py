"""What a scanner said on standard error, in words that cannot hold a secret.

A scanner that crashes may print the line of source that it stumbled over, and nobody has told us yet what in it is
secret. So only what looks like a word of a message passes; everything else becomes `…`.
"""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
#: A plain word, the name of an exception, or a small number.
_HARMLESS = re.compile(
    r"(?:[A-Za-z]?[a-z]{0,11}|[A-Z]{2,8}|(?:[A-Z][a-z]{1,11}){1,4}(?:Error|Exception|Warning)|[0-9]{1,4})"
)
_EDGES = "()[]{}<>.,;:!?\"'`"
#: After one of these the next word is what must not be seen, however harmless it looks.
_TELLING = re.compile(r"(?i)pass|secret|token|key|pwd|credential|auth|bearer|basic|login|user")
_DECORATION = re.compile(r"^[-=|+*~^\s]*$")

LONGEST = 300


def excerpt(errors: bytes, lines: int = 3) -> str:
    """Return the last lines of an error output on one line, at most 300 characters, without anything but plain words."""
    text = _COLOUR.sub("", errors[-8000:].decode("utf-8", "replace"))
    kept = [line for line in text.splitlines() if not _DECORATION.match(line)][-lines:]
    shown = " / ".join(filter(None, map(_plain, kept)))
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


def _plain(line: str) -> str:
    words: list[str] = []
    hide = False
    quoted = False
    for word in line.split():
        bare = word.strip(_EDGES)
        quotes = sum(word.count(sign) for sign in "\"'`")
        visible = not hide and not quoted and not quotes and bool(_HARMLESS.fullmatch(bare))
        quoted ^= quotes % 2 == 1
        if visible:
            words.append(word)
        elif not words or words[-1] != "…":
            words.append("…")
        hide = bool(_TELLING.search(bare)) or (word.endswith("=") or bare in ("=", ":"))
    return "" if all(word == "…" for word in words) else " ".join(words)
